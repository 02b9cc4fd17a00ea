//! Nothing is told before what was written down earlier is durable.

use pyralog_consensus::{Effect, Input, Message, Record, Statement};
use pyralog_disk::MemoryDisk;
use pyralog_driver::{To, Warning, Word};
use pyralog_genesis::ConsensusKind;
use pyralog_guard::Guard;
use pyralog_primitives::Round;
use pyralog_primitives::vote::VoteKind;

use crate::durable::{Entry, about};
use crate::maker::Maker;
use crate::network::{ALL, Network};
use crate::node::{Node, Said};
use crate::script::Script;
use crate::setup::{genesis, height, pbft, tendermint};

/// A lone node that does what a script says.
fn scripted(script: &Script, effects: Vec<Effect>) -> (Node<Script>, Vec<Said>) {
    let mut node = Node::new(0, &genesis(ConsensusKind::Pbft, 4));
    let said = begin(&mut node, script, effects);
    (node, said)
}

fn begin(node: &mut Node<Script>, script: &Script, effects: Vec<Effect>) -> Vec<Said> {
    script.plan(effects);
    let mut said = node.begin(script.clone(), 0).unwrap();
    // Nobody is there: it begins once it has waited long enough.
    said.extend(node.tell(1_000_000, []).unwrap());
    said
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
    let is_signed =
        |input: &Input| matches!(input, Input::Signed { statement, .. } if *statement == prevote());
    assert!(told.iter().any(is_signed), "{told:?}");
}

/// What it says at a height it would write down once more, now that it has
/// forgotten it; found after another restart, that would pass for all of it.
#[test]
fn who_has_lost_its_log_stays_silent_at_that_height_over_further_restarts() {
    let intent = Record::Intent(prevote());
    let build = Effect::Build { height: height(1) };
    let persist = Effect::Persist(intent);
    let orders = || vec![persist.clone(), Effect::Sign(prevote()), build.clone()];
    let script = Script::default();
    let (mut node, _) = scripted(&script, orders());
    let is_signed = |input: &Input| matches!(input, Input::Signed { .. });
    assert!(script.take_inputs().iter().any(is_signed));
    node.disks[0] = MemoryDisk::new();
    node.disks[1] = MemoryDisk::new();
    for life in 0..3 {
        let script = Script::default();
        begin(&mut node, &script, orders());
        let inputs = script.take_inputs();
        assert!(!inputs.iter().any(is_signed), "life {life}: {inputs:?}");
        let lost = Warning::LogLost { height: height(1) };
        assert_eq!(std::mem::take(&mut node.account.warnings), [lost]);
    }
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

/// So that the others can look it up and execute it meanwhile.
#[test]
fn a_block_is_told_before_the_disk_is_waited_for() {
    fn live<E: pyralog_consensus::Engine>(mut network: Network<E>) {
        network.begin();
        assert!(network.run_to(height(4), 60_000, ALL));
        for node in &network.nodes {
            for built in &node.account.built {
                let told = node.account.told.iter();
                let first = told.clone().find(|(id, _)| *id == built.id());
                assert_eq!(first, Some(&(built.id(), false)), "{:?}", node.account.told);
            }
        }
    }
    live(Network::new(ConsensusKind::Pbft, pbft, 4));
    live(Network::new(ConsensusKind::Tendermint, tendermint, 4));
}

#[test]
fn what_a_loss_of_power_took_from_the_guard_it_takes_from_the_log() {
    let orders = || {
        let intent = Record::Intent(prevote());
        vec![Effect::Persist(intent), Effect::Sign(prevote())]
    };
    let script = Script::default();
    let (mut node, _) = scripted(&script, orders());
    node.disks[2] = MemoryDisk::new();
    begin(&mut node, &Script::default(), Vec::new());
    let own = crate::setup::address(0);
    let guard = Guard::open(node.disks[2].clone(), node.genesis.hash(), own);
    let (guard, _) = guard.unwrap();
    assert_eq!(guard.watermark(), Some(prevote().place()));
}
