//! The lines of the paper that lock a validator to a block, and let it go.

use pyralog_consensus::Step;
use pyralog_council::Council;
use pyralog_primitives::vote::VoteKind::{Precommit, Prevote};
use pyralog_primitives::{BlockId, Round};
use pyralog_tendermint::Tendermint;

use crate::{block, is_in, lose_all, propose, proposed, tendermint, turn, vote, voted, waits};

/// So many validators, of whom these say nothing by themselves.
fn with_faulty(count: u8, faulty: &[usize]) -> (Council<Tendermint>, Vec<usize>) {
    let mut council = Council::seated(tendermint, &vec![1; usize::from(count)]);
    for at in faulty {
        council.fall_silent(*at);
    }
    council.start();
    lose_all(&mut council);
    let honest = (0..usize::from(count)).filter(|at| !faulty.contains(at));
    (council, honest.collect())
}

/// Whose turns these rounds are, of so many validators.
fn turns<const COUNT: usize>(count: u8) -> [usize; COUNT] {
    let council = Council::seated(tendermint, &vec![1; usize::from(count)]);
    std::array::from_fn(|round| turn(&council, u32::try_from(round).unwrap()))
}

/// All who are honest lock the block of the first round; they learn of just so
/// many precommits, and of those of the faulty for nothing, that they go on.
fn lock_all(council: &mut Council<Tendermint>, honest: &[usize], faulty: &[usize]) -> BlockId {
    let value = council.built[0].1;
    propose(council, honest, 0, value, None);
    vote(council, (honest, honest), Prevote, 0, value);
    for at in honest {
        assert_eq!(voted(council, *at, Precommit, 0), Some(Some(value)));
    }
    vote(council, (faulty, honest), Precommit, 0, None);
    for at in honest {
        let others: Vec<usize> = honest.iter().copied().filter(|other| other != at).collect();
        let some = &others[..honest.len() - 1 - faulty.len()];
        vote(council, (some, &[*at]), Precommit, 0, value);
        assert!(waits(council, *at, 0, Step::Precommit));
    }
    council.expire(honest.iter().copied());
    lose_all(council);
    for at in honest {
        assert!(is_in(council, *at, 1));
    }
    value
}

#[test]
fn who_is_locked_prevotes_no_other_block() {
    let [_, second] = turns(4);
    let (mut council, honest) = with_faulty(4, &[second]);
    lock_all(&mut council, &honest, &[second]);
    propose(&mut council, &honest, 1, block(99), None);
    for at in honest {
        assert_eq!(voted(&council, at, Prevote, 1), Some(None));
    }
}

#[test]
fn who_is_locked_prevotes_its_block_when_it_is_proposed_again() {
    let [_, _, third, _] = turns(4);
    let [first, second, other, another, ..] = turns::<7>(7);
    assert!(![other, another].contains(&first) && ![other, another].contains(&second));
    for (count, faulty) in [(4, vec![third]), (7, vec![other, another])] {
        let (mut council, honest) = with_faulty(count, &faulty);
        let value = lock_all(&mut council, &honest, &faulty);
        let second = turn(&council, 1);
        let again = (value, Some(Round::FIRST));
        assert_eq!(proposed(&council, second, 1), Some(again));
        propose(&mut council, &honest, 1, value, Some(0));
        for at in honest {
            assert_eq!(voted(&council, at, Prevote, 1), Some(Some(value)));
        }
    }
}

#[test]
fn a_quorum_of_prevotes_makes_no_block_valid() {
    // All but one are faulty, and it is not the proposer of the first two rounds.
    let [first, second, slow, own] = turns(4);
    let (mut council, _) = with_faulty(4, &[first, second, slow]);
    council.invalid.push(block(99));
    council.expire([own]);
    assert_eq!(voted(&council, own, Prevote, 0), Some(None));
    vote(
        &mut council,
        (&[first, second], &[own]),
        Prevote,
        0,
        block(99),
    );
    vote(
        &mut council,
        (&[first, second, slow], &[own]),
        Precommit,
        0,
        None,
    );
    assert!(waits(&council, own, 0, Step::Precommit));
    council.expire([own]);
    // The last prevote that makes a quorum comes late, then the proposal by it.
    vote(&mut council, (&[slow], &[own]), Prevote, 0, block(99));
    assert_eq!(voted(&council, own, Prevote, 1), None);
    propose(&mut council, &[own], 1, block(99), Some(0));
    assert_eq!(voted(&council, own, Prevote, 1), Some(None));
}

#[test]
fn a_later_lock_outweighs_an_earlier_quorum() {
    let [first, second, third, slow] = turns(4);
    let (mut council, honest) = with_faulty(4, &[slow]);
    let two = [first, second];
    let value = council.built[0].1;
    propose(&mut council, &honest, 0, value, None);
    // In the first round, the third proposer alone sees a quorum and locks.
    vote(&mut council, (&honest, &[third]), Prevote, 0, value);
    assert_eq!(voted(&council, third, Precommit, 0), Some(Some(value)));
    vote(&mut council, (&[slow], &two), Prevote, 0, None);
    vote(&mut council, (&two, &two), Prevote, 0, value);
    council.expire(two);
    vote(&mut council, (&[third], &two), Precommit, 0, value);
    vote(&mut council, (&two, &honest), Precommit, 0, None);
    council.expire(honest.iter().copied());
    lose_all(&mut council);
    // In the second, the other two lock another block.
    let (other, valid_round) = proposed(&council, second, 1).unwrap();
    assert_eq!(valid_round, None);
    propose(&mut council, &honest, 1, other, None);
    assert_eq!(voted(&council, third, Prevote, 1), Some(None));
    vote(&mut council, (&[slow], &two), Prevote, 1, other);
    vote(&mut council, (&two, &two), Prevote, 1, other);
    vote(&mut council, (&[slow], &honest), Precommit, 1, None);
    vote(&mut council, (&two, &honest), Precommit, 1, other);
    for at in two {
        assert_eq!(voted(&council, at, Precommit, 1), Some(Some(other)));
    }
    // They learn of the quorum of the first round, and the third proposer
    // proposes by it.
    let polka = council.proof(0, value, &honest);
    for at in two {
        council.hand(at, pyralog_consensus::Message::Polka(polka.clone()));
    }
    council.expire(honest.iter().copied());
    let again = (value, Some(Round::FIRST));
    assert_eq!(proposed(&council, third, 2), Some(again));
    propose(&mut council, &two, 2, value, Some(0));
    for at in two {
        assert_eq!(voted(&council, at, Prevote, 2), Some(None));
    }
    assert_eq!(voted(&council, third, Prevote, 2), Some(Some(value)));
}

/// One that saw no proposal, then a quorum of prevotes, and the proposal only
/// after it had precommitted nothing.
fn learns_late(own: usize) -> (Council<Tendermint>, BlockId) {
    let (mut council, all) = with_faulty(4, &[]);
    let others: Vec<usize> = all.into_iter().filter(|at| *at != own).collect();
    let value = council.built[0].1;
    council.expire([own]);
    assert_eq!(voted(&council, own, Prevote, 0), Some(None));
    vote(&mut council, (&others, &[own]), Prevote, 0, value);
    assert!(waits(&council, own, 0, Step::Prevote));
    council.expire([own]);
    assert_eq!(voted(&council, own, Precommit, 0), Some(None));
    propose(&mut council, &[own], 0, value, None);
    vote(&mut council, (&others[..2], &[own]), Precommit, 0, None);
    council.expire([own]);
    assert!(is_in(&council, own, 1));
    (council, value)
}

#[test]
fn who_learns_late_of_a_quorum_proposes_its_block_again_and_is_not_locked() {
    let [_, second, third, _] = turns(4);
    let (council, value) = learns_late(second);
    let again = (value, Some(Round::FIRST));
    assert_eq!(proposed(&council, second, 1), Some(again));
    let (mut council, _) = learns_late(third);
    propose(&mut council, &[third], 1, block(99), None);
    assert_eq!(voted(&council, third, Prevote, 1), Some(Some(block(99))));
}
