//! PBFT and Tendermint under faults of all kinds.

use std::ops::Range;

use super::protocols::{PBFT, TENDERMINT};
use crate::{Coverage, FaultKind, Landmark, Options, Protocol, Seed, Signatures, Simulation};

/// Runs so many seeds, and says what they exercised.
fn sweep<P: Protocol>(
    protocol: &P,
    validators: usize,
    signatures: Signatures,
    seeds: Range<u64>,
) -> Coverage {
    let mut coverage = Coverage::default();
    for seed in seeds {
        let options = Options {
            signatures,
            ..Options::chaos(validators, Seed::new(seed))
        };
        let least = options.heights.get();
        match Simulation::new(protocol, options).run_and_shrink() {
            Ok(outcome) => {
                assert!(outcome.height.get() >= least, "seed {seed:#x}");
                coverage.add(&outcome.coverage);
            }
            Err(violation) => panic!("{violation}"),
        }
    }
    coverage
}

/// Whether each fault acted, but for these, and each landmark was passed.
fn assert_all_exercised(coverage: &Coverage, elsewhere: &[FaultKind]) {
    for kind in FaultKind::ALL
        .iter()
        .filter(|kind| !elsewhere.contains(kind))
    {
        assert!(coverage.of(*kind) > 0, "{kind} never acted:\n{coverage}");
    }
    let is_here = |landmark: &&Landmark| **landmark != Landmark::SignedRun;
    for landmark in Landmark::ALL.iter().filter(is_here) {
        assert!(coverage.passed(*landmark) > 0, "no {landmark}:\n{coverage}");
    }
}

const BY_SCRIPT: &[FaultKind] = &[FaultKind::Twins];
/// Nobody wishes for rounds in Tendermint, or says then what it had prepared.
const NOT_IN_TENDERMINT: &[FaultKind] = &[FaultKind::Twins, FaultKind::HiddenPreparation];

#[test]
fn four_validators_hold_under_300_seeds_that_exercise_everything() {
    let coverage = sweep(&PBFT, 4, Signatures::Hashes, 0..300);
    assert_all_exercised(&coverage, BY_SCRIPT);
}

#[test]
fn seven_validators_hold_under_100_seeds_that_exercise_everything() {
    let coverage = sweep(&PBFT, 7, Signatures::Hashes, 0..100);
    assert_all_exercised(&coverage, BY_SCRIPT);
}

#[test]
fn four_validators_hold_by_tendermint() {
    let coverage = sweep(&TENDERMINT, 4, Signatures::Hashes, 0..300);
    assert_all_exercised(&coverage, NOT_IN_TENDERMINT);
}

#[test]
fn seven_validators_hold_by_tendermint() {
    let coverage = sweep(&TENDERMINT, 7, Signatures::Hashes, 0..100);
    assert_all_exercised(&coverage, NOT_IN_TENDERMINT);
}

#[test]
fn real_signatures_change_nothing() {
    let mut coverage = sweep(&PBFT, 4, Signatures::Ed25519, 0..10);
    coverage.add(&sweep(&TENDERMINT, 4, Signatures::Ed25519, 0..10));
    assert_eq!(coverage.passed(Landmark::SignedRun), 20);
    assert!(coverage.passed(Landmark::Refused) > 0, "{coverage}");
}

#[test]
fn any_number_of_validators_may_be_simulated() {
    for validators in [1, 2, 3, 5, 10, 13] {
        sweep(&PBFT, validators, Signatures::Hashes, 0..5);
        sweep(&TENDERMINT, validators, Signatures::Hashes, 0..5);
    }
}
