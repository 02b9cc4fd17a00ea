//! Who a peer turns out to be, and whom it is told of.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use libp2p::swarm::ConnectionId;
use libp2p::{PeerId as LibPeerId, identify, kad};
use pyralog_p2p::PeerId;
use pyralog_primitives::PublicKey;

use super::{Task, links};
use crate::address::{Host, PeerAddress, Subnet, is_public, multiaddr_of, socket_of};
use crate::book::{Acquaintance, Finding};
use crate::key::{lib_peer_of, peer_of};
use crate::names::{self, printable};
use crate::words::Failure;

/// Addresses that one peer is believed about itself or about another.
const ADDRESSES_MAX: usize = 4;

/// Peers of one subnet in the hash table. Lower, and a data centre full of
/// nodes is told of in part; higher, and its owner can fill the table.
const TABLE_PER_SUBNET_MAX: usize = 10;

/// How often others are asked while there are too few.
const WALK_EVERY: Duration = Duration::from_secs(10);
/// And while there are enough.
const WALK_AT_EASE_EVERY: Duration = Duration::from_mins(5);
/// The soonest after somebody was met who may know others.
const WALK_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// Asking around in the hash table.
#[derive(Debug, Default)]
pub(super) struct Walk {
    query: Option<kad::QueryId>,
    /// When the last one began.
    last: Option<Instant>,
    has_met: bool,
    /// Who is in the table, and may be told to others.
    table: std::collections::BTreeMap<PeerId, Subnet>,
}

impl Walk {
    /// Who may be told to others.
    pub(super) fn table(&self) -> impl Iterator<Item = PeerId> {
        self.table.keys().copied()
    }

    fn is_due(&self, now: Instant, is_at_ease: bool) -> bool {
        let pause = match (self.has_met, is_at_ease) {
            (true, _) => WALK_AGAIN_AFTER,
            (false, false) => WALK_EVERY,
            (false, true) => WALK_AT_EASE_EVERY,
        };
        let since = |last| now.saturating_duration_since(last) >= pause;
        self.query.is_none() && self.last.is_none_or(since)
    }
}

impl Task {
    pub(super) fn on_identify(&mut self, event: identify::Event) {
        match event {
            identify::Event::Sent { connection_id, .. } => {
                if let Some(link) = self.links.get_mut(&connection_id) {
                    link.knows_us = true;
                }
            }
            identify::Event::Received {
                connection_id,
                info,
                ..
            } => self.identified(connection_id, &info),
            identify::Event::Pushed { .. } | identify::Event::Error { .. } => {}
        }
    }

    fn identified(&mut self, id: ConnectionId, info: &identify::Info) {
        let own = names::network(&self.settings.chain, self.settings.genesis);
        let kad = names::protocol(self.settings.genesis, "kad");
        let allows_private = self.settings.allows_private_addresses;
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        let peer = link.peer;
        if info.protocol_version != own {
            let network = names::described(&info.protocol_version);
            link.is_stranger.get_or_insert_with(Instant::now);
            self.is_stranger(peer, &network);
            return;
        }
        link.agent = printable(&info.agent_version);
        link.serves_kad = info.protocols.contains(&kad);
        link.places = believed(&info.listen_addrs, allows_private);
        if let Some(known) = self.shared.book().connected.get_mut(&peer)
            && known.connection == id
        {
            known.agent.clone_from(&link.agent);
        }
        self.introduce(id);
    }

    /// Says once what a stranger is of.
    fn is_stranger(&self, peer: PeerId, network: &str) {
        let now = self.shared.now();
        let own = names::described(&names::network(&self.settings.chain, self.settings.genesis));
        let is_news = self
            .shared
            .book()
            .strangers
            .note(peer, network.to_owned(), now);
        if is_news {
            tracing::warn!(%peer, "a peer belongs to {network}, this is {own}; it is left alone");
        }
    }

    pub(super) fn greeted(&mut self, peer: PeerId, id: ConnectionId, validator: Option<PublicKey>) {
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        link.has_greeted = true;
        let now = self.shared.now();
        let direction = link.direction;
        let acquaintance = Acquaintance {
            connection: id,
            direction,
            at: link.at,
            since: now,
            validator,
            agent: link.agent.clone(),
        };
        tracing::debug!(%peer, at = %link.at, ?direction, "a peer is connected");
        let mut book = self.shared.book();
        book.strangers.forget(peer);
        if link.is_dialled() {
            // Also one that the hash table found by itself.
            let at = link.at;
            book.places.reached(PeerAddress { peer, at }, now);
        }
        book.connected.insert(peer, acquaintance);
        book.places.met(peer, validator, now);
        drop(book);
        self.introduce(id);
    }

    /// A peer that has greeted and said where it is may be told to others.
    fn introduce(&mut self, id: ConnectionId) {
        let Some(link) = self.links.get(&id) else {
            return;
        };
        if !link.has_greeted || link.places.is_empty() {
            return;
        }
        let (peer, serves_kad, places) = (link.peer, link.serves_kad, link.places.clone());
        let now = self.shared.now();
        let mut book = self.shared.book();
        for at in &places {
            let address = PeerAddress { peer, at: *at };
            book.places.note(address, Finding::Heard, now);
        }
        let validator = book.connected.get(&peer).and_then(|known| known.validator);
        book.places.met(peer, validator, now);
        drop(book);
        if serves_kad && !self.shared.private.contains(&peer) {
            self.add_to_table(peer, &places);
        }
    }

    fn add_to_table(&mut self, peer: PeerId, places: &[SocketAddr]) {
        let Some(kad) = self.swarm.behaviour_mut().kad.as_mut() else {
            return;
        };
        let subnet = Subnet::of(places[0].ip());
        let neighbours = self.walk.table.values().filter(|other| **other == subnet);
        let is_crowded = neighbours.count() >= TABLE_PER_SUBNET_MAX;
        let is_known = self.walk.table.contains_key(&peer);
        if is_crowded && !is_known && !self.settings.allows_private_addresses {
            return;
        }
        let lib_peer = lib_peer_of(peer);
        let added = places
            .iter()
            .map(|at| kad.add_address(&lib_peer, multiaddr_of(*at)));
        if added.last() == Some(kad::RoutingUpdate::Success) {
            self.walk.has_met |= self.walk.table.insert(peer, subnet).is_none();
        }
    }

    /// Nobody is told of the peer any more.
    pub(super) fn drop_from_table(&mut self, peer: PeerId) {
        self.walk.table.remove(&peer);
        if let Some(kad) = self.swarm.behaviour_mut().kad.as_mut() {
            kad.remove_peer(&lib_peer_of(peer));
        }
    }

    pub(super) fn failed(&mut self, peer: PeerId, id: ConnectionId, failure: &Failure) {
        tracing::debug!(%peer, %failure, "a connection carries no words");
        let Some(link) = self.links.get(&id) else {
            return;
        };
        if let Some(weight) = failure.weight() {
            let host = Host::of(link.at.ip());
            let reason = failure.to_string();
            self.shared.blame(peer, Some(host), weight, &reason);
        }
        let mut book = self.shared.book();
        if book
            .connected
            .get(&peer)
            .is_some_and(|known| known.connection == id)
        {
            book.connected.remove(&peer);
        }
    }

    /// Asks others whom they know, if it is time to.
    pub(super) fn look_around(&mut self, now: Instant) {
        let target = usize::try_from(self.settings.limits.outbound_target).unwrap_or(usize::MAX);
        let is_at_ease = links::are_enough(self.links.values(), target);
        if !self.walk.is_due(now, is_at_ease) || self.walk.table.is_empty() {
            return;
        }
        let Some(kad) = self.swarm.behaviour_mut().kad.as_mut() else {
            return;
        };
        // Around itself first, where others look for it; then anywhere.
        let place = if self.walk.has_met {
            lib_peer_of(self.shared.own)
        } else {
            LibPeerId::random()
        };
        self.walk.query = Some(kad.get_closest_peers(place));
        self.walk.last = Some(now);
        self.walk.has_met = false;
    }

    pub(super) fn on_kad(&mut self, event: kad::Event) {
        match event {
            kad::Event::OutboundQueryProgressed {
                id,
                result: kad::QueryResult::GetClosestPeers(result),
                step,
                ..
            } => {
                if self.walk.query == Some(id) && step.last {
                    self.walk.query = None;
                }
                let peers = match result {
                    Ok(closest) => closest.peers,
                    Err(kad::GetClosestPeersError::Timeout { peers, .. }) => peers,
                };
                self.heard_of(&peers);
            }
            kad::Event::RoutingUpdated {
                old_peer: Some(old),
                ..
            } => {
                if let Some(old) = peer_of(&old) {
                    self.walk.table.remove(&old);
                }
            }
            _ => {}
        }
    }

    fn heard_of(&mut self, peers: &[kad::PeerInfo]) {
        let now = self.shared.now();
        let allows_private = self.settings.allows_private_addresses;
        let mut book = self.shared.book();
        for info in peers {
            let Some(peer) = peer_of(&info.peer_id).filter(|peer| *peer != self.shared.own) else {
                continue;
            };
            for at in believed(&info.addrs, allows_private) {
                book.places
                    .note(PeerAddress { peer, at }, Finding::Heard, now);
            }
        }
        drop(book);
        self.dial();
    }
}

/// The addresses that a peer may be told and believed to have.
fn believed(addresses: &[libp2p::Multiaddr], allows_private: bool) -> Vec<SocketAddr> {
    let sockets = addresses.iter().filter_map(socket_of);
    let reachable = sockets.filter(|at| allows_private || is_public(at.ip()));
    reachable.take(ADDRESSES_MAX).collect()
}
