//! Several nodes at a table: what they say arrives at once and in order, unless
//! a test says otherwise, and time passes when nothing is left to hear.

use std::collections::VecDeque;
use std::rc::Rc;

use pyralog_consensus::Engine;
use pyralog_driver::{Event, To, Word};
use pyralog_genesis::{ConsensusKind, Genesis};
use pyralog_primitives::{Address, Height};

use crate::node::{Node, Said};
use crate::setup::{genesis, peer, transfer};
use crate::witness::Witness;

/// Whether a word gets from one node to another.
pub(crate) type Passes<'a> = &'a dyn Fn(u8, u8, &Word) -> bool;

pub(crate) struct Network<E> {
    pub(crate) genesis: Rc<Genesis>,
    pub(crate) nodes: Vec<Node<E>>,
    make: fn(Option<Address>) -> E,
    mail: VecDeque<(u8, u8, Word)>,
    pub(crate) now: u64,
    pub(crate) witness: Witness,
    /// How many words were delivered.
    pub(crate) delivered: usize,
}

/// Everything arrives.
pub(crate) const ALL: Passes<'static> = &|_, _, _| true;

impl<E: Engine> Network<E> {
    pub(crate) fn new(kind: ConsensusKind, make: fn(Option<Address>) -> E, count: u8) -> Self {
        let genesis = genesis(kind, count);
        Self {
            nodes: (0..count)
                .map(|number| Node::new(number, &genesis))
                .collect(),
            genesis,
            make,
            mail: VecDeque::new(),
            now: 0,
            witness: Witness::new(kind),
            delivered: 0,
        }
    }

    /// All begin.
    pub(crate) fn begin(&mut self) {
        for number in 0..self.nodes.len() {
            self.start(number).unwrap();
        }
    }

    /// One begins, with what is on its disks, and meets the others.
    pub(crate) fn start(&mut self, at: usize) -> Result<(), String> {
        let node = &mut self.nodes[at];
        let engine = (self.make)(Some(crate::setup::address(node.number)));
        let said = node.begin(engine, self.now)?;
        self.post(at, said);
        let running = |other: &usize| *other != at && self.nodes[*other].driver.is_some();
        let others: Vec<usize> = (0..self.nodes.len()).filter(running).collect();
        for other in others {
            self.meet(at, other)?;
            self.meet(other, at)?;
        }
        Ok(())
    }

    fn meet(&mut self, one: usize, other: usize) -> Result<(), String> {
        let event = Event::Connected(peer(self.nodes[other].number));
        let said = self.nodes[one].tell(self.now, [event])?;
        self.post(one, said);
        Ok(())
    }

    /// A transfer waits at each node.
    pub(crate) fn submit(&mut self, number: u64) {
        for at in 0..self.nodes.len() {
            self.submit_to(at, number);
        }
    }

    pub(crate) fn submit_to(&mut self, at: usize, number: u64) {
        let transaction = transfer(self.genesis.hash(), number);
        let node = &mut self.nodes[at];
        node.pool.insert(transaction.signed_id(), transaction);
        let said = node.tell(self.now, [Event::Waiting]).unwrap();
        self.post(at, said);
    }

    /// Takes what a node told on its way.
    pub(crate) fn post(&mut self, at: usize, said: Vec<Said>) {
        let from = self.nodes[at].number;
        for Said { to, word } in said {
            self.check(at, &word);
            for node in &self.nodes {
                let is_meant = match to {
                    To::All => node.number != from,
                    To::Peer(to) => peer(node.number) == to,
                };
                if is_meant {
                    self.mail.push_back((from, node.number, word.clone()));
                }
            }
        }
    }

    fn check(&mut self, at: usize, word: &Word) {
        let node = &self.nodes[at];
        if let Word::Consensus(message) = word
            && message.sender() == Some(crate::setup::address(node.number))
        {
            self.witness.hear(message, self.nodes.len());
        }
    }

    /// Delivers all that is on its way, and what follows from it.
    pub(crate) fn deliver(&mut self, passes: Passes<'_>) -> Result<(), String> {
        while let Some((from, to, word)) = self.mail.pop_front() {
            if !passes(from, to, &word) {
                continue;
            }
            self.delivered += 1;
            let at = usize::from(to);
            let word = Box::new(word);
            let from = peer(from);
            let said = self.nodes[at].tell(self.now, [Event::Heard { from, word }])?;
            self.post(at, said);
        }
        self.note_finals();
        Ok(())
    }

    fn note_finals(&mut self) {
        for node in &self.nodes {
            for block in node.store.blocks() {
                self.witness.finalize(block.header.height, block.id());
            }
        }
    }

    /// Lets time pass until something is to happen.
    pub(crate) fn pass_time(&mut self) -> Result<(), String> {
        let wakes = self.nodes.iter().filter_map(Node::next_wake);
        self.now = wakes
            .min()
            .expect("nodes say how far they are")
            .max(self.now + 1);
        for at in 0..self.nodes.len() {
            let is_due = self.nodes[at]
                .next_wake()
                .is_some_and(|wake| wake <= self.now);
            if is_due {
                let said = self.nodes[at].tell(self.now, [])?;
                self.post(at, said);
            }
        }
        Ok(())
    }

    /// Goes on for so many milliseconds at most, or until this holds.
    pub(crate) fn run(
        &mut self,
        millis: u64,
        passes: Passes<'_>,
        is_done: impl Fn(&Self) -> bool,
    ) -> Result<bool, String> {
        let end = self.now + millis * 1_000;
        loop {
            self.deliver(passes)?;
            if is_done(self) {
                return Ok(true);
            }
            if self.now >= end {
                return Ok(false);
            }
            self.pass_time()?;
        }
    }

    /// Goes on until all who run have made this height durable.
    pub(crate) fn run_to(&mut self, height: Height, millis: u64, passes: Passes<'_>) -> bool {
        let is_there = |network: &Self| {
            let mut running = network.nodes.iter().filter(|node| node.driver.is_some());
            running.all(|node| node.store.height() >= height)
        };
        self.run(millis, passes, is_there).unwrap()
    }
}
