//! The seam for what is for everybody, and passed on by all: transactions.
//!
//! It stands beside [`Network`](crate::Network), not in it: what is spread has
//! lines of its own, so that no flood of it stands in the way of a vote; and
//! another task may hear and judge it.

use std::fmt;
use std::sync::Arc;

use pyralog_primitives::transaction::TRANSACTION_BYTES_MAX;
use pyralog_primitives::{ByteCount, Hash};

use crate::PeerId;
use crate::network::byte_count;

/// The longest message that is spread: the longest transaction, or several that
/// have room together, and what is said around them. Lower, and a transaction
/// cannot travel; higher, and each peer has more to pass on before it can judge.
pub const SPREAD_BYTES_MAX: usize = TRANSACTION_BYTES_MAX + 1024;

/// What sets the ids apart from all other hashes.
const ID_CONTEXT: &str = "pyralog 2026-11-30 spread v1";

/// The name of a message that is spread: the hash of its content, so that equal
/// messages are one, whoever says them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpreadId(Hash);

impl SpreadId {
    /// The id of a message.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Hash::new(blake3::derive_key(ID_CONTEXT, bytes)))
    }

    /// The hash without its meaning.
    pub const fn get(self) -> Hash {
        self.0
    }
}

impl fmt::Display for SpreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A message that was spread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spread {
    /// Who passed it on. Who said it first is not known.
    pub from: PeerId,
    /// Its name.
    pub id: SpreadId,
    /// What it says; at most [`SPREAD_BYTES_MAX`].
    pub bytes: Arc<[u8]>,
}

/// What is to become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is good, and passed on.
    Accept,
    /// It is not passed on, and nobody is to blame: it comes too late, or there
    /// is no room.
    Ignore,
    /// It is not passed on: it is well made, and of no use to any node that is
    /// where the chain is. That may happen; who passes on little else is to
    /// blame.
    Useless,
    /// It is not passed on, and who passed it on is to blame: anybody could see
    /// that it is bad.
    Reject,
}

/// Why a message is not spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpreadError {
    /// Nobody would take it.
    #[error("a message of {bytes} bytes is longer than {bytes_max}; spread it in parts")]
    TooLong {
        /// Its length.
        bytes: ByteCount,
        /// The greatest: [`SPREAD_BYTES_MAX`].
        bytes_max: ByteCount,
    },
    /// Too many wait to go out.
    #[error("too much waits to be spread; spread it later")]
    Full,
}

/// Spreads messages, and hears and judges those of others.
///
/// Invariants:
/// - a message is heard once at most, as far back as a network remembers;
/// - what is heard goes on only once it was judged good. Who does not judge is
///   told no more by that peer, and nothing else suffers;
/// - nothing waits but [`Self::next`]. What is not judged yet is bounded for
///   each peer, and peers are heard in turn; what has no room is missed.
///
/// A network may know a message again that it brought to nobody, because who
/// passed it on first had no room, or was not greeted yet. Then it is heard of
/// nobody else either, until the network forgets it.
///
/// Whether a message reaches everybody is not promised: whoever must have it
/// asks for it.
pub trait Gossip: Send + 'static {
    /// Spreads a message of this node, which is not heard back. A message that
    /// is on its way already is not spread again.
    fn spread(&self, bytes: Arc<[u8]>) -> Result<SpreadId, SpreadError>;

    /// Says what is to become of a message that was heard. Judging one that was
    /// not heard, or judged already, changes nothing.
    fn judge(&self, id: SpreadId, verdict: Verdict);

    /// What was spread by others; waits for it. `None` once the network has
    /// ended. A future that is dropped before it is ready takes nothing with it.
    fn next(&mut self) -> impl Future<Output = Option<Spread>> + Send;
}

/// Refuses what is too long to be spread.
pub fn check_length(bytes: &[u8]) -> Result<(), SpreadError> {
    if bytes.len() > SPREAD_BYTES_MAX {
        return Err(SpreadError::TooLong {
            bytes: byte_count(bytes.len()),
            bytes_max: byte_count(SPREAD_BYTES_MAX),
        });
    }
    Ok(())
}
