//! The course of agreement, without and with faults of the network.

use std::cell::RefCell;

use pyralog_consensus::{Ed25519, Effect, Engine, Input, Message, Start, Step, Tick, Timer};
use pyralog_council::{Council, GENESIS, HEIGHT, is_vote};
use pyralog_primitives::Round;
use pyralog_primitives::vote::VoteKind;

use crate::{tendermint, turn};

#[test]
fn without_faults_all_decide_for_the_proposers_block_in_the_first_round() {
    let mut council = Council::new(tendermint, 4);
    council.deliver_all();
    let (builder, block) = council.built[0];
    assert_eq!((builder, council.built.len()), (turn(&council, 0), 1));
    assert_eq!(council.decisions(), (0..4).map(|at| (at, block)).collect());
    for seat in &council.seats {
        assert!(seat.signed.iter().all(|said| said.round() == Round::FIRST));
        assert_eq!(seat.abstentions, []);
    }
}

#[test]
fn power_decides_not_heads() {
    let mut council = Council::seated(tendermint, &[40, 40, 5, 5, 5]);
    for at in 2..5 {
        council.fall_silent(at);
    }
    council.start();
    council.settle(8);
    assert_eq!(council.decisions().len(), 2);
}

#[test]
fn a_silent_proposer_is_followed_by_the_next() {
    let mut council = Council::seated(tendermint, &[1; 4]);
    let (first, second) = (turn(&council, 0), turn(&council, 1));
    council.fall_silent(first);
    council.start();
    council.deliver_all();
    assert_eq!(council.decisions().len(), 0);
    council.settle(2);
    assert_eq!(council.built.last().map(|(by, _)| *by), Some(second));
    assert_eq!(council.decisions().len(), 3);
}

#[test]
fn a_validator_that_missed_the_round_is_taken_along_by_a_certificate() {
    let mut council = Council::new(tendermint, 4);
    let late = (0..4)
        .find(|at| *at != turn(&council, 0) && *at != turn(&council, 1))
        .unwrap();
    // Nothing reaches it, and no proposal anyone: the others give round 0 up.
    council.deliver(|_, to, message| to != late && !matches!(message, Message::Proposal(_)));
    let is_behind = |council: &Council<_>| {
        let clocks = council.clocks(late);
        clocks
            .iter()
            .all(|clock| matches!(clock, Timer::Step { round, .. } if *round == Round::FIRST))
    };
    for _ in 0..3 {
        assert!(is_behind(&council));
        council.expire((0..4).filter(|at| *at != late));
        council.deliver(|_, to, message| to != late || matches!(message, Message::RoundOver(_)));
    }
    // The precommits in the certificate set its last clock of the round.
    let waits = |council: &Council<_>| {
        let clocks = council.clocks(late);
        let ends = |clock: &Timer| {
            matches!(
                clock,
                Timer::Step {
                    step: Step::Precommit,
                    ..
                }
            )
        };
        clocks.iter().any(ends)
    };
    assert!(waits(&council));
    council.expire([late]);
    assert!(!is_behind(&council));
}

#[test]
fn an_empty_block_comes_after_the_interval_and_a_full_one_at_once() {
    let council = Council::seated(tendermint, &[1; 4]);
    let mut engine = tendermint(Some(council.address(turn(&council, 0))));
    let mut step = |input| {
        let mut effects = Vec::new();
        engine.step(Tick::default(), input, &mut effects);
        effects
    };
    let build = Effect::Build { height: HEIGHT };
    let start = Start {
        has_waiting: false,
        ..council.beginning()
    };
    let first = step(Input::Start(start));
    let timer = Timer::EmptyBlock { height: HEIGHT };
    let is_timer =
        |effect: &Effect| matches!(effect, Effect::SetTimer { timer: set, .. } if *set == timer);
    assert!(first.iter().any(is_timer) && !first.contains(&build));
    assert_eq!(step(Input::Waiting), [build]);
    assert_eq!(step(Input::Timer(timer)), [], "it is being built already");
}

#[test]
fn a_follower_decides_and_says_nothing() {
    let mut council = Council::new(tendermint, 4);
    let mut follower = tendermint(None);
    let start = council.beginning();
    let mut effects = Vec::new();
    let mut step = |input, effects: &mut Vec<Effect>| {
        let before = effects.len();
        follower.step(Tick::default(), input, effects);
        effects[before..].to_vec()
    };
    step(Input::Start(start), &mut effects);
    let heard = RefCell::new(Vec::new());
    council.deliver(|_, _, message| {
        heard.borrow_mut().push(message.clone());
        true
    });
    for message in heard.take() {
        let verified = message.verify(GENESIS, &council.validators, &Ed25519);
        let asked = step(Input::Message(verified.unwrap()), &mut effects);
        for effect in asked {
            if let Effect::Check { height, block, .. } = effect {
                let is_valid = true;
                let input = Input::Checked {
                    height,
                    block,
                    is_valid,
                };
                step(input, &mut effects);
            }
        }
    }
    let decided = |effect: &Effect| match effect {
        Effect::Finalize { certificate } => Some(certificate.value()),
        _ => None,
    };
    let decided: Vec<_> = effects.iter().filter_map(decided).collect();
    assert_eq!(decided, [council.built[0].1]);
    let speaks = |effect: &Effect| matches!(effect, Effect::Sign(_) | Effect::Build { .. });
    assert!(!effects.iter().any(speaks));
}

#[test]
fn a_block_that_breaks_the_rules_is_voted_down() {
    let mut council = Council::seated(tendermint, &[1; 4]);
    let first = turn(&council, 0);
    council.start();
    council.invalid.push(council.built[0].1);
    // Its proposer took it for good; the others do not.
    council.deliver(|_, _, message| !is_vote(message, VoteKind::Precommit));
    council.settle(4);
    let bad = council.built[0].1;
    assert!(council.decisions().values().all(|value| *value != bad));
    assert_eq!(council.built[0].0, first);
}
