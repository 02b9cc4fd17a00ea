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
//!   beyond it they are told at once to come back;
//! - every caller gets one answer for each transaction, whoever else sent the
//!   same one.

mod accounts;
mod handle;
mod thread;
mod waiters;

pub(crate) use handle::{Answer, PoolHandle, Refused};
pub(crate) use thread::{FollowedBlock, PoolSettings, start};

use pyralog_primitives::ByteCount;

/// What callers may have in line together. Lower, and a burst is turned away;
/// higher, and it waits longer than its senders do.
pub(crate) const SUBMITTED_BYTES_MAX: ByteCount = ByteCount::new(16 * 1024 * 1024);
