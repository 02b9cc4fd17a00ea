//! Opening a chain, and keeping ledger and store in step.

use std::path::Path;
use std::sync::Arc;

use pyralog_chain::{Application, Ledger, Provable, StateReader, Tip, genesis_state};
use pyralog_genesis::Genesis;
use pyralog_primitives::block::receipts_root;
use pyralog_primitives::state::StateKey;
use pyralog_primitives::write_set::{CommitBatch, StateValue};
use pyralog_primitives::{ByteCount, Height};
use pyralog_store::{CommitError, Head, InitializeError, Options, ReadError, Store, TreeError};
use pyralog_tree::StateTree;

use crate::Prover;

/// The durable state, as the ledger reads it.
#[derive(Clone)]
pub struct Durable(Arc<Store>);

impl StateReader for Durable {
    type Error = ReadError;

    fn get(&self, key: &StateKey) -> Result<Option<StateValue>, ReadError> {
        self.0.get(key)
    }
}

/// A ledger, and the store under it.
pub struct Replica {
    /// What blocks mean.
    pub ledger: Ledger<Durable>,
    store: Arc<Store>,
}

/// Why a chain cannot be gone on with. The operator must act.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] pyralog_store::OpenError),
    /// The state of genesis cannot be written.
    #[error(transparent)]
    Initialize(#[from] InitializeError),
    /// The state is not that of its root.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A row cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The head's own rows are missing.
    #[error("the store has no {what} of its head, height {height}; restore the store")]
    Missing {
        /// What is missing.
        what: &'static str,
        /// The height of the head.
        height: Height,
    },
    /// What the head has replaced does not lead back to the state before it.
    #[error("the history of height {height} is not that of its block; restore the store")]
    OtherHistory {
        /// The height of the head.
        height: Height,
    },
}

impl Replica {
    /// Opens the chain of a genesis in a directory, or begins it there. Blocks
    /// that are not final may take `memory_max`.
    pub fn open(
        dir: &Path,
        genesis: &Genesis,
        options: Options,
        memory_max: ByteCount,
    ) -> Result<Self, OpenError> {
        let store = Store::open(dir, genesis.hash(), options)?;
        if store.head().is_none() {
            let state = genesis_state(genesis);
            let mut tree = StateTree::default();
            tree.update(&state.tree_changes());
            store.initialize(&state, tree.root())?;
        }
        let tree = store.load_tree()?;
        let head = store.head();
        let head = head.expect("it was there, or was written a moment ago");
        let store = Arc::new(store);
        let durable = Durable(Arc::clone(&store));
        let ledger = |tip| Ledger::new(genesis, tip, durable, memory_max);
        let ledger = if head.height.get() == 0 {
            ledger(Tip::genesis(genesis, tree))
        } else {
            let (tip, provable) = resume(&store, head, tree)?;
            ledger(tip).proving(provable)
        };
        Ok(Self { ledger, store })
    }

    /// The store, for readers and for the thread that commits.
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// What can be proved now.
    pub fn prover(&self) -> Prover {
        Prover::new(Arc::clone(&self.store), self.ledger.provable().cloned())
    }

    /// Makes a final block durable, here and now.
    pub fn commit(&mut self, batch: &CommitBatch) -> Result<(), CommitError> {
        self.store.commit(batch)?;
        self.ledger.commit(batch.block.header.height);
        Ok(())
    }
}

/// The last block, and the state that its header commits to.
fn resume(store: &Store, head: Head, tree: StateTree) -> Result<(Tip, Provable), OpenError> {
    let height = head.height;
    let missing = |what| OpenError::Missing { what, height };
    let block = store.block(height)?.ok_or(missing("block"))?;
    let receipts = store.receipts(height)?.ok_or(missing("receipts"))?;
    let certificate = store.certificate(height)?.ok_or(missing("certificate"))?;
    let mut before = tree.clone();
    before.update(&store.way_back(height)?.tree_changes());
    let tip = Tip {
        block: head.block,
        height,
        time: block.header.time,
        receipts_root: receipts_root(&receipts),
        tree,
    };
    let provable = Provable::of(block.header, certificate, before);
    Ok((tip, provable.ok_or(OpenError::OtherHistory { height })?))
}
