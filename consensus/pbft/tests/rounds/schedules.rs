//! The course of agreement, without and with faults of the network.

use std::cell::RefCell;

use pyralog_consensus::{Ed25519, Effect, Engine, Input, Message, Start, Statement, Tick, Timer};
use pyralog_pbft::Pbft;
use pyralog_primitives::vote::VoteKind;
use pyralog_primitives::{Round, VotingPower};

use pyralog_council::{Council, GENESIS, HEIGHT, in_round, is_vote};

use crate::{pbft, settings};

#[test]
fn without_faults_all_decide_for_the_primarys_block_in_the_first_round() {
    let mut council = Council::new(pbft, 4);
    council.deliver_all();
    let (builder, block) = council.built[0];
    assert_eq!((builder, council.built.len()), (0, 1));
    assert_eq!(council.decisions(), (0..4).map(|at| (at, block)).collect());
    for seat in &council.seats {
        let kinds = |statement: &Statement| statement.round() == Round::FIRST;
        assert!(seat.signed.iter().all(kinds), "{:?}", seat.signed);
    }
}

#[test]
fn power_decides_not_heads() {
    // Two of five hold more than two thirds.
    let mut council = Council::seated(pbft, &[40, 40, 5, 5, 5]);
    council.start();
    for at in 2..5 {
        council.fall_silent(at);
    }
    council.deliver_all();
    assert_eq!(council.decisions().len(), 2);
}

#[test]
fn two_thirds_are_not_enough() {
    let mut council = Council::seated(pbft, &[1, 1, 1]);
    council.start();
    council.fall_silent(2);
    council.deliver_all();
    assert_eq!(council.decisions().len(), 0);
    let total = council.validators.total_power();
    assert_eq!(total, VotingPower::new(3));
}

#[test]
fn a_silent_primary_is_followed_by_the_next() {
    let mut council = Council::seated(pbft, &[1; 4]);
    council.fall_silent(0);
    council.start();
    council.deliver_all();
    assert_eq!(council.decisions().len(), 0);
    council.expire_all();
    council.deliver_all();
    assert_eq!(council.decisions().len(), 3);
    assert_eq!(council.built.last().map(|(by, _)| *by), Some(1));
}

#[test]
fn what_one_prepared_is_decided_even_when_nobody_else_knows() {
    let mut council = Council::new(pbft, 4);
    // Prevotes reach validator 2 alone, and no precommit anyone.
    council.deliver(|_, to, message| match message {
        Message::Proposal(_) => true,
        _ => to == 2 && is_vote(message, VoteKind::Prevote),
    });
    assert_eq!(council.prepared_in(0), [2]);
    council.expire_all();
    council.deliver_all();
    let first = council.built[0].1;
    assert_eq!(council.decisions(), (0..4).map(|at| (at, first)).collect());
    assert_eq!(council.built.len(), 1, "nobody built another block");
}

#[test]
fn the_latest_preparation_counts() {
    let mut council = Council::new(pbft, 4);
    let prevotes_only_to = |validator: usize| {
        move |_: usize, to: usize, message: &Message| match message {
            Message::Proposal(_) | Message::ViewChange { .. } => true,
            Message::Vote(vote) => vote.kind == VoteKind::Prevote && to == validator,
            Message::Polka(_) | Message::RoundOver(_) => false,
        }
    };
    council.deliver(prevotes_only_to(3));
    assert_eq!(council.prepared_in(0), [3]);
    // Validator 3's wish is lost, so the next primary is free.
    council.expire_all();
    council.deliver(|from, to, message| {
        let is_wish = matches!(message, Message::ViewChange { .. });
        (!is_wish || from != 3) && prevotes_only_to(2)(from, to, message)
    });
    assert_eq!(council.prepared_in(1), [2]);
    assert_ne!(council.built[0].1, council.built[1].1);
    // So the quorum of the next round needs both who prepared.
    council.fall_silent(0);
    council.expire_all();
    council.settle(2);
    let latest = council.built[1].1;
    assert!(council.decisions().values().all(|value| *value == latest));
}

#[test]
fn one_who_is_cut_off_makes_nobody_give_up_the_round() {
    let mut council = Council::new(pbft, 4);
    council.expire([3]);
    council.deliver_all();
    let block = council.built[0].1;
    for at in 0..3 {
        assert_eq!(council.decisions().get(&at), Some(&block));
        assert!(
            council.seats[at]
                .signed
                .iter()
                .all(|said| said.round() == Round::FIRST)
        );
    }
}

#[test]
fn a_third_that_gave_up_takes_the_others_along() {
    let mut council = Council::seated(pbft, &[1; 4]);
    council.fall_silent(0);
    council.start();
    council.expire([1, 2]);
    council.deliver_all();
    assert_eq!(council.decisions().len(), 3, "validator 3 joined them");
}

#[test]
fn the_clock_of_a_round_waits_for_a_quorum() {
    let mut council = Council::new(pbft, 4);
    council.deliver(|_, _, _| false);
    for at in [1, 2] {
        council.expire([at]);
        council.deliver(|_, _, _| false);
        assert_eq!(council.clocks(at), []);
        let said = council.seats[at].signed.clone();
        let round = Round::new(1);
        let unasked = Timer::Round {
            height: HEIGHT,
            round,
        };
        council.give(at, Input::Timer(unasked));
        assert_eq!(council.seats[at].signed, said);
    }
    council.expire([3]);
    council.resend();
    council.deliver(|_, to, message| to == 1 && in_round(message, 1));
    let timer = council.clocks(1)[0];
    let after = council.seats[1].timers[&timer];
    let round = Round::new(1);
    assert_eq!(
        timer,
        Timer::Round {
            height: HEIGHT,
            round
        }
    );
    assert_eq!(after.get(), 2 * settings().round_timeout.get());
}

#[test]
fn validators_scattered_over_rounds_come_together() {
    // A faulty validator, 0, helped 1 to round 3 and left 2 in round 2 without
    // a quorum; 3 never left round 0. Nobody's clock runs but that of 3.
    let mut council = Council::new(pbft, 4);
    let wishes_to = |targets: &'static [usize]| {
        move |_: usize, to: usize, message: &Message| {
            matches!(message, Message::ViewChange { .. }) && targets.contains(&to)
        }
    };
    council.deliver(|_, _, _| false);
    council.expire([0, 1, 2]);
    council.deliver(wishes_to(&[0, 1, 2]));
    council.expire([0, 1, 2]);
    council.deliver(wishes_to(&[1]));
    council.expire([1]);
    council.deliver(|_, _, _| false);
    council.fall_silent(0);
    let rounds = [1, 2, 3].map(|at| council.seats[at].signed.last().map(Statement::round));
    assert_eq!(rounds, [Some(Round::new(3)), Some(Round::new(2)), None]);
    council.settle(4);
    assert_eq!(council.decisions().len(), 3);
}

#[test]
fn an_empty_block_comes_after_the_interval_and_a_full_one_at_once() {
    let council = Council::seated(pbft, &[1; 4]);
    let mut engine = Pbft::new(settings(), Some(council.address(0)));
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
    let after = settings().block_interval;
    assert!(first.contains(&Effect::SetTimer { timer, after }) && !first.contains(&build));
    assert_eq!(step(Input::Waiting), [build]);
    assert_eq!(step(Input::Timer(timer)), [], "it is being built already");
}

#[test]
fn the_primary_stays_where_the_last_block_came_from() {
    for last in 0..4 {
        let council = Council::seated(pbft, &[1; 4]);
        for at in 0..4 {
            let mut engine = Pbft::new(settings(), Some(council.address(at)));
            let mut effects = Vec::new();
            let start = Start {
                last_proposer: Some(council.address(last)),
                has_unproved: true,
                has_waiting: false,
                ..council.beginning()
            };
            engine.step(Tick::default(), Input::Start(start), &mut effects);
            let builds = effects.contains(&Effect::Build { height: HEIGHT });
            assert_eq!(builds, at == last);
        }
    }
}

#[test]
fn a_follower_decides_and_says_nothing() {
    let mut council = Council::new(pbft, 4);
    let mut follower = Pbft::new(settings(), None);
    let start = council.beginning();
    let mut effects = Vec::new();
    follower.step(Tick::default(), Input::Start(start), &mut effects);
    let heard = RefCell::new(Vec::new());
    council.deliver(|_, _, message| {
        heard.borrow_mut().push(message.clone());
        true
    });
    for message in heard.take() {
        let verified = message.verify(GENESIS, &council.validators, &Ed25519);
        let input = Input::Message(verified.unwrap());
        follower.step(Tick::default(), input, &mut effects);
    }
    let decided = |effect: &Effect| match effect {
        Effect::Finalize { certificate } => Some(certificate.value()),
        _ => None,
    };
    let decided: Vec<_> = effects.iter().filter_map(decided).collect();
    assert_eq!(decided, [council.built[0].1]);
    let speaks = |effect: &Effect| {
        matches!(
            effect,
            Effect::Sign(_) | Effect::Broadcast(_) | Effect::Persist(_)
        )
    };
    assert!(!effects.iter().any(speaks));
}
