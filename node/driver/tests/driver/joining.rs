//! A node that begins signs nothing before it knows how far the chain is, or has
//! waited long enough.

use pyralog_driver::{Event, JOIN_PATIENCE, SETTLING_COUNT_MAX, To, Word};
use pyralog_genesis::ConsensusKind;
use pyralog_primitives::Height;
use pyralog_primitives::vote::VoteKind;

use crate::maker::final_word;
use crate::network::{ALL, Network};
use crate::setup::{height, pbft, peer};
use crate::subject::Subject;

/// A proposal that any validator would vote for, with its block.
fn propose<E: pyralog_consensus::Engine>(subject: &mut Subject<E>) {
    let primary = subject.primary;
    let block = subject.maker.block(primary, 1_000, Vec::new(), Vec::new());
    let compact = pyralog_driver::CompactBlock::of(&block);
    subject.hear(primary, Word::Block(Box::new(compact)));
    let proposal = subject.maker.proposal(primary, height(1), block.id());
    subject.hear_messages(primary, [proposal]);
}

#[test]
fn nothing_is_signed_before_all_peers_have_spoken() {
    let mut subject = Subject::new(pbft);
    let peers = subject.peers.clone();
    for who in &peers {
        subject.connect(*who);
    }
    for who in &peers {
        assert!(subject.node.driver().is_joining());
        propose(&mut subject);
        assert_eq!(subject.statements(), []);
        subject.hear(*who, Word::Tip { height: height(0) });
    }
    assert!(!subject.node.driver().is_joining());
    propose(&mut subject);
    assert_eq!(subject.votes(VoteKind::Prevote).len(), 1);
}

#[test]
fn who_waits_for_a_silent_peer_waits_no_longer_than_its_patience() {
    for is_there in [true, false] {
        let mut subject = Subject::new(pbft);
        if is_there {
            let silent = subject.peers[0];
            subject.connect(silent);
        }
        subject.pass(JOIN_PATIENCE.get() - 1);
        propose(&mut subject);
        assert!(subject.node.driver().is_joining());
        assert_eq!(subject.statements(), []);
        subject.pass(1);
        assert!(!subject.node.driver().is_joining());
        propose(&mut subject);
        assert_eq!(subject.votes(VoteKind::Prevote).len(), 1);
    }
}

#[test]
fn who_waits_only_for_one_that_goes_away_waits_no_longer() {
    let mut subject = Subject::new(pbft);
    let peers = subject.peers.clone();
    for who in &peers {
        subject.connect(*who);
    }
    for who in &peers[..2] {
        subject.hear(*who, Word::Tip { height: height(0) });
    }
    assert!(subject.node.driver().is_joining());
    subject.tell([Event::Disconnected(peer(peers[2]))]);
    assert!(!subject.node.driver().is_joining());
}

#[test]
fn a_node_without_peers_waits_for_none() {
    let mut network = Network::new(ConsensusKind::Pbft, pbft, 1);
    network.begin();
    assert!(!network.nodes[0].driver().is_joining());
    assert!(network.run_to(height(3), 10_000, ALL));
}

#[test]
fn who_is_behind_catches_up_before_it_signs_anything() {
    let mut subject = Subject::new(pbft);
    subject.maker.grow(12);
    subject.meet(12);
    subject.pass(900);
    assert!(subject.node.driver().is_joining(), "others are further");
    let mut asked = subject.questions();
    while let Some((who, from, count)) = asked.pop() {
        let blocks = subject.maker.serve(from, count.min(5));
        subject.hear(who, final_word(blocks));
        assert_eq!(subject.statements(), []);
        asked.extend(subject.questions());
    }
    assert_eq!(subject.node.store.height(), height(12));
    assert!(!subject.node.driver().is_joining());
    assert_eq!(subject.node.driver().height(), height(13));
}

/// Whoever claims to be further and gives nothing keeps a validator from voting
/// for a while, and not for ever, in whatever numbers it comes.
#[test]
fn peers_who_only_claim_to_be_further_do_not_keep_it_from_voting() {
    let mut subject = Subject::new(pbft);
    for liar in 20..60 {
        subject.connect(liar);
    }
    subject.meet(0);
    let claims = |subject: &mut Subject<_>| {
        for liar in 20..60 {
            let height = Height::new(u64::MAX);
            subject.hear(liar, Word::Tip { height });
        }
    };
    claims(&mut subject);
    while subject.node.driver().is_joining() {
        assert!(subject.now < 12_000_000, "it waits for ever");
        assert_eq!(subject.statements(), []);
        subject.pass(100);
        claims(&mut subject);
    }
    propose(&mut subject);
    assert_eq!(subject.votes(VoteKind::Prevote).len(), 1);
}

/// As long as blocks come, it goes on catching up.
#[test]
fn who_catches_up_slowly_goes_on_as_long_as_blocks_come() {
    let mut subject = Subject::new(pbft);
    subject.maker.grow(20);
    let peers = subject.peers.clone();
    for who in &peers {
        subject.connect(*who);
    }
    for (who, tip) in peers.iter().zip([20, 0, 0]) {
        let height = height(tip);
        subject.hear(*who, Word::Tip { height });
    }
    subject.pass(0);
    let mut asked = Vec::new();
    for raw in 1..=20 {
        assert!(subject.node.driver().is_joining());
        // Each of them late, and still in time.
        subject.pass(900);
        asked.extend(subject.questions());
        let question = asked.iter().rfind(|(_, from, _)| *from == height(raw));
        let (who, from, _) = *question.unwrap();
        let blocks = subject.maker.serve(from, 1);
        subject.hear(who, final_word(blocks));
        assert_eq!(subject.node.store.height(), height(raw));
        assert_eq!(subject.statements(), []);
    }
    assert!(!subject.node.driver().is_joining());
}

/// Final blocks that are not durable are memory, and the ledger takes few.
#[test]
fn who_catches_up_does_not_run_ahead_of_its_disk() {
    let mut subject = Subject::new(pbft);
    subject.maker.grow(40);
    subject.node.holds.commits = true;
    subject.meet(40);
    subject.pass(0);
    let mut asked = subject.questions();
    while let Some((who, from, count)) = asked.pop() {
        let blocks = subject.maker.serve(from, count);
        subject.hear(who, final_word(blocks));
        asked.extend(subject.questions());
    }
    let most = usize::try_from(SETTLING_COUNT_MAX).unwrap() + 1;
    assert_eq!(subject.node.pending_count(), most);
    subject.node.holds.commits = false;
    subject.let_go();
    assert_eq!(subject.node.store.height(), height(40));
}

#[test]
fn each_new_peer_is_told_how_far_the_node_is_and_all_are_from_time_to_time() {
    let mut subject = Subject::joined();
    let tips = |subject: &mut Subject<_>| {
        let said = subject.take_said();
        let tips = said.into_iter().filter_map(|said| match said.word {
            Word::Tip { height } => Some((said.to, height)),
            _ => None,
        });
        tips.collect::<Vec<_>>()
    };
    let greeted: Vec<_> = subject
        .peers
        .iter()
        .map(|who| (To::Peer(peer(*who)), height(0)))
        .collect();
    assert_eq!(tips(&mut subject), greeted);
    subject.pass(3_000);
    assert_eq!(tips(&mut subject), [(To::All, height(0)); 3]);
}
