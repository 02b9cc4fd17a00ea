//! Doing everything again: from genesis, without the node, to the same end.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs;
use std::rc::Rc;
use std::sync::Arc;

use pyralog_api::NodeStatus;
use pyralog_chain::{Application, Ledger, StateReader, Tip, genesis_state};
use pyralog_genesis::Genesis;
use pyralog_primitives::block::Block;
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::state::{AccountState, ChainState, StateKey};
use pyralog_primitives::write_set::{StateValue, WriteSet};
use pyralog_primitives::{Amount, ByteCount, Height};
use pyralog_replica::Replica;
use pyralog_store::{Options, Store};
use pyralog_testnet::Sandbox;
use pyralog_tree::StateTree;

use crate::payments::Acknowledged;

const MEMORY_MAX: ByteCount = ByteCount::new(256 * 1024 * 1024);

/// The state of the second execution.
#[derive(Clone, Debug, Default)]
struct Memory(Rc<RefCell<BTreeMap<StateKey, StateValue>>>);

impl Memory {
    fn write(&self, writes: &WriteSet) {
        let mut state = self.0.borrow_mut();
        for (key, value) in writes.iter() {
            match value {
                Some(value) => state.insert(key.clone(), value.clone()),
                None => state.remove(key),
            };
        }
    }

    /// What all accounts hold, and what was burned.
    fn supply(&self) -> Amount {
        let state = self.0.borrow();
        let parts = state.iter().filter_map(|(key, value)| match key {
            StateKey::Account { .. } => Some(AccountState::decode(value).unwrap().balance),
            StateKey::Chain => Some(ChainState::decode(value).unwrap().burned),
            _ => None,
        });
        Amount::checked_sum(parts).unwrap()
    }
}

impl StateReader for Memory {
    type Error = Infallible;

    fn get(&self, key: &StateKey) -> Result<Option<StateValue>, Infallible> {
        Ok(self.0.borrow().get(key).cloned())
    }
}

/// Executes all blocks of a node that has stopped again, by a ledger of our own
/// that takes nothing on trust. Everything must be as the node has it, and what
/// it acknowledged must be in it.
pub(crate) fn replay(sandbox: &Sandbox, head: &NodeStatus, told: &[Acknowledged]) {
    let (genesis, replica) = open(sandbox, head);
    let store = replica.store();
    let stored = store.head().unwrap();
    let memory = Memory::default();
    let mut ledger = begin(&genesis, &memory);
    let supply = memory.supply();
    let mut expected: BTreeMap<Height, Vec<&Acknowledged>> = BTreeMap::new();
    for acknowledged in told {
        let of_height = expected.entry(acknowledged.height).or_default();
        of_height.push(acknowledged);
    }
    let mut height = Height::FIRST;
    while height <= stored.height {
        let block = execute(store, &mut ledger, &memory, height);
        if height == head.height {
            assert_eq!(block.id(), head.block);
            assert_eq!(ledger.info().tree.root(), head.state_root);
        }
        for acknowledged in expected.remove(&height).unwrap_or_default() {
            let transaction = &block.transactions[acknowledged.position as usize];
            assert_eq!(transaction.id(), acknowledged.transaction);
        }
        assert_eq!(memory.supply(), supply, "height {height}");
        height = height.next().unwrap();
    }
    assert!(expected.is_empty(), "{expected:?}");
    assert_eq!(ledger.info().block, stored.block);
    assert_eq!(ledger.info().tree.root(), stored.root);
}

/// Opens the chain of a node that has stopped. That compares the state on disk
/// with its root; and it is not behind how the node stood.
pub(crate) fn open(sandbox: &Sandbox, head: &NodeStatus) -> (Genesis, Replica) {
    let chain = sandbox.home().join("dev-local");
    let document = fs::read_to_string(chain.join("genesis.toml")).unwrap();
    let genesis = Genesis::parse(&document).unwrap();
    let options = Options::default();
    let replica = Replica::open(&chain.join("store"), &genesis, options, MEMORY_MAX).unwrap();
    let stored = replica.store().head().unwrap();
    assert!(stored.height >= head.height, "{stored:?} {head:?}");
    (genesis, replica)
}

fn begin(genesis: &Genesis, memory: &Memory) -> Ledger<Memory> {
    let state = genesis_state(genesis);
    memory.write(&state);
    let mut tree = StateTree::default();
    tree.update(&state.tree_changes());
    let tip = Tip::genesis(genesis, tree);
    Ledger::new(genesis, tip, memory.clone(), MEMORY_MAX)
}

/// Executes the block of a height, and compares.
fn execute(
    store: &Store,
    ledger: &mut Ledger<Memory>,
    memory: &Memory,
    height: Height,
) -> Arc<Block> {
    let block = store.block(height).unwrap();
    let block = Arc::new(block.unwrap_or_else(|| panic!("there is no block {height}")));
    let certificate = store.certificate(height).unwrap().unwrap();
    let id = ledger
        .process_proposal(Arc::clone(&block), &|_| false)
        .unwrap_or_else(|error| panic!("block {height}: {error}"));
    let batch = ledger.finalize_block(&id, certificate).unwrap();
    let receipts = store.receipts(height).unwrap();
    assert_eq!(receipts.as_ref(), Some(&batch.receipts), "height {height}");
    let root = store.state_root(height).unwrap();
    assert_eq!(root, Some(batch.state_root), "height {height}");
    memory.write(&batch.write_set);
    ledger.commit(height);
    block
}
