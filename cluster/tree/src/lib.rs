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
//! A [`StateTree`] is one *version*. It is made of pages that versions share:
//! an update copies those on the way to what it changes, if another version
//! holds them, and leaves the others where they are. So a clone costs nothing,
//! a fork of the chain has a version of its own, proofs are made from one
//! version while the next is hashed, and undo is to have kept the old one.
//!
//! Two kinds of pages:
//! - a *leaf page* has up to eight entries, sorted. Their inner nodes are not
//!   kept but hashed when needed;
//! - an *inner page* has three levels of nodes, with the hash of each.
//!
//! An update first changes the entries and marks the nodes above them. Then
//! what is marked is hashed level by level across all pages, so that BLAKE3's
//! lanes are full.
//!
//! Invariants:
//! - the root depends on the entries alone, not on the order or grouping of
//!   the updates that led to them;
//! - so do the pages: a subtree is one leaf page if its entries fit into one,
//!   and is forked if not. Hence no fork has one entry only, and memory shrinks
//!   with the content;
//! - a version never changes but by its own [`StateTree::update`];
//! - outside of an update nothing is marked.
//!
//! Failure model: none of its own; there is no IO. Keys that agree in many
//! bits cost up to 85 pages for every nine of them, and no more.

mod apply;
mod entries;
mod entry;
mod forest;
mod lanes;
mod page;
mod path;
#[cfg(test)]
mod shape_tests;
mod spare;
mod tree;

pub use path::{End, Path};
pub use tree::{Changes, StateTree};
