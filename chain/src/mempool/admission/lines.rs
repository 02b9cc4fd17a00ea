//! The lines in which sources wait.

use std::collections::{BTreeMap, VecDeque};

use pyralog_primitives::{ByteCount, SignedTransactionId};

use super::{Source, Suspects};
use crate::mempool::batch::{Batch, Group, Need, Waiting};
use crate::mempool::checked::Checked;
use crate::mempool::key::{IdKey, Lookup};
use crate::mempool::pool::Mempool;

/// What one source may have in line and in batches, as
/// [`super::Checked::weight`] counts it. Lower, and the largest transaction
/// does not fit; higher, and all sources together take more memory.
pub const SOURCE_BYTES_MAX: ByteCount = ByteCount::new(1024 * 1024);

/// Sources that wait at one time. Lower than peers and clients are, and some
/// find no line; higher, and they take more memory: together at most this
/// times [`SOURCE_BYTES_MAX`].
pub const SOURCE_COUNT_MAX: usize = 256;

/// Sources noted for one transaction besides the first. Lower, and as many
/// forgers can keep an honest one away for a batch; higher costs memory.
pub const VOUCHER_COUNT_MAX: usize = 4;

/// All lines. A source has one while something of it is in line or in a batch.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    by_source: BTreeMap<Source, Line>,
    /// Sources with something in line, in the order of their turns.
    turns: VecDeque<Source>,
    /// What is in line or in a batch.
    known: Lookup<IdKey, Known>,
}

#[derive(Clone, Debug, Default)]
struct Line {
    waiting: VecDeque<Waiting>,
    /// Of what is in line and in batches.
    bytes: u64,
}

#[derive(Clone, Debug)]
struct Known {
    transaction: Checked,
    /// Who else offered it.
    vouchers: Vec<Source>,
}

/// What was noted of a transaction that is no longer in line.
#[derive(Debug)]
pub(super) struct Release {
    pub(super) vouchers: Vec<Source>,
}

impl Lines {
    pub(super) fn new() -> Self {
        Self {
            by_source: BTreeMap::new(),
            turns: VecDeque::new(),
            known: Lookup::new(),
        }
    }

    /// Whether not even the smallest transaction would find room.
    pub(super) fn is_full(&self, source: Source) -> bool {
        match self.by_source.get(&source) {
            Some(line) => line.bytes >= SOURCE_BYTES_MAX.get(),
            None => self.by_source.len() >= SOURCE_COUNT_MAX,
        }
    }

    pub(super) fn waiting_count(&self) -> usize {
        self.by_source.values().map(|line| line.waiting.len()).sum()
    }

    /// What is in line or in a batch, and unverified.
    pub(super) fn get(&self, id: &SignedTransactionId) -> Option<&Checked> {
        Some(&self.known.get(&(*id).into())?.transaction)
    }

    /// Notes that this source offers what may be in line already: `None` if it
    /// is not, else whether it was noted.
    pub(super) fn vouch(&mut self, source: Source, id: &SignedTransactionId) -> Option<bool> {
        let vouchers = &mut self.known.get_mut(&(*id).into())?.vouchers;
        if vouchers.contains(&source) {
            return Some(true);
        }
        let has_room = vouchers.len() < VOUCHER_COUNT_MAX;
        if has_room {
            vouchers.push(source);
        }
        Some(has_room)
    }

    /// Adds to the end of the source's line, if there is room.
    pub(super) fn push(&mut self, source: Source, waiting: Waiting) -> bool {
        let weight = weight(&waiting);
        let bytes = self.by_source.get(&source).map_or(0, |line| line.bytes);
        if bytes + weight > SOURCE_BYTES_MAX.get() {
            return false;
        }
        self.enqueue(source, waiting, Vec::new());
        true
    }

    fn enqueue(&mut self, source: Source, waiting: Waiting, vouchers: Vec<Source>) {
        let transaction = waiting.transaction.facts().clone();
        let id = transaction.signed_id().into();
        let known = Known {
            transaction,
            vouchers,
        };
        self.known.insert(id, known);
        let line = self.by_source.entry(source).or_default();
        if line.waiting.is_empty() {
            self.turns.push_back(source);
        }
        line.bytes += weight(&waiting);
        line.waiting.push_back(waiting);
    }

    /// Takes out a batch. What the pool knows by then needs no verification.
    pub(super) fn take_batch(
        &mut self,
        count_max: usize,
        suspects: &Suspects,
        pool: &Mempool,
    ) -> Batch {
        let mut groups: BTreeMap<Source, Vec<Waiting>> = BTreeMap::new();
        for _ in 0..count_max {
            let Some((source, mut waiting)) = self.next() else {
                break;
            };
            if pool.is_known(&waiting.transaction.facts().id()) {
                waiting.signature = Need::Needless;
            }
            groups.entry(source).or_default().push(waiting);
        }
        let group = |(source, waiting)| Group {
            source,
            is_suspect: suspects.get(&source).is_some(),
            waiting,
        };
        Batch {
            groups: groups.into_iter().map(group).collect(),
        }
    }

    /// The first of the line whose turn it is.
    fn next(&mut self) -> Option<(Source, Waiting)> {
        let source = self.turns.pop_front()?;
        let line = self.by_source.get_mut(&source)?;
        let waiting = line.waiting.pop_front()?;
        if !line.waiting.is_empty() {
            self.turns.push_back(source);
        }
        Some((source, waiting))
    }

    /// Gives back the room of a transaction that was in a batch.
    pub(super) fn release(&mut self, source: Source, waiting: &Waiting) -> Release {
        if let Some(line) = self.by_source.get_mut(&source) {
            line.bytes = line.bytes.saturating_sub(weight(waiting));
            if line.bytes == 0 {
                self.by_source.remove(&source);
            }
        }
        let signed_id = waiting.transaction.facts().signed_id();
        let known = self.known.remove(&signed_id.into());
        Release {
            vouchers: known.map(|known| known.vouchers).unwrap_or_default(),
        }
    }

    /// Puts a transaction into the line of the next one that offered it. What
    /// all lines hold together does not grow by it.
    pub(super) fn hand_over(&mut self, waiting: Waiting, release: Release) {
        let mut vouchers = release.vouchers.into_iter();
        if let Some(next) = vouchers.next() {
            self.enqueue(next, waiting, vouchers.collect());
        }
    }
}

fn weight(waiting: &Waiting) -> u64 {
    waiting.transaction.facts().weight().get()
}
