//! The seam between a node and the network it is part of.

use std::sync::Arc;

use pyralog_primitives::ByteCount;
use pyralog_primitives::block::BLOCK_BYTES_MAX;
use pyralog_primitives::validators::VALIDATOR_COUNT_MAX;

use crate::{Missed, PeerId};

/// The longest message: the longest block and what is said around it, or the
/// longest message between validators. Lower, and a full block cannot travel;
/// higher, and each peer may make a node take in more before it can judge it.
pub const MESSAGE_BYTES_MAX: usize = BLOCK_BYTES_MAX + 128 * 1024;

/// Messages of one peer that one listener has not heard yet. Lower, and who
/// passes on both votes of the largest set of validators, and what surrounds
/// them, is cut short; higher, and more of what is stale by then is kept.
pub const LINE_COUNT_MAX: usize = 1_024;

/// Bytes of them. Lower, and a block waits until the one before was heard;
/// higher, and each loud peer holds more memory of each that does not listen.
pub const LINE_BYTES_MAX: usize = 2 * MESSAGE_BYTES_MAX;

/// Peers of one network in memory. Lower, and the largest set of validators
/// has no room; higher, and their lines, one for each two of them in each
/// direction, take more memory.
pub const PEER_COUNT_MAX: usize = 256;

const _: () = assert!(
    MESSAGE_BYTES_MAX <= LINE_BYTES_MAX,
    "an empty line takes the longest message"
);
const _: () = assert!(
    2 * VALIDATOR_COUNT_MAX < LINE_COUNT_MAX && VALIDATOR_COUNT_MAX <= PEER_COUNT_MAX,
    "all validators can meet, and all their votes pass through one of them"
);

/// What comes from the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A peer is there and can be told things.
    Connected(PeerId),
    /// It is gone.
    Disconnected(PeerId),
    /// It said something.
    Heard {
        /// Who.
        from: PeerId,
        /// What; at most [`MESSAGE_BYTES_MAX`].
        bytes: Arc<[u8]>,
    },
}

/// A node's place in a network. The invariants are those of the
/// [crate].
pub trait Network: Send + 'static {
    /// The node itself, as its peers see it.
    fn own(&self) -> PeerId;

    /// Tells one peer. Never waits. `Ok` means that it stands in the line, not
    /// that it was heard.
    fn send(&self, to: PeerId, bytes: Arc<[u8]>) -> Result<(), SendError>;

    /// Tells all peers that are connected. Never waits: those whose line is
    /// full miss it, and all miss what is longer than [`MESSAGE_BYTES_MAX`].
    fn publish(&self, bytes: Arc<[u8]>) -> Published;

    /// Says that a peer told what nobody who keeps the rules tells. Who does so
    /// often is not talked to for a while, where the network can tell one peer
    /// from another for good.
    fn blame(&self, peer: PeerId, reason: &str);

    /// What comes next; waits for it. `None` once the network has ended.
    ///
    /// A future that is dropped before it is ready takes nothing with it, so
    /// this can stand in a `select!`.
    fn next(&mut self) -> impl Future<Output = Option<Event>> + Send;
}

/// What became of a message to all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Peers in whose line it stands.
    pub told: usize,
    /// Peers that are connected and miss it.
    pub missed: usize,
}

impl Published {
    /// Counts one more peer, and what became of the message to it. One that is
    /// not connected is none of them.
    pub fn count(&mut self, put: Result<(), Missed>) {
        match put {
            Ok(()) => self.told += 1,
            Err(Missed::Full | Missed::TooLong) => self.missed += 1,
            Err(Missed::Unconnected) => {}
        }
    }
}

/// Why a peer was not told. Nothing of the message was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// There is no connection.
    #[error("peer {peer} is not connected; tell it once it is")]
    Unknown {
        /// Who should have been told.
        peer: PeerId,
    },
    /// It has not heard what it was told before.
    #[error(
        "the line to peer {peer} is full; tell it later, or leave it to ask for what it misses"
    )]
    Full {
        /// Who should have been told.
        peer: PeerId,
    },
    /// No peer would take it.
    #[error("a message of {bytes} bytes is longer than {bytes_max}; say it in parts")]
    TooLong {
        /// Its length.
        bytes: ByteCount,
        /// The greatest: [`MESSAGE_BYTES_MAX`].
        bytes_max: ByteCount,
    },
}

impl SendError {
    /// That `peer` was not told a message of so many bytes.
    pub fn new(missed: Missed, peer: PeerId, bytes_count: usize) -> Self {
        match missed {
            Missed::Unconnected => Self::Unknown { peer },
            Missed::Full => Self::Full { peer },
            Missed::TooLong => Self::TooLong {
                bytes: byte_count(bytes_count),
                bytes_max: byte_count(MESSAGE_BYTES_MAX),
            },
        }
    }
}

/// The length of what is in memory.
pub(crate) fn byte_count(length: usize) -> ByteCount {
    ByteCount::new(u64::try_from(length).expect("a length in memory fits 64 bits"))
}
