//! A few validators at a table, for schedules written by hand.
//!
//! Messages wait until a test lets them through, timers until it says that time
//! is over. Everything else happens at once: a block is built and checked, a
//! statement signed, as soon as an engine asks. For tests of engines alone;
//! schedules by the thousand are the simulator's business.
//!
//! Invariants, checked at every step: what is signed was written down before; a
//! height is decided once, by a certificate that verifies, and nothing more is
//! told of it: the log in which it was written down is gone then.

mod council;
mod words;

pub use council::{Council, GENESIS, HEIGHT, Seat, in_round, is_vote};
