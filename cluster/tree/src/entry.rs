//! Entries, and the plain way to hash a few of them.

use pyralog_primitives::Hash;
use pyralog_primitives::kernel::RawHash;
use pyralog_primitives::state_proof::{leaf, node, path_bit};

/// The hash of a key with the hash of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: RawHash,
    pub(crate) value: RawHash,
}

/// Nothing: the hash of an empty subtree.
pub(crate) const EMPTY: RawHash = *Hash::ZERO.as_bytes();

impl Entry {
    /// What stands where no entry is.
    pub(crate) const BLANK: Self = Self {
        key: EMPTY,
        value: EMPTY,
    };
}

/// Sorted entries whose keys agree above `depth`, parted by their bit there.
pub(crate) fn part(entries: &[Entry], depth: usize) -> (&[Entry], &[Entry]) {
    entries.split_at(entries.partition_point(|entry| !path_bit(&entry.key, depth)))
}

/// The root of the subtree at `depth` over sorted entries.
pub(crate) fn subtree_root(entries: &[Entry], depth: usize) -> RawHash {
    match entries {
        [] => EMPTY,
        [only] => leaf(&only.key, &only.value),
        _ => {
            let (left, right) = part(entries, depth);
            let (left, right) = (
                subtree_root(left, depth + 1),
                subtree_root(right, depth + 1),
            );
            node(&left, &right)
        }
    }
}
