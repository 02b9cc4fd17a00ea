//! One real node, run as its operator runs it, called as its users call it, and
//! treated as neither would like.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod calls;
mod connections;
mod events;
mod files;
mod hostile;
mod kills;
mod operators;
mod payments;
mod pruning;
mod replay;
mod unread;
mod wire;
