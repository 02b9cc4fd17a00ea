//! Blocks that carry nothing but what agreement is about.

use std::sync::Arc;

use borsh::BorshSerialize;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::{Address, BlockId, Domain, Height};

/// A block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) id: BlockId,
    pub(crate) content: Content,
}

/// What a block says.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize)]
pub(crate) struct Content {
    pub(crate) height: Height,
    pub(crate) parent: BlockId,
    pub(crate) proposer: Address,
    /// Makes blocks different that are alike.
    pub(crate) salt: u64,
    pub(crate) has_transactions: bool,
    /// Whether execution finds nothing wrong with it.
    pub(crate) is_sound: bool,
}

impl Block {
    pub(crate) fn new(content: Content) -> Self {
        let id = BlockId::new(Domain::Header.hash_encoded(&content));
        Self { id, content }
    }

    /// Whether it keeps the rules, as the child of `parent`.
    pub(crate) fn is_valid(&self, height: Height, parent: BlockId) -> bool {
        let Content {
            height: own,
            parent: claimed,
            is_sound,
            ..
        } = self.content;
        own == height && claimed == parent && is_sound
    }
}

/// A block that is final, and why.
#[derive(Clone, Debug)]
pub(crate) struct Final {
    pub(crate) block: Arc<Block>,
    pub(crate) certificate: Certificate,
}
