//! A block from the future is held back until its time, but not against a
//! quorum.

use std::sync::Arc;

use pyralog_driver::{CompactBlock, Word};
use pyralog_pbft::Pbft;
use pyralog_primitives::block::Block;
use pyralog_primitives::vote::VoteKind;

use crate::setup::{GENESIS_TIME, height, tendermint};
use crate::subject::Subject;

/// The clock of a node begins so long after genesis.
const CLOCK: u64 = 10_000;
/// How far ahead of it a block may be: the default of genesis.
const DRIFT: u64 = 500;

/// Proposes a block of a time so many milliseconds ahead of the clock.
fn propose<E: pyralog_consensus::Engine>(subject: &mut Subject<E>, ahead: u64) -> Arc<Block> {
    let primary = subject.primary;
    let block = subject
        .maker
        .block(primary, CLOCK + ahead, Vec::new(), Vec::new());
    assert_eq!(block.header.time.get(), GENESIS_TIME.get() + CLOCK + ahead);
    let compact = CompactBlock::of(&block);
    subject.hear(primary, Word::Block(Box::new(compact)));
    let proposal = subject.maker.proposal(primary, height(1), block.id());
    subject.hear_messages(primary, [proposal]);
    block
}

#[test]
fn a_block_within_the_drift_is_voted_for_at_once() {
    let mut subject = Subject::<Pbft>::joined();
    let block = propose(&mut subject, DRIFT);
    assert_eq!(subject.votes(VoteKind::Prevote), [block.id()]);
}

#[test]
fn a_block_from_the_future_is_held_back_until_its_time() {
    let mut subject = Subject::<Pbft>::joined();
    let block = propose(&mut subject, DRIFT + 200);
    assert_eq!(subject.node.account.examined, []);
    subject.pass(199);
    assert_eq!(subject.statements(), []);
    subject.pass(1);
    assert_eq!(subject.votes(VoteKind::Prevote), [block.id()]);
}

#[test]
fn a_block_from_the_future_is_not_held_back_once_a_quorum_has_prevoted_for_it() {
    let mut subject = Subject::<Pbft>::joined();
    let block = propose(&mut subject, 60_000);
    let [one, other, third] = subject.peers[..] else {
        panic!("there are three");
    };
    for voters in [[one, other], [one, third]] {
        assert_eq!(subject.statements(), []);
        let votes = subject.maker.prevotes(&voters, height(1), block.id());
        subject.hear_messages(voters[1], votes);
    }
    assert_eq!(subject.votes(VoteKind::Prevote), [block.id()]);
    assert_eq!(subject.votes(VoteKind::Precommit), [block.id()]);
}

/// The wall clock is looked at anew when a block's time should have come.
#[test]
fn a_clock_that_was_put_back_holds_a_block_back_for_longer() {
    let mut subject = Subject::<Pbft>::joined();
    let block = propose(&mut subject, DRIFT + 100);
    subject.node.skew = -150;
    subject.pass(249);
    assert_eq!(subject.statements(), []);
    subject.pass(1);
    assert_eq!(subject.votes(VoteKind::Prevote), [block.id()]);
}

#[test]
fn a_decided_block_is_made_final_whatever_its_time() {
    let mut subject = Subject::new(tendermint);
    subject.join();
    let primary = subject.primary;
    let block = subject
        .maker
        .block(primary, u64::from(u32::MAX), Vec::new(), Vec::new());
    let compact = CompactBlock::of(&block);
    subject.hear(primary, Word::Block(Box::new(compact)));
    let settled = subject.maker.settle(&block);
    subject.hear(primary, Word::Tip { height: height(1) });
    subject.pass(150);
    subject.hear(primary, crate::maker::final_word(vec![settled]));
    assert_eq!(subject.node.store.height(), height(1));
}
