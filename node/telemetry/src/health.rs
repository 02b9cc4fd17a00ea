//! Health: whether the node does its work, over HTTP.
//!
//! | page | says |
//! |---|---|
//! | `/livez` | 200: the process answers; if not, restart it |
//! | `/readyz` | 200 or 503: whether to send it work |
//! | `/healthz` | the same for people and scripts; `?verbose` lists each check |
//! | `/metrics` | what Prometheus collects |
//! | `/` | this list |
//!
//! A check that warns does not make a node unready: work sent elsewhere mends
//! neither a filling disk nor a missing peer. Checks are lines of text, or
//! JSON for whoever accepts `application/json`.
//!
//! Everyone who reaches the port may ask, so each connection is bounded in
//! number, in time and in memory.
//!
//! Invariants:
//! - a client that sends nothing, or reads nothing, holds one of
//!   [`CONNECTION_COUNT_MAX`] places, and for no longer than
//!   [`CONNECTION_AGE_MAX`] and [`STOP_WAIT_MAX`] say;
//! - no page changes anything, and no body is read.

mod pages;
mod server;

use serde::Serialize;

pub use self::server::{
    CONNECTION_AGE_MAX, CONNECTION_COUNT_MAX, HEAD_BYTES_MAX, HEAD_WAIT_MAX, STOP_WAIT_MAX, serve,
};

/// What a node finds when it looks at itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// In the order in which they are shown.
    pub checks: Vec<Check>,
}

/// One question a node asks itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What is asked, in a word.
    pub name: &'static str,
    /// The answer.
    #[serde(flatten)]
    pub state: CheckState,
}

/// The answer to a check; what is not well says what and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", content = "message", rename_all = "lowercase")]
pub enum CheckState {
    /// All is well.
    Ok,
    /// Someone should look; the node works.
    Warn(String),
    /// The node does not do its work.
    Failed(String),
}

impl Report {
    /// Whether to send the node work: nothing failed.
    pub fn is_ready(&self) -> bool {
        let failed = |check: &Check| matches!(check.state, CheckState::Failed(_));
        !self.checks.iter().any(failed)
    }
}

#[cfg(test)]
mod tests;
