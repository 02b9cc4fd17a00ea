//! The mountain range: a tree that grows and proves.

use std::ops::Range;

use super::lanes::{hash_leaf, hash_leaves, hash_parent, hash_parents};
use super::proof::{ConsistencyProof, InclusionProof};
use super::shape::{Place, consistency_subtrees, inclusion_subtrees, subtree_root};
use super::{MerkleRoot, Node};
use crate::codec::List;
use crate::hash::Hash;
use crate::numbers::{LeafCount, LeafIndex};

/// An append-only list's tree, with every perfect subtree in memory: two
/// hashes a leaf.
#[derive(Clone, Debug, Default)]
pub struct MountainRange {
    /// `levels[k][i]` is the root of the `i`-th perfect tree of 2^k leaves.
    levels: Vec<Vec<Node>>,
}

impl MountainRange {
    /// The tree of no leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many leaves there are.
    pub fn count(&self) -> LeafCount {
        LeafCount::new(self.leaves())
    }

    fn leaves(&self) -> u64 {
        self.levels.first().map_or(0, Vec::len) as u64
    }

    /// Adds one record.
    pub fn append(&mut self, record: &[u8]) {
        self.level(0).push(hash_leaf(record));
        self.grow();
    }

    /// Adds many records; several times faster than one by one.
    pub fn extend<'a>(&mut self, records: impl IntoIterator<Item = &'a [u8]>) {
        hash_leaves(records.into_iter(), self.level(0));
        self.grow();
    }

    fn level(&mut self, level: usize) -> &mut Vec<Node> {
        if self.levels.len() == level {
            self.levels.push(Vec::new());
        }
        &mut self.levels[level]
    }

    /// Hashes the parents that have become complete, level by level.
    fn grow(&mut self) {
        if self.levels.is_empty() {
            return;
        }
        for level in 0.. {
            let children = self.levels[level].len() / 2 * 2;
            let done = self.levels.get(level + 1).map_or(0, Vec::len) * 2;
            if done == children {
                return;
            }
            self.level(level + 1);
            let (below, above) = self.levels.split_at_mut(level + 1);
            hash_parents(&below[level][done..children], &mut above[0]);
        }
    }

    /// The commitment to all records.
    pub fn root(&self) -> MerkleRoot {
        let count = self.leaves();
        // A count of zero is told from all others by the count itself.
        let tree = self.subtree(0..count).unwrap_or_default();
        MerkleRoot::commit(LeafCount::new(count), &tree)
    }

    /// Shows that the record at `index` is under [`Self::root`]; `None` if
    /// there is no such record.
    pub fn prove(&self, index: LeafIndex) -> Option<InclusionProof> {
        let count = self.leaves();
        if index.get() >= count {
            return None;
        }
        let path = self.hashes(inclusion_subtrees(index.get(), count));
        Some(InclusionProof {
            count: self.count(),
            index,
            path,
        })
    }

    /// Shows that the first `old` records have not changed; `None` if there
    /// never were so many, and for zero, about which there is nothing to show.
    pub fn prove_consistency(&self, old: LeafCount) -> Option<ConsistencyProof> {
        if old.get() == 0 || old > self.count() {
            return None;
        }
        let path = self.hashes(consistency_subtrees(old.get(), self.leaves()));
        Some(ConsistencyProof {
            old_count: old,
            new_count: self.count(),
            path,
        })
    }

    fn hashes<const MAX: usize>(&self, subtrees: Vec<Range<u64>>) -> List<Hash, MAX> {
        let hashes = subtrees
            .into_iter()
            .filter_map(|leaves| self.subtree(leaves));
        List::new(hashes.map(Hash::new).collect())
            .expect("a tree over u64 leaves has at most 64 levels")
    }

    fn subtree(&self, leaves: Range<u64>) -> Option<Node> {
        let node = |place: Place| self.levels[place.level as usize][to_usize(place.index)];
        subtree_root(leaves, node, hash_parent)
    }
}

/// The commitment to these records, computed at once.
pub fn merkle_root<'a>(records: impl IntoIterator<Item = &'a [u8]>) -> MerkleRoot {
    let mut range = MountainRange::new();
    range.extend(records);
    range.root()
}

fn to_usize(index: u64) -> usize {
    usize::try_from(index).expect("the node is in memory, so its index fits")
}
