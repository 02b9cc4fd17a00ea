//! The driver beside disks in memory, small ledgers, and peers who lie.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod alone;
mod bodies;
mod bounds;
mod catching_up;
mod cuts;
mod durable;
mod evidence;
mod joining;
mod maker;
mod network;
mod node;
mod order;
mod script;
mod setup;
mod stopped;
mod store;
mod subject;
mod time;
mod witness;
mod words;
