//! What can be proved.

use pyralog_primitives::action::Name;
use pyralog_primitives::state::StateKey;
use pyralog_primitives::{LeafIndex, TransactionId};
use serde::{Deserialize, Serialize};

/// What a proof is to be about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Subject {
    /// What is stored under a key, or that nothing is.
    State {
        /// The key.
        key: StateKey,
    },
    /// That a transaction is in its block.
    Transaction {
        /// Which.
        transaction: TransactionId,
    },
    /// What a transaction did.
    Receipt {
        /// Which.
        transaction: TransactionId,
    },
    /// One event of a transaction.
    Event {
        /// Which transaction.
        transaction: TransactionId,
        /// Which of its events, counted from 0.
        event: LeafIndex,
    },
    /// An entry of a journal.
    JournalEntry {
        /// Which journal.
        journal: Name,
        /// Which of its entries, counted from 0.
        index: LeafIndex,
    },
}
