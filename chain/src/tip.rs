//! The end of a chain, and how a chain begins.

use pyralog_genesis::Genesis;
use pyralog_primitives::block::receipts_root;
use pyralog_primitives::merkle::MerkleRoot;
use pyralog_primitives::state::{AccountState, ChainState, StateKey};
use pyralog_primitives::write_set::WriteSet;
use pyralog_primitives::{Amount, BlockId, Height, Nonce, TimestampMs};
use pyralog_tree::StateTree;

/// A block, and what stands after it: all that its child is checked against.
#[derive(Clone, Debug)]
pub struct Tip {
    /// The block; zero for genesis.
    pub block: BlockId,
    /// Its height; 0 for genesis.
    pub height: Height,
    /// Its time.
    pub time: TimestampMs,
    /// The commitment to its receipts.
    pub receipts_root: MerkleRoot,
    /// The state tree after it.
    pub tree: StateTree,
}

impl Tip {
    /// Where every chain of this genesis begins, with the state of genesis.
    pub fn genesis(genesis: &Genesis, tree: StateTree) -> Self {
        Self {
            block: BlockId::ZERO,
            height: Height::new(0),
            time: genesis.time(),
            receipts_root: receipts_root(&[]),
            tree,
        }
    }
}

/// The state before the first block.
pub fn genesis_state(genesis: &Genesis) -> WriteSet {
    let mut state = WriteSet::new();
    for (address, balance) in genesis.accounts() {
        let account = AccountState {
            balance: *balance,
            nonce: Nonce::new(0),
        };
        if account != AccountState::default() {
            state.put(StateKey::Account { address: *address }, &account);
        }
    }
    let chain = ChainState {
        base_fee: genesis.parameters().base_fee_initial,
        burned: Amount::ZERO,
    };
    state.put(StateKey::Chain, &chain);
    state
}
