//! Locks: what a quorum prevoted binds, and lets go when a later quorum does.

use pyralog_consensus::Message;
use pyralog_council::Council;
use pyralog_primitives::vote::VoteKind;
use pyralog_primitives::{BlockId, Round};
use pyralog_tendermint::Tendermint;

use crate::{tendermint, turn};

/// Who has precommitted a block in this round.
fn locked_in(council: &Council<Tendermint>, round: u32) -> Vec<(usize, BlockId)> {
    use pyralog_consensus::Statement;
    let lock = |said: &Statement| match said {
        Statement::Vote {
            kind: VoteKind::Precommit,
            round: of,
            value: Some(value),
            ..
        } if *of == Round::new(round) => Some(*value),
        _ => None,
    };
    let seats = council.seats.iter().enumerate();
    let locks = seats.filter_map(|(at, seat)| Some((at, seat.signed.iter().find_map(lock)?)));
    locks.collect()
}

/// A round in which only `lockers` see the prevotes; precommits for a block
/// reach nobody, and then time is over.
fn lock_some(council: &mut Council<Tendermint>, lockers: &[usize]) {
    let passes = |_: usize, to: usize, message: &Message| match message {
        Message::Proposal(_) => true,
        Message::Vote(vote) if vote.kind == VoteKind::Prevote => lockers.contains(&to),
        Message::Vote(vote) => vote.value.is_none(),
        _ => false,
    };
    // Propose and prevote: who sees no quorum waits, then precommits nothing.
    council.deliver(passes);
    council.expire_all();
    council.deliver(passes);
}

fn others(council: &Council<Tendermint>, rounds: &[u32]) -> Vec<usize> {
    let proposers: Vec<usize> = rounds.iter().map(|round| turn(council, *round)).collect();
    let count = council.seats.len();
    (0..count).filter(|at| !proposers.contains(at)).collect()
}

#[test]
fn what_one_locked_is_never_contradicted() {
    for locker in 0..4 {
        let mut council = Council::new(tendermint, 4);
        lock_some(&mut council, &[locker]);
        let first = council.built[0].1;
        assert_eq!(locked_in(&council, 0), [(locker, first)]);
        council.settle(8);
        // Any other block would need the vote of the one who is locked.
        let later = (1..8).flat_map(|round| locked_in(&council, round));
        assert!(
            later
                .filter(|(at, _)| *at == locker)
                .all(|(_, value)| value == first)
        );
    }
}

#[test]
fn two_locks_and_a_crash_do_not_stop_the_others() {
    let mut council = Council::new(tendermint, 4);
    let lockers = others(&council, &[0, 1]);
    lock_some(&mut council, &lockers[..1]);
    lock_some(&mut council, &lockers[1..2]);
    council.fall_silent(turn(&council, 0));
    council.settle(12);
}

#[test]
fn locks_of_five_with_one_faulty_come_undone() {
    let mut council = Council::new(tendermint, 5);
    let lockers = others(&council, &[0]);
    lock_some(&mut council, &lockers[..1]);
    lock_some(&mut council, &lockers[1..3]);
    council.fall_silent(turn(&council, 0));
    council.settle(16);
}

#[test]
fn locks_of_six_in_three_groups_with_one_faulty_come_undone() {
    let mut council = Council::new(tendermint, 6);
    let lockers = others(&council, &[0]);
    for group in lockers[..3].chunks(1) {
        lock_some(&mut council, group);
    }
    council.fall_silent(turn(&council, 0));
    council.settle(16);
}
