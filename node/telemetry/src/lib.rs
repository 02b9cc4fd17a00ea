//! What operators see of a node: its logs, its metrics, its health.
//!
//! Three ways to look at one process, and none of them needs the others:
//! [`logs`] tell what happened, one line each; [`metrics`] tell how much and
//! how fast, for Prometheus to collect; [`health`] tells whether the node does
//! its work, for people and for those who restart or route around it.
//!
//! This crate knows no chain and no store. The node tells it what to show.
//!
//! Invariants:
//! - showing never stops the node: a log that cannot be written is dropped, a
//!   scrape that fails costs the scraper its answer and nobody else;
//! - nothing that comes from outside the node names a time series, begins a
//!   line of the log, or holds a connection for longer than a named time.

pub mod health;
pub mod logs;
pub mod metrics;
