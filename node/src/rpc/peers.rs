//! Peers, as operators see them and order about them.

use jsonrpsee::Extensions;
use pyralog_api::{BanView, Failure, FailureKind, PeerView, PeersView, StrangerView};
use pyralog_p2p::PeerId;
use pyralog_primitives::text::excerpt;
use pyralog_primitives::{DurationMs, PublicKey};
use pyralog_swarm::{AddError, Direction, PeerAddress, SwarmHandle};

use super::context::Context;
use super::gate::Caller;

/// The longest ban that can be ordered: a year. Longer ones are a mistake in
/// the unit.
const BAN_MAX: DurationMs = DurationMs::new(366 * 24 * 60 * 60 * 1000);

pub(super) fn view(context: &Context) -> PeersView {
    let handle = context.peers.as_ref();
    let address = handle.and_then(SwarmHandle::address);
    PeersView {
        address: address.map(|address| address.to_string()),
        connected: context.peers().into_iter().map(peer_view).collect(),
        banned: handle.map(bans).unwrap_or_default(),
        strangers: handle.map(strangers).unwrap_or_default(),
    }
}

fn peer_view(peer: pyralog_swarm::PeerInfo) -> PeerView {
    PeerView {
        peer: peer.peer.get(),
        at: peer.at.to_string(),
        outbound: peer.direction == Direction::Outbound,
        since: peer.since,
        reputation: peer.reputation.get(),
        validator: peer.validator,
        agent: peer.agent,
    }
}

fn bans(handle: &SwarmHandle) -> Vec<BanView> {
    let view = |ban: pyralog_swarm::Ban| BanView {
        peer: ban.peer.get(),
        until: ban.until,
        reason: ban.reason,
    };
    handle.bans().into_iter().map(view).collect()
}

fn strangers(handle: &SwarmHandle) -> Vec<StrangerView> {
    let view = |stranger: pyralog_swarm::Stranger| StrangerView {
        peer: stranger.peer.get(),
        network: stranger.network,
    };
    handle.strangers().into_iter().map(view).collect()
}

pub(super) fn ban(
    context: &Context,
    caller: &Extensions,
    peer: PublicKey,
    duration: DurationMs,
    reason: &str,
) -> Result<(), Failure> {
    let handle = handle_for(context, caller)?;
    if duration > BAN_MAX {
        let message = format!("a ban lasts at most {BAN_MAX} ms; {duration} is more");
        return Err(Failure::new(
            FailureKind::Parameters,
            "ban_too_long",
            message,
        ));
    }
    handle.ban(PeerId::new(peer), duration, reason);
    Ok(())
}

pub(super) fn unban(
    context: &Context,
    caller: &Extensions,
    peer: PublicKey,
) -> Result<bool, Failure> {
    Ok(handle_for(context, caller)?.unban(PeerId::new(peer)))
}

pub(super) fn add(context: &Context, caller: &Extensions, address: &str) -> Result<(), Failure> {
    let handle = handle_for(context, caller)?;
    let address = address.parse::<PeerAddress>().map_err(|error| {
        let message = format!("{}: {error}", excerpt(address));
        Failure::new(FailureKind::Parameters, "no_peer_address", message)
    })?;
    handle.add(address).map_err(|error| {
        let reason = match error {
            AddError::Own => "own_address",
            AddError::Banned(_) => "banned_peer",
        };
        Failure::new(FailureKind::Parameters, reason, error.to_string())
    })
}

/// Who may order, and whom: a caller on the machine of the node.
fn handle_for<'a>(context: &'a Context, caller: &Extensions) -> Result<&'a SwarmHandle, Failure> {
    let address = caller.get::<Caller>().map(|caller| caller.address);
    if !address.is_some_and(|address| address.to_canonical().is_loopback()) {
        let message = "peers are ordered about from the machine of the node only; call it there";
        return Err(Failure::new(
            FailureKind::Limit,
            "not_the_operator",
            message,
        ));
    }
    context.peers.as_ref().ok_or_else(|| {
        let message = "this node meets no others: p2p.enabled is false";
        Failure::new(FailureKind::NotFound, "no_peers", message)
    })
}
