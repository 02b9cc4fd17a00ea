//! Blocks that are not final, whole or in part.
//!
//! Invariants:
//! - at most [`BODY_COUNT_MAX`], and of what nobody asked for at most
//!   [`OFFERED_COUNT_MAX`] of each peer;
//! - a block is whole only if its header commits to its transactions, and each
//!   of them that nobody here has checked is named.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pyralog_p2p::PeerId;
use pyralog_primitives::block::Block;
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::{BlockId, Height, LeafIndex, SignedTransactionId};

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

    /// A block that was built here.
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
    /// It contradicts itself, or is not what was asked for.
    Bad,
}

/// The blocks.
#[derive(Debug, Default)]
pub(crate) struct Bodies {
    held: BTreeMap<BlockId, Held>,
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
}

#[derive(Debug)]
enum Content {
    Part(Box<Part>),
    Whole(Body),
}

#[derive(Debug)]
struct Part {
    compact: CompactBlock,
    transactions: Vec<Option<Transaction>>,
    unchecked: BTreeSet<SignedTransactionId>,
    is_looked_up: bool,
}

impl Bodies {
    /// A block that is whole.
    pub(crate) fn get(&self, block: &BlockId) -> Option<&Body> {
        match &self.held.get(block)?.content {
            Content::Whole(body) => Some(body),
            Content::Part(_) => None,
        }
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
            Content::Whole(_) => None,
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

    /// Takes a block without its transactions.
    pub(crate) fn offer(
        &mut self,
        compact: CompactBlock,
        from: PeerId,
        is_wanted: impl Fn(&BlockId) -> bool,
    ) -> Added {
        let id = compact.header.id();
        if self.held.contains_key(&id) {
            return Added::Nothing;
        }
        let is_own_wish = is_wanted(&id);
        let offered = self.held.values();
        let theirs = offered.filter(|held| held.offered_by == Some(from)).count();
        if !is_own_wish && theirs >= OFFERED_COUNT_MAX {
            return Added::Nothing;
        }
        if !compact.is_whole() {
            return Added::Bad;
        }
        if !self.make_room(is_wanted) {
            return Added::Nothing;
        }
        let height = compact.header.height;
        let part = Part {
            transactions: vec![None; compact.transactions.len()],
            compact,
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
        transactions: Vec<Option<Transaction>>,
    ) -> Added {
        let Some(held) = self.held.get_mut(block) else {
            return Added::Nothing;
        };
        let Content::Part(part) = &mut held.content else {
            return Added::Nothing;
        };
        part.is_looked_up = true;
        for (place, found) in part.transactions.iter_mut().zip(transactions) {
            if place.is_none() {
                *place = found;
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
        };
        self.held.insert(id, held);
    }

    fn make_room(&mut self, is_wanted: impl Fn(&BlockId) -> bool) -> bool {
        if self.held.len() < BODY_COUNT_MAX {
            return true;
        }
        let idle = self
            .held
            .iter()
            .filter(|(id, held)| !held.is_logged && !is_wanted(id))
            .min_by_key(|(_, held)| held.arrival);
        match idle.map(|(id, _)| *id) {
            Some(id) => self.held.remove(&id).is_some(),
            None => false,
        }
    }

    /// Forgets the blocks up to a height.
    pub(crate) fn forget(&mut self, through: Height) {
        self.held.retain(|_, held| held.height > through);
    }
}

impl Held {
    fn complete(&mut self) -> Added {
        let Content::Part(part) = &mut self.content else {
            return Added::Nothing;
        };
        if part.transactions.iter().any(Option::is_none) {
            return Added::Lacks;
        }
        let transactions = std::mem::take(&mut part.transactions);
        let block = part
            .compact
            .with(transactions.into_iter().flatten().collect());
        let unchecked = Arc::new(std::mem::take(&mut part.unchecked));
        let block = Arc::new(block);
        self.content = Content::Whole(Body { block, unchecked });
        Added::Whole
    }
}
