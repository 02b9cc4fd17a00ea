//! Where a third or more break the rules, honest validators come to disagree,
//! and what they heard names a third.
//!
//! That it does, and that it names nobody who is honest, is checked by the run
//! itself. Here stands that it comes to it, and in which ways.

use std::ops::Range;

use super::protocols::{PBFT, TENDERMINT};
use crate::{Charge, Disagreement, Invariant, Options, Protocol, Seed, Simulation};

/// The disagreements among so many runs.
fn disagreements<P: Protocol>(
    protocol: &P,
    options: impl Fn(Seed) -> Options,
    seeds: Range<u64>,
) -> Vec<Disagreement> {
    let runs = seeds.map(|seed| Simulation::new(protocol, options(Seed::new(seed))).run());
    let violations = runs.filter_map(Result::err).map(|violation| {
        assert_eq!(violation.invariant, Invariant::Agreement, "{violation}");
        *violation.disagreement.expect("it is what was violated")
    });
    violations.collect()
}

fn names(disagreement: &Disagreement, charge: Charge) -> usize {
    let accused = disagreement.accused.iter();
    let accused = accused.filter(|accused| accused.charges.contains(&charge));
    accused.count()
}

fn is_of_one_round(disagreement: &Disagreement) -> bool {
    disagreement.rounds[0] == disagreement.rounds[1]
}

/// Traitors among four and seven, with equal and with different weights.
fn all_by_treason<P: Protocol>(protocol: &P) -> Vec<Disagreement> {
    let mut all = Vec::new();
    for (validators, traitors, seeds) in [(4, 2, 0..150), (7, 3, 0..60), (7, 4, 0..60)] {
        let options = |seed| Options::treason(validators, traitors, seed);
        let found = disagreements(protocol, options, seeds);
        assert!(found.len() >= 5, "{} of {validators}", found.len());
        for disagreement in &found {
            let accused = disagreement.accused.len();
            assert!((1..=traitors).contains(&accused), "{disagreement:?}");
        }
        all.extend(found);
    }
    all
}

/// How many disagreed in one round, and how many in two without anyone who
/// equivocated.
fn kinds(all: &[Disagreement]) -> (usize, usize) {
    let of_one_round = all.iter().filter(|one| is_of_one_round(one)).count();
    let without_two_words = all
        .iter()
        .filter(|one| names(one, Charge::Equivocation) == 0);
    (of_one_round, without_two_words.count())
}

#[test]
fn whoever_makes_tendermint_disagree_is_named_and_be_it_for_amnesia_alone() {
    let all = all_by_treason(&TENDERMINT);
    let (of_one_round, by_amnesia) = kinds(&all);
    assert!(
        of_one_round >= 10 && by_amnesia >= 20,
        "{of_one_round} {by_amnesia}"
    );
    assert!(
        all.iter()
            .all(|one| names(one, Charge::HiddenPreparation) == 0)
    );
}

#[test]
fn whoever_makes_pbft_disagree_is_named_and_be_it_for_a_hidden_preparation_alone() {
    let all = all_by_treason(&PBFT);
    let (of_one_round, by_hiding) = kinds(&all);
    assert!(
        of_one_round >= 10 && by_hiding >= 5,
        "{of_one_round} {by_hiding}"
    );
    assert!(all.iter().all(|one| names(one, Charge::Amnesia) == 0));
}

#[test]
fn twins_that_are_a_third_are_named() {
    fn named<P: Protocol>(protocol: &P) {
        let all = disagreements(protocol, |seed| Options::twins(4, 2, seed), 0..100);
        assert!(all.len() >= 5, "{}", all.len());
        assert!(all.iter().any(is_of_one_round));
    }
    named(&PBFT);
    named(&TENDERMINT);
}

#[test]
fn a_violation_of_agreement_says_who_is_to_blame() {
    let mut runs = (0..100).map(|seed| {
        let options = Options::treason(4, 2, Seed::new(seed));
        Simulation::new(&TENDERMINT, options).run_and_shrink()
    });
    let violation = runs.find_map(Result::err).unwrap();
    let text = violation.to_string();
    let (_, blame) = text
        .split_once("accused by what honest validators heard:\n")
        .unwrap();
    let accused = &violation.disagreement.as_ref().unwrap().accused;
    assert!(blame.starts_with(&format!("  {}\n", accused[0])), "{text}");
    assert!(text.contains(" --traitors 2"), "{text}");
}
