//! PBFT where one key runs in two processes.

use super::protocols::PBFT;
use crate::{Coverage, FaultKind, Invariant, Options, Seed, Simulation};

#[test]
fn a_third_less_one_of_twins_does_no_harm_in_200_scripts() {
    for (validators, twins) in [(4, 1), (7, 2)] {
        let mut coverage = Coverage::default();
        for seed in 0..200 {
            let options = Options::twins(validators, twins, Seed::new(seed));
            match Simulation::new(&PBFT, options).run() {
                Ok(outcome) => coverage.add(&outcome.coverage),
                Err(violation) => panic!("{violation}"),
            }
        }
        assert!(coverage.of(FaultKind::Twins) > 0);
    }
}

#[test]
fn one_twin_more_and_validators_disagree() {
    for (validators, twins) in [(4, 2), (7, 3)] {
        let mut scripts = (0..200).filter_map(|seed| {
            let options = Options::twins(validators, twins, Seed::new(seed));
            Simulation::new(&PBFT, options).run().err()
        });
        let violation = scripts
            .next()
            .expect("two quorums share no honest validator");
        assert_eq!(violation.invariant, Invariant::Agreement, "{violation}");
        assert!(violation.replay.ends_with(&format!(" --twins {twins}")));
    }
}
