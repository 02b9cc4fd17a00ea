//! PBFT and Tendermint where one key runs in two processes.

use super::protocols::{PBFT, TENDERMINT};
use crate::{Coverage, FaultKind, Invariant, Options, Protocol, Seed, Simulation};

/// Runs so many scripts; the first violation, if there is one.
fn scripts<P: Protocol>(protocol: &P, validators: usize, twins: usize) -> Option<crate::Violation> {
    let mut coverage = Coverage::default();
    for seed in 0..200 {
        let options = Options::twins(validators, twins, Seed::new(seed));
        match Simulation::new(protocol, options).run() {
            Ok(outcome) => coverage.add(&outcome.coverage),
            Err(violation) => return Some(violation),
        }
    }
    assert!(coverage.of(FaultKind::Twins) > 0);
    None
}

fn a_third_less_one_do_no_harm<P: Protocol>(protocol: &P) {
    for (validators, twins) in [(4, 1), (7, 2)] {
        if let Some(violation) = scripts(protocol, validators, twins) {
            panic!("{violation}");
        }
    }
}

fn one_more_and_they_disagree<P: Protocol>(protocol: &P) {
    for (validators, twins) in [(4, 2), (7, 3)] {
        let violation = scripts(protocol, validators, twins);
        let violation = violation.expect("two quorums share no honest validator");
        assert_eq!(violation.invariant, Invariant::Agreement, "{violation}");
        assert!(violation.replay.ends_with(&format!(" --twins {twins}")));
    }
}

#[test]
fn a_third_less_one_of_twins_does_no_harm_in_200_scripts() {
    a_third_less_one_do_no_harm(&PBFT);
}

#[test]
fn one_twin_more_and_validators_disagree() {
    one_more_and_they_disagree(&PBFT);
}

#[test]
fn twins_do_no_harm_by_tendermint() {
    a_third_less_one_do_no_harm(&TENDERMINT);
}

#[test]
fn one_twin_more_and_validators_disagree_by_tendermint() {
    one_more_and_they_disagree(&TENDERMINT);
}
