//! The real program, run as users run it.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod genesis;
mod keys;
mod secrets;
mod shell;
mod usage;
