//! A validator that comes back says what it said, and nothing else.

use std::cell::Cell;

use pyralog_consensus::{
    Abstention, Ed25519, Effect, Engine, Input, Message, Proposal, Record, Start, Statement, Tick,
};
use pyralog_council::{Council, GENESIS, HEIGHT};
use pyralog_primitives::vote::VoteKind;
use pyralog_primitives::{BlockId, Hash, Round};
use pyralog_tendermint::Tendermint;

use crate::{tendermint, turn};

fn places_are_used_once(council: &Council<Tendermint>) {
    for seat in &council.seats {
        assert_eq!(seat.abstentions, []);
        for one in &seat.signed {
            let mut same_place = seat.signed.iter();
            assert!(same_place.all(|other| other.place() != one.place() || other == one));
        }
    }
}

#[test]
fn a_proposer_that_fell_after_its_proposal_makes_the_same_one_again() {
    let mut council = Council::new(tendermint, 4);
    council.deliver(|_, _, _| false);
    council.restart(turn(&council, 0));
    council.settle(1);
    assert_eq!(council.built.len(), 1, "it did not build a second block");
    places_are_used_once(&council);
}

#[test]
fn all_may_fall_at_once_at_any_moment_and_still_decide_on_one_block() {
    for deliveries in 0..60usize {
        let mut council = Council::new(tendermint, 4);
        let left = Cell::new(deliveries);
        council.deliver(|_, _, _| left.replace(left.get().saturating_sub(1)) > 0);
        for at in 0..4 {
            if council.seats[at].decision.is_none() {
                council.restart(at);
            }
        }
        council.settle(6);
        places_are_used_once(&council);
    }
}

#[test]
fn a_restart_in_a_later_round_goes_on_there() {
    let mut council = Council::new(tendermint, 4);
    for _ in 0..6 {
        council.deliver(|_, _, message| !matches!(message, Message::Proposal(_)));
        council.expire_all();
    }
    council.deliver(|_, _, _| false);
    let reached: Vec<_> = council
        .seats
        .iter()
        .map(|seat| seat.signed.last().copied())
        .collect();
    assert!(
        reached
            .iter()
            .flatten()
            .all(|said| said.round() > Round::FIRST)
    );
    for at in 0..4 {
        council.restart(at);
    }
    council.settle(8);
    places_are_used_once(&council);
}

#[test]
fn who_finds_another_vote_written_down_abstains() {
    let council = Council::seated(tendermint, &[1; 4]);
    let first = turn(&council, 0);
    let mut engine = tendermint(Some(council.address(first)));
    let other = BlockId::new(Hash::new([99; 32]));
    let written = Statement::Vote {
        kind: VoteKind::Prevote,
        height: HEIGHT,
        round: Round::FIRST,
        value: Some(other),
    };
    let start = Start {
        records: vec![Record::Intent(written)],
        ..council.beginning()
    };
    let mut effects = Vec::new();
    engine.step(Tick::default(), Input::Start(start), &mut effects);
    let block = BlockId::new(Hash::new([1; 32]));
    engine.step(
        Tick::default(),
        Input::Built {
            height: HEIGHT,
            block,
        },
        &mut effects,
    );
    let Some(Effect::Sign(proposal)) = effects.last().cloned() else {
        unreachable!("it proposes first");
    };
    let signature = council.seats[first].key.sign(&proposal.sign_bytes(GENESIS));
    let signed = Input::Signed {
        statement: proposal,
        signature,
    };
    engine.step(Tick::default(), signed, &mut effects);
    let checked = Input::Checked {
        height: HEIGHT,
        block,
        is_valid: true,
    };
    engine.step(Tick::default(), checked, &mut effects);
    let contradicts = |effect: &Effect| {
        matches!(
            effect,
            Effect::Abstain {
                reason: Abstention::Contradiction { .. },
                ..
            }
        )
    };
    assert!(effects.iter().any(contradicts), "{effects:?}");
    let votes = |effect: &Effect| matches!(effect, Effect::Sign(Statement::Vote { .. }));
    assert!(!effects.iter().any(votes));
}

#[test]
fn who_is_refused_a_signature_abstains() {
    let council = Council::seated(tendermint, &[1; 4]);
    let first = turn(&council, 0);
    let mut engine = tendermint(Some(council.address(first)));
    let start = council.beginning();
    let mut effects = Vec::new();
    engine.step(Tick::default(), Input::Start(start), &mut effects);
    let block = BlockId::new(Hash::new([1; 32]));
    engine.step(
        Tick::default(),
        Input::Built {
            height: HEIGHT,
            block,
        },
        &mut effects,
    );
    let Some(Effect::Sign(statement)) = effects.pop() else {
        unreachable!("it proposes first");
    };
    effects.clear();
    engine.step(Tick::default(), Input::Refused(statement), &mut effects);
    let height = HEIGHT;
    let reason = Abstention::Refused(statement);
    assert_eq!(effects, [Effect::Abstain { height, reason }]);
}

/// Gives an engine an input, keeps what it writes down, and says what it wants
/// signed.
fn tell(engine: &mut Tendermint, input: Input, records: &mut Vec<Record>) -> Vec<Statement> {
    let mut effects = Vec::new();
    engine.step(Tick::default(), input, &mut effects);
    let mut wanted = Vec::new();
    for effect in effects {
        match effect {
            Effect::Persist(record) => records.push(record),
            Effect::Sign(statement) => wanted.push(statement),
            _ => {}
        }
    }
    wanted
}

#[test]
fn what_is_signed_only_after_a_restart_is_not_asked_for_again_after_the_next() {
    let council = Council::seated(tendermint, &[1; 4]);
    let first = turn(&council, 0);
    let own = (first + 1) % 4;
    let block = BlockId::new(Hash::new([1; 32]));
    let mut records = Vec::new();
    let start = |records: &[Record]| {
        Input::Start(Start {
            records: records.to_vec(),
            ..council.beginning()
        })
    };
    let mut engine = tendermint(Some(council.address(own)));
    tell(&mut engine, start(&[]), &mut records);
    let proposal = Message::Proposal(Proposal {
        signed: council.signed_proposal(first, 0, block, None),
        justification: None,
    });
    let proposal = proposal.verify(GENESIS, &council.validators, &Ed25519);
    tell(&mut engine, Input::Message(proposal.unwrap()), &mut records);
    let checked = Input::Checked {
        height: HEIGHT,
        block,
        is_valid: true,
    };
    let wanted = tell(&mut engine, checked, &mut records);
    assert_eq!(wanted.len(), 1, "it prevotes");

    // It falls before it has the signature, and comes back.
    let mut engine = tendermint(Some(council.address(own)));
    assert_eq!(
        tell(&mut engine, start(&records.clone()), &mut records),
        wanted
    );
    let statement = wanted[0];
    let signature = council.seats[own].key.sign(&statement.sign_bytes(GENESIS));
    let signed = Input::Signed {
        statement,
        signature,
    };
    tell(&mut engine, signed, &mut records);

    // A guard that has gone on to later rounds would not sign it any more.
    let mut engine = tendermint(Some(council.address(own)));
    assert_eq!(tell(&mut engine, start(&records.clone()), &mut records), []);
}
