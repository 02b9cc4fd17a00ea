//! Ids as keys of maps.

use pyralog_primitives::{Hash, SignedTransactionId, TransactionId};

/// A hash that compares a word at a time, in the order of its bytes: lookups
/// are what admission does most, and take half the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct IdKey([u64; Hash::BYTES / 8]);

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
