//! The steps of a round, one by one, and what ends them.

use pyralog_consensus::{Message, Step};
use pyralog_council::Council;
use pyralog_primitives::vote::VoteKind::{Precommit, Prevote};

use crate::{block, is_in, lose_all, propose, proposed, tendermint, turn, vote, voted, waits};

#[test]
fn who_hears_all_in_order_prevotes_precommits_and_decides() {
    let mut council = Council::new(tendermint, 4);
    lose_all(&mut council);
    let first = turn(&council, 0);
    let value = council.built[0].1;
    let own = (first + 1) % 4;
    let others: Vec<usize> = (0..4).filter(|at| *at != own).collect();
    assert!(waits(&council, own, 0, Step::Proposal));
    assert_eq!(voted(&council, own, Prevote, 0), None);
    propose(&mut council, &[own], 0, value, None);
    assert_eq!(voted(&council, own, Prevote, 0), Some(Some(value)));
    vote(&mut council, (&others[..1], &[own]), Prevote, 0, value);
    assert_eq!(voted(&council, own, Precommit, 0), None, "two of four");
    vote(&mut council, (&others, &[own]), Prevote, 0, value);
    assert_eq!(voted(&council, own, Precommit, 0), Some(Some(value)));
    vote(&mut council, (&others[..1], &[own]), Precommit, 0, value);
    assert_eq!(council.decisions().get(&own), None, "two of four");
    vote(&mut council, (&others, &[own]), Precommit, 0, value);
    assert_eq!(council.decisions().get(&own), Some(&value));
}

#[test]
fn each_step_that_takes_too_long_ends_in_a_vote_for_nothing() {
    let mut council = Council::new(tendermint, 4);
    lose_all(&mut council);
    let own = turn(&council, 0);
    let others: Vec<usize> = (0..4).filter(|at| *at != own).collect();
    let value = council.built[0].1;
    // It proposes and prevotes; the others see nothing.
    assert_eq!(proposed(&council, own, 0), Some((value, None)));
    assert_eq!(voted(&council, own, Prevote, 0), Some(Some(value)));
    vote(&mut council, (&others[..1], &[own]), Prevote, 0, None);
    assert!(!waits(&council, own, 0, Step::Prevote), "two of four");
    vote(&mut council, (&others[1..2], &[own]), Prevote, 0, None);
    assert!(waits(&council, own, 0, Step::Prevote));
    assert_eq!(voted(&council, own, Precommit, 0), None);
    council.expire([own]);
    assert_eq!(voted(&council, own, Precommit, 0), Some(None));
    vote(&mut council, (&others[..2], &[own]), Precommit, 0, None);
    assert!(waits(&council, own, 0, Step::Precommit));
    council.expire([own]);
    // In the next round no proposal comes; a quorum that saw none ends the step
    // at once.
    assert!(waits(&council, own, 1, Step::Proposal));
    council.expire([own]);
    assert_eq!(voted(&council, own, Prevote, 1), Some(None));
    vote(&mut council, (&others[..2], &[own]), Prevote, 1, None);
    assert_eq!(voted(&council, own, Precommit, 1), Some(None));
    vote(&mut council, (&others[..2], &[own]), Precommit, 1, None);
    assert!(waits(&council, own, 1, Step::Precommit));
    council.expire([own]);
    // And in the one after, a block that breaks the rules.
    assert!(waits(&council, own, 2, Step::Proposal));
    council.invalid.push(block(99));
    propose(&mut council, &[own], 2, block(99), None);
    assert_eq!(voted(&council, own, Prevote, 2), Some(None));
}

#[test]
fn rounds_in_which_only_the_proposer_sees_its_block_pass_one_by_one() {
    let mut council = Council::new(tendermint, 4);
    for round in 0..4 {
        let first = turn(&council, round);
        for at in 0..4 {
            assert!(is_in(&council, at, round), "{at} in {round}");
        }
        let (value, valid_round) = proposed(&council, first, round).unwrap();
        assert_eq!(valid_round, None);
        // The others wait for a proposal; then, having seen that a quorum saw none,
        // all wait for more precommits.
        for _ in 0..2 {
            council.deliver(|_, _, message| matches!(message, Message::Vote(_)));
            council.expire_all();
        }
        for at in 0..4 {
            let expected = (at == first).then_some(value);
            assert_eq!(voted(&council, at, Prevote, round), Some(expected));
            assert_eq!(voted(&council, at, Precommit, round), Some(None));
        }
    }
    assert_eq!(council.built.len(), 5, "each proposer builds its own");
    assert!(council.decisions().is_empty());
}
