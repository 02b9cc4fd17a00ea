//! The chain of a node: what decides, executes and makes durable.
//!
//! ```text
//!        offers              batches                heads
//! pool ────────▶ driver ──────────────▶ committer ────────▶ feed ─▶ readers
//!  ▲   ◀──────── engine + ledger ◀───── durable heights
//!  └── final blocks ──┘
//! ```
//!
//! The driver executes the next block while the committer writes the last one;
//! readers see a block only once it is durable, and read from the store, so
//! they wait for neither.

mod clock;
mod committer;
mod driver;
mod feed;
mod halt;

pub(crate) use clock::Clock;
pub(crate) use committer::Committer;
pub(crate) use driver::{Driver, Parent, SETTLING_COUNT_MAX};
pub(crate) use feed::{Feed, Published};
pub use halt::Halt;
