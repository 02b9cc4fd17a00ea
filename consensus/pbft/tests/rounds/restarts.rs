//! A validator that comes back says what it said, and nothing else.

use pyralog_consensus::{Abstention, Message, Record, Statement};
use pyralog_primitives::Round;
use pyralog_primitives::vote::VoteKind;

use pyralog_council::{Council, is_vote};
use pyralog_pbft::Pbft;

use crate::pbft;

fn places_are_used_once(council: &Council<Pbft>) {
    for seat in &council.seats {
        let intents = || {
            seat.records
                .iter()
                .filter(|record| matches!(record, Record::Intent(_)))
        };
        for intent in intents() {
            let count = intents().filter(|other| *other == intent).count();
            assert_eq!(count, 1, "{intent:?} was written down {count} times");
        }
        for one in &seat.signed {
            let same_place = |other: &&Statement| other.place() == one.place();
            assert!(
                seat.signed
                    .iter()
                    .filter(same_place)
                    .all(|other| other == one)
            );
        }
    }
}

#[test]
fn a_primary_that_fell_after_its_proposal_makes_the_same_one_again() {
    let mut council = Council::new(pbft, 4);
    council.deliver(|_, _, _| false);
    council.restart(0);
    council.deliver_all();
    assert_eq!(council.built.len(), 1, "it did not build a second block");
    assert_eq!(council.decisions().len(), 4);
    places_are_used_once(&council);
}

#[test]
fn all_may_fall_at_once_at_any_moment_and_still_decide_on_one_block() {
    for deliveries in 0..40usize {
        let mut council = Council::new(pbft, 4);
        let left = std::cell::Cell::new(deliveries);
        council.deliver(|_, _, _| left.replace(left.get().saturating_sub(1)) > 0);
        for at in 0..4 {
            if council.seats[at].decision.is_none() {
                council.restart(at);
            }
        }
        council.settle(3);
        places_are_used_once(&council);
    }
}

#[test]
fn who_is_refused_a_signature_says_nothing_more_and_the_others_decide() {
    let mut council = Council::new(pbft, 4);
    council.refuse(3);
    council.settle(2);
    let refused = council.seats[3].refused.map(Abstention::Refused);
    assert_eq!(council.seats[3].abstentions, Vec::from_iter(refused));
    assert!(refused_once(&council) && council.decisions().len() >= 3);
    assert_eq!(council.seats[3].signed, []);
}

fn refused_once(council: &Council<Pbft>) -> bool {
    council.seats[3].refused.is_some() && council.seats[3].abstentions.len() == 1
}

#[test]
fn what_is_signed_again_after_a_restart_is_asked_for_in_the_order_of_places() {
    let mut council = Council::new(pbft, 4);
    council.deliver(|_, _, _| false);
    let said = council.seats[0].signed.len();
    council.restart(0);
    let again = &council.seats[0].signed[said..];
    assert!(again.len() >= 2 && again.is_sorted_by_key(Statement::place));
}

#[test]
fn what_was_prepared_survives_the_fall_of_all() {
    let mut council = Council::new(pbft, 4);
    council.deliver(|_, to, message| match message {
        Message::Proposal(_) => true,
        _ => to == 2 && is_vote(message, VoteKind::Prevote),
    });
    council.expire_all();
    council.deliver(|_, _, _| false);
    for at in 0..4 {
        council.restart(at);
    }
    council.settle(2);
    let first = council.built[0].1;
    assert!(council.decisions().values().all(|value| *value == first));
}

#[test]
fn a_restarted_validator_stays_in_the_round_it_had_reached() {
    let mut council = Council::seated(pbft, &[1; 4]);
    council.fall_silent(0);
    council.start();
    council.expire([3]);
    council.deliver(|_, _, _| false);
    let said = council.seats[3].signed.clone();
    assert_eq!(said.last().map(Statement::round), Some(Round::new(1)));
    council.restart(3);
    assert_eq!(
        council.seats[3].signed[said.len()..],
        said[said.len() - 1..]
    );
}

#[test]
fn a_restarted_primary_of_a_later_round_can_still_justify_its_proposal() {
    let mut council = Council::seated(pbft, &[1; 4]);
    council.fall_silent(0);
    council.start();
    council.expire_all();
    // The proposal of round 1 is lost with its primary.
    council.deliver(|from, _, message| !(from == 1 && matches!(message, Message::Proposal(_))));
    let justified = |record: &Record| matches!(record, Record::Justified(_));
    assert!(council.seats[1].records.iter().any(justified));
    council.restart(1);
    council.deliver_all();
    assert_eq!(council.decisions().len(), 3);
    assert_eq!(council.built.len(), 1);
    places_are_used_once(&council);
}
