//! Blocks, receipts and state on disk: one durable commit per block.
//!
//! A [`Store`] holds one chain: its blocks with certificates and receipts, the
//! indexes that lead to them, the state after the head, and what the state was
//! at the heights before. It is told what became final and keeps it. Whether a
//! block is right, whether a root is right, and what may be forgotten, others
//! know.
//!
//! ```text
//! Store::open ─▶ initialize ─▶ load_tree ─▶ commit, commit, …     one writer
//!                                └▶ view, get_at, block, events   many readers
//! ```
//!
//! Everything lies in the sorted maps of `RocksDB`, one for each [`Family`] of
//! rows. A commit is one batch over all of them, synced once, so after a loss
//! of power the store is at some height, whole. That needs no second truth:
//! - the state tree is not stored. It is built from the values when a node
//!   starts, and its root compared with the committed one, so a node that runs
//!   has proved its state ([`Store::load_tree`]);
//! - what a height replaced is kept beside the new values. From there come the
//!   state of earlier heights ([`View::get_at`]) and the way back
//!   ([`Store::rollback`]).
//!
//! Invariants:
//! - what [`Store::commit`] has acknowledged is there after any crash, or the
//!   store does not open and says what is lost;
//! - after any crash the store is at one height that was committed: values,
//!   history, indexes and head agree;
//! - an open that fails has changed nothing;
//! - no bytes on disk make this crate panic;
//! - after a failed write nothing is written any more ([`Stopped`]).
//!
//! Failure model: processes end at any moment; power goes at any moment, and
//! what was not synced is then there, not there, in part, or garbage, in any
//! order; a synced byte stays, unless the disk changes it, which is detected
//! and never repaired. A disk that says a sync is done and loses it is detected
//! only where the count of acknowledged writes has outlived it.
//!
//! What is bounded: the log (128 MiB, beyond which memory moves to files),
//! memory tables (256 MiB), the cache ([`Options::cache`]), the values that were
//! used last (16 MiB), the engine's
//! reports (16 MiB), a page of events ([`MATCH_COUNT_MAX`]), the batches of
//! pruning and rollback. Only the state itself and the heights that one keeps
//! take space without a bound of ours.
//!
//! The specification of the rows is the page "The store on disk" of the book.

mod checkpoint;
mod commit;
mod crc32c;
mod engine;
mod error;
mod family;
mod files;
mod height_rows;
mod latest;
mod log_file;
mod open;
mod options;
mod postings;
mod prune;
mod read;
mod receipt_row;
mod recovery;
mod rollback;
mod rows;
mod snapshot;
mod standing;
mod state_row;
mod store;
mod term;
mod verify;
mod view;

pub use checkpoint::CheckpointError;
pub use error::{
    AtError, CommitError, InitializeError, OpenError, PruneError, ReadError, RollbackError,
    Stopped, TreeError, ViewError,
};
pub use family::Family;
pub use options::Options;
pub use read::{MATCH_COUNT_MAX, Matches};
pub use rows::{Damage, TransactionPlace};
pub use snapshot::{ExportError, ImportError, SNAPSHOT_VERSION, import};
pub use standing::Head;
pub use store::{Room, Store};
pub use term::Term;
pub use verify::{RowCounts, VerifyError};
pub use view::{NamespaceEntry, View};
