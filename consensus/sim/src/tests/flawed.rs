//! The simulator can fail: each of these mistakes is found within so many seeds.

use std::marker::PhantomData;

use pyralog_consensus::Justification;
use pyralog_pbft::{Paper, Rules};
use pyralog_primitives::validators::ValidatorSet;
use pyralog_primitives::vote::{Prepared, Vote};
use pyralog_primitives::{Address, VotingPower};

use super::protocols::{PBFT, PbftProtocol, TENDERMINT, TendermintProtocol};
use crate::flaws::Flaws;
use crate::{Invariant, Options, Protocol, Seed, Simulation, Violation};

/// Seeds within which each mistake must be found.
const SEED_COUNT: u64 = 300;

/// The rules of the paper, but for what a mistake puts in their place.
trait Mistake {
    fn is_quorum(validators: &ValidatorSet, power: VotingPower) -> bool {
        Paper::is_quorum(validators, power)
    }

    fn weight(validators: &ValidatorSet, voter: &Address) -> Option<VotingPower> {
        Paper::weight(validators, voter)
    }

    fn chosen(justification: &Justification) -> Option<Prepared> {
        Paper::chosen(justification)
    }

    fn contradict(one: &Vote, other: &Vote) -> bool {
        Paper::contradict(one, other)
    }
}

/// The rules with one mistake.
#[derive(Debug)]
struct With<M>(PhantomData<M>);

impl<M: Mistake> Rules for With<M> {
    fn is_quorum(validators: &ValidatorSet, power: VotingPower) -> bool {
        M::is_quorum(validators, power)
    }

    fn weight(validators: &ValidatorSet, voter: &Address) -> Option<VotingPower> {
        M::weight(validators, voter)
    }

    fn chosen(justification: &Justification) -> Option<Prepared> {
        M::chosen(justification)
    }

    fn contradict(one: &Vote, other: &Vote) -> bool {
        M::contradict(one, other)
    }
}

fn with<M: Mistake>(_: M) -> PbftProtocol<With<M>> {
    PbftProtocol(PhantomData)
}

/// The first seed that finds the mistake.
fn first_found<P: Protocol>(protocol: &P, flaws: Flaws) -> Violation {
    let mut found = (0..SEED_COUNT).filter_map(|seed| {
        let options = Options::chaos(4, Seed::new(seed));
        let simulation = Simulation::new(protocol, options).with_flaws(flaws);
        simulation.run_and_shrink().err()
    });
    found.next().expect("the mistake is found")
}

struct LowQuorum;

impl Mistake for LowQuorum {
    fn is_quorum(validators: &ValidatorSet, power: VotingPower) -> bool {
        Paper::is_quorum(validators, VotingPower::new(power.get() + 1))
    }
}

struct AnyBlock;

impl Mistake for AnyBlock {
    fn chosen(_: &Justification) -> Option<Prepared> {
        None
    }
}

struct EarliestPrepared;

impl Mistake for EarliestPrepared {
    fn chosen(justification: &Justification) -> Option<Prepared> {
        let wishes = justification.wishes.iter();
        wishes.filter_map(|wish| wish.prepared).min()
    }
}

struct CountsStrangers;

impl Mistake for CountsStrangers {
    fn weight(validators: &ValidatorSet, voter: &Address) -> Option<VotingPower> {
        Paper::weight(validators, voter).or(Some(VotingPower::new(1)))
    }
}

struct AccusesAtOnce;

impl Mistake for AccusesAtOnce {
    fn contradict(_: &Vote, _: &Vote) -> bool {
        true
    }
}

#[test]
fn a_quorum_that_is_too_small_is_found() {
    let violation = first_found(&with(LowQuorum), Flaws::default());
    assert_eq!(violation.invariant, Invariant::Certificate, "{violation}");
}

#[test]
fn a_new_view_with_any_block_is_found() {
    let violation = first_found(&with(AnyBlock), Flaws::default());
    assert_eq!(violation.invariant, Invariant::Agreement, "{violation}");
}

#[test]
fn a_new_view_with_the_earliest_prepared_block_is_found() {
    let violation = first_found(&with(EarliestPrepared), Flaws::default());
    assert_eq!(violation.invariant, Invariant::Agreement, "{violation}");
}

#[test]
fn a_vote_of_one_who_is_no_validator_is_found() {
    let flaws = Flaws {
        admits_strangers: true,
        ..Flaws::default()
    };
    let violation = first_found(&with(CountsStrangers), flaws);
    let expected = [Invariant::Certificate, Invariant::Framing];
    assert!(expected.contains(&violation.invariant), "{violation}");
}

#[test]
fn evidence_of_one_vote_is_found() {
    let violation = first_found(&with(AccusesAtOnce), Flaws::default());
    assert_eq!(violation.invariant, Invariant::Framing, "{violation}");
}

#[test]
fn a_vote_that_is_sent_before_it_is_durable_is_found() {
    let flaws = Flaws {
        sends_early: true,
        ..Flaws::default()
    };
    let violation = first_found(&PBFT, flaws);
    assert_eq!(violation.invariant, Invariant::Durability, "{violation}");
}

#[test]
fn a_log_that_is_ignored_is_found() {
    let flaws = Flaws {
        forgets_log: true,
        ..Flaws::default()
    };
    let violation = first_found(&PBFT, flaws);
    let expected = [Invariant::Constancy, Invariant::Refusal];
    assert!(expected.contains(&violation.invariant), "{violation}");
}

#[test]
fn a_quorum_of_half_is_found_by_tendermint() {
    let half = TendermintProtocol::<1, 2>;
    let violation = first_found(&half, Flaws::default());
    let expected = [Invariant::Certificate, Invariant::Agreement];
    assert!(expected.contains(&violation.invariant), "{violation}");
}

#[test]
fn a_vote_that_tendermint_sends_early_is_found() {
    let flaws = Flaws {
        sends_early: true,
        ..Flaws::default()
    };
    let violation = first_found(&TENDERMINT, flaws);
    assert_eq!(violation.invariant, Invariant::Durability, "{violation}");
}

#[test]
fn a_log_that_tendermint_is_not_given_is_found() {
    let flaws = Flaws {
        forgets_log: true,
        ..Flaws::default()
    };
    let violation = first_found(&TENDERMINT, flaws);
    let expected = [Invariant::Constancy, Invariant::Refusal];
    assert!(expected.contains(&violation.invariant), "{violation}");
}

#[test]
fn a_log_that_rots_is_found() {
    let flaws = Flaws {
        rots: true,
        ..Flaws::default()
    };
    let violation = first_found(&PBFT, flaws);
    assert_eq!(violation.invariant, Invariant::Recovery, "{violation}");
}

#[test]
fn what_is_found_can_be_replayed_with_the_few_faults_it_takes() {
    let protocol = with(AnyBlock);
    let violation = first_found(&protocol, Flaws::default());
    let text = violation.to_string();
    assert!(
        text.starts_with("agreement violated: validators "),
        "{text}"
    );
    let (_, command) = text.rsplit_once("replay: ").unwrap();
    let words: Vec<&str> = command.split(' ').collect();
    let value = |flag: &str| words[words.iter().position(|word| *word == flag).unwrap() + 1];
    let options = Options {
        faults: value("--faults").parse().unwrap(),
        ..Options::chaos(4, value("--seed").parse().unwrap())
    };
    let again = Simulation::new(&protocol, options).run().unwrap_err();
    assert_eq!(
        (again.invariant, again.what),
        (violation.invariant, violation.what)
    );
    assert_eq!(again.faults, violation.faults);
}
