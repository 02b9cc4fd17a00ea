//! What an engine was told at one height, so that a restart goes on from there.
//!
//! A [`Wal`] holds the records of one height at a time. What a record means,
//! only the engine knows; here it is bytes.
//!
//! ```text
//! Wal::open ─▶ what was recorded ─▶ begin(height) ─▶ append, append, sync ─▶ …
//! ```
//!
//! Invariants:
//! - what [`Wal::sync`] has acknowledged is there, in order, after any crash,
//!   until [`Wal::begin`] drops it;
//! - a height that begins costs nothing: that is written with its first records,
//!   behind those of the height before. A crash leaves the one height whole or
//!   the other with what was synced of it;
//! - what [`Wal::open`] returns is durable by then, so nobody acts on records
//!   that the next loss of power takes away;
//! - after a failed write or sync every later call fails;
//! - no bytes on disk make this crate panic, and an open that fails has changed
//!   nothing.
//!
//! # What is a torn tail, and what is not
//!
//! All that is appended between two syncs is written as one *frame*, and synced
//! before the next one is begun. So a loss of power can only leave the last
//! frame unfinished: a beginning of it, with garbage or zeros behind, no longer
//! than it was to be. That is *torn*. Nobody was told that it is there; it is
//! cut off, and [`Recovered::torn`] says how much it was.
//!
//! Whatever a loss of power cannot have left is *damage*, and the log is
//! refused, because to forget a vote is how a validator votes twice:
//! - disorder with the head of another frame behind it: that one was begun only
//!   once the broken one was durable. Heads have a checksum of their own over
//!   their place, so that they are found wherever they stand, and bytes of
//!   another log or another place are not taken for one;
//! - more bytes behind disorder than the head of the frame announces;
//! - a header that is not whole: it is written by replacing the file.
//!
//! One thing looks alike: a byte of the *last* frame that changed after it was
//! synced. It is taken for a torn frame. The signing guard, a file of its own,
//! then still knows what was signed. Whoever drives both compares: a signature
//! that the guard holds, and whose intent is not in this log, means that the log
//! has lost something, and that this validator must neither vote at this height
//! nor write anything more into this log.

mod error;
mod frame;
mod log;

pub use error::{Damage, OpenError, WalError};
pub use frame::{LOG_BYTES_MAX, RECORD_BYTES_MAX, RECORD_COUNT_MAX};
pub use log::{Recovered, Wal};
