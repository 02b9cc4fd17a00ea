//! Proofs about append-only trees, and their verification.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::lanes::{hash_leaf, hash_parent};
use super::shape::{root_by_inclusion, roots_by_consistency};
use super::{MerkleRoot, Node};
use crate::codec::{Canonical, List};
use crate::hash::Hash;
use crate::numbers::{LeafCount, LeafIndex};

/// Levels of a tree over `u64` leaves.
const INCLUSION_PATH_MAX: usize = 64;
/// One more for the subtree that both trees share.
const CONSISTENCY_PATH_MAX: usize = INCLUSION_PATH_MAX + 1;

/// Shows that a record stands at a place of a list.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InclusionProof {
    /// The length of the list.
    pub count: LeafCount,
    /// The place.
    pub index: LeafIndex,
    /// The roots of the subtrees beside the way up, lowest first.
    pub path: List<Hash, INCLUSION_PATH_MAX>,
}

impl Canonical for InclusionProof {
    const ENCODED_BYTES_MAX: usize = 8 + 8 + 4 + INCLUSION_PATH_MAX * Hash::BYTES;
}

/// Shows that a list began as an earlier, shorter one.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsistencyProof {
    /// The earlier length.
    pub old_count: LeafCount,
    /// The later length.
    pub new_count: LeafCount,
    /// The lowest subtree that both trees share, then those beside its way up.
    pub path: List<Hash, CONSISTENCY_PATH_MAX>,
}

impl Canonical for ConsistencyProof {
    const ENCODED_BYTES_MAX: usize = 8 + 8 + 4 + CONSISTENCY_PATH_MAX * Hash::BYTES;
}

/// Why a proof shows nothing. Who sent it is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MerkleError {
    /// Path, index and counts do not fit each other.
    #[error("a path of {found} hashes does not fit the index and counts of the proof")]
    Length {
        /// Hashes given.
        found: usize,
    },
    /// It leads elsewhere.
    #[error("the proof leads to {found}, not to {expected}")]
    OtherRoot {
        /// The commitment one trusts.
        expected: MerkleRoot,
        /// The commitment that the proof leads to.
        found: MerkleRoot,
    },
}

fn expect_root(expected: MerkleRoot, found: MerkleRoot) -> Result<(), MerkleError> {
    if expected == found {
        Ok(())
    } else {
        Err(MerkleError::OtherRoot { expected, found })
    }
}

fn nodes(path: &[Hash]) -> Vec<Node> {
    path.iter().map(|hash| *hash.as_bytes()).collect()
}

impl InclusionProof {
    /// Whether `record` stands at [`Self::index`] of the list under `root`.
    pub fn verify(&self, root: MerkleRoot, record: &[u8]) -> Result<(), MerkleError> {
        let (index, count) = (self.index.get(), self.count.get());
        let tree = root_by_inclusion(
            hash_leaf(record),
            index,
            count,
            &nodes(&self.path),
            hash_parent,
        )
        .ok_or(MerkleError::Length {
            found: self.path.len(),
        })?;
        expect_root(root, MerkleRoot::commit(self.count, &tree))
    }
}

impl ConsistencyProof {
    /// Whether the list under `new` begins with the whole list under `old`.
    pub fn verify(&self, old: MerkleRoot, new: MerkleRoot) -> Result<(), MerkleError> {
        let (old_count, new_count) = (self.old_count.get(), self.new_count.get());
        let (old_tree, new_tree) =
            roots_by_consistency(old_count, new_count, &nodes(&self.path), hash_parent).ok_or(
                MerkleError::Length {
                    found: self.path.len(),
                },
            )?;
        expect_root(old, MerkleRoot::commit(self.old_count, &old_tree))?;
        expect_root(new, MerkleRoot::commit(self.new_count, &new_tree))
    }
}
