//! Who has fallen behind is given what is final, whatever some peers do.

use std::collections::BTreeMap;

use pyralog_consensus::Engine;
use pyralog_driver::{Blame, Event, FinalBlock, Word};
use pyralog_primitives::Height;
use pyralog_primitives::block::Block;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::vote::VoteKind;

use crate::maker::final_word;
use crate::node::SERVED_COUNT_MAX;
use crate::setup::{height, peer};
use crate::subject::Subject;

/// How far behind it is.
const BEHIND: usize = 20;
const TIP: Height = Height::new(20);

/// What a liar gives instead of the blocks from a height on.
type Lie<'a> = &'a dyn Fn(Height, Vec<FinalBlock>) -> Option<Word>;

/// Answers questions until the subject has all, or so many milliseconds are
/// over; says how often each was asked.
fn answer<E: Engine>(
    subject: &mut Subject<E>,
    liars: &[u8],
    lie: Lie<'_>,
    millis: u64,
) -> BTreeMap<u8, usize> {
    let mut asked = BTreeMap::new();
    let end = subject.now + millis * 1_000;
    while subject.node.store.height() < TIP && subject.now < end {
        let mut questions = subject.questions();
        if questions.is_empty() {
            subject.pass(10);
            questions = subject.questions();
        }
        for (who, from, count) in questions {
            *asked.entry(who).or_default() += 1;
            let blocks = subject.maker.serve(from, count.min(SERVED_COUNT_MAX));
            let answer = if liars.contains(&who) {
                lie(from, blocks)
            } else {
                Some(final_word(blocks))
            };
            // An answer takes a moment.
            subject.pass(1);
            if let Some(word) = answer {
                subject.hear(who, word);
            }
        }
    }
    asked
}

fn grown() -> Subject<pyralog_pbft::Pbft> {
    let mut subject = Subject::joined();
    subject.maker.grow(BEHIND);
    subject
}

fn claim<E: Engine>(subject: &mut Subject<E>, who: u8, height: Height) {
    subject.hear(who, Word::Tip { height });
}

#[test]
fn who_is_behind_arrives_and_asks_for_each_block_once() {
    let mut subject = grown();
    for who in subject.peers.clone() {
        claim(&mut subject, who, TIP);
    }
    let asked = answer(&mut subject, &[], &|_, _| None, 1_000);
    assert_eq!(subject.node.store.height(), TIP);
    assert_eq!(subject.node.account.blames, []);
    let questions: usize = asked.values().sum();
    assert!(
        questions <= BEHIND.div_ceil(SERVED_COUNT_MAX) + 1,
        "{asked:?}"
    );
}

/// The subject arrives whoever of its peers tells this lie, and blames nobody
/// but the liar; that one for what it can be blamed for.
fn check_lie(lie: Lie<'_>, is_blamed: Option<fn(&Blame) -> bool>) {
    let mut count = 0;
    for place in 0..3 {
        let mut subject = grown();
        let liar = subject.peers[place];
        for who in subject.peers.clone() {
            claim(&mut subject, who, TIP);
        }
        answer(&mut subject, &[liar], lie, 60_000);
        assert_eq!(subject.node.store.height(), TIP, "liar {place}");
        let blames = &subject.node.account.blames;
        count += blames.len();
        let is_right = |(who, blame): &(_, Blame)| {
            *who == peer(liar) && is_blamed.is_some_and(|is_blamed| is_blamed(blame))
        };
        assert!(blames.iter().all(is_right), "{blames:?}");
    }
    assert_eq!(count > 0, is_blamed.is_some());
}

#[test]
fn a_peer_that_says_nothing_is_passed_over() {
    check_lie(&|_, _| None, None);
}

#[test]
fn a_peer_that_is_busy_is_passed_over() {
    let busy = |_, blocks: Vec<FinalBlock>| {
        let from = blocks[0].certificate.height();
        Some(Word::Busy { from })
    };
    check_lie(&busy, None);
}

#[test]
fn a_peer_that_gives_nothing_is_passed_over() {
    check_lie(&|_, _| Some(final_word(Vec::new())), None);
}

#[test]
fn a_peer_that_gives_blocks_of_other_heights_is_passed_over() {
    check_lie(&|_, blocks| Some(final_word(blocks[1..].to_vec())), None);
    let backwards = |_, mut blocks: Vec<FinalBlock>| {
        blocks.reverse();
        Some(final_word(blocks))
    };
    check_lie(&backwards, None);
}

#[test]
fn a_peer_that_gives_a_block_and_then_others_is_blamed() {
    let repeated =
        |_, blocks: Vec<FinalBlock>| Some(final_word(vec![blocks[0].clone(), blocks[0].clone()]));
    check_lie(&repeated, Some(|blame| *blame == Blame::OtherAnswer));
}

#[test]
fn a_false_certificate_is_blamed() {
    let unsigned = |_, mut blocks: Vec<FinalBlock>| {
        let height = blocks[0].certificate.height();
        blocks[0].certificate = Certificate::Solo {
            height,
            value: blocks[0].block.id(),
            signature: pyralog_primitives::Signature::new([1; 64]),
        };
        Some(final_word(blocks))
    };
    check_lie(
        &unsigned,
        Some(|blame| matches!(blame, Blame::Certificate(_))),
    );
}

/// Who its validators are is known only when its turn comes.
#[test]
fn a_block_that_names_other_validators_is_found_out_in_its_turn() {
    let other = |_, mut blocks: Vec<FinalBlock>| {
        let mut block = Block::clone(&blocks[0].block);
        block.header.validators_root = block.header.tx_root;
        if let Certificate::Quorum { value, .. } = &mut blocks[0].certificate {
            *value = block.id();
        }
        *blocks[0].block = block;
        Some(final_word(blocks))
    };
    check_lie(&other, Some(|blame| matches!(blame, Blame::Certificate(_))));
}

#[test]
fn another_block_is_blamed() {
    let other = |_, mut blocks: Vec<FinalBlock>| {
        let mut block = Block::clone(&blocks[0].block);
        block.header.time = pyralog_primitives::TimestampMs::new(1);
        *blocks[0].block = block;
        Some(final_word(blocks))
    };
    check_lie(&other, Some(|blame| *blame == Blame::OtherBlock));
}

#[test]
fn another_body_is_blamed() {
    let other = |_, mut blocks: Vec<FinalBlock>| {
        let mut block = Block::clone(&blocks[0].block);
        block.parent_certificate = match block.parent_certificate {
            None => Some(blocks[0].certificate.clone()),
            Some(_) => None,
        };
        *blocks[0].block = block;
        Some(final_word(blocks))
    };
    check_lie(&other, Some(|blame| matches!(blame, Blame::Block(_))));
}

/// The lie comes only after what is true, in one answer.
#[test]
fn what_is_true_in_an_answer_counts_up_to_the_lie() {
    let late = |from: Height, mut blocks: Vec<FinalBlock>| {
        if let Some(third) = blocks.get_mut(2) {
            third.block.header.time = pyralog_primitives::TimestampMs::new(from.get());
        }
        Some(final_word(blocks))
    };
    check_lie(&late, Some(|blame| *blame == Blame::OtherBlock));
}

#[test]
fn a_peer_that_claims_the_highest_height_of_all_does_not_stop_it() {
    for place in 0..3 {
        let mut subject = grown();
        let liar = subject.peers[place];
        for who in subject.peers.clone() {
            let tip = if who == liar {
                Height::new(u64::MAX)
            } else {
                TIP
            };
            claim(&mut subject, who, tip);
        }
        answer(&mut subject, &[liar], &|_, _| None, 60_000);
        assert_eq!(subject.node.store.height(), TIP);
        // And what it claims it claims again and again.
        for _ in 0..50 {
            subject.pass(1_000);
            claim(&mut subject, liar, Height::new(u64::MAX));
        }
        let asked = subject.questions().len();
        assert!((1..=6).contains(&asked), "it was asked {asked} times");
    }
}

/// One block a second, while the chain grows by as much, would hold a node back
/// for ever.
#[test]
fn who_gives_little_and_late_does_not_hold_it_up() {
    let mut subject = grown();
    let liar = subject.peers[0];
    for who in subject.peers.clone() {
        claim(&mut subject, who, TIP);
    }
    let little = |_, blocks: Vec<FinalBlock>| Some(final_word(vec![blocks[0].clone()]));
    let asked = answer(&mut subject, &[liar], &little, 60_000);
    assert_eq!(subject.node.store.height(), TIP);
    let honest: usize = asked
        .iter()
        .filter(|(who, _)| **who != liar)
        .map(|(_, n)| n)
        .sum();
    assert!(
        asked.get(&liar).copied().unwrap_or_default() <= honest + 1,
        "{asked:?}"
    );
}

/// A long answer over a slow link comes when the next one has been asked.
#[test]
fn an_answer_that_comes_late_counts() {
    let mut subject = grown();
    let [slow, other, gone] = subject.peers[..] else {
        panic!("there are three")
    };
    claim(&mut subject, slow, TIP);
    subject.pass(0);
    let questions = subject.questions();
    assert_eq!(questions[0], (slow, height(1), 16));
    claim(&mut subject, other, TIP);
    subject.pass(999);
    assert_eq!(subject.questions(), [], "all was asked for");
    subject.pass(1);
    let asked: Vec<_> = questions.iter().map(|one| (other, one.1, one.2)).collect();
    assert_eq!(subject.questions(), asked);
    let blocks = subject.maker.serve(height(1), 2);
    subject.hear(gone, final_word(blocks.clone()));
    assert_eq!(subject.node.store.height(), height(0), "nobody asked it");
    subject.hear(slow, final_word(blocks));
    assert_eq!(subject.node.store.height(), height(2));
    assert_eq!(subject.node.account.blames, []);
}

#[test]
fn where_the_one_who_was_asked_has_gone_another_one_is_asked_at_once() {
    let mut subject = grown();
    for who in subject.peers.clone() {
        claim(&mut subject, who, TIP);
    }
    subject.pass(0);
    let first = subject.questions();
    let gone = first[0].0;
    subject.tell([Event::Disconnected(peer(gone))]);
    subject.pass(0);
    let again = subject.questions();
    let theirs = first.iter().filter(|one| one.0 == gone);
    let lost: Vec<_> = theirs.map(|one| (one.1, one.2)).collect();
    let asked: Vec<_> = again.iter().map(|one| (one.1, one.2)).collect();
    assert_eq!(asked, lost);
    assert!(again.iter().all(|one| one.0 != gone));
}

/// Who speaks about a height has made the one before it final, but perhaps not
/// durable: it would not answer, and must not be distrusted for that.
#[test]
fn nobody_is_asked_for_what_it_cannot_have_made_durable() {
    let mut subject = grown();
    let voter = subject.peers[1];
    let vote = |height| {
        let vote = subject
            .maker
            .vote(voter, VoteKind::Prevote, height, (0, None));
        Word::Consensus(pyralog_consensus::Message::Vote(vote))
    };
    let (next, later) = (vote(height(2)), vote(height(3)));
    subject.hear(voter, next);
    subject.pass(800);
    assert_eq!(subject.questions(), []);
    subject.hear(voter, later);
    subject.pass(150);
    assert_eq!(subject.questions(), [(voter, height(1), 1)]);
}

/// A block that is decided by votes, and whose body nobody in sight has, is taken
/// from those who have made it durable.
#[test]
fn a_decided_block_is_taken_from_those_who_have_made_it_final() {
    let mut subject = Subject::joined();
    let primary = subject.primary;
    let block = subject.maker.block(primary, 1_000, Vec::new(), Vec::new());
    for voter in subject.peers.clone() {
        let what = (0, Some(block.id()));
        let vote = subject
            .maker
            .vote(voter, VoteKind::Precommit, height(1), what);
        subject.hear_messages(voter, [pyralog_consensus::Message::Vote(vote)]);
    }
    assert!(
        !subject
            .asked(|word| *word == Word::WantBlock { block: block.id() })
            .is_empty()
    );
    let settled = subject.maker.settle(&block);
    let giver = subject.peers[2];
    claim(&mut subject, giver, height(1));
    subject.pass(150);
    assert_eq!(subject.questions(), [(giver, height(1), 1)]);
    subject.hear(giver, final_word(vec![settled]));
    assert_eq!(subject.node.store.height(), height(1));
}

/// Who is far behind does not agree once more on what was agreed on: its engine
/// is not told of heights whose block has come.
#[test]
fn what_has_come_is_made_final_without_the_engine() {
    let mut subject = grown();
    let giver = subject.peers[0];
    claim(&mut subject, giver, TIP);
    subject.pass(0);
    let before = subject.statements().len();
    for (who, from, count) in subject.questions() {
        let blocks = subject.maker.serve(from, count);
        subject.hear(who, final_word(blocks));
    }
    assert_eq!(subject.node.store.height(), TIP);
    assert_eq!(subject.node.account.finalized.len(), BEHIND);
    assert_eq!(subject.statements().len(), before);
    assert_eq!(subject.node.driver().height(), TIP.next().unwrap());
}
