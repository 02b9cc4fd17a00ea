//! Whatever becomes of a log, a validator goes on, or falls silent, or says why
//! it does not begin. It never contradicts what it said before.

use std::cell::Cell;
use std::collections::BTreeMap;

use pyralog_consensus::{Engine, Message, Record, Statement};
use pyralog_disk::MemoryDisk;
use pyralog_driver::{Warning, Word};
use pyralog_genesis::ConsensusKind;
use pyralog_primitives::vote::VoteKind;
use pyralog_primitives::{Address, Height};

use crate::durable::{Entry, about};
use crate::network::{ALL, Network};
use crate::setup::{address, height, pbft, tendermint};
use crate::stopped::{Stopped, goes_on, read};

type Make<E> = fn(Option<Address>) -> E;

/// The height at which they stop. The one before is final and not durable.
const STOP: Height = Height::new(3);

fn message(word: &Word) -> Option<&Message> {
    match word {
        Word::Consensus(message) => Some(message),
        _ => None,
    }
}

/// A network at height 3, whose second block is nowhere durable.
fn at_stop<E: Engine>(kind: ConsensusKind, make: Make<E>) -> Network<E> {
    let mut network = Network::new(kind, make, 4);
    network.begin();
    network.submit(0);
    assert!(network.run_to(height(1), 10_000, ALL));
    for node in &mut network.nodes {
        node.holds.commits = true;
    }
    let is_there = |network: &Network<E>| {
        let mut nodes = network.nodes.iter();
        nodes.all(|node| node.driver().height() == STOP)
    };
    let before =
        |_: u8, _: u8, word: &Word| message(word).is_none_or(|message| message.height() < STOP);
    assert!(network.run(10_000, &before, is_there).unwrap());
    network
}

/// All have stopped after one alone had prepared a block and precommitted it,
/// which nobody has heard.
struct LonePreparation<E> {
    stopped: Stopped<E>,
    subject: u8,
    /// Who never hears of the proposal, so that the round comes to nothing.
    deaf: u8,
}

impl<E: Engine> LonePreparation<E> {
    fn new(kind: ConsensusKind, make: Make<E>) -> Self {
        let mut network = at_stop(kind, make);
        network.submit(1);
        let proposer = proposer(kind, make);
        let mut others = (0..4).filter(|number| *number != proposer);
        let (subject, deaf) = (others.next().unwrap(), others.next().unwrap());
        let passes = |from: u8, to: u8, word: &Word| {
            let is_proposal = matches!(message(word), Some(Message::Proposal(_)));
            from != subject && !(to == deaf && is_proposal)
        };
        let has_precommitted = |network: &Network<E>| {
            let entries = about(&network.nodes[usize::from(subject)].disks, STOP);
            entries.iter().any(is_precommit)
        };
        assert!(network.run(2_000, &passes, has_precommitted).unwrap());
        Self {
            stopped: Stopped::of(&network, kind, make),
            subject,
            deaf,
        }
    }

    fn log(&self, of: Height) -> Vec<u8> {
        self.stopped.log(usize::from(self.subject), of)
    }

    /// What the subject said and heard in that round is lost for good, so that
    /// all go on to the next one.
    fn passes(&self) -> impl Fn(u8, u8, &Word) -> bool + use<E> {
        let (subject, deaf) = (self.subject, self.deaf);
        move |from, to, word| {
            let is_old =
                |message: &&Message| message.height() == STOP && message.round().get() == 0;
            let Some(message) = message(word).filter(is_old) else {
                return true;
            };
            let is_subjects = from == subject || to == subject;
            let is_unheard = to == deaf && matches!(message, Message::Proposal(_));
            !(is_subjects || is_unheard)
        }
    }

    /// Each of these logs in place of the true one. Those that the node takes
    /// for the same are tried once. Says how many were refused, and how many
    /// were different.
    fn check(&self, of: Height, logs: impl Iterator<Item = (usize, Vec<u8>)>) -> (usize, usize) {
        let (mut refused, mut read_as) = (0, BTreeMap::new());
        for (place, log) in logs {
            match read(log.clone()) {
                Ok(content) => {
                    read_as.entry(content).or_insert((place, log));
                }
                Err(reason) => {
                    assert!(reason.len() > 20, "place {place}: {reason}");
                    refused += 1;
                }
            }
        }
        let different = read_as.len();
        for (place, log) in read_as.into_values() {
            let network = self.stopped.with_log(usize::from(self.subject), of, log);
            let gone_on = goes_on(network, height(5), &self.passes());
            assert!(gone_on.is_ok(), "place {place}: {}", gone_on.err().unwrap());
        }
        (refused, different)
    }
}

/// Who proposes first at the height at which they stop.
fn proposer<E: Engine>(kind: ConsensusKind, make: Make<E>) -> u8 {
    let mut network = at_stop(kind, make);
    network.submit(1);
    let proposer = Cell::new(None);
    let passes = |from: u8, _: u8, word: &Word| {
        if matches!(message(word), Some(Message::Proposal(_))) {
            proposer.set(Some(from));
        }
        false
    };
    network
        .run(100, &passes, |_| proposer.get().is_some())
        .unwrap();
    proposer.get().expect("a transfer waits")
}

fn is_precommit(entry: &Entry) -> bool {
    matches!(
        entry,
        Entry::Record(Record::Intent(Statement::Vote {
            kind: VoteKind::Precommit,
            value: Some(_),
            ..
        }))
    )
}

fn cuts(log: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    (0..=log.len()).map(|length| (length, log[..length].to_vec()))
}

fn flips(log: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    let bits = (0..log.len()).flat_map(|place| (0..8).map(move |bit| (place, bit)));
    bits.map(|(place, bit)| {
        let mut log = log.to_vec();
        log[place] ^= 1 << bit;
        (place, log)
    })
}

fn check_cuts<E: Engine>(kind: ConsensusKind, make: Make<E>) {
    let alone = LonePreparation::new(kind, make);
    for of in [height(2), STOP] {
        let (refused, different) = alone.check(of, cuts(&alone.log(of)));
        assert!(refused >= 24, "a header that is cut is refused");
        assert!(different >= 3, "{different}");
    }
}

fn check_flips<E: Engine>(kind: ConsensusKind, make: Make<E>) {
    let alone = LonePreparation::new(kind, make);
    for of in [height(2), STOP] {
        let log = alone.log(of);
        let (refused, different) = alone.check(of, flips(&log));
        assert!(refused > log.len(), "{refused} of {} bits", log.len() * 8);
        assert!(different >= 1, "{different}");
    }
}

#[test]
fn pbft_goes_on_wherever_a_log_is_cut() {
    check_cuts(ConsensusKind::Pbft, pbft);
}

#[test]
fn tendermint_goes_on_wherever_a_log_is_cut() {
    check_cuts(ConsensusKind::Tendermint, tendermint);
}

#[test]
fn pbft_goes_on_whatever_bit_of_a_log_is_changed() {
    check_flips(ConsensusKind::Pbft, pbft);
}

#[test]
fn tendermint_goes_on_whatever_bit_of_a_log_is_changed() {
    check_flips(ConsensusKind::Tendermint, tendermint);
}

#[test]
fn who_has_lost_its_logs_says_so_and_signs_nothing_at_that_height() {
    fn check<E: Engine>(kind: ConsensusKind, make: Make<E>) {
        let alone = LonePreparation::new(kind, make);
        let at = usize::from(alone.subject);
        let mut network = alone.stopped.begun();
        network.nodes[at].disks[0] = MemoryDisk::new();
        network.nodes[at].disks[1] = MemoryDisk::new();
        let own = address(alone.subject);
        let (said, passes) = (Cell::new(0), alone.passes());
        let watch = |from: u8, to: u8, word: &Word| {
            let spoken = message(word).and_then(Message::statement);
            let is_early = |(who, statement): &(Address, Statement)| {
                from == alone.subject && *who == own && statement.height() <= STOP
            };
            said.set(said.get() + usize::from(spoken.as_ref().is_some_and(is_early)));
            passes(from, to, word)
        };
        let network = goes_on(network, height(5), &watch).unwrap();
        assert_eq!(said.get(), 0);
        let lost = Warning::LogLost { height: STOP };
        assert!(network.nodes[at].account.warnings.contains(&lost));
    }
    check(ConsensusKind::Pbft, pbft);
    check(ConsensusKind::Tendermint, tendermint);
}

/// All lose their power at once, at each moment of a height. What was decided
/// before and is nowhere durable is decided again, and not otherwise.
fn check_blackouts<E: Engine>(kind: ConsensusKind, make: Make<E>) {
    let mut moments = 0;
    for deliveries in 0usize.. {
        let mut network = at_stop(kind, make);
        network.submit(1);
        let left = Cell::new(deliveries);
        let passes = |_: u8, _: u8, _: &Word| {
            let is_left = left.get() > 0;
            left.set(left.get().saturating_sub(1));
            is_left
        };
        network.deliver(&passes).unwrap();
        let stopped = Stopped::of(&network, kind, make);
        let is_over = left.get() > 0;
        goes_on(stopped.begun(), height(5), ALL).unwrap();
        moments += 1;
        if is_over {
            break;
        }
    }
    assert!(moments > 20, "{moments}");
}

#[test]
fn pbft_goes_on_after_a_blackout_at_any_moment() {
    check_blackouts(ConsensusKind::Pbft, pbft);
}

#[test]
fn tendermint_goes_on_after_a_blackout_at_any_moment() {
    check_blackouts(ConsensusKind::Tendermint, tendermint);
}
