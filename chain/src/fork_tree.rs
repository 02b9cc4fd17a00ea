//! Blocks that are not final yet, and what they would do.
//!
//! Each block knows its changes over its parent, so a reorganization moves
//! nothing: the state after a block is read through the changes of the blocks
//! below it, down to what is durable.
//!
//! Invariants:
//! - every block here descends from the last final one;
//! - what blocks would do is dropped, oldest use first, when all together takes
//!   more than the cap, and worked out again when it is asked for. Blocks are
//!   never dropped; one is refused if there is no room for all blocks and for
//!   what it and those below it would do;
//! - the changes of a final block are kept until the store says that they are
//!   durable, so no read ever falls between the two.

use std::collections::BTreeMap;
use std::sync::Arc;

use pyralog_primitives::block::Block;
use pyralog_primitives::state::StateKey;
use pyralog_primitives::write_set::{StateValue, WriteSet};
use pyralog_primitives::{BlockId, ByteCount, Height};

use crate::execute::Effects;
use crate::overlay::StateReader;
use crate::tip::Tip;

/// About what a changed key costs in copied pages of the state tree.
const TREE_BYTES_PER_WRITE: usize = 2048;

/// The tree of blocks above the last final one.
#[derive(Debug)]
pub(crate) struct ForkTree {
    base: Tip,
    /// Final, but perhaps not durable.
    settling: BTreeMap<Height, Arc<WriteSet>>,
    blocks: BTreeMap<BlockId, Node>,
    bytes_max: usize,
    /// Counts uses, to find the oldest.
    uses: u64,
}

#[derive(Debug)]
struct Node {
    block: Arc<Block>,
    block_bytes: usize,
    outcome: Option<Outcome>,
    last_use: u64,
}

/// What a block would do, and the tip it would make.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) tip: Tip,
    pub(crate) effects: Effects,
}

impl Outcome {
    fn memory(&self) -> usize {
        let writes = self.effects.writes.memory();
        let tree = self.effects.writes.count() * TREE_BYTES_PER_WRITE;
        // A receipt of one event takes about this.
        writes + tree + self.effects.receipts.len() * 512
    }
}

/// A block that has become final.
pub(crate) struct Settled {
    pub(crate) block: Arc<Block>,
    pub(crate) outcome: Outcome,
    pub(crate) writes: Arc<WriteSet>,
}

/// No room for more blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("blocks that are not final would take {needed} bytes of memory; {max} are allowed")]
pub struct Full {
    /// What all blocks take, with what the new one and those below it do.
    pub needed: ByteCount,
    /// The cap.
    pub max: ByteCount,
}

impl ForkTree {
    pub(crate) fn new(base: Tip, bytes_max: ByteCount) -> Self {
        Self {
            base,
            settling: BTreeMap::new(),
            blocks: BTreeMap::new(),
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
        bytes: ByteCount,
        outcome: Outcome,
    ) -> Result<(), Full> {
        let block_bytes = usize::try_from(bytes.get()).unwrap_or(usize::MAX);
        let blocks: usize = self.blocks.values().map(|node| node.block_bytes).sum();
        let below = self.down_from(block.header.parent);
        let below: usize = below.map(|(_, node)| node.outcome_memory()).sum();
        let needed = (blocks + below + outcome.memory()).saturating_add(block_bytes);
        if needed > self.bytes_max {
            return Err(Full {
                needed: ByteCount::new(needed as u64),
                max: ByteCount::new(self.bytes_max as u64),
            });
        }
        let node = Node {
            block,
            block_bytes,
            outcome: Some(outcome),
            last_use: 0,
        };
        self.blocks.insert(id, node);
        self.note_use(&id);
        Ok(())
    }

    /// Keeps an outcome that was worked out again, for a use of `id`.
    pub(crate) fn set_outcome(&mut self, id: &BlockId, outcome: Outcome) {
        if let Some(node) = self.blocks.get_mut(id) {
            node.outcome = Some(outcome);
        }
    }

    /// Marks a block and those below as used, and drops outcomes that were used
    /// longest ago if all together is too much.
    pub(crate) fn note_use(&mut self, id: &BlockId) {
        self.uses += 1;
        let mut at = *id;
        while let Some(node) = self.blocks.get_mut(&at) {
            node.last_use = self.uses;
            at = node.block.header.parent;
        }
        self.drop_oldest();
    }

    /// Those of the latest use stay: they are needed together.
    fn drop_oldest(&mut self) {
        let mut memory: usize = self.blocks.values().map(Node::memory).sum();
        while memory > self.bytes_max {
            let uses = self.uses;
            let droppable = |node: &&mut Node| node.outcome.is_some() && node.last_use < uses;
            let nodes = self.blocks.values_mut().filter(droppable);
            let Some(oldest) = nodes.min_by_key(|node| node.last_use) else {
                return;
            };
            memory -= oldest.outcome_memory();
            oldest.outcome = None;
        }
    }

    /// Makes a child of the last final block the last final one, and forgets
    /// all that does not descend from it. Its outcome must be known.
    pub(crate) fn settle(&mut self, id: &BlockId) -> Option<Settled> {
        let node = self.blocks.get(id)?;
        if node.block.header.parent != self.base.block || node.outcome.is_none() {
            return None;
        }
        let Node { block, outcome, .. } = self.blocks.remove(id)?;
        let mut outcome = outcome?;
        let writes = Arc::new(std::mem::take(&mut outcome.effects.writes));
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
                self.blocks.remove(&id);
            }
        }
    }

    /// The changes up to this height are durable.
    pub(crate) fn forget_settled(&mut self, durable: Height) {
        self.settling.retain(|height, _| *height > durable);
    }

    /// How many blocks are here, how many with their outcome, and how many are
    /// final but not durable.
    pub(crate) fn counts(&self) -> ForkCounts {
        let known = self.blocks.values().filter(|node| node.outcome.is_some());
        ForkCounts {
            blocks: self.blocks.len(),
            outcomes: known.count(),
            settling: self.settling.len(),
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
}

impl Node {
    fn memory(&self) -> usize {
        self.block_bytes + self.outcome_memory()
    }

    fn outcome_memory(&self) -> usize {
        self.outcome.as_ref().map_or(0, Outcome::memory)
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
