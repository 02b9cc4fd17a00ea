//! An engine that is looked over the shoulder: what a node says rests on what
//! its engine had written down by then.

use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

use pyralog_consensus::{Effect, Engine, Input, Message, Record, Statement, Tick};
use pyralog_disk::MemoryDisk;
use pyralog_primitives::block::Block;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::{BlockId, Height};
use pyralog_wal::Wal;

/// What an entry of a log begins with: a record, a block, a certificate.
const RECORD: u8 = 0;
const BLOCK: u8 = 1;
const CERTIFICATE: u8 = 2;

/// An engine whose orders are noted.
#[derive(Debug)]
pub(crate) struct Watched<E> {
    engine: E,
    journal: Journal,
}

/// What an engine had written down when it wanted something told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Journal(Rc<RefCell<Lines>>);

#[derive(Debug, Default)]
struct Lines {
    height: Height,
    /// Records of this height so far, with those of earlier lives.
    count: usize,
    told: VecDeque<(Message, Height, usize)>,
}

impl<E: Engine> Watched<E> {
    pub(crate) fn new(engine: E, journal: Journal) -> Self {
        Self { engine, journal }
    }
}

impl<E: Engine> Engine for Watched<E> {
    fn step(&mut self, now: Tick, input: Input, effects: &mut Vec<Effect>) {
        let mut lines = self.journal.0.borrow_mut();
        if let Input::Start(start) = &input {
            lines.height = start.height;
            lines.count = start.records.len();
        }
        let before = effects.len();
        self.engine.step(now, input, effects);
        for effect in &effects[before..] {
            match effect {
                Effect::Persist(_) => lines.count += 1,
                Effect::Broadcast(message) => {
                    let line = (message.clone(), lines.height, lines.count);
                    lines.told.push_back(line);
                }
                _ => {}
            }
        }
    }

    fn held_count(&self) -> usize {
        self.engine.held_count()
    }

    fn held_count_max(validator_count: usize) -> usize {
        E::held_count_max(validator_count)
    }
}

/// What is durable in a log.
#[derive(Debug, Default)]
pub(crate) struct Durable {
    length: usize,
    height: Option<Height>,
    records: usize,
    intents: BTreeSet<Vec<u8>>,
    blocks: BTreeSet<BlockId>,
    /// Heights that are said to be final, with the reason.
    certificates: BTreeSet<Height>,
}

impl Durable {
    pub(crate) const fn height(&self) -> Option<Height> {
        self.height
    }

    /// Its log has gone.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Reads a log again, if it has changed.
    pub(crate) fn follow(&mut self, disk: &MemoryDisk) {
        let mut bytes = disk.content().unwrap_or_default();
        let unsynced = usize::try_from(disk.unsynced().get()).unwrap_or(usize::MAX);
        bytes.truncate(bytes.len().saturating_sub(unsynced));
        let is_known = bytes.len() == self.length && !self.is_begun_anew(&bytes);
        if bytes.is_empty() || is_known {
            return;
        }
        *self = Self {
            length: bytes.len(),
            ..Self::default()
        };
        let Ok((_, found)) = Wal::open(MemoryDisk::holding(bytes)) else {
            return;
        };
        self.height = found.height;
        for record in found.records {
            match record.split_first() {
                Some((&RECORD, rest)) => {
                    self.records += 1;
                    self.intents.insert(rest.to_vec());
                }
                Some((&BLOCK, rest)) => {
                    let block = Block::decode(rest);
                    self.blocks.extend(block.map(|block| block.id()));
                }
                Some((&CERTIFICATE, rest)) => {
                    let certificate = Certificate::decode(rest);
                    let height = certificate.map(|certificate| certificate.height());
                    self.certificates.extend(height);
                }
                _ => {}
            }
        }
    }

    /// A log of another height can be as long. Its header holds the height.
    fn is_begun_anew(&self, bytes: &[u8]) -> bool {
        let height = bytes.get(8..16).and_then(|bytes| bytes.try_into().ok());
        let height = height.map(|bytes| Height::new(u64::from_le_bytes(bytes)));
        height != self.height
    }
}

impl Journal {
    /// The next thing that a node tells of agreement: says what of it is not in
    /// these logs, where blocks are durable up to a height. Where a log has been
    /// lost nothing more is written, and what others signed is passed on.
    pub(crate) fn check(
        &self,
        (said, own): (&Message, Option<Statement>),
        logs: &[Durable],
        durable: Height,
        is_sealed: bool,
    ) -> Result<(), String> {
        let told = self.0.borrow_mut().told.pop_front();
        let Some((message, height, count)) = told.filter(|(message, ..)| message == said) else {
            return Err("it says what its engine did not want told".to_owned());
        };
        let log = logs.iter().find(|log| log.height == Some(height));
        let Some(log) = log else {
            return Err(format!("it says {message:?} and has no log of that height"));
        };
        if own.is_none() && is_sealed {
            return Ok(());
        }
        if log.records < count {
            let there = log.records;
            return Err(format!(
                "it says {message:?}, and {there} of {count} records before it are durable"
            ));
        }
        let Some(statement) = own else {
            return Ok(());
        };
        let parent = height.previous().unwrap_or_default();
        if parent > durable && !log.certificates.contains(&parent) {
            return Err(format!(
                "it says {statement:?}, and why the block before is final is not durable"
            ));
        }
        if !log.intents.contains(&Record::Intent(statement).encode()) {
            return Err(format!("it says {statement:?}, which is not durable"));
        }
        let value = match statement {
            Statement::Vote { value, .. } => value,
            Statement::Proposal { value, .. } => Some(value),
            Statement::ViewChange { .. } => None,
        };
        let value = value.filter(|_| !is_prepared(said));
        if value.is_some_and(|value| !log.blocks.contains(&value)) {
            return Err(format!("it says {statement:?}, whose block is not durable"));
        }
        Ok(())
    }
}

/// Whether this proposes what a quorum has prevoted for in an earlier round: it
/// is held by them, and not always by the proposer.
fn is_prepared(message: &Message) -> bool {
    let Message::Proposal(proposal) = message else {
        return false;
    };
    let justification = proposal.justification.as_ref();
    justification.is_some_and(|justification| justification.proof.is_some())
}
