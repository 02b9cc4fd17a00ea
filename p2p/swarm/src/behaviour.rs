//! All that a node does on its connections, in the order in which it is asked.

mod gossip;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use libp2p::core::Transport as _;
use libp2p::core::upgrade::Version;
use libp2p::identity::Keypair;
use libp2p::kad::store::{MemoryStore, MemoryStoreConfig};
use libp2p::swarm::NetworkBehaviour;
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::{Swarm, connection_limits, identify, kad, noise, ping, tcp};

pub(crate) use self::gossip::{WAITING_BYTES_MAX, topic};

use crate::address::Host;
use crate::doors::Doors;
use crate::gate::Gate;
use crate::key::lib_peer_of;
use crate::muxer;
use crate::names;
use crate::settings::{Limits, SwarmSettings};
use crate::shared::Shared;
use crate::swarm::StartError;
use crate::words::{self, Hello};

/// Connections to one peer: two that crossed, until one of them is closed.
const PER_PEER_MAX: u32 = 2;

/// Length of a message of the hash table.
const KAD_BYTES_MAX: usize = 16 * 1024;
/// How long a question to it may take.
const KAD_WITHIN: Duration = Duration::from_secs(30);

/// Refusals first.
#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
    gate: Gate,
    pub(crate) limits: connection_limits::Behaviour,
    identify: identify::Behaviour,
    ping: ping::Behaviour,
    words: words::Behaviour,
    pub(crate) kad: Toggle<kad::Behaviour<MemoryStore>>,
    pub(crate) gossip: gossip::Behaviour,
}

/// A swarm that does not listen yet.
pub(crate) fn build(
    settings: &SwarmSettings,
    keypair: &Keypair,
    shared: &Arc<Shared>,
) -> Result<Swarm<Behaviour>, StartError> {
    let transport = transport(settings, keypair, shared)?;
    let behaviour = behaviour(settings, keypair, shared);
    let own = keypair.public().to_peer_id();
    let config = libp2p::swarm::Config::with_tokio_executor();
    Ok(Swarm::new(transport, behaviour, own, config))
}

fn transport(
    settings: &SwarmSettings,
    keypair: &Keypair,
    shared: &Arc<Shared>,
) -> Result<
    libp2p::core::transport::Boxed<(libp2p::PeerId, libp2p::core::muxing::StreamMuxerBox)>,
    StartError,
> {
    let doors = Doors {
        inner: tcp::tokio::Transport::new(tcp::Config::default().nodelay(true)),
        allows_private: settings.allows_private_addresses,
        shared: Arc::clone(shared),
    };
    let noise = noise::Config::new(keypair).map_err(|_| StartError::Key)?;
    Ok(doors
        .upgrade(Version::V1Lazy)
        .authenticate(noise)
        .multiplex(muxer::Config::new())
        .timeout(Duration::from_secs(10))
        .boxed())
}

fn behaviour(settings: &SwarmSettings, keypair: &Keypair, shared: &Arc<Shared>) -> Behaviour {
    let hello = Hello {
        version: pyralog_primitives::codec::Version::V1,
        genesis: settings.genesis,
        proof: settings.proof,
    };
    let words = words::Behaviour::new(
        shared.own,
        names::protocol(settings.genesis, "words"),
        &hello,
        Arc::clone(&shared.lines),
        deaf_after(&settings.limits),
    );
    let exempt = settings
        .persistent
        .iter()
        .map(|kept| Host::of(kept.at.ip()));
    Behaviour {
        gate: Gate::new(Arc::clone(shared), &settings.limits, exempt.collect()),
        limits: limits(settings),
        identify: identify(settings, keypair),
        ping: ping(&settings.limits),
        words,
        kad: settings.discovers.then(|| kad(settings, shared)).into(),
        gossip: gossip::behaviour(settings.genesis),
    }
}

fn limits(settings: &SwarmSettings) -> connection_limits::Behaviour {
    let limits = &settings.limits;
    let mut behaviour = connection_limits::Behaviour::new(
        connection_limits::ConnectionLimits::default()
            .with_max_pending_incoming(Some(limits.pending_max))
            .with_max_pending_outgoing(Some(limits.pending_max))
            .with_max_established_incoming(Some(limits.inbound_max))
            .with_max_established_outgoing(Some(limits.outbound_max))
            .with_max_established_per_peer(Some(PER_PEER_MAX)),
    );
    for peer in settings.free() {
        behaviour.bypass_peer_id(&lib_peer_of(peer));
    }
    behaviour
}

/// How long a peer may take nothing of what it is told. One that does nothing at
/// all is found out by its silence before, and is not to blame.
fn deaf_after(limits: &Limits) -> Duration {
    Duration::from_millis(limits.silence_max.get()).saturating_mul(2)
}

/// Asks, waits, and asks again, a quarter of the time each; the second question
/// is given up by libp2p after ten seconds.
fn ping(limits: &Limits) -> ping::Behaviour {
    let quarter = Duration::from_millis(limits.silence_max.get() / 4);
    let config = ping::Config::new()
        .with_interval(quarter)
        .with_timeout(quarter);
    ping::Behaviour::new(config)
}

fn identify(settings: &SwarmSettings, keypair: &Keypair) -> identify::Behaviour {
    let network = names::network(&settings.chain, settings.genesis);
    let config = identify::Config::new(network, keypair.public())
        .with_agent_version(settings.agent.clone())
        // What a node of a public network listens on is for its neighbours; it
        // tells where it can be reached from outside.
        .with_hide_listen_addrs(!settings.allows_private_addresses || !settings.external.is_empty())
        // Addresses are kept in the book, after a look at them.
        .with_cache_size(0);
    identify::Behaviour::new(config)
}

fn kad(settings: &SwarmSettings, shared: &Shared) -> kad::Behaviour<MemoryStore> {
    let mut config = kad::Config::new(names::protocol(settings.genesis, "kad"));
    config
        .set_query_timeout(KAD_WITHIN)
        .set_max_packet_size(KAD_BYTES_MAX)
        .disjoint_query_paths(true)
        // Only who has greeted is told to others: see the task.
        .set_kbucket_inserts(kad::BucketInserts::Manual)
        // The table is for finding nodes; it stores nothing for anybody.
        .set_record_filtering(kad::StoreInserts::FilterBoth)
        .set_caching(kad::Caching::Disabled)
        .set_publication_interval(None)
        .set_replication_interval(None)
        .set_provider_publication_interval(None)
        .set_periodic_bootstrap_interval(None);
    let own = lib_peer_of(shared.own);
    let nothing = MemoryStoreConfig {
        max_records: 0,
        max_provided_keys: 0,
        ..MemoryStoreConfig::default()
    };
    let store = MemoryStore::with_config(own, nothing);
    let mut kad = kad::Behaviour::with_config(own, store, config);
    if settings.allows_private_addresses {
        // Nobody confirms from outside that such an address is reached.
        kad.set_mode(Some(kad::Mode::Server));
    }
    kad
}

/// Connections that may be made at the same time.
pub(crate) fn pending_max(limits: &Limits) -> usize {
    let pending_max = NonZeroU32::new(limits.pending_max).unwrap_or(NonZeroU32::MIN);
    usize::try_from(pending_max.get()).unwrap_or(usize::MAX)
}
