//! The real file: what it keeps, whom it lets in, and what a loss of power
//! leaves.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod behaviour;
#[cfg(target_os = "linux")]
mod power_cuts;
