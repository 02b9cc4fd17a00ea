//! What callers may ask, how much of it, and who answers.
//!
//! Invariants:
//! - reads come from the store and from what is published, so that nobody
//!   waits for execution or for a commit;
//! - connections, bodies, batches, subscriptions and single answers are bounded,
//!   and what a caller may cost in a second too ([`prices`]);
//! - a subscriber holds nothing but its own place in the chain: one that is
//!   slow, or reads nothing, costs no memory that grows;
//! - so does a caller: a connection has a bounded number of messages in hand and
//!   of answers that wait, beyond which nothing is read of it, and one that takes
//!   nothing of its answers is closed ([`server`]).
//!
//! Not bounded yet: how many of the connections one caller takes.

mod comet;
mod context;
mod failures;
mod gate;
mod http;
mod methods;
mod peers;
mod prices;
mod reads;
mod server;
mod submit;
mod subscriptions;
mod wait;

pub(crate) use context::Context;
pub(crate) use server::{Server, serve};

#[cfg(test)]
mod tests;
