//! Decisions that come late, by others, or twice.

use pyralog_consensus::{Ed25519, Input, Step, verify_certificate};
use pyralog_council::{Council, GENESIS};
use pyralog_primitives::vote::VoteKind::{Precommit, Prevote};
use pyralog_primitives::{BlockId, Round};
use pyralog_tendermint::Tendermint;

use crate::{block, lose_all, propose, proposed, tendermint, turn, vote, voted, waits};

#[test]
fn two_faulty_of_four_make_two_honest_ones_disagree() {
    let mut council = Council::seated(tendermint, &[1; 4]);
    let [first, one, other, last] = [0, 1, 2, 3].map(|round| turn(&council, round));
    let faulty = [first, last];
    for at in faulty {
        council.fall_silent(at);
    }
    council.start();
    for (honest, value) in [(one, block(101)), (other, block(102))] {
        propose(&mut council, &[honest], 0, value, None);
        vote(&mut council, (&faulty, &[honest]), Prevote, 0, value);
        vote(&mut council, (&faulty, &[honest]), Precommit, 0, value);
    }
    let decisions = council.decisions();
    assert_eq!(decisions, [(one, block(101)), (other, block(102))].into());
}

#[test]
fn two_who_forget_their_locks_make_others_disagree_and_say_no_two_things_in_one_place() {
    // As in `MC_n4_f2_amnesia.tla` of `spec/light-client/accountability`, of
    // `cometbft/cometbft`.
    let mut council = Council::seated(tendermint, &[1; 4]);
    let [one, other, faulty @ ..] = [0, 1, 2, 3].map(|round| turn(&council, round));
    for at in faulty {
        council.fall_silent(at);
    }
    council.start();
    lose_all(&mut council);
    let value = council.built[0].1;
    vote(&mut council, (&faulty, &[one, other]), Prevote, 0, value);
    vote(&mut council, (&faulty, &[one, other]), Precommit, 0, value);
    assert_eq!(council.decisions(), [(one, value)].into());
    // The other one knows no proposal, and none of its votes reached the first.
    for _ in 0..3 {
        council.expire([other]);
    }
    let (second, _) = proposed(&council, other, 1).unwrap();
    vote(&mut council, (&faulty, &[other]), Prevote, 1, second);
    vote(&mut council, (&faulty, &[other]), Precommit, 1, second);
    assert_eq!(council.decisions(), [(one, value), (other, second)].into());
    assert_ne!(value, second);
    for seat in &council.seats {
        assert_eq!(seat.reports, [], "nobody said two things in one place");
    }
}

#[test]
fn who_left_a_round_before_it_learned_its_decision_is_told_by_certificate() {
    let mut council = Council::seated(tendermint, &[1; 4]);
    let [first, second, own, faulty] = [0, 1, 2, 3].map(|round| turn(&council, round));
    council.fall_silent(faulty);
    council.start();
    lose_all(&mut council);
    let (others, value) = ([first, second], council.built[0].1);
    propose(&mut council, &others, 0, value, None);
    vote(&mut council, (&[faulty], &others), Prevote, 0, value);
    vote(&mut council, (&others, &others), Prevote, 0, value);
    // With the help of the faulty one the others decide; to the last it says
    // something else.
    vote(&mut council, (&[faulty], &others), Precommit, 0, value);
    vote(&mut council, (&[faulty], &[own]), Precommit, 0, None);
    vote(
        &mut council,
        (&others, &[first, second, own]),
        Precommit,
        0,
        value,
    );
    assert_eq!(council.decisions(), others.map(|at| (at, value)).into());
    assert!(waits(&council, own, 0, Step::Precommit));
    council.expire([own]);
    assert!(waits(&council, own, 1, Step::Proposal), "it went on");
    propose(&mut council, &[own], 0, value, None);
    assert_eq!(council.decisions().get(&own), None);
    let certificate = council.seats[first].decision.clone().unwrap();
    let verified = verify_certificate(certificate, GENESIS, &council.validators, &Ed25519);
    council.give(own, Input::Certified(verified.unwrap()));
    assert_eq!(council.decisions().get(&own), Some(&value));
    assert_eq!(council.seats[own].reports, []);
}

/// Of four, one does nothing in the first round; the others pass it without a
/// block, and decide in the second. Gives the slow one, the others, and the block.
fn all_but_one() -> (Council<Tendermint>, usize, [usize; 3], BlockId) {
    let mut council = Council::seated(tendermint, &[1; 4]);
    let [first, second, third, slow] = [0, 1, 2, 3].map(|round| turn(&council, round));
    council.start();
    lose_all(&mut council);
    let others = [first, second, third];
    council.expire([second, third]);
    let value = council.built[0].1;
    vote(&mut council, (&[first], &others), Prevote, 0, value);
    vote(&mut council, (&[second, third], &others), Prevote, 0, None);
    council.expire(others);
    vote(&mut council, (&others, &others), Precommit, 0, None);
    council.expire(others);
    let (value, _) = proposed(&council, second, 1).unwrap();
    propose(&mut council, &others, 1, value, None);
    vote(&mut council, (&others, &others), Prevote, 1, value);
    lose_all(&mut council);
    (council, slow, others, value)
}

#[test]
fn who_is_behind_decides_in_a_later_round_by_proposal_and_precommits() {
    let (mut council, slow, others, value) = all_but_one();
    vote(&mut council, (&others, &others), Precommit, 1, value);
    assert_eq!(council.decisions(), others.map(|at| (at, value)).into());
    propose(&mut council, &[slow], 1, value, None);
    assert_eq!(voted(&council, slow, Prevote, 1), None, "it is not there");
    vote(&mut council, (&others, &[slow]), Precommit, 1, value);
    assert_eq!(council.decisions().get(&slow), Some(&value));
    let certificate = council.seats[slow].decision.as_ref().unwrap();
    assert_eq!(certificate.verify(GENESIS, &council.validators), Ok(()));
}

#[test]
fn who_is_behind_decides_as_well_if_the_precommits_come_first() {
    let (mut council, slow, others, value) = all_but_one();
    vote(&mut council, (&others[..2], &[slow]), Precommit, 1, value);
    assert!(
        waits(&council, slow, 1, Step::Proposal),
        "two of four lead it on"
    );
    assert!(!waits(&council, slow, 1, Step::Precommit));
    vote(&mut council, (&others[2..], &[slow]), Precommit, 1, value);
    assert!(waits(&council, slow, 1, Step::Precommit));
    assert_eq!(council.decisions().get(&slow), None, "it has no block");
    propose(&mut council, &[slow], 1, value, None);
    assert_eq!(council.decisions().get(&slow), Some(&value));
}

#[test]
fn who_is_behind_goes_to_the_round_of_two_others_and_of_no_one_alone() {
    let (mut council, slow, others, value) = all_but_one();
    vote(&mut council, (&others[..1], &[slow]), Precommit, 1, value);
    vote(&mut council, (&others[..1], &[slow]), Prevote, 1, value);
    assert!(!waits(&council, slow, 1, Step::Proposal));
    vote(&mut council, (&others[1..2], &[slow]), Prevote, 1, value);
    assert!(waits(&council, slow, 1, Step::Proposal));
}

#[test]
fn who_is_behind_catches_up_with_a_round_that_is_not_over() {
    let (mut council, slow, others, value) = all_but_one();
    let [first, rest @ ..] = others;
    let earlier = council.built[0].1;
    vote(&mut council, (&rest, &[slow]), Prevote, 0, None);
    vote(&mut council, (&[first], &[slow]), Prevote, 0, earlier);
    vote(&mut council, (&others, &[slow]), Prevote, 1, value);
    assert!(waits(&council, slow, 1, Step::Proposal));
    propose(&mut council, &[slow], 1, value, None);
    assert_eq!(voted(&council, slow, Prevote, 1), Some(Some(value)));
    assert_eq!(voted(&council, slow, Precommit, 1), Some(Some(value)));
    assert_eq!(voted(&council, slow, Prevote, 0), None);
}

#[test]
fn who_hears_all_at_once_and_late_decides() {
    let mut council = Council::seated(tendermint, &[1; 4]);
    let slow = turn(&council, 3);
    council.start();
    council.deliver(|_, to, _| to != slow);
    let value = council.built[0].1;
    let others: Vec<usize> = (0..4).filter(|at| *at != slow).collect();
    let decided = others.iter().map(|at| (*at, value));
    assert_eq!(council.decisions(), decided.collect());
    // In the order that is least of use.
    vote(&mut council, (&others, &[slow]), Precommit, 0, value);
    vote(&mut council, (&others, &[slow]), Prevote, 0, value);
    propose(&mut council, &[slow], 0, value, None);
    assert_eq!(council.decisions().get(&slow), Some(&value));
    let certificate = council.seats[slow].decision.as_ref().unwrap();
    assert_eq!(certificate.height(), pyralog_council::HEIGHT);
    assert!(
        council.seats[slow]
            .signed
            .iter()
            .all(|said| said.round() == Round::FIRST)
    );
}
