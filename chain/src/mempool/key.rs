//! Ids as keys of maps: lookups are what the pool does most.

use std::hash::{BuildHasherDefault, Hasher};

use pyralog_primitives::{Hash, SignedTransactionId, TransactionId};

/// A hash as words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IdKey([u64; Hash::BYTES / 8]);

impl std::hash::Hash for IdKey {
    /// Whoever looks for ids that share a place finds some, and makes lookups of
    /// just these slower. Each of them costs as many hashes as the table has
    /// places, and a signature.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [.., last] = self.0;
        state.write_u64(last);
    }
}

#[expect(
    clippy::disallowed_types,
    reason = "behind `Lookup`, nothing iterates, so that the order cannot be seen"
)]
type Table<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<WordHasher>>;

/// A map in which things are found and never listed: its order is that of
/// nothing, and cannot matter.
#[derive(Clone, Debug)]
pub(super) struct Lookup<K, V>(Table<K, V>);

impl<K: Eq + std::hash::Hash, V> Lookup<K, V> {
    pub(super) fn new() -> Self {
        Self(Table::default())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn contains(&self, key: &K) -> bool {
        self.0.contains_key(key)
    }

    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.0.get(key)
    }

    pub(super) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.0.get_mut(key)
    }

    pub(super) fn insert(&mut self, key: K, value: V) -> Option<V> {
        self.0.insert(key, value)
    }

    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        self.0.remove(key)
    }
}

/// Spreads one word over all bits.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WordHasher(u64);

impl Hasher for WordHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, word: u64) {
        // The golden ratio: neighbours come far from each other.
        let mixed = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }
}

impl From<Hash> for IdKey {
    fn from(hash: Hash) -> Self {
        let (words, _) = hash.as_bytes().as_chunks();
        let mut key = [0; Hash::BYTES / 8];
        for (word, bytes) in key.iter_mut().zip(words) {
            *word = u64::from_be_bytes(*bytes);
        }
        Self(key)
    }
}

impl From<TransactionId> for IdKey {
    fn from(id: TransactionId) -> Self {
        id.get().into()
    }
}

impl From<SignedTransactionId> for IdKey {
    fn from(id: SignedTransactionId) -> Self {
        id.get().into()
    }
}
