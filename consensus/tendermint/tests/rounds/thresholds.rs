//! How much of the power it takes, as one sees it who has next to none.

use pyralog_consensus::Step;
use pyralog_council::Council;
use pyralog_primitives::vote::VoteKind::{self, Precommit, Prevote};
use pyralog_tendermint::Tendermint;

use crate::{block, propose, tendermint, vote, voted, waits};

const ALICE: usize = 0;
const BOB: usize = 1;
const JOHN: usize = 2;
/// The one that watches, with a thousandth of the power.
const OWN: usize = 3;

/// Three with these tenths of the power, who say nothing by themselves, and one
/// that watches.
fn table(alice: u64, bob: u64, john: u64) -> Council<Tendermint> {
    let mut council = Council::seated(tendermint, &[alice * 100, bob * 100, john * 100, 1]);
    for at in [ALICE, BOB, JOHN] {
        council.fall_silent(at);
    }
    council.start();
    assert!(council.built.is_empty(), "it is not its turn");
    council
}

/// Hears the votes of some, of this kind, for a block in the next round; whether
/// that leads it there.
fn is_led_on(council: &mut Council<Tendermint>, who: usize, kind: VoteKind) -> bool {
    vote(council, (&[who], &[OWN]), kind, 1, block(1));
    waits(council, OWN, 1, Step::Proposal)
}

#[test]
fn more_than_two_thirds_prevote_and_precommit_a_block() {
    let mut council = table(6, 3, 1);
    propose(&mut council, &[OWN], 0, block(1), None);
    vote(&mut council, (&[ALICE], &[OWN]), Prevote, 0, block(1));
    assert_eq!(voted(&council, OWN, Precommit, 0), None);
    vote(&mut council, (&[JOHN], &[OWN]), Prevote, 0, block(1));
    assert_eq!(voted(&council, OWN, Precommit, 0), Some(Some(block(1))));
    vote(&mut council, (&[BOB], &[OWN]), Prevote, 0, block(1));
    vote(&mut council, (&[BOB, JOHN], &[OWN]), Precommit, 0, block(1));
    assert!(council.decisions().is_empty());
    vote(&mut council, (&[ALICE], &[OWN]), Precommit, 0, block(1));
    assert_eq!(council.decisions(), [(OWN, block(1))].into());
}

#[test]
fn more_than_two_thirds_that_differ_start_the_clock() {
    let mut council = table(6, 3, 1);
    propose(&mut council, &[OWN], 0, block(1), None);
    vote(&mut council, (&[ALICE], &[OWN]), Prevote, 0, block(1));
    assert!(!waits(&council, OWN, 0, Step::Prevote));
    vote(&mut council, (&[JOHN], &[OWN]), Prevote, 0, None);
    assert!(waits(&council, OWN, 0, Step::Prevote));
    assert_eq!(voted(&council, OWN, Precommit, 0), None);
}

#[test]
fn more_than_two_thirds_for_no_block_end_the_step_at_once() {
    let mut council = table(6, 3, 1);
    council.expire([OWN]);
    vote(&mut council, (&[ALICE], &[OWN]), Prevote, 0, None);
    assert_eq!(voted(&council, OWN, Precommit, 0), None);
    vote(&mut council, (&[JOHN], &[OWN]), Prevote, 0, None);
    assert_eq!(voted(&council, OWN, Precommit, 0), Some(None));
}

#[test]
fn more_than_a_third_in_a_later_round_lead_on() {
    for kinds in [[Prevote, Prevote], [Prevote, Precommit]] {
        let mut council = table(6, 3, 1);
        vote(&mut council, (&[ALICE], &[OWN]), Prevote, 0, block(1));
        assert!(!is_led_on(&mut council, JOHN, kinds[0]));
        assert!(is_led_on(&mut council, BOB, kinds[1]), "{kinds:?}");
        let mut council = table(5, 2, 1);
        vote(&mut council, (&[ALICE], &[OWN]), Prevote, 0, block(1));
        assert!(!is_led_on(&mut council, JOHN, kinds[0]));
        assert!(is_led_on(&mut council, BOB, kinds[1]), "{kinds:?}");
    }
}

#[test]
fn two_votes_of_one_validator_count_once() {
    // Twice its power would be more than a third in the first case.
    for (alice, bob, john) in [(1, 6, 2), (6, 3, 1)] {
        let mut council = table(alice, bob, john);
        vote(&mut council, (&[ALICE], &[OWN]), Prevote, 0, block(1));
        for kind in [Prevote, Precommit] {
            assert!(!is_led_on(&mut council, JOHN, kind), "{kind:?}");
        }
    }
}

#[test]
fn one_that_is_a_quorum_leads_on_alone_and_so_do_two_that_are() {
    for kind in [Prevote, Precommit] {
        let mut council = table(1, 3, 6);
        assert!(!is_led_on(&mut council, ALICE, kind));
        assert!(is_led_on(&mut council, JOHN, kind), "{kind:?}");
    }
    let mut council = table(2, 5, 1);
    assert!(!is_led_on(&mut council, JOHN, Prevote));
    assert!(is_led_on(&mut council, BOB, Precommit));
}
