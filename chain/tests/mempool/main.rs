//! Tests of the mempool's rules: each rule at its edge, and all of them
//! together beside a slow model.

#![allow(clippy::unwrap_used, reason = "a test may fail anywhere")]

mod admission;
mod blocks;
mod edges;
mod eviction;
mod floods;
mod memory;
mod model;
mod order;
mod random;
mod world;
