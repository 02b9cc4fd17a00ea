//! Networks under faults, and what they exercise.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::ops::Range;

use pyralog_consensus::Engine;
use pyralog_genesis::ConsensusKind;
use pyralog_pbft::Pbft;
use pyralog_primitives::{Address, DurationMs};
use pyralog_solo::Solo;
use pyralog_tendermint::Tendermint;
use pyralog_world::{Options, Outcome, Seed, run};

/// Seeds of each engine, unless `PYRALOG_WORLDS` says another number.
const SEED_COUNT: u64 = 48;

fn pbft(own: Option<Address>) -> Pbft {
    let settings = pyralog_pbft::Settings {
        block_interval: DurationMs::new(300),
        round_timeout: DurationMs::new(500),
        resend_interval: DurationMs::new(200),
    };
    Pbft::new(settings, own)
}

fn tendermint(own: Option<Address>) -> Tendermint {
    let settings = pyralog_tendermint::Settings {
        block_interval: DurationMs::new(300),
        propose_timeout: DurationMs::new(500),
        vote_timeout: DurationMs::new(200),
        timeout_growth: DurationMs::new(200),
        resend_interval: DurationMs::new(200),
    };
    Tendermint::new(settings, own)
}

fn solo(own: Option<Address>) -> Solo {
    Solo::new(DurationMs::new(300), own)
}

fn options(seed: u64) -> Options {
    Options {
        seed: Seed::new(seed),
        validators: 4,
        transfers: 40,
        has_faults: true,
        has_rest: true,
    }
}

/// Which seeds: one to see a failure again, or as many as are asked for.
fn seeds() -> Range<u64> {
    let number = |name| std::env::var(name).ok()?.parse().ok();
    match number("PYRALOG_WORLD") {
        Some(one) => one..one + 1,
        None => 0..number("PYRALOG_WORLDS").unwrap_or(SEED_COUNT),
    }
}

fn sweep<E: Engine>(
    vary: impl Fn(&mut Options),
    kind: ConsensusKind,
    engine: impl Fn(Option<Address>) -> E,
) -> Outcome {
    let mut total = Outcome::default();
    for seed in seeds() {
        let mut options = options(seed);
        vary(&mut options);
        let outcome = run(&options, kind, &engine);
        let outcome = outcome.unwrap_or_else(|broken| {
            panic!("{kind}, seed {seed}: {broken}\nagain: PYRALOG_WORLD={seed} cargo test -p pyralog-world {kind}")
        });
        total.heights += outcome.heights;
        total.restarts += outcome.restarts;
        total.fetched += outcome.fetched;
        total.given += outcome.given;
        total.lost += outcome.lost;
        total.silenced += outcome.silenced;
    }
    total
}

fn check_exercise(total: Outcome) {
    println!("{total:?}");
    if seeds().count() > 10 {
        let Outcome {
            heights,
            restarts,
            fetched,
            given,
            lost,
            silenced,
        } = total;
        assert!(heights > 500 && restarts > 50 && fetched > 50 && given > 50 && lost > 1000);
        assert!(silenced > 5);
    }
}

#[test]
fn pbft_drives_ledgers_through_faults_without_a_fork() {
    check_exercise(sweep(|_| {}, ConsensusKind::Pbft, pbft));
}

#[test]
fn tendermint_drives_ledgers_through_faults_without_a_fork() {
    check_exercise(sweep(|_| {}, ConsensusKind::Tendermint, tendermint));
}

#[test]
fn a_lone_validator_goes_on_after_any_loss_of_power_whatever_the_engine() {
    let alone = |options: &mut Options| options.validators = 1;
    let solo = sweep(alone, ConsensusKind::Solo, solo);
    let pbft = sweep(alone, ConsensusKind::Pbft, pbft);
    let tendermint = sweep(alone, ConsensusKind::Tendermint, tendermint);
    for total in [solo, pbft, tendermint] {
        println!("{total:?}");
        assert!(seeds().count() == 1 || total.restarts > 20);
    }
}

#[test]
fn logs_know_what_a_loss_of_power_took_from_the_guards() {
    let restless = |options: &mut Options| {
        options.has_rest = false;
        options.transfers = 20;
    };
    let pbft = sweep(restless, ConsensusKind::Pbft, pbft);
    let tendermint = sweep(restless, ConsensusKind::Tendermint, tendermint);
    for total in [pbft, tendermint] {
        println!("{total:?}");
        assert!(seeds().count() == 1 || total.restarts > 20);
    }
}

#[test]
fn equal_seeds_take_equal_courses() {
    let one = run(&options(7), ConsensusKind::Tendermint, tendermint).unwrap();
    let again = run(&options(7), ConsensusKind::Tendermint, tendermint).unwrap();
    let other = run(&options(8), ConsensusKind::Tendermint, tendermint).unwrap();
    assert_eq!(one, again);
    assert_ne!(one, other);
}
