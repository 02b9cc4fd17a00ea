//! What is true of the whole store: the one row of its family.
//!
//! It is written anew in every batch, so that what it says and what the other
//! rows hold are never apart.

use borsh::{BorshDeserialize, BorshSerialize};
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::{BlockId, GenesisHash, Height, StateRoot};

use crate::rows::{Damage, RowValue};

/// The last block of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Head {
    /// Its height; 0 for the state of genesis.
    pub height: Height,
    /// Its id; zero for the state of genesis.
    pub block: BlockId,
    /// The root of the state after it.
    pub root: StateRoot,
}

/// What is true of the whole store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Standing {
    /// The chain.
    pub(crate) genesis: GenesisHash,
    /// How many batches were written before this one. What was acknowledged
    /// is counted, so that a loss is seen.
    pub(crate) writes: u64,
    /// The last block, once there is a state.
    pub(crate) head: Option<Head>,
    /// The height that the store began with; its block is not here.
    pub(crate) base: Height,
    /// The lowest height whose state and block are kept.
    pub(crate) oldest: Height,
    /// Rows of lower heights are gone; those from here to `oldest` may be.
    pub(crate) cleared: Height,
    /// Whether some height may have rows in the index of events.
    pub(crate) has_events: bool,
    /// Where a rollback that has begun will end.
    pub(crate) rollback_to: Option<Height>,
}

impl Canonical for Standing {
    const ENCODED_BYTES_MAX: usize = 32 + 8 + 1 + (8 + 32 + 32) + 8 + 8 + 8 + 1 + 1 + 8;
}

impl Standing {
    /// A store without a state.
    pub(crate) fn new(genesis: GenesisHash) -> Self {
        Self {
            genesis,
            writes: 0,
            head: None,
            base: Height::new(0),
            oldest: Height::new(0),
            cleared: Height::new(0),
            has_events: false,
            rollback_to: None,
        }
    }

    /// Whether the block of this height must be here.
    pub(crate) fn holds_block(&self, height: Height) -> bool {
        let head = self.head.map_or(self.base, |head| head.height);
        height > self.base && height >= self.oldest && height <= head
    }
}

impl RowValue<'_> for Standing {
    fn write(&self, row: &mut Vec<u8>) {
        row.extend_from_slice(&self.encode());
    }

    fn read(row: &[u8]) -> Result<Self, Damage> {
        Ok(Self::decode(row)?)
    }
}
