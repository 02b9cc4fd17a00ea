//! The driver beside disks in memory, small ledgers, and peers who lie.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod bodies;
mod bounds;
mod catching_up;
mod durable;
mod evidence;
mod joining;
mod maker;
mod network;
mod node;
mod script;
mod setup;
mod store;
mod subject;
mod witness;
