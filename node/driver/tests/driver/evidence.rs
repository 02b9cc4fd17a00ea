//! Who said two things in one place is named in the next block, and once.

use pyralog_consensus::{Effect, Message};
use pyralog_driver::{CompactBlock, Event, Warning, Word};
use pyralog_genesis::ConsensusKind;
use pyralog_primitives::vote::{Evidence, Offence, VoteKind};
use pyralog_primitives::{BlockId, Height};

use crate::maker::Maker;
use crate::network::{ALL, Network};
use crate::script::Script;
use crate::setup::{address, height, pbft, tendermint};
use crate::subject::Subject;

fn offence(maker: &Maker, validator: u8, at: Height) -> Evidence {
    let vote = |value| maker.vote(validator, VoteKind::Prevote, at, (0, value));
    Evidence::double_vote(vote(None), vote(Some(BlockId::ZERO)))
}

/// The offences that were to be named in the last block that was asked for.
fn ordered<E: pyralog_consensus::Engine>(
    subject: &mut Subject<E>,
    script: &Script,
) -> Vec<Evidence> {
    let height = subject.node.driver().height();
    script.plan(vec![Effect::Build { height }]);
    subject.tell([Event::Waiting]);
    subject.node.account.orders.last().unwrap().clone()
}

#[test]
fn evidence_that_the_engine_reports_is_in_the_next_block_and_not_after_it() {
    let script = Script::default();
    let mut subject = Subject::with_engine(|_| script.clone());
    subject.join();
    let evidence = offence(&subject.maker, 3, height(1));
    script.plan(vec![Effect::Report(evidence)]);
    subject.tell([Event::Waiting]);
    let warned = Warning::Offence(evidence.offence());
    assert_eq!(subject.node.account.warnings, [warned]);
    assert_eq!(ordered(&mut subject, &script), [evidence]);

    // The block of this height cannot name it: the offence is not below it.
    let first = subject
        .maker
        .block(subject.primary, 1_000, Vec::new(), Vec::new());
    finalize(&mut subject, &script, &first);
    assert_eq!(ordered(&mut subject, &script), [evidence]);
    let built = subject.node.account.built.last().unwrap().clone();
    assert_eq!(*built.evidence, [evidence]);

    // It becomes final by another's block with another proof of the same.
    let vote = |value| {
        subject
            .maker
            .vote(3, VoteKind::Prevote, height(1), (0, value))
    };
    let other = Evidence::double_vote(vote(Some(first.id())), vote(None));
    assert_ne!(other, evidence);
    let second = subject
        .maker
        .block(subject.primary, 2_000, Vec::new(), vec![other]);
    assert_eq!(*second.evidence, [other]);
    finalize(&mut subject, &script, &second);
    assert_eq!(ordered(&mut subject, &script), []);
}

fn finalize(
    subject: &mut Subject<Script>,
    script: &Script,
    block: &std::sync::Arc<pyralog_primitives::block::Block>,
) {
    let settled = subject.maker.settle(block);
    let compact = CompactBlock::of(block);
    let primary = subject.primary;
    subject.hear(primary, Word::Block(Box::new(compact)));
    script.plan(vec![Effect::Finalize {
        certificate: settled.certificate,
    }]);
    subject.tell([Event::Waiting]);
    assert_eq!(subject.node.store.height(), block.header.height);
}

/// What came too late for any block must not keep out what comes later.
#[test]
fn new_evidence_has_room_however_much_waits() {
    let script = Script::default();
    let mut subject = Subject::with_engine(|_| script.clone());
    subject.join();
    let all: Vec<Evidence> = (1..=200)
        .map(|raw| offence(&subject.maker, 3, height(raw)))
        .collect();
    script.plan(all.iter().copied().map(Effect::Report).collect());
    subject.tell([Event::Waiting]);
    let waiting = ordered(&mut subject, &script);
    assert_eq!(waiting.len(), 64);
    assert!(waiting.contains(&all[199]) && !waiting.contains(&all[0]));
}

/// The same with whole engines: one validator's key is in other hands.
#[test]
fn a_validator_that_votes_twice_is_named_once_in_the_chain() {
    fn check<E: pyralog_consensus::Engine>(mut network: Network<E>) {
        let maker = Maker::new(&network.genesis);
        network.begin();
        network.run_to(height(1), 10_000, ALL);
        let twice = 3u8;
        network.nodes[usize::from(twice)].end();
        for number in 0..3 {
            let at = network.nodes[0].driver().height();
            for value in [None, Some(BlockId::ZERO)] {
                let vote = maker.vote(twice, VoteKind::Prevote, at, (0, value));
                for node in 0..3 {
                    let vote = Message::Vote(vote);
                    let said = network.nodes[node].hear_messages(network.now, twice, [vote]);
                    network.post(node, said);
                }
            }
            network.submit(number);
            assert!(network.run_to(at, 60_000, ALL));
        }
        let end = network.nodes[0].driver().height();
        assert!(network.run_to(end, 60_000, ALL));
        let blocks = network.nodes[0].store.blocks();
        let named = blocks.flat_map(|block| block.evidence.iter());
        let named: Vec<Offence> = named.map(Evidence::offence).collect();
        let once: std::collections::BTreeSet<&Offence> = named.iter().collect();
        assert_eq!(once.len(), named.len(), "{named:?}");
        let is_right = |named: &Offence| named.validator == address(twice);
        assert!(named.len() > 1 && named.iter().all(is_right), "{named:?}");
    }
    check(Network::new(ConsensusKind::Pbft, pbft, 4));
    check(Network::new(ConsensusKind::Tendermint, tendermint, 4));
}
