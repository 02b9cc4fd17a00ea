//! What is told about the state.

use pyralog_primitives::action::Key;
use pyralog_primitives::state::StateKey;
use pyralog_primitives::write_set::StateValue;
use pyralog_primitives::{Address, Amount, Height, Nonce};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountView {
    /// Whose.
    pub address: Address,
    /// What it can spend.
    pub balance: Amount,
    /// The nonce of its next transaction, as of this height.
    pub nonce: Nonce,
    /// After which block.
    pub height: Height,
}

/// What is stored under a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateView {
    /// The key.
    pub key: StateKey,
    /// The value, encoded; none if nothing is stored.
    pub value: Option<StateValue>,
    /// The same as JSON, where the kind of key says what it is.
    pub decoded: Option<Value>,
    /// After which block.
    pub height: Height,
}

/// An entry of a namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryView {
    /// The key.
    pub key: Key,
    /// The value.
    pub value: StateValue,
}

/// Entries of a namespace, in the order of their keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntriesView {
    /// The entries.
    pub entries: Vec<EntryView>,
    /// Where to go on; none if this is the end.
    pub next: Option<Key>,
    /// After which block.
    pub height: Height,
}
