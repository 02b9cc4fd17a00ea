//! The mempool on a thread of its own, and signatures on another.
//!
//! ```text
//! callers ── ordinary lane ──▶ pool thread ── batch ──▶ verifier thread
//! driver, committer, verifier ── urgent lane ──▶ pool thread
//! ```
//!
//! Invariants:
//! - the chain never waits behind callers: the urgent lane goes first;
//! - what callers have in line is bounded in bytes ([`SUBMITTED_BYTES_MAX`]);
//!   beyond it they are told at once to come back, and the pool thread hears
//!   nothing of it: what is shed takes no time from what is taken;
//! - every caller whose submission is examined gets one answer for each
//!   transaction, whoever else sent the same one.

mod accounts;
mod handle;
mod spent;
mod thread;
mod waiters;

#[cfg(test)]
pub(crate) use handle::answering;
pub(crate) use handle::{Answer, Crowded, Novelty, PoolHandle, Refused};
pub(crate) use thread::{FollowedBlock, Pool, PoolSettings, start};

use pyralog_chain::mempool::Source;
use pyralog_p2p::PeerId;
use pyralog_primitives::ByteCount;

/// What callers may have in line together: some 17,000 transfers, a second or
/// two of verification on one core. Lower, and a burst is turned away; higher,
/// and it waits longer than its senders do, while the lines of more sources
/// than have one keep the pool busy with refusing.
pub(crate) const SUBMITTED_BYTES_MAX: ByteCount = ByteCount::new(4 * 1024 * 1024);

/// Keeps the lines of peers apart from those of callers, which are counted.
const PEER_BIT: u64 = 1 << 63;

/// The line of a peer.
pub(crate) fn source_of(peer: PeerId) -> Source {
    let key = peer.get();
    let first = key.as_bytes().first_chunk().expect("a key is longer");
    Source::new(u64::from_be_bytes(*first) | PEER_BIT)
}

/// Whether a transaction came from a peer, which tells others itself.
fn is_peer(source: Source) -> bool {
    source.get() & PEER_BIT != 0
}
