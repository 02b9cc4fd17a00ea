//! What is durable of a chain, in memory.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;

use pyralog_chain::{Ledger, StateReader, Tip, genesis_state};
use pyralog_driver::{Executor, FinalBlock};
use pyralog_genesis::Genesis;
use pyralog_primitives::block::Block;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::state::StateKey;
use pyralog_primitives::write_set::{CommitBatch, StateValue, WriteSet};
use pyralog_primitives::{ByteCount, Height};
use pyralog_tree::StateTree;

/// What blocks that are not final may take.
const MEMORY_MAX: ByteCount = ByteCount::new(64 * 1024 * 1024);

/// The state, as ledgers read it.
#[derive(Clone, Debug)]
pub(crate) struct State(Rc<RefCell<BTreeMap<StateKey, StateValue>>>);

impl StateReader for State {
    type Error = Infallible;

    fn get(&self, key: &StateKey) -> Result<Option<StateValue>, Infallible> {
        Ok(self.0.borrow().get(key).cloned())
    }
}

/// The disk of a chain.
#[derive(Debug)]
pub(crate) struct Store {
    state: State,
    tip: Tip,
    blocks: Vec<(Arc<Block>, Certificate)>,
}

impl Store {
    pub(crate) fn new(genesis: &Genesis) -> Self {
        let writes = genesis_state(genesis);
        let mut tree = StateTree::default();
        tree.update(&writes.tree_changes());
        let store = Self {
            state: State(Rc::default()),
            tip: Tip::genesis(genesis, tree),
            blocks: Vec::new(),
        };
        store.write(&writes);
        store
    }

    /// Another disk with the same on it.
    pub(crate) fn copy(&self) -> Self {
        let state = self.state.0.borrow().clone();
        Self {
            state: State(Rc::new(RefCell::new(state))),
            tip: self.tip.clone(),
            blocks: self.blocks.clone(),
        }
    }

    fn write(&self, writes: &WriteSet) {
        let mut state = self.state.0.borrow_mut();
        for (key, value) in writes.iter() {
            match value {
                Some(value) => state.insert(key.clone(), value.clone()),
                None => state.remove(key),
            };
        }
    }

    /// Makes a block durable.
    pub(crate) fn commit(&mut self, batch: CommitBatch, tip: Tip) {
        self.write(&batch.write_set);
        self.tip = tip;
        self.blocks.push((batch.block, batch.certificate));
    }

    /// The ledger's side of a node that begins here.
    pub(crate) fn executor(&self, genesis: &Genesis) -> Executor<State> {
        let state = self.state.clone();
        let ledger = Ledger::new(genesis, self.tip.clone(), state, MEMORY_MAX);
        Executor::new(ledger, self.blocks.last().cloned())
    }

    pub(crate) const fn height(&self) -> Height {
        self.tip.height
    }

    /// So many durable blocks, from this height on.
    pub(crate) fn serve(&self, from: Height, count: usize) -> Vec<FinalBlock> {
        let first = usize::try_from(from.get()).unwrap();
        let blocks = self.blocks.iter().skip(first.saturating_sub(1)).take(count);
        blocks
            .map(|(block, certificate)| FinalBlock {
                block: Box::new(Block::clone(block)),
                certificate: certificate.clone(),
            })
            .collect()
    }

    /// The blocks, by height.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &Arc<Block>> {
        self.blocks.iter().map(|(block, _)| block)
    }
}
