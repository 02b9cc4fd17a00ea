//! The driver: connects any engine to disk, ledger, key and network.
//!
//! It does what an engine asks for, in order, and decides nothing about the
//! chain. It has no IO, clock or thread of its own: [events](Event) come in,
//! [commands](Command) go out, and a host carries them out. Only the logs and
//! the guard, which stand on a [`Disk`](pyralog_disk::Disk), are written to as it goes: what must be
//! durable before something leaves *is* durable before the command to tell it
//! is given.
//!
//! ```text
//!              words                      commands
//! network ◀───────────▶ ┌────────┐ ─────────────────────▶ ┌──────────┐
//!                       │ driver │                        │ executor │ (ledger)
//! pool    ◀── find ───▶ │ engine │ ◀───────────────────── └──────────┘
//!                       └────────┘   built, examined,           │ final blocks
//!                        ▲      ▲    finalized, durable         ▼
//!                      logs   guard                           store
//! ```
//!
//! Invariants:
//! - what an engine writes down is durable before anything that it asked for
//!   later is signed, told or made final; a signature is durable in the guard
//!   before it is told;
//! - a block is voted for only once all of it is held, checked by the ledger
//!   and written down in the log;
//! - a height begins only once the one two before it is durable, and what was
//!   said at a height is remembered until the height after the next begins;
//! - a node that begins signs nothing until its peers have said how far they
//!   are, or had time to, and those that are further have been caught up with;
//! - who has lost something of what it said at a height, which the guard shows,
//!   says nothing more at that height, over any number of further restarts;
//! - what is held of peers is bounded, by peer and in all, and so is what they
//!   are given;
//! - no peer, whatever it says or leaves out, stops a node for good;
//! - a block is checked against the clock only until a quorum has prevoted for
//!   it.
//!
//! Failure model: peers may say anything. The host does what it is told, in
//! order. When a disk fails, the driver stops with the first error and must not
//! be called again.

mod answer;
mod bodies;
mod driver;
mod error;
mod events;
mod executor;
mod logs;
mod peers;
mod planner;
mod signer;
mod word;

pub use answer::{Answer, VerifiedAnswer};
pub use bodies::Body;
pub use driver::{Driver, JOIN_PATIENCE, SETTLING_COUNT_MAX, TIP_INTERVAL};
pub use error::{Blame, Halt, Warning};
pub use events::{Command, Event, FoundTransaction, Next, Now, Settings, To};
pub use executor::{BuildError, Executor, FinalizeError, Order, Settled, Verdict};
pub use logs::{Logs, LogsError};
pub use planner::QUESTION_COUNT_MAX;
pub use signer::{LocalSigner, SignError, Signer};
pub use word::{
    CompactBlock, FINAL_COUNT_MAX, FinalBlock, OFFERED_BYTES_MAX, OFFERED_COUNT_MAX, OfferNumber,
    OfferPlace, PORTION_BYTES_MAX, Word,
};
