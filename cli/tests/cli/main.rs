//! The real program, run as users run it.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod chain;
mod events;
mod fake_node;
mod genesis;
mod guard;
mod keys;
mod light;
mod node;
mod proofs;
mod queries;
mod secrets;
mod shell;
mod transactions;
mod usage;
mod zk;
mod zk_interrupted;
mod zk_snarks;
