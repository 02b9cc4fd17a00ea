//! The state tree: one root over all keys and values.
//!
//! Its shape is that of [`pyralog_primitives::state_proof`]: binary and sparse,
//! a key's place given by its hash, a subtree of one entry collapsed to its
//! leaf. This crate keeps the tree *in memory* and knows hashes only; keys and
//! values themselves are stored elsewhere.
//!
//! The tree is a pure function of its entries, so nothing of it needs to be
//! stored: after a restart it is built again from the entries, at less than a
//! microsecond each. That leaves no second truth to be torn by a
//! crash.
//!
//! Two parts:
//! - below, *buckets*: the entries, sorted, a few in each, found by the first
//!   bits of the key. Their inner nodes are not kept but hashed when needed;
//! - above, a heap of the nodes over the buckets, in one array.
//!
//! An update sorts the changes into buckets, hashes the changed buckets side
//! by side, then the nodes above them level by level, so that BLAKE3's lanes
//! are full. When buckets fill up, their number doubles.
//!
//! Invariants:
//! - the root depends on the entries alone, not on the order or grouping of
//!   the updates that led to them;
//! - the changes that [`StateTree::update`] returns lead back.

mod bucket;
mod forest;
mod heap;
mod path;
mod tree;

pub use path::{End, Path};
pub use tree::{Changes, StateTree};
