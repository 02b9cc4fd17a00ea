//! Messages and records: their encodings, and what is refused.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod encodings;
mod refusals;
mod samples;
