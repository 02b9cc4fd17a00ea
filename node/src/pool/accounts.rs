//! Accounts after the last final block, durable or not.

use std::collections::VecDeque;
use std::sync::Arc;

use pyralog_chain::mempool::Accounts;
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::state::{AccountState, StateKey};
use pyralog_primitives::write_set::WriteSet;
use pyralog_primitives::{Address, Height};
use pyralog_store::Store;

/// The store, and above it what is final and not yet in it.
pub(super) struct LatestAccounts {
    store: Arc<Store>,
    /// The lowest first; as many as the driver lets wait for the disk.
    settling: VecDeque<Settling>,
}

/// A block that is final and not yet in the store.
struct Settling {
    height: Height,
    /// How many it holds.
    transactions: usize,
    writes: Arc<WriteSet>,
}

impl LatestAccounts {
    pub(super) fn new(store: Arc<Store>) -> Self {
        Self {
            store,
            settling: VecDeque::new(),
        }
    }

    pub(super) fn add(&mut self, height: Height, transactions: usize, writes: Arc<WriteSet>) {
        self.settling.push_back(Settling {
            height,
            transactions,
            writes,
        });
    }

    /// Transactions of blocks that are final and not yet in the store.
    pub(super) fn settling_count(&self) -> usize {
        self.settling.iter().map(|block| block.transactions).sum()
    }

    pub(super) fn forget(&mut self, durable: Height) {
        while self
            .settling
            .front()
            .is_some_and(|block| block.height <= durable)
        {
            self.settling.pop_front();
        }
    }
}

impl Accounts for LatestAccounts {
    /// What the operator is told.
    type Error = String;

    fn account(&self, address: &Address) -> Result<AccountState, String> {
        let key = StateKey::Account { address: *address };
        let mut latest_first = self.settling.iter().rev();
        let written =
            latest_first.find_map(|block| block.writes.get(&key).map(Option::<&_>::cloned));
        let value = match written {
            Some(value) => value,
            None => self.store.get(&key).map_err(|error| error.to_string())?,
        };
        match value {
            None => Ok(AccountState::default()),
            Some(value) => AccountState::decode(&value)
                .map_err(|_| format!("what is stored under account {address} is no account")),
        }
    }
}
