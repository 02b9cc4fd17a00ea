//! Whole nets of real nodes, begun and treated as their operators do.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod attacks;
mod command_line;
mod faults;
mod joining;
mod life;
mod load;
mod nets;
mod payments;
