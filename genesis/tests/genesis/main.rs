//! What the crate promises to those who use it, from outside.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod cases;
mod decoding;
mod golden;
mod hashing;
mod hostile;
mod mistakes;
mod support;
mod writing;
