//! What peers may ask for is bounded, and comes back with time.

use std::cell::Cell;

use pyralog_consensus::Message;
use pyralog_driver::{CompactBlock, QUESTION_COUNT_MAX, To, Word};
use pyralog_genesis::ConsensusKind;
use pyralog_primitives::block::Block;
use pyralog_primitives::codec::{Canonical, List};
use pyralog_primitives::{BlockCount, Height, LeafIndex};

use crate::maker::Maker;
use crate::network::{ALL, Network, Passes};
use crate::setup::{height, pbft, peer, put};
use crate::subject::Subject;

/// Asked for in one second.
const FLOOD: usize = 10_000;
/// Two of the largest blocks at once.
const BYTES_AT_ONCE_MAX: usize = 2 * 16 * 1024 * 1024;

/// A subject that holds a block of this many transactions of so many bytes.
fn holding(count: u64, length: usize) -> (Subject<pyralog_pbft::Pbft>, std::sync::Arc<Block>) {
    let mut subject = Subject::joined();
    let network = subject.node.genesis.hash();
    let transactions = (0..count)
        .map(|nonce| put(network, nonce, length))
        .collect();
    let block = subject
        .maker
        .block(subject.primary, 1_000, transactions, Vec::new());
    assert_eq!(block.transactions.len(), usize::try_from(count).unwrap());
    let primary = subject.primary;
    subject.node.pool = block
        .transactions
        .iter()
        .map(|transaction| (transaction.signed_id(), transaction.clone()))
        .collect();
    let compact = CompactBlock::of(&block);
    subject.hear(primary, Word::Block(Box::new(compact)));
    (subject, block)
}

fn told(subject: &mut Subject<pyralog_pbft::Pbft>, to: u8) -> (usize, usize) {
    let said = subject.take_said().into_iter();
    let own = said.filter(|said| said.to == To::Peer(peer(to)));
    let lengths: Vec<usize> = own.map(|said| said.word.encode().len()).collect();
    (lengths.len(), lengths.iter().sum())
}

#[test]
fn transactions_that_are_asked_for_again_and_again_are_given_for_a_while() {
    let (mut subject, block) = holding(25, 64 * 1024);
    let (greedy, modest) = (subject.peers[1], subject.peers[2]);
    let question = Word::WantTransactions {
        block: block.id(),
        places: List::new((0..25).map(LeafIndex::new).collect()).unwrap(),
    };
    subject.take_said();
    for _ in 0..FLOOD / 100 {
        subject.hear_all(greedy, vec![question.clone(); 100]);
    }
    let (count, bytes) = told(&mut subject, greedy);
    assert!(count > 1 && bytes > block.encode().len(), "{count}");
    assert!(
        bytes < BYTES_AT_ONCE_MAX + 2 * block.encode().len(),
        "{bytes}"
    );
    // Others are given what they ask for, and so is this one later.
    subject.hear(modest, question.clone());
    assert_eq!(told(&mut subject, modest).0, 1);
    subject.hear(greedy, question.clone());
    assert_eq!(told(&mut subject, greedy).0, 0);
    subject.pass(3_000);
    subject.take_said();
    subject.hear(greedy, question);
    assert_eq!(told(&mut subject, greedy).0, 1);
}

#[test]
fn a_place_that_is_asked_for_twice_at_once_is_given_once() {
    let (mut subject, block) = holding(3, 10);
    let asking = subject.peers[1];
    subject.take_said();
    let places = [0, 2, 99, 2, 1, 0].map(LeafIndex::new).to_vec();
    subject.hear(
        asking,
        Word::WantTransactions {
            block: block.id(),
            places: List::new(places).unwrap(),
        },
    );
    let given = subject
        .take_said()
        .into_iter()
        .find_map(|said| match said.word {
            Word::Transactions { transactions, .. } => Some(transactions.into_vec()),
            _ => None,
        });
    let given: Vec<u64> = given
        .unwrap()
        .iter()
        .map(|(place, _)| place.get())
        .collect();
    assert_eq!(given, [0, 2]);
}

#[test]
fn blocks_and_final_blocks_that_are_asked_for_again_and_again_are_given_for_a_while() {
    let (mut subject, block) = holding(3, 10);
    let greedy = subject.peers[1];
    subject.take_said();
    subject.hear_all(greedy, vec![Word::WantBlock { block: block.id() }; FLOOD]);
    let (count, _) = told(&mut subject, greedy);
    assert!((1_000..FLOOD).contains(&count), "{count}");

    let mut subject = Subject::joined();
    let blocks = subject.maker.grow(1);
    subject.hear(greedy, Word::Tip { height: height(1) });
    subject.pass(150);
    subject.hear(greedy, crate::maker::final_word(blocks));
    assert_eq!(subject.node.store.height(), height(1));
    subject.hear_all(greedy, vec![want(height(1)); FLOOD]);
    let served = subject.node.account.served.len();
    assert!((32..200).contains(&served), "{served}");
    let is_busy = |word: &Word| *word == Word::Busy { from: height(1) };
    let told = subject.asked(is_busy);
    assert_eq!(told, vec![greedy; FLOOD - served], "each is answered");
    for _ in 0..10 {
        subject.pass(1_000);
        subject.hear(greedy, want(height(1)));
    }
    assert!(subject.node.account.served.len() > served + 5);
}

#[test]
fn what_is_not_durable_or_no_block_is_not_served() {
    let mut subject = Subject::joined();
    let blocks = subject.maker.grow(1);
    let asking = subject.peers[0];
    subject.node.holds.commits = true;
    subject.hear(asking, Word::Tip { height: height(1) });
    subject.pass(150);
    subject.hear(asking, crate::maker::final_word(blocks));
    for from in [0, 1, 2, u64::MAX] {
        let from = Height::new(from);
        subject.hear(asking, want(from));
    }
    assert_eq!(subject.node.account.served, []);
    subject.node.holds.commits = false;
    subject.let_go();
    for from in [0, 1, 2] {
        let from = Height::new(from);
        subject.hear(asking, want(from));
    }
    assert_eq!(subject.node.account.served, [(peer(asking), height(1))]);
}

/// A question for one final block.
const fn want(from: Height) -> Word {
    let count = BlockCount::new(1);
    Word::WantFinal { from, count }
}

/// Tips cost nothing but a question, and few questions go out at a time.
#[test]
fn a_flood_of_tips_asks_few_questions_at_a_time() {
    let mut subject = Subject::joined();
    let flood = subject.peers[1];
    let tips = (1_000..1_000 + FLOOD as u64).map(|raw| Word::Tip {
        height: Height::new(raw),
    });
    subject.hear_all(flood, tips);
    subject.pass(900);
    let asked = subject.asked(|word| matches!(word, Word::WantFinal { .. }));
    assert_eq!(asked, [flood; QUESTION_COUNT_MAX]);
}

/// Who offers blocks that contradict themselves is blamed for each, and takes no
/// room with them.
#[test]
fn blocks_that_nobody_asked_for_are_held_in_small_number() {
    let (mut subject, block) = holding(1, 10);
    let liar = subject.peers[1];
    let other = |time: u64| {
        let mut other = CompactBlock::of(&block);
        other.header.time = pyralog_primitives::TimestampMs::new(time);
        other
    };
    subject.take_said();
    subject.node.pool.clear();
    subject.hear_all(
        liar,
        (0..100).map(|time| Word::Block(Box::new(other(time)))),
    );
    // Held is what it is asked for.
    let asked = subject.asked(|word| matches!(word, Word::WantTransactions { .. }));
    assert_eq!(asked.len(), 4);
}

/// Where nothing arrives, a proposer says again what it said: the block, which
/// is large, goes out once. Who lacks it asks.
#[test]
fn a_proposal_that_is_said_again_goes_without_its_block() {
    let mut network = Network::new(ConsensusKind::Pbft, pbft, 4);
    network.begin();
    network.deliver(ALL).unwrap();
    let primary = Maker::new(&network.genesis).first_primary();
    let (blocks, proposals) = (Cell::new(0), Cell::new(0));
    let count: Passes<'_> = &|from, _, word| {
        let counter = match word {
            Word::Block(_) => &blocks,
            Word::Consensus(Message::Proposal(_)) => &proposals,
            _ => return true,
        };
        assert_eq!(from, primary);
        counter.set(counter.get() + 1);
        false
    };
    network.submit(0);
    network.run(450, count, |_| false).unwrap();
    assert_eq!(blocks.get(), 3, "one for each of the others");
    assert!(proposals.get() >= 3 * 2, "said again");
}
