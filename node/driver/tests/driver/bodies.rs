//! A block is voted for once it is whole, examined and logged, and not before.

use pyralog_consensus::{Effect, Input, Message};
use pyralog_driver::{Blame, CompactBlock, Event, Word};
use pyralog_primitives::LeafIndex;
use pyralog_primitives::block::Block;
use pyralog_primitives::codec::List;
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::vote::{Evidence, VoteKind};

use crate::durable::{Entry, about};
use crate::script::Script;
use crate::setup::{height, peer, put, transfer};
use crate::subject::Subject;

fn compact(block: &Block) -> Word {
    Word::Block(Box::new(CompactBlock::of(block)))
}

fn transfers<E: pyralog_consensus::Engine>(subject: &Subject<E>, count: u64) -> Vec<Transaction> {
    let network = subject.node.genesis.hash();
    (0..count).map(|number| transfer(network, number)).collect()
}

/// Transactions of a block, with their places.
fn portion(block: &Block, places: impl IntoIterator<Item = usize>) -> Word {
    let given = places.into_iter().map(|place| {
        let index = LeafIndex::new(u64::try_from(place).unwrap());
        (index, block.transactions[place].clone())
    });
    Word::Transactions {
        block: block.id(),
        transactions: List::new(given.collect()).unwrap(),
    }
}

fn places(word: &Word) -> Option<Vec<u64>> {
    match word {
        Word::WantTransactions { places, .. } => {
            Some(places.iter().map(|place| place.get()).collect())
        }
        _ => None,
    }
}

#[test]
fn a_block_is_voted_for_only_once_it_is_whole_examined_and_logged() {
    let mut subject = Subject::joined();
    let transactions = transfers(&subject, 3);
    let primary = subject.primary;
    let block = subject
        .maker
        .block(primary, 1_000, transactions, Vec::new());
    let id = block.id();
    subject.node.holds.verdicts = true;
    subject.hear_messages(primary, [subject.maker.proposal(primary, height(1), id)]);
    assert_eq!(
        subject.asked(|word| *word == Word::WantBlock { block: id }),
        [primary]
    );

    subject.hear(primary, compact(&block));
    let asked = subject
        .take_said()
        .into_iter()
        .find_map(|said| places(&said.word));
    assert_eq!(asked, Some(vec![0, 1, 2]), "what the pool lacks");
    subject.hear(primary, portion(&block, [0, 2]));
    assert_eq!(subject.node.account.examined, [], "it is not whole");
    subject.hear(primary, portion(&block, [1]));
    assert_eq!(subject.node.account.examined, [(id, true)]);
    assert!(!about(&subject.node.disks, height(1)).contains(&Entry::Block(id)));
    assert_eq!(
        subject.votes(VoteKind::Prevote),
        [],
        "what came of it is not known"
    );

    subject.let_go();
    assert_eq!(subject.votes(VoteKind::Prevote), [id]);
    assert!(about(&subject.node.disks, height(1)).contains(&Entry::Block(id)));
}

#[test]
fn what_the_pool_has_is_not_asked_for() {
    let mut subject = Subject::joined();
    let transactions = transfers(&subject, 3);
    for transaction in [&transactions[0], &transactions[2]] {
        let id = transaction.signed_id();
        subject.node.pool.insert(id, transaction.clone());
    }
    let primary = subject.primary;
    let block = subject
        .maker
        .block(primary, 1_000, transactions, Vec::new());
    subject.hear(primary, compact(&block));
    let asked = subject
        .take_said()
        .into_iter()
        .find_map(|said| places(&said.word));
    assert_eq!(asked, Some(vec![1]));
}

#[test]
fn who_gave_a_block_is_asked_first_for_what_the_pool_lacks_of_it() {
    let mut subject = Subject::joined();
    let transactions = transfers(&subject, 2);
    let primary = subject.primary;
    let block = subject
        .maker
        .block(primary, 1_000, transactions, Vec::new());
    let proposal = subject.maker.proposal(primary, height(1), block.id());
    // The engine wants it while the pool is being asked.
    let words = [compact(&block), Word::Consensus(proposal)];
    subject.hear_all(primary, words);
    assert_eq!(subject.asked(|word| places(word).is_some()), [primary]);
}

#[test]
fn the_first_block_that_comes_before_its_proposal_is_examined_once_and_no_other() {
    let mut subject = Subject::joined();
    let primary = subject.primary;
    let mut block = |time| subject.maker.block(primary, time, Vec::new(), Vec::new());
    let (first, second) = (block(1_000), block(1_001));
    subject.hear(primary, compact(&first));
    assert_eq!(subject.node.account.examined, [(first.id(), true)]);
    assert_eq!(subject.votes(VoteKind::Prevote), [], "nobody proposed it");
    subject.hear(primary, compact(&second));
    assert_eq!(subject.node.account.examined.len(), 1);

    let proposal = subject.maker.proposal(primary, height(1), first.id());
    subject.hear_messages(primary, [proposal]);
    assert_eq!(subject.votes(VoteKind::Prevote), [first.id()]);
    assert_eq!(subject.node.account.examined.len(), 1);
    let logged = about(&subject.node.disks, height(1));
    assert!(logged.contains(&Entry::Block(first.id())));
}

#[test]
fn a_proposal_that_comes_while_its_block_is_examined_waits_for_the_verdict() {
    let mut subject = Subject::joined();
    let primary = subject.primary;
    let block = subject.maker.block(primary, 1_000, Vec::new(), Vec::new());
    let id = block.id();
    subject.node.holds.verdicts = true;
    subject.hear(primary, compact(&block));
    let proposal = subject.maker.proposal(primary, height(1), id);
    subject.hear_messages(primary, [proposal]);
    assert_eq!(subject.node.account.examined, [(id, true)]);
    assert_eq!(subject.votes(VoteKind::Prevote), []);
    subject.let_go();
    assert_eq!(subject.votes(VoteKind::Prevote), [id]);
    assert_eq!(subject.node.account.examined.len(), 1);
}

#[test]
fn who_does_not_answer_is_not_the_only_one_who_is_asked() {
    let mut subject = Subject::joined();
    let transactions = transfers(&subject, 2);
    let primary = subject.primary;
    let block = subject
        .maker
        .block(primary, 1_000, transactions, Vec::new());
    let id = block.id();
    subject.hear_messages(primary, [subject.maker.proposal(primary, height(1), id)]);
    assert_eq!(
        subject.asked(|word| *word == Word::WantBlock { block: id }),
        [primary]
    );
    for _ in 0..2 {
        subject.pass(250);
    }
    let asked = subject.asked(|word| *word == Word::WantBlock { block: id });
    assert_eq!(asked.len(), 2);
    assert!(
        !asked.contains(&primary) && asked[0] != asked[1],
        "{asked:?}"
    );

    // The same for transactions: the one who gave the block does not give them.
    subject.hear(asked[0], compact(&block));
    let first = subject.asked(|word| places(word).is_some());
    subject.pass(250);
    let second = subject.asked(|word| places(word).is_some());
    assert!(first.len() == 1 && second.len() == 1 && first != second);
    subject.hear(second[0], portion(&block, [0, 1]));
    assert_eq!(subject.votes(VoteKind::Prevote), [id]);
    subject.pass(1_000);
    assert!(
        subject.asked(|word| places(word).is_some()).is_empty(),
        "it is here"
    );
}

#[test]
fn wrong_transactions_are_blamed_and_do_not_take_the_place_of_right_ones() {
    let mut subject = Subject::joined();
    let transactions = transfers(&subject, 2);
    let primary = subject.primary;
    let block = subject
        .maker
        .block(primary, 1_000, transactions, Vec::new());
    let id = block.id();
    subject.hear(primary, compact(&block));
    subject.hear_messages(primary, [subject.maker.proposal(primary, height(1), id)]);
    let liars = [subject.peers[1], subject.peers[2]];
    let wrong = (LeafIndex::new(0), block.transactions[1].clone());
    let beyond = (LeafIndex::new(2), block.transactions[1].clone());
    for (liar, transaction) in liars.into_iter().zip([wrong, beyond]) {
        let transactions = List::new(vec![transaction]).unwrap();
        let word = Word::Transactions {
            block: id,
            transactions,
        };
        subject.hear(liar, word);
    }
    let blamed = liars.map(|liar| (peer(liar), Blame::Block(id)));
    assert_eq!(subject.node.account.blames, blamed);
    subject.hear(primary, portion(&block, [0, 1]));
    assert_eq!(subject.votes(VoteKind::Prevote), [id]);
}

/// A block is known by its header alone: whoever sends another body with it must
/// not keep the true one out.
#[test]
fn a_body_that_is_not_the_headers_is_blamed_and_does_not_spoil_the_block() {
    let mut subject = Subject::joined();
    let primary = subject.primary;
    let first = subject.maker.block(primary, 1_000, Vec::new(), Vec::new());
    let vote = |value| {
        subject
            .maker
            .vote(0, VoteKind::Prevote, height(1), (0, value))
    };
    let evidence = Evidence::double_vote(vote(None), vote(Some(first.id())));
    let certificate = subject.maker.certificate(height(1), first.id());
    let true_one = CompactBlock::of(&first);
    let with_evidence = CompactBlock {
        evidence: List::new(vec![evidence]).unwrap(),
        ..true_one.clone()
    };
    let with_certificate = CompactBlock {
        parent_certificate: Some(certificate),
        ..true_one
    };
    let liars = [subject.peers[1], subject.peers[2]];
    for (liar, poison) in liars.into_iter().zip([with_evidence, with_certificate]) {
        subject.hear(liar, Word::Block(Box::new(poison)));
    }
    let blamed = liars.map(|liar| (peer(liar), Blame::Block(first.id())));
    assert_eq!(subject.node.account.blames, blamed);

    subject.hear(primary, compact(&first));
    subject.hear_messages(
        primary,
        [subject.maker.proposal(primary, height(1), first.id())],
    );
    assert_eq!(subject.votes(VoteKind::Prevote), [first.id()]);
    // A decision for it must not stop the node either.
    let final_block = subject.maker.settle(&first);
    let second = subject.maker.block(primary, 2_000, Vec::new(), Vec::new());
    let poison = CompactBlock {
        parent_certificate: Some(subject.maker.certificate(height(1), second.id())),
        ..CompactBlock::of(&second)
    };
    subject.hear(liars[0], Word::Block(Box::new(poison)));
    for voter in subject.peers.clone() {
        let vote = |height, block| {
            subject
                .maker
                .vote(voter, VoteKind::Precommit, height, (0, Some(block)))
        };
        let first = vote(height(1), final_block.certificate.value());
        let second = vote(height(2), second.id());
        let messages = [first, second].map(Message::Vote);
        subject.hear_messages(voter, messages);
    }
    subject.hear(primary, compact(&second));
    assert_eq!(subject.node.store.height(), height(2));
}

/// Eight strangers offer what nobody asked for while a block is examined.
#[test]
fn a_block_that_is_being_examined_is_not_driven_out_by_others() {
    let mut subject = Subject::joined();
    let primary = subject.primary;
    let block = subject.maker.block(primary, 1_000, Vec::new(), Vec::new());
    subject.node.holds.verdicts = true;
    subject.hear(primary, compact(&block));
    subject.hear_messages(
        primary,
        [subject.maker.proposal(primary, height(1), block.id())],
    );
    assert_eq!(subject.node.account.examined, [(block.id(), true)]);
    let mut time = 0;
    for stranger in 20..32 {
        subject.connect(stranger);
        for _ in 0..4 {
            time += 1;
            let mut other = CompactBlock::of(&block);
            other.header.time = pyralog_primitives::TimestampMs::new(time);
            subject.hear(stranger, Word::Block(Box::new(other)));
        }
    }
    subject.let_go();
    // With its body in the log: see `Node::check`.
    assert_eq!(subject.votes(VoteKind::Prevote), [block.id()]);
}

#[test]
fn who_spoke_of_a_block_is_asked_for_it_whatever_others_speak_of() {
    // One of three: to be the first of all peers is not enough.
    for place in 0..3 {
        let mut subject = Subject::joined();
        let (speaker, liar) = (subject.peers[place], subject.peers[(place + 1) % 3]);
        let primary = subject.primary;
        let block = subject.maker.block(primary, 1_000, Vec::new(), Vec::new());
        let invent = |time: u64| {
            let mut other = CompactBlock::of(&block);
            other.header.time = pyralog_primitives::TimestampMs::new(time);
            Word::Block(Box::new(other))
        };
        subject.hear_all(liar, (1..200).map(invent));
        let invented = (1..100).map(|round| {
            let value = pyralog_primitives::Hash::new([round; 32]);
            let value = Some(pyralog_primitives::BlockId::new(value));
            let round = u32::from(round);
            subject
                .maker
                .vote(liar, VoteKind::Prevote, height(1), (round, value))
        });
        let invented: Vec<Message> = invented.map(Message::Vote).collect();
        subject.hear_messages(liar, invented);
        let proposal = subject.maker.proposal(primary, height(1), block.id());
        subject.hear_messages(speaker, [proposal]);
        let asked = subject.asked(|word| *word == Word::WantBlock { block: block.id() });
        assert_eq!(asked, [speaker]);
    }
}

/// A block can be longer than any message, because it comes in portions.
#[test]
fn a_block_that_is_too_long_is_no_block() {
    let script = Script::default();
    let mut subject = Subject::with_engine(|_| script.clone());
    subject.join();
    script.take_inputs();
    let network = subject.node.genesis.hash();
    let long = crate::setup::long_transaction(network);
    let count = 16 * 1024 * 1024 / usize::try_from(long.encoded_bytes().get()).unwrap() + 1;
    let block = {
        let whole = subject.maker.block(0, 1_000, Vec::new(), Vec::new());
        let mut block = Block::clone(&whole);
        block.transactions = List::new(vec![long; count]).unwrap();
        let ids = block.transactions.iter().map(Transaction::signed_id);
        block.header.tx_root = pyralog_primitives::block::tx_root(ids);
        block
    };
    let id = block.id();
    script.plan(vec![Effect::Check {
        height: height(1),
        block: id,
        is_backed: true,
    }]);
    subject.tell([Event::Waiting]);
    let giver = subject.peers[0];
    subject.hear(giver, compact(&block));
    for first in (0..count).step_by(16) {
        subject.hear(giver, portion(&block, first..count.min(first + 16)));
    }
    assert_eq!(subject.node.account.examined, []);
    let verdict = Input::Checked {
        height: height(1),
        block: id,
        is_valid: false,
    };
    assert!(script.take_inputs().contains(&verdict));
    subject.take_said();
    subject.pass(2_000);
    assert!(
        subject.asked(|word| places(word).is_some()).is_empty(),
        "asked again"
    );
}

/// A height that is not decided for many rounds would fill the log with the
/// blocks of all of them, and then nobody could vote any more.
#[test]
fn where_the_log_is_short_of_room_a_block_that_is_in_it_is_proposed_again() {
    let script = Script::default();
    let mut subject = Subject::with_engine(|_| script.clone());
    subject.join();
    let network = subject.node.genesis.hash();
    let transactions: Vec<Transaction> = (0..30)
        .map(|nonce| put(network, nonce, 64 * 1024))
        .collect();
    let order = Effect::Build { height: height(1) };
    let (mut bytes, mut time) = (0, 1_000);
    while bytes < 32 * 1024 * 1024 {
        // As long as there is room, each block is a new one.
        script.plan(vec![order.clone()]);
        subject.tell([Event::Waiting]);
        let built = subject.node.account.built.len();
        assert_eq!(built, usize::try_from(time - 1_000 + 1).unwrap());
        time += 1;
        let block = subject
            .maker
            .block(0, time, transactions.clone(), Vec::new());
        bytes += pyralog_primitives::codec::Canonical::encode(&*block).len();
        for transaction in block.transactions.iter() {
            let id = transaction.signed_id();
            subject.node.pool.insert(id, transaction.clone());
        }
        script.plan(vec![Effect::Check {
            height: height(1),
            block: block.id(),
            is_backed: false,
        }]);
        subject.tell([Event::Waiting]);
        subject.hear(subject.primary, compact(&block));
        subject.node.pool.clear();
        let last = subject.node.account.examined.last().copied();
        assert_eq!(last, Some((block.id(), true)));
    }
    let built = subject.node.account.built.len();
    script.take_inputs();
    script.plan(vec![order]);
    subject.tell([Event::Waiting]);
    assert_eq!(subject.node.account.built.len(), built, "nothing new");
    let (block, _) = *subject.node.account.examined.last().unwrap();
    let again = Input::Built {
        height: height(1),
        block,
    };
    assert!(script.take_inputs().contains(&again));
    assert_eq!(subject.node.account.warnings, []);
}

/// One by one is how a peer would have 65,536 places asked for 65,536 times.
#[test]
fn who_gives_little_is_not_asked_again_at_once() {
    let mut subject = Subject::joined();
    let transactions = transfers(&subject, 60);
    let primary = subject.primary;
    let block = subject
        .maker
        .block(primary, 1_000, transactions, Vec::new());
    subject.hear(primary, compact(&block));
    subject.hear_messages(
        primary,
        [subject.maker.proposal(primary, height(1), block.id())],
    );
    subject.take_said();
    for place in 0..50 {
        subject.hear(primary, portion(&block, [place]));
    }
    let asked = subject.asked(|word| places(word).is_some());
    assert!(asked.len() <= 2, "asked {} times", asked.len());
    subject.hear(primary, portion(&block, 50..60));
    assert_eq!(subject.votes(VoteKind::Prevote), [block.id()]);
}
