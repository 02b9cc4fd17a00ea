//! The engine of a network with one validator: for development.
//!
//! It decides alone, so all it has to decide is *when*: at once where something
//! waits or is to be proved, else after an interval.
//!
//! Invariants, beside those of every engine:
//! - at most one block is asked for at each height, and signed, and made final;
//! - a block with transactions is followed by another one without waiting;
//! - a height is never decided sooner than `block_interval` after the one
//!   before, unless something waits for it;
//! - what is signed was written down before; a process that ends between
//!   signing and the durable commit signs the same block after its restart.
//!
//! Failure model: the validator is trusted by everyone, its disk keeps what is
//! synced.

mod solo;

pub use solo::Solo;
