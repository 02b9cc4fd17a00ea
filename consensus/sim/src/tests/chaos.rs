//! PBFT under faults of all kinds.

use super::protocols::PBFT;
use crate::{Coverage, FaultKind, Landmark, Options, Seed, Signatures, Simulation};

/// Runs so many seeds, and says what they exercised.
fn sweep(validators: usize, signatures: Signatures, seeds: std::ops::Range<u64>) -> Coverage {
    let mut coverage = Coverage::default();
    for seed in seeds {
        let options = Options {
            signatures,
            ..Options::chaos(validators, Seed::new(seed))
        };
        let least = options.heights.get();
        match Simulation::new(&PBFT, options).run_and_shrink() {
            Ok(outcome) => {
                assert!(outcome.height.get() >= least, "seed {seed:#x}");
                coverage.add(&outcome.coverage);
            }
            Err(violation) => panic!("{violation}"),
        }
    }
    coverage
}

/// Whether each fault acted and each landmark was passed, but for these.
fn assert_all_exercised(coverage: &Coverage, elsewhere: (FaultKind, Landmark)) {
    for kind in FaultKind::ALL.iter().filter(|kind| **kind != elsewhere.0) {
        assert!(coverage.of(*kind) > 0, "{kind} never acted:\n{coverage}");
    }
    for landmark in Landmark::ALL
        .iter()
        .filter(|landmark| **landmark != elsewhere.1)
    {
        assert!(coverage.passed(*landmark) > 0, "no {landmark}:\n{coverage}");
    }
}

#[test]
fn four_validators_hold_under_300_seeds_that_exercise_everything() {
    let coverage = sweep(4, Signatures::Hashes, 0..300);
    assert_all_exercised(&coverage, (FaultKind::Twins, Landmark::SignedRun));
}

#[test]
fn seven_validators_hold_under_100_seeds_that_exercise_everything() {
    let coverage = sweep(7, Signatures::Hashes, 0..100);
    assert_all_exercised(&coverage, (FaultKind::Twins, Landmark::SignedRun));
}

#[test]
fn real_signatures_change_nothing() {
    let coverage = sweep(4, Signatures::Ed25519, 0..10);
    assert_eq!(coverage.passed(Landmark::SignedRun), 10);
    assert!(coverage.passed(Landmark::Refused) > 0, "{coverage}");
}

#[test]
fn any_number_of_validators_may_be_simulated() {
    for validators in [1, 2, 3, 5, 10, 13] {
        sweep(validators, Signatures::Hashes, 0..5);
    }
}
