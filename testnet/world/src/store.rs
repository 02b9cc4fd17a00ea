//! What is durable of a chain, in memory.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;

use pyralog_chain::{Ledger, StateReader, Tip, genesis_state};
use pyralog_driver::{Executor, FINAL_COUNT_MAX, FinalBlock, Word};
use pyralog_genesis::Genesis;
use pyralog_primitives::block::Block;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::codec::List;
use pyralog_primitives::state::StateKey;
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::write_set::{CommitBatch, StateValue, WriteSet};
use pyralog_primitives::{BlockCount, ByteCount, Height, TransactionId};
use pyralog_tree::StateTree;

/// What blocks that are not final may take.
const MEMORY_MAX: ByteCount = ByteCount::new(64 * 1024 * 1024);
/// Blocks in one answer: few, so that there are many answers.
const SERVED_COUNT_MAX: usize = 4;
const _: () = assert!(SERVED_COUNT_MAX <= FINAL_COUNT_MAX);

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
    transactions: BTreeSet<TransactionId>,
}

/// A block on its way to the disk.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) batch: CommitBatch,
    pub(crate) tip: Tip,
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
            transactions: BTreeSet::new(),
        };
        store.write(&writes);
        store
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
    pub(crate) fn commit(&mut self, pending: Pending) {
        self.write(&pending.batch.write_set);
        self.tip = pending.tip;
        let CommitBatch {
            block, certificate, ..
        } = pending.batch;
        let ids = block.transactions.iter().map(Transaction::id);
        self.transactions.extend(ids);
        self.blocks.push((block, certificate));
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

    pub(crate) const fn tip(&self) -> &Tip {
        &self.tip
    }

    /// Durable blocks for a peer.
    pub(crate) fn serve(&self, from: Height, count: BlockCount) -> Word {
        let first = usize::try_from(from.get()).unwrap_or(usize::MAX);
        let count = usize::try_from(count.get()).unwrap_or(usize::MAX);
        let blocks = self.blocks.iter().skip(first.saturating_sub(1));
        let blocks = blocks.take(count.min(SERVED_COUNT_MAX));
        let blocks = blocks.map(|(block, certificate)| FinalBlock {
            block: Box::new(Block::clone(block)),
            certificate: certificate.clone(),
        });
        Word::Final(List::new(blocks.collect()).expect("fewer are taken"))
    }

    /// Whether a transaction is in a durable block.
    pub(crate) fn is_final(&self, id: &TransactionId) -> bool {
        self.transactions.contains(id)
    }
}
