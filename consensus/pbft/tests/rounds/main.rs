//! Schedules written out by hand: who hears what, and when time is over.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod hostile;
mod known_bad;
mod restarts;
mod schedules;

use pyralog_pbft::{Pbft, Settings};
use pyralog_primitives::{Address, DurationMs};

fn settings() -> Settings {
    Settings {
        block_interval: DurationMs::new(1000),
        round_timeout: DurationMs::new(3000),
        resend_interval: DurationMs::new(2000),
    }
}

fn pbft(own: Option<Address>) -> Pbft {
    Pbft::new(settings(), own)
}
