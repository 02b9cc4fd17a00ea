//! The rules of the mempool: what waits for a block, in which order it is
//! offered, what goes when room is short, and what is told about it afterwards.
//!
//! Two state machines without IO, clock or randomness. Time comes in, effects
//! go out as return values, and equal inputs give equal answers everywhere.
//!
//! ```text
//! offer ─▶ Admission ─▶ Batch::verify (any thread) ─▶ Admission::complete ─▶ Mempool
//!          one line for each source                  reads accounts          │
//!                                            candidates ◀────────────────────┤
//!                                                status ◀────────────────────┘
//! ```
//!
//! [`Admission`] keeps sources apart while signatures wait to be verified, in
//! batches. [`Mempool`] holds only what is verified: [`Checked`].
//!
//! Invariants of [`Mempool`], after every call:
//! - at most one transaction for each sender and nonce, and at most one place
//!   for each id;
//! - a sender's transactions up to any of them are payable together from the
//!   balance it had when a block last touched it;
//! - what is held in memory is at most [`Limits::bytes_max`], of which what
//!   cannot run yet is at most [`Limits::gapped_bytes_max`];
//! - an eviction takes the end of a queue, never its middle, and takes what
//!   cannot run before what can;
//! - a transaction that is refused changes nothing but the memory of refusals;
//! - everything that leaves is remembered with the reason, for
//!   [`REMEMBERED_FOR`], as far as the bounds on memory allow.
//!
//! Failure model: everything offered may be hostile, the caller is not. It
//! tells of every block, names every account that a block changed, and brings
//! every batch back. What [`Accounts`] cannot read is the caller's error and
//! never a verdict about a transaction; nothing has changed then.
//!
//! What is decided here is only a forecast: whether an action succeeds, and
//! what the base fee is when a block is made, execution alone can tell.

mod admission;
mod admit;
mod after_block;
mod batch;
mod candidates;
mod checked;
mod eviction;
mod index;
mod key;
mod pool;
mod priority;
mod queue;
mod recent;
mod rejection;
mod rules;
mod small_order;
mod status;

use pyralog_primitives::Address;
use pyralog_primitives::state::AccountState;

pub use admission::{
    Admission, Fate, JUDGED_COUNT_MAX, Offered, Outcome, ReadFailed, SOURCE_BYTES_MAX,
    SOURCE_COUNT_MAX, SUSPECT_COUNT_MAX, Source, VOUCHER_COUNT_MAX,
};
pub use admit::Admitted;
pub use after_block::{Included, NewTip, Reorganized};
pub use batch::{Batch, Verified};
pub use candidates::{BlockSpace, Candidates, MISFIT_COUNT_MAX};
pub use checked::{ACTION_OVERHEAD_BYTES, Checked, ENTRY_OVERHEAD_BYTES, WeakChecked};
pub use pool::{Limits, LimitsError, Mempool};
pub use priority::Priority;
pub use recent::REMEMBERED_FOR;
pub use rejection::Rejection;
pub use rules::Rules;
pub use status::{
    Departure, Eviction, INCLUDED_COUNT_MAX, LEFT_COUNT_MAX, Left, REFUSED_COUNT_MAX, Standing,
    Status,
};

/// Where accounts are read, as of the block that the pool was last told of.
pub trait Accounts {
    /// Why an account cannot be read.
    type Error;

    /// The account of this address; one that never held anything is the
    /// default.
    fn account(&self, address: &Address) -> Result<AccountState, Self::Error>;
}
