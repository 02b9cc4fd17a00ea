//! What a node of a network is started with.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use pyralog_p2p::{LINE_BYTES_MAX, PeerId, UNJUDGED_BYTES_MAX};
use pyralog_primitives::{DurationMs, GenesisHash, SecretKey, TimestampMs};

use crate::ValidatorProof;
use crate::address::PeerAddress;
use crate::behaviour::WAITING_BYTES_MAX;
use crate::muxer::RECEIVED_BYTES_MAX;

/// What a node of a network is started with.
#[derive(Clone, Debug)]
pub struct SwarmSettings {
    /// The key of the node. Not that of a validator.
    pub node_key: SecretKey,
    /// The name of the chain.
    pub chain: String,
    /// The network.
    pub genesis: GenesisHash,
    /// A validator's word that the node is its own.
    pub proof: Option<ValidatorProof>,
    /// Name and version of the program, told to peers.
    pub agent: String,
    /// Where to listen. Port 0 is any free one.
    pub listen: Vec<SocketAddr>,
    /// Where others reach the node, if that is not where it listens.
    pub external: Vec<SocketAddr>,
    /// Peers to begin with.
    pub bootstrap: Vec<PeerAddress>,
    /// Peers to be connected to always.
    pub persistent: Vec<PeerAddress>,
    /// Peers that others are not told of.
    pub private: BTreeSet<PeerId>,
    /// Peers that the limits do not hold for.
    pub unconditional: BTreeSet<PeerId>,
    /// Whether addresses that only some can reach are told, believed and
    /// dialled: loopback and private networks. For tests, and networks that
    /// live there.
    pub allows_private_addresses: bool,
    /// Whether peers are looked for in the distributed hash table.
    pub discovers: bool,
    /// How much is taken in.
    pub limits: Limits,
    /// Where the files lie; made if it is missing.
    pub directory: PathBuf,
    /// What time it is.
    pub clock: Clock,
}

impl SwarmSettings {
    /// Peers that the operator freed from the limits.
    pub(crate) fn free(&self) -> impl Iterator<Item = PeerId> {
        let persistent = self.persistent.iter().map(|kept| kept.peer);
        persistent.chain(self.unconditional.iter().copied())
    }

    /// Whether the operator freed the peer from the limits.
    pub(crate) fn is_free(&self, peer: PeerId) -> bool {
        self.free().any(|free| free == peer)
    }
}

/// The memory that one connection may hold: its line in each direction, what its
/// peer has spread and nobody has judged, what waits to be passed on to it, what
/// is under way on its streams, and a mebibyte for all that is small. So a node
/// with `n` connections takes at most `n` times as much for them.
pub const CONNECTION_BYTES_MAX: usize =
    2 * LINE_BYTES_MAX + UNJUDGED_BYTES_MAX + WAITING_BYTES_MAX + RECEIVED_BYTES_MAX + 1024 * 1024;

// The page of the specification says so.
const _: () = assert!(CONNECTION_BYTES_MAX <= 128 * 1024 * 1024);

/// How many connections there may be, and how long one may be silent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections that this node looks for by itself. Lower, and few enough
    /// peers to surround it; higher, and all nodes serve more others.
    pub outbound_target: u32,
    /// Connections that it dials at most, also to ask about others.
    pub outbound_max: u32,
    /// Connections of others. Lower, and newcomers find no place; higher, and
    /// each holds its lines in memory: [`LINE_BYTES_MAX`]
    /// in each direction at the worst.
    pub inbound_max: u32,
    /// Connections that are being made, in each direction.
    pub pending_max: u32,
    /// Connections from one host. Lower, and peers behind one address are shut
    /// out; higher, and one machine takes the places of many.
    pub per_host_max: u32,
    /// Connections from one subnet.
    pub per_subnet_max: u32,
    /// A peer that does not answer for so long is gone; it may take three
    /// quarters of that and ten seconds. Shorter, and a busy one
    /// is lost; longer, and one that lost its power keeps its place. One that
    /// answers such questions, but takes nothing of what it is told, is gone and
    /// blamed after twice as long.
    pub silence_max: DurationMs,
}

impl Default for Limits {
    /// Those of a node of a public network.
    fn default() -> Self {
        Self {
            outbound_target: 16,
            outbound_max: 32,
            inbound_max: 40,
            pending_max: 16,
            per_host_max: 4,
            per_subnet_max: 16,
            silence_max: DurationMs::new(30_000),
        }
    }
}

/// Tells the time for what outlasts a process: bans, and when to dial again.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> TimestampMs + Send + Sync>);

impl Clock {
    /// The time of the system.
    pub fn system() -> Self {
        Self::new(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH);
            let ms = since.map_or(0, |since| since.as_millis());
            TimestampMs::new(u64::try_from(ms).unwrap_or(u64::MAX))
        })
    }

    /// A time of the caller's.
    pub fn new(now: impl Fn() -> TimestampMs + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// What it says.
    pub fn now(&self) -> TimestampMs {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}
