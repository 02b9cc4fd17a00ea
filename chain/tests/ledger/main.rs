//! The ledger against a plain model of it, and each of its rules at its edge.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod attendance;
mod block_edges;
mod edges;
mod forks;
mod model;
mod parents;
mod proofs;
mod quorum;
mod random;
mod world;
