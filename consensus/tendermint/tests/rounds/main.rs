//! Schedules written out by hand: who hears what, and when time is over.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod hostile;
mod locks;
mod restarts;
mod schedules;

use pyralog_consensus::{Turn, proposer};
use pyralog_council::{Council, HEIGHT};
use pyralog_primitives::{Address, DurationMs, Round};
use pyralog_tendermint::{Settings, Tendermint};

fn tendermint(own: Option<Address>) -> Tendermint {
    let settings = Settings {
        block_interval: DurationMs::new(1000),
        propose_timeout: DurationMs::new(3000),
        vote_timeout: DurationMs::new(1000),
        timeout_growth: DurationMs::new(500),
        resend_interval: DurationMs::new(2000),
    };
    Tendermint::new(settings, own)
}

/// Whose turn it is in a round.
fn turn(council: &Council<Tendermint>, round: u32) -> usize {
    let turn = Turn::of(HEIGHT, Round::new(round));
    proposer(&council.validators, turn).get()
}
