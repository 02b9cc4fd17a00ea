//! What the store promises, tried from outside.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(
    clippy::cast_possible_truncation,
    reason = "what tests count and draw is small"
)]

mod chain;
mod corruption;
mod crashes;
mod failure;
mod history;
mod kill;
mod model;
mod process;
mod pruning;
mod snapshots;
