//! Nothing is told before what was written down earlier is durable.

use pyralog_consensus::{Effect, Message, Record, Statement};
use pyralog_driver::{Settings, To, Word};
use pyralog_genesis::ConsensusKind;
use pyralog_primitives::vote::VoteKind;
use pyralog_primitives::{BlockId, Round};

use crate::durable::{Entry, about};
use crate::maker::Maker;
use crate::network::{ALL, Network};
use crate::node::{Node, Said};
use crate::script::Script;
use crate::setup::{genesis, height, pbft, tendermint};

/// A lone node that does what a script says.
fn scripted(script: &Script, effects: Vec<Effect>) -> (Node<Script>, Vec<Said>) {
    let genesis = genesis(ConsensusKind::Pbft, 4);
    let mut node = Node::new(0, &genesis);
    let settings = Settings {
        genesis: genesis.hash(),
        drift_max: genesis.parameters().time_drift_max,
        has_peers: true,
    };
    script.plan(effects);
    let mut said = node.begin_with(settings, script.clone(), 0).unwrap();
    // Nobody is there: it begins once it has waited long enough.
    said.extend(node.tell(1_000_000, []).unwrap());
    (node, said)
}

fn prevote() -> Statement {
    Statement::Vote {
        kind: VoteKind::Prevote,
        height: height(1),
        round: Round::FIRST,
        value: None,
    }
}

#[test]
fn what_is_written_down_is_durable_before_anything_is_told() {
    let genesis = genesis(ConsensusKind::Pbft, 4);
    let maker = Maker::new(&genesis);
    let heard = Message::Vote(maker.vote(1, VoteKind::Prevote, height(1), (0, None)));
    let record = Record::Heard(heard.clone());
    let script = Script::default();
    let effects = vec![
        Effect::Persist(record.clone()),
        Effect::Broadcast(heard.clone()),
    ];
    let (node, said) = scripted(&script, effects);
    let is_told = |said: &Said| said.to == To::All && said.word == Word::Consensus(heard.clone());
    assert!(said.iter().any(is_told));
    assert_eq!(about(&node.disks, height(1)), [Entry::Record(record)]);
}

#[test]
fn what_is_written_down_is_durable_before_anything_is_signed() {
    let script = Script::default();
    let record = Record::Intent(prevote());
    let effects = vec![
        Effect::Persist(record.clone()),
        Effect::Sign(prevote()),
        // Not to be found: it comes after.
        Effect::Persist(Record::Intent(Statement::Vote {
            kind: VoteKind::Precommit,
            height: height(1),
            round: Round::FIRST,
            value: None,
        })),
    ];
    let (node, _) = scripted(&script, effects);
    assert_eq!(about(&node.disks, height(1)), [Entry::Record(record)]);
    let told = script.take_inputs();
    let is_signed = |input: &pyralog_consensus::Input| matches!(input, pyralog_consensus::Input::Signed { statement, .. } if *statement == prevote());
    assert!(told.iter().any(is_signed), "{told:?}");
}

#[test]
fn what_is_written_down_is_durable_before_a_block_is_final() {
    let genesis = genesis(ConsensusKind::Pbft, 4);
    let maker = Maker::new(&genesis);
    let record = Record::Intent(prevote());
    let certificate = maker.certificate(height(1), BlockId::ZERO);
    let script = Script::default();
    let effects = vec![
        Effect::Persist(record.clone()),
        Effect::Finalize { certificate },
    ];
    let (node, said) = scripted(&script, effects);
    let wants = |said: &Said| {
        said.word
            == Word::WantBlock {
                block: BlockId::ZERO,
            }
    };
    assert!(!said.iter().any(wants), "there is nobody to ask");
    assert_eq!(about(&node.disks, height(1)), [Entry::Record(record)]);
}

/// Checked whenever a node says something: see `Node::check`.
#[test]
fn each_word_of_a_validator_is_durable_in_its_log_and_its_guard_with_its_block() {
    fn live<E: pyralog_consensus::Engine>(mut network: Network<E>) {
        network.begin();
        for number in 0..5 {
            network.submit(number);
            assert!(network.run_to(height(2 * number + 2), 60_000, ALL));
        }
    }
    live(Network::new(ConsensusKind::Pbft, pbft, 4));
    live(Network::new(ConsensusKind::Tendermint, tendermint, 4));
}
