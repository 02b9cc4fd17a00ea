//! Schedules on which Istanbul BFT is known to stand still for ever, because
//! validators lock on different blocks and no rule unlocks them. PBFT carries
//! proofs instead of locks, so each must decide.
//!
//! The first is `quorum` issue 305; the others are cases 1 and 2 of chapter 7.1
//! of "Correctness Analysis of Istanbul Byzantine Fault Tolerance"
//! (arXiv 1901.07160), for the thresholds of this engine.

use pyralog_consensus::Message;
use pyralog_primitives::vote::VoteKind;

use pyralog_council::Council;
use pyralog_pbft::Pbft;

use crate::pbft;

/// In this round, only `preparers` see the prevotes, nobody sees a precommit,
/// and the wishes of `unheard` to leave earlier rounds are lost.
fn split(council: &mut Council<Pbft>, preparers: &[usize], unheard: &[usize]) {
    council.deliver(|from, to, message| match message {
        Message::Proposal(_) => true,
        Message::ViewChange { .. } => !unheard.contains(&from),
        Message::Vote(vote) => vote.kind == VoteKind::Prevote && preparers.contains(&to),
        Message::Polka(_) | Message::RoundOver(_) => false,
    });
    council.expire_all();
}

#[test]
fn two_locks_and_a_crash() {
    let mut council = Council::new(pbft, 4);
    split(&mut council, &[3], &[]);
    split(&mut council, &[2], &[3]);
    assert_eq!(
        (council.prepared_in(0), council.prepared_in(1)),
        (vec![3], vec![2])
    );
    council.fall_silent(0);
    council.settle(4);
}

#[test]
fn two_against_two_of_five_with_one_faulty() {
    let mut council = Council::new(pbft, 5);
    split(&mut council, &[4], &[]);
    split(&mut council, &[2, 3], &[4]);
    assert_eq!(
        (council.prepared_in(0), council.prepared_in(1)),
        (vec![4], vec![2, 3])
    );
    council.fall_silent(1);
    council.settle(4);
}

#[test]
fn three_groups_of_six_with_one_faulty() {
    let mut council = Council::new(pbft, 6);
    split(&mut council, &[5], &[]);
    split(&mut council, &[4], &[5]);
    // The last round's wishes must come from all but one, so the third
    // proposal is the second one's again or a new one: both are allowed.
    split(&mut council, &[3], &[4]);
    assert_eq!(council.prepared_in(0), [5]);
    assert_eq!(council.prepared_in(1), [4]);
    council.fall_silent(2);
    council.settle(4);
}

#[test]
fn one_locked_validator_stops_and_another_was_never_there() {
    // Of seven, one prepares and stops for good; one never spoke.
    let mut council = Council::seated(pbft, &[1; 7]);
    council.fall_silent(6);
    council.start();
    split(&mut council, &[5], &[]);
    assert_eq!(council.prepared_in(0), [5]);
    council.fall_silent(5);
    council.settle(4);
}
