//! Entries of one bucket, and the plain way to hash a part of it.

use pyralog_primitives::kernel::{RawHash, hash_pair};
use pyralog_primitives::{Domain, Hash};

/// The hash of a key with the hash of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: RawHash,
    pub(crate) value: RawHash,
}

/// Nothing: the hash of an empty subtree.
pub(crate) const EMPTY: RawHash = *Hash::ZERO.as_bytes();

impl Entry {
    pub(crate) fn leaf(&self) -> RawHash {
        hash_pair(Domain::StateLeaf, &self.key, &self.value)
    }
}

/// The `depth`-th bit of a key, counted from the top of the tree.
pub(crate) fn bit(key: &RawHash, depth: usize) -> bool {
    key[depth / 8] >> (7 - depth % 8) & 1 == 1
}

/// Sorted entries whose keys agree above `depth`, parted by their bit there.
pub(crate) fn part(entries: &[Entry], depth: usize) -> (&[Entry], &[Entry]) {
    entries.split_at(entries.partition_point(|entry| !bit(&entry.key, depth)))
}

/// The root of the subtree at `depth` over sorted entries.
pub(crate) fn subtree_root(entries: &[Entry], depth: usize) -> RawHash {
    match entries {
        [] => EMPTY,
        [only] => only.leaf(),
        _ => {
            let (left, right) = part(entries, depth);
            let (left, right) = (
                subtree_root(left, depth + 1),
                subtree_root(right, depth + 1),
            );
            hash_pair(Domain::StateNode, &left, &right)
        }
    }
}
