//! Blocks that are not final yet, and what they would do.
//!
//! Each block knows its changes over its parent, so a reorganization moves
//! nothing: the state after a block is read through the changes of the blocks
//! below it, down to what is durable.
//!
//! Invariants:
//! - every block here descends from the last final one, and so do those between;
//! - all that is here, with what is final but not durable, takes no more than the
//!   cap. To make room, what blocks would do is dropped first, oldest use first,
//!   and worked out again when it is asked for; then blocks that nothing stands
//!   on, which must be given again. Only a block whose own branch has no room is
//!   refused;
//! - the changes of a final block are kept until the store says that they are
//!   durable, so no read ever falls between the two.

use std::collections::BTreeMap;
use std::sync::Arc;

use pyralog_primitives::block::Block;
use pyralog_primitives::receipt::{Attribute, Event, Outcome as Events, Receipt};
use pyralog_primitives::state::StateKey;
use pyralog_primitives::write_set::{StateValue, WriteSet};
use pyralog_primitives::{BlockId, ByteCount, Height};

use crate::execute::Effects;
use crate::overlay::StateReader;
use crate::tip::Tip;

/// About what a changed key costs in copied pages of the state tree.
const TREE_BYTES_PER_WRITE: usize = 2048;
/// About what a block takes besides its transactions: header, certificate,
/// evidence, and the maps around them. Lower, and empty blocks cost nothing.
const BLOCK_BYTES: usize = 40 * 1024;
/// A read asks the changes of every block below. More, and it takes longer than
/// a read from the disk; fewer, and chains without finality have no room to
/// fork.
const DEPTH_MAX: usize = 128;

/// The tree of blocks above the last final one.
#[derive(Debug)]
pub(crate) struct ForkTree {
    base: Tip,
    /// Final, but perhaps not durable.
    settling: BTreeMap<Height, Arc<WriteSet>>,
    blocks: BTreeMap<BlockId, Node>,
    /// What all of the above takes.
    bytes: usize,
    bytes_max: usize,
    /// Counts uses, to find the oldest.
    uses: u64,
}

#[derive(Debug)]
struct Node {
    block: Arc<Block>,
    /// Of the block alone.
    bytes: usize,
    outcome: Option<Outcome>,
    children: usize,
    last_use: u64,
}

/// What a block would do, and the tip it would make.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) tip: Tip,
    pub(crate) effects: Effects,
}

impl Outcome {
    fn bytes(&self) -> usize {
        let writes = self.effects.writes.memory();
        let tree = self.effects.writes.count() * TREE_BYTES_PER_WRITE;
        let receipts: usize = self.effects.receipts.iter().map(receipt_bytes).sum();
        writes + tree + receipts
    }
}

/// About the memory of a receipt and its events.
fn receipt_bytes(receipt: &Receipt) -> usize {
    let Events::Applied { events } = &receipt.outcome else {
        return size_of::<Receipt>();
    };
    let attributes = events.iter().flat_map(|event| event.attributes.iter());
    let attributes = attributes.map(|one| size_of::<Attribute>() + one.value.len());
    size_of::<Receipt>() + events.len() * size_of::<Event>() + attributes.sum::<usize>()
}

/// A block that has become final.
pub(crate) struct Settled {
    pub(crate) block: Arc<Block>,
    pub(crate) outcome: Outcome,
    pub(crate) writes: Arc<WriteSet>,
}

/// No room for a block: those below it must become final first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    /// Its branch takes too much memory.
    #[error("a branch that is not final would take {needed} bytes of memory; {max} are allowed")]
    Memory {
        /// What the block, those below it and what is not durable take.
        needed: ByteCount,
        /// The cap.
        max: ByteCount,
    },
    /// Its branch is too long.
    #[error("{max} blocks that are not final, or not durable, stand below this one")]
    Depth {
        /// The most that are allowed.
        max: usize,
    },
}

impl ForkTree {
    pub(crate) fn new(base: Tip, bytes_max: ByteCount) -> Self {
        Self {
            base,
            settling: BTreeMap::new(),
            blocks: BTreeMap::new(),
            bytes: 0,
            bytes_max: usize::try_from(bytes_max.get()).unwrap_or(usize::MAX),
            uses: 0,
        }
    }

    /// The last final block.
    pub(crate) fn base(&self) -> &Tip {
        &self.base
    }

    pub(crate) fn block(&self, id: &BlockId) -> Option<&Arc<Block>> {
        self.blocks.get(id).map(|node| &node.block)
    }

    /// What stands after a block, if it is the last final one, or here with its
    /// outcome worked out.
    pub(crate) fn tip(&self, id: &BlockId) -> Option<&Tip> {
        if *id == self.base.block {
            return Some(&self.base);
        }
        Some(&self.blocks.get(id)?.outcome.as_ref()?.tip)
    }

    /// Those of a block and the blocks below it whose outcome is not known,
    /// lowest first; `None` if the block is not here.
    pub(crate) fn unknown_outcomes(&self, id: &BlockId) -> Option<Vec<BlockId>> {
        if *id != self.base.block && !self.blocks.contains_key(id) {
            return None;
        }
        let without = self
            .down_from(*id)
            .filter(|(_, node)| node.outcome.is_none());
        let mut unknown: Vec<BlockId> = without.map(|(id, _)| id).collect();
        unknown.reverse();
        Some(unknown)
    }

    /// A block and those below it that are not final.
    fn down_from(&self, id: BlockId) -> impl Iterator<Item = (BlockId, &Node)> {
        let with_node = |id: BlockId| self.blocks.get(&id).map(|node| (id, node));
        std::iter::successors(with_node(id), move |(_, node)| {
            with_node(node.block.header.parent)
        })
    }

    /// The state after a block, over what is durable. The outcomes of the block
    /// and of those below must be known.
    pub(crate) fn state<'a, R>(&'a self, id: &BlockId, durable: &'a R) -> Layers<'a, R> {
        let outcomes = self
            .down_from(*id)
            .filter_map(|(_, node)| node.outcome.as_ref());
        let mut layers: Vec<&WriteSet> = outcomes.map(|outcome| &outcome.effects.writes).collect();
        layers.extend(self.settling.values().rev().map(Arc::as_ref));
        Layers { layers, durable }
    }

    /// Takes a block with its outcome. Those of all below it are known.
    pub(crate) fn insert(
        &mut self,
        id: BlockId,
        block: Arc<Block>,
        transactions: ByteCount,
        outcome: Outcome,
    ) -> Result<(), Full> {
        if self.blocks.contains_key(&id) {
            return Ok(());
        }
        let transactions = usize::try_from(transactions.get()).unwrap_or(usize::MAX);
        let parent = block.header.parent;
        let node = Node {
            block,
            bytes: transactions.saturating_add(BLOCK_BYTES),
            outcome: Some(outcome),
            children: 0,
            last_use: 0,
        };
        self.check_room(&parent, &node)?;
        self.bytes += node.all_bytes();
        if let Some(parent) = self.blocks.get_mut(&parent) {
            parent.children += 1;
        }
        self.blocks.insert(id, node);
        self.note_use(&id);
        Ok(())
    }

    /// Whether a branch with this block on top fits, when all else goes.
    fn check_room(&self, parent: &BlockId, node: &Node) -> Result<(), Full> {
        let settling = self.settling.values().map(|writes| writes.memory());
        let below = self.down_from(*parent).map(|(_, node)| node.all_bytes());
        let needed = node.all_bytes() + settling.sum::<usize>() + below.sum::<usize>();
        if needed > self.bytes_max {
            return Err(Full::Memory {
                needed: ByteCount::new(needed as u64),
                max: ByteCount::new(self.bytes_max as u64),
            });
        }
        if self.down_from(*parent).count() + self.settling.len() >= DEPTH_MAX {
            return Err(Full::Depth { max: DEPTH_MAX });
        }
        Ok(())
    }

    /// Keeps an outcome that was worked out again, for a use of `id`.
    pub(crate) fn set_outcome(&mut self, id: &BlockId, outcome: Outcome) {
        if let Some(node) = self.blocks.get_mut(id) {
            self.bytes -= node.all_bytes();
            node.outcome = Some(outcome);
            self.bytes += node.all_bytes();
        }
    }

    /// Marks a block and those below as used, and makes room.
    pub(crate) fn note_use(&mut self, id: &BlockId) {
        self.uses += 1;
        let mut at = *id;
        while let Some(node) = self.blocks.get_mut(&at) {
            node.last_use = self.uses;
            at = node.block.header.parent;
        }
        while self.bytes > self.bytes_max && (self.drop_outcome() || self.drop_block()) {}
    }

    /// Drops what was used longest ago, but nothing of the latest use: that is
    /// needed together.
    fn drop_outcome(&mut self) -> bool {
        let droppable = |node: &&mut Node| node.outcome.is_some() && node.last_use < self.uses;
        let nodes = self.blocks.values_mut().filter(droppable);
        let Some(oldest) = nodes.min_by_key(|node| node.last_use) else {
            return false;
        };
        self.bytes -= oldest.outcome_bytes();
        oldest.outcome = None;
        true
    }

    /// Drops the block used longest ago of those that nothing stands on.
    fn drop_block(&mut self) -> bool {
        let droppable =
            |(_, node): &(&BlockId, &Node)| node.children == 0 && node.last_use < self.uses;
        let nodes = self.blocks.iter().filter(droppable);
        let oldest = nodes.min_by_key(|(_, node)| node.last_use);
        let Some(oldest) = oldest.map(|(id, _)| *id) else {
            return false;
        };
        self.forget(&oldest);
        true
    }

    fn forget(&mut self, id: &BlockId) -> Option<Node> {
        let node = self.blocks.remove(id)?;
        self.bytes -= node.all_bytes();
        if let Some(parent) = self.blocks.get_mut(&node.block.header.parent) {
            parent.children -= 1;
        }
        Some(node)
    }

    /// Makes a child of the last final block the last final one, and forgets
    /// all that does not descend from it. Its outcome must be known.
    pub(crate) fn settle(&mut self, id: &BlockId) -> Option<Settled> {
        let node = self.blocks.get(id)?;
        if node.block.header.parent != self.base.block || node.outcome.is_none() {
            return None;
        }
        let Node { block, outcome, .. } = self.forget(id)?;
        let mut outcome = outcome?;
        let writes = Arc::new(std::mem::take(&mut outcome.effects.writes));
        self.bytes += writes.memory();
        self.settling
            .insert(outcome.tip.height, Arc::clone(&writes));
        self.base = outcome.tip.clone();
        self.keep_descendants();
        Some(Settled {
            block,
            outcome,
            writes,
        })
    }

    fn keep_descendants(&mut self) {
        let mut order: Vec<(Height, BlockId, BlockId)> = self
            .blocks
            .iter()
            .map(|(id, node)| (node.block.header.height, *id, node.block.header.parent))
            .collect();
        order.sort_unstable();
        for (_, id, parent) in order {
            if parent != self.base.block && !self.blocks.contains_key(&parent) {
                self.forget(&id);
            }
        }
    }

    /// The changes up to this height are durable.
    pub(crate) fn forget_settled(&mut self, durable: Height) {
        while let Some(lowest) = self.settling.first_entry() {
            if *lowest.key() > durable {
                break;
            }
            self.bytes -= lowest.remove().memory();
        }
    }

    /// How many blocks are here, how many with their outcome, and how many are
    /// final but not durable.
    pub(crate) fn counts(&self) -> ForkCounts {
        let known = self.blocks.values().filter(|node| node.outcome.is_some());
        ForkCounts {
            blocks: self.blocks.len(),
            outcomes: known.count(),
            settling: self.settling.len(),
            bytes: ByteCount::new(self.bytes as u64),
        }
    }
}

/// What the fork tree holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForkCounts {
    /// Blocks that are not final.
    pub blocks: usize,
    /// Of those, how many have their effects in memory.
    pub outcomes: usize,
    /// Blocks that are final but not durable.
    pub settling: usize,
    /// What all of them take of memory, about.
    pub bytes: ByteCount,
}

impl Node {
    fn all_bytes(&self) -> usize {
        self.bytes + self.outcome_bytes()
    }

    fn outcome_bytes(&self) -> usize {
        self.outcome.as_ref().map_or(0, Outcome::bytes)
    }
}

/// The state after a block: changes of blocks, the latest first, over what is
/// durable.
#[derive(Debug)]
pub struct Layers<'a, R> {
    layers: Vec<&'a WriteSet>,
    durable: &'a R,
}

impl<R: StateReader> StateReader for Layers<'_, R> {
    type Error = R::Error;

    fn get(&self, key: &StateKey) -> Result<Option<StateValue>, R::Error> {
        for layer in &self.layers {
            if let Some(value) = layer.get(key) {
                return Ok(value.cloned());
            }
        }
        self.durable.get(key)
    }
}
