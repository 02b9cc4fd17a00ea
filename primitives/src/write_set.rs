//! What a block changes, as the store and other members of a cluster take it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::block::Block;
use crate::certificate::Certificate;
use crate::codec::{Bytes, Canonical};
use crate::hash::{Domain, Hash};
use crate::ids::StateRoot;
use crate::receipt::Receipt;
use crate::state::StateKey;
use crate::state_proof::STATE_VALUE_BYTES_MAX;

/// A value of the state, encoded.
pub type StateValue = Bytes<STATE_VALUE_BYTES_MAX>;

/// New values of the state, by key; `None` removes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteSet {
    writes: BTreeMap<StateKey, Option<StateValue>>,
}

impl WriteSet {
    /// No change.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stores a value, or removes what is stored.
    pub fn set(&mut self, key: StateKey, value: Option<StateValue>) {
        self.writes.insert(key, value);
    }

    /// Stores a value of one of the types of [`crate::state`].
    pub fn put(&mut self, key: StateKey, value: &impl Canonical) {
        let value = Bytes::new(value.encode()).expect("values of these types are within bounds");
        self.set(key, Some(value));
    }

    /// Says nothing about a key any more.
    pub fn forget(&mut self, key: &StateKey) {
        self.writes.remove(key);
    }

    /// What this says about a key: `None` if nothing, `Some(None)` if it is
    /// removed.
    pub fn get(&self, key: &StateKey) -> Option<Option<&StateValue>> {
        self.writes.get(key).map(Option::as_ref)
    }

    /// All changes in order of key.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&StateKey, Option<&StateValue>)> {
        self.writes.iter().map(|(key, value)| (key, value.as_ref()))
    }

    /// How many keys change.
    pub fn count(&self) -> usize {
        self.writes.len()
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// Puts later changes on top.
    pub fn extend(&mut self, later: Self) {
        self.writes.extend(later.writes);
    }

    /// What the state tree has to take: hashes of keys and values, of those
    /// keys that are under the state root.
    pub fn tree_changes(&self) -> BTreeMap<Hash, Option<Hash>> {
        let in_tree = self.writes.iter().filter(|(key, _)| key.is_in_tree());
        let value_hash = |value: &StateValue| Domain::StateValue.hash(value);
        in_tree
            .map(|(key, value)| (key.hash(), value.as_ref().map(value_hash)))
            .collect()
    }

    /// About how much memory this takes, for caps: the bytes of keys and
    /// values, and the nodes of the map.
    pub fn memory(&self) -> usize {
        const NODE: usize = size_of::<(StateKey, Option<StateValue>)>() + 16;
        let bytes = |(key, value): (&StateKey, &Option<StateValue>)| {
            NODE + outside(key) + value.as_ref().map_or(0, |value| value.len())
        };
        self.writes.iter().map(bytes).sum()
    }
}

/// Memory that a key holds besides its own place.
fn outside(key: &StateKey) -> usize {
    match key {
        StateKey::Entry { namespace, key } => namespace.as_str().len() + key.len(),
        StateKey::Namespace { namespace: name }
        | StateKey::Journal { journal: name }
        | StateKey::JournalEntry { journal: name, .. }
        | StateKey::JournalNode { journal: name, .. } => name.as_str().len(),
        StateKey::Chain
        | StateKey::Account { .. }
        | StateKey::Notarization { .. }
        | StateKey::Offence { .. }
        | StateKey::Attendance { .. } => 0,
    }
}

/// All that becomes durable with one final block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitBatch {
    /// The block.
    pub block: Arc<Block>,
    /// Why it is final.
    pub certificate: Certificate,
    /// What its transactions did, in order.
    pub receipts: Vec<Receipt>,
    /// What changes. Shared, because it is read until it is durable.
    pub write_set: Arc<WriteSet>,
    /// The root of the state after it.
    pub state_root: StateRoot,
}
