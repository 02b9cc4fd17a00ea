//! Blocks that are not final, whole or in part.
//!
//! Invariants:
//! - at most [`BODY_COUNT_MAX`], and of what nobody asked for at most
//!   [`OFFERED_COUNT_MAX`] of each peer. What the engine asks about is always
//!   taken, and stays: it asks about one block for each turn of a proposer;
//! - a block is whole only if its header commits to all that is in it, and each
//!   transaction that nobody here has checked is named: a block is known by its
//!   header alone, so whoever sends another body with it must not keep the true
//!   one out;
//! - no block grows longer than one may be, however small its portions are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pyralog_p2p::PeerId;
use pyralog_primitives::block::{BLOCK_BYTES_MAX, Block};
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::{BlockId, Height, LeafIndex, SignedTransactionId};

use crate::events::FoundTransaction;
use crate::word::CompactBlock;

/// Blocks held. Fewer, and the proposals of some rounds drive each other out;
/// more, and whoever makes blocks fills the memory.
pub(crate) const BODY_COUNT_MAX: usize = 32;
/// Blocks of one peer that nobody asked it for. Fewer, and a block comes later
/// than its proposal; more, and one peer takes the room of all.
const OFFERED_COUNT_MAX: usize = 4;

/// A block with all its transactions.
#[derive(Clone, Debug)]
pub struct Body {
    /// The block.
    pub block: Arc<Block>,
    /// Those of its transactions whose signature nobody here has checked.
    pub unchecked: Arc<BTreeSet<SignedTransactionId>>,
}

impl Body {
    /// A block from somewhere else: nothing of it was checked.
    pub fn unchecked(block: Arc<Block>) -> Self {
        let ids = block.transactions.iter().map(Transaction::signed_id);
        let unchecked = Arc::new(ids.collect());
        Self { block, unchecked }
    }

    /// A block that was built here, or checked wholly.
    pub fn own(block: Arc<Block>) -> Self {
        let unchecked = Arc::default();
        Self { block, unchecked }
    }
}

/// What became of something that was added.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Added {
    /// Nothing: it is known, unasked for, or there is no room.
    Nothing,
    /// Transactions may be in the pool.
    Begun,
    /// Transactions are lacking.
    Lacks,
    /// Now it is whole.
    Whole,
    /// It is longer than a block may be: whatever else is in it, it is none.
    TooLong,
    /// It contradicts itself, or is not what was asked for.
    Bad,
}

/// The blocks.
#[derive(Debug, Default)]
pub(crate) struct Bodies {
    held: BTreeMap<BlockId, Held>,
    /// The last final block, for those who still ask for it.
    last: Option<(BlockId, Held)>,
    arrivals: u64,
}

#[derive(Debug)]
struct Held {
    height: Height,
    arrival: u64,
    /// Written down; then it stays until its height is over.
    is_logged: bool,
    /// Who offered it, if nobody asked for it.
    offered_by: Option<PeerId>,
    content: Content,
    /// Without its transactions. It is worked out once, because peers ask for
    /// it as often as they like.
    compact: Option<Arc<CompactBlock>>,
}

#[derive(Debug)]
enum Content {
    Part(Box<Part>),
    Whole(Body),
    TooLong,
}

#[derive(Debug)]
struct Part {
    compact: Arc<CompactBlock>,
    transactions: Vec<Option<Transaction>>,
    /// What the block would take, as far as it is here.
    bytes: usize,
    unchecked: BTreeSet<SignedTransactionId>,
    is_looked_up: bool,
}

impl Bodies {
    /// A block that is whole.
    pub(crate) fn get(&self, block: &BlockId) -> Option<&Body> {
        self.held.get(block)?.body()
    }

    /// A block that is whole, or the last final one.
    pub(crate) fn get_or_last(&self, block: &BlockId) -> Option<&Body> {
        let last = self.last.as_ref().filter(|(last, _)| last == block);
        let last = last.and_then(|(_, held)| held.body());
        self.get(block).or(last)
    }

    /// The same, without its transactions.
    pub(crate) fn compact(&mut self, block: &BlockId) -> Option<Arc<CompactBlock>> {
        let last = self.last.as_mut().filter(|(last, _)| last == block);
        let held = self.held.get_mut(block);
        let held = held.or(last.map(|(_, held)| held))?;
        let Content::Whole(body) = &held.content else {
            return None;
        };
        let compact = held
            .compact
            .get_or_insert_with(|| Arc::new(CompactBlock::of(&body.block)));
        Some(Arc::clone(compact))
    }

    /// Whether anything of this block is here.
    pub(crate) fn has(&self, block: &BlockId) -> bool {
        self.held.contains_key(block)
    }

    /// Whether it has turned out to be longer than a block may be.
    pub(crate) fn is_too_long(&self, block: &BlockId) -> bool {
        let held = self.held.get(block);
        held.is_some_and(|held| matches!(held.content, Content::TooLong))
    }

    /// The ids of a block's transactions, as long as it is not whole.
    pub(crate) fn ids(&self, block: &BlockId) -> Option<Vec<SignedTransactionId>> {
        Some(self.part(block)?.compact.transactions.to_vec())
    }

    /// The places of the transactions that are lacking; none if the block is
    /// not here at all, or the pool has not been asked yet.
    pub(crate) fn lacking(&self, block: &BlockId) -> Option<Vec<LeafIndex>> {
        let part = self.part(block).filter(|part| part.is_looked_up)?;
        let places = (0..).map(LeafIndex::new).zip(&part.transactions);
        let lacking = places.filter(|(_, transaction)| transaction.is_none());
        Some(lacking.map(|(place, _)| place).collect())
    }

    fn part(&self, block: &BlockId) -> Option<&Part> {
        match &self.held.get(block)?.content {
            Content::Part(part) => Some(part),
            Content::Whole(_) | Content::TooLong => None,
        }
    }

    /// Whether this block was written down.
    pub(crate) fn is_logged(&self, block: &BlockId) -> bool {
        self.held.get(block).is_some_and(|held| held.is_logged)
    }

    /// It has been written down.
    pub(crate) fn set_logged(&mut self, block: &BlockId) {
        if let Some(held) = self.held.get_mut(block) {
            held.is_logged = true;
        }
    }

    /// The block of a height that came last of those that were written down.
    pub(crate) fn last_logged(&self, height: Height) -> Option<BlockId> {
        let held = self.held.iter();
        let logged = held.filter(|(_, held)| held.is_logged && held.height == height);
        logged
            .max_by_key(|(_, held)| held.arrival)
            .map(|(id, _)| *id)
    }

    /// Takes a block without its transactions.
    pub(crate) fn offer(
        &mut self,
        compact: CompactBlock,
        from: PeerId,
        is_needed: impl Fn(&BlockId) -> bool,
    ) -> Added {
        let id = compact.header.id();
        if self.held.contains_key(&id) {
            return Added::Nothing;
        }
        let is_own_wish = is_needed(&id);
        let offered = self.held.values();
        let theirs = offered.filter(|held| held.offered_by == Some(from)).count();
        if !is_own_wish && theirs >= OFFERED_COUNT_MAX {
            return Added::Nothing;
        }
        let empty = compact.with(Vec::new());
        let ids = compact.transactions.iter().copied();
        if empty.check_body_with_ids(ids).is_err() {
            return Added::Bad;
        }
        if !self.make_room(is_needed) && !is_own_wish {
            return Added::Nothing;
        }
        let height = compact.header.height;
        let part = Part {
            transactions: vec![None; compact.transactions.len()],
            bytes: empty.encode().len(),
            compact: Arc::new(compact),
            unchecked: BTreeSet::new(),
            is_looked_up: false,
        };
        let offered_by = (!is_own_wish).then_some(from);
        self.insert(id, height, offered_by, Content::Part(Box::new(part)));
        Added::Begun
    }

    /// Takes what the pool has of a block's transactions.
    pub(crate) fn fill_from_pool(
        &mut self,
        block: &BlockId,
        transactions: Vec<Option<FoundTransaction>>,
    ) -> Added {
        let Some(held) = self.held.get_mut(block) else {
            return Added::Nothing;
        };
        let Content::Part(part) = &mut held.content else {
            return Added::Nothing;
        };
        part.is_looked_up = true;
        let places = part.compact.transactions.iter().zip(&mut part.transactions);
        for ((id, place), found) in places.zip(transactions) {
            if let Some(found) = found.filter(|_| place.is_none()) {
                if !found.is_checked {
                    part.unchecked.insert(*id);
                }
                part.bytes += length(&found.transaction);
                *place = Some(found.transaction);
            }
        }
        held.complete()
    }

    /// Takes transactions from a peer that was asked for them.
    pub(crate) fn fill(
        &mut self,
        block: &BlockId,
        transactions: Vec<(LeafIndex, Transaction)>,
    ) -> Added {
        let Some(held) = self.held.get_mut(block) else {
            return Added::Nothing;
        };
        let Content::Part(part) = &mut held.content else {
            return Added::Nothing;
        };
        for (place, transaction) in transactions {
            let place = usize::try_from(place.get()).unwrap_or(usize::MAX);
            let Some(expected) = part.compact.transactions.get(place) else {
                return Added::Bad;
            };
            if part.transactions[place].is_some() {
                continue;
            }
            if transaction.signed_id() != *expected {
                return Added::Bad;
            }
            part.unchecked.insert(*expected);
            part.bytes += length(&transaction);
            part.transactions[place] = Some(transaction);
        }
        held.complete()
    }

    /// Takes a whole block. Whether there is room is not asked: its origin
    /// bounds it.
    pub(crate) fn put(&mut self, body: Body, is_logged: bool) {
        let id = body.block.id();
        if let Some(Held {
            content: Content::Whole(_),
            is_logged: is_known,
            ..
        }) = self.held.get_mut(&id)
        {
            *is_known |= is_logged;
            return;
        }
        let height = body.block.header.height;
        self.insert(id, height, None, Content::Whole(body));
        if is_logged {
            self.set_logged(&id);
        }
    }

    fn insert(
        &mut self,
        id: BlockId,
        height: Height,
        offered_by: Option<PeerId>,
        content: Content,
    ) {
        self.arrivals += 1;
        let held = Held {
            height,
            arrival: self.arrivals,
            is_logged: false,
            offered_by,
            content,
            compact: None,
        };
        self.held.insert(id, held);
    }

    fn make_room(&mut self, is_needed: impl Fn(&BlockId) -> bool) -> bool {
        if self.held.len() < BODY_COUNT_MAX {
            return true;
        }
        let idle = self
            .held
            .iter()
            .filter(|(id, held)| !held.is_logged && !is_needed(id))
            .min_by_key(|(_, held)| held.arrival);
        match idle.map(|(id, _)| *id) {
            Some(id) => self.held.remove(&id).is_some(),
            None => false,
        }
    }

    /// Forgets the blocks up to a height, but for the last final one.
    pub(crate) fn forget(&mut self, through: Height, last: Option<BlockId>) {
        let last = last.and_then(|last| Some((last, self.held.remove(&last)?)));
        self.last = last;
        self.held.retain(|_, held| held.height > through);
    }
}

impl Held {
    fn body(&self) -> Option<&Body> {
        match &self.content {
            Content::Whole(body) => Some(body),
            Content::Part(_) | Content::TooLong => None,
        }
    }

    fn complete(&mut self) -> Added {
        let Content::Part(part) = &mut self.content else {
            return Added::Nothing;
        };
        if part.bytes > BLOCK_BYTES_MAX {
            self.content = Content::TooLong;
            return Added::TooLong;
        }
        if part.transactions.iter().any(Option::is_none) {
            return Added::Lacks;
        }
        let transactions = std::mem::take(&mut part.transactions);
        let block = part
            .compact
            .with(transactions.into_iter().flatten().collect());
        let unchecked = Arc::new(std::mem::take(&mut part.unchecked));
        let block = Arc::new(block);
        self.compact = Some(Arc::clone(&part.compact));
        self.content = Content::Whole(Body { block, unchecked });
        Added::Whole
    }
}

fn length(transaction: &Transaction) -> usize {
    usize::try_from(transaction.encoded_bytes().get()).unwrap_or(usize::MAX)
}

#[cfg(test)]
pub(crate) mod tests;
