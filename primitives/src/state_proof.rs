//! What the state tree says about one key.
//!
//! The tree is binary and sparse. A key's place is the path given by the bits
//! of its hash, most significant first. A subtree with one entry is that
//! entry's leaf, however deep it would lie; an empty one is 32 zero bytes.
//! Leaf and node are 64-byte compressions in domains of their own:
//!
//! ```text
//! leaf  = StateLeaf(StateKey(key) ‖ StateValue(value))
//! node  = StateNode(left ‖ right)
//! ```
//!
//! So a proof that nothing is stored under a key is a proof of what is found
//! on its path instead: nothing, or the leaf of another key.
//!
//! Invariant: for one root and one key, at most one of "this value", "that
//! value" and "nothing" can be proved.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::action::VALUE_BYTES_MAX;
use crate::codec::{Bytes, Canonical, List};
use crate::hash::{Domain, Hash};
use crate::ids::StateRoot;
use crate::kernel::{RawHash, hash_pair};

/// Longer than the longest name and key together.
pub const STATE_KEY_BYTES_MAX: usize = 512;
/// A stored value with what the ledger keeps beside it.
pub const STATE_VALUE_BYTES_MAX: usize = VALUE_BYTES_MAX + 1024;
/// Bits of a key's hash.
const DEPTH_MAX: usize = Hash::BYTES * 8;

/// What is stored under one key, and why it must be so under a given root.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateProof {
    /// The key.
    pub key: Bytes<STATE_KEY_BYTES_MAX>,
    /// What is found at the end of its path.
    pub found: Found,
    /// The roots of the subtrees beside the path, from the top down. Empty
    /// subtrees are zeros.
    pub siblings: List<Hash, DEPTH_MAX>,
}

impl Canonical for StateProof {
    const ENCODED_BYTES_MAX: usize =
        4 + STATE_KEY_BYTES_MAX + 1 + 4 + STATE_VALUE_BYTES_MAX + 4 + DEPTH_MAX * Hash::BYTES;
}

/// What is found at the end of a key's path.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Found {
    /// The key's own leaf, with this value.
    Value {
        /// The value.
        value: Bytes<STATE_VALUE_BYTES_MAX>,
    },
    /// An empty subtree: nothing is stored under the key.
    Nothing,
    /// The leaf of another key: nothing is stored under this one.
    OtherKey {
        /// The hash of the other key.
        key: Hash,
        /// The hash of what is stored there.
        value: Hash,
    },
}

/// Why a state proof shows nothing. Who sent it is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateProofError {
    /// The leaf given as another key's is the key's own.
    #[error("the proof shows the key's own leaf as that of another key")]
    OwnLeaf,
    /// The other leaf does not lie on the key's path.
    #[error("the leaf of the other key is not on the path of this one")]
    OffPath,
    /// It leads elsewhere.
    #[error("the proof leads to root {found}, not to {expected}")]
    OtherRoot {
        /// The root one trusts.
        expected: StateRoot,
        /// The root that the proof leads to.
        found: StateRoot,
    },
}

impl StateProof {
    /// The value that is stored under the key; `None` if nothing is.
    pub fn value(&self) -> Option<&[u8]> {
        match &self.found {
            Found::Value { value } => Some(value),
            Found::Nothing | Found::OtherKey { .. } => None,
        }
    }

    /// Whether the tree with this root says what the proof says.
    pub fn verify(&self, root: StateRoot) -> Result<(), StateProofError> {
        let path = *Domain::StateKey.hash(&self.key).as_bytes();
        let steps = self.siblings.iter().enumerate().rev();
        let found = steps.fold(self.end(&path)?, |below, (depth, sibling)| {
            let sibling = sibling.as_bytes();
            if path_bit(&path, depth) {
                node(sibling, &below)
            } else {
                node(&below, sibling)
            }
        });
        let found = StateRoot::new(Hash::new(found));
        if found == root {
            Ok(())
        } else {
            Err(StateProofError::OtherRoot {
                expected: root,
                found,
            })
        }
    }

    /// The hash of what stands at the end of the path.
    fn end(&self, path: &RawHash) -> Result<RawHash, StateProofError> {
        match &self.found {
            Found::Value { value } => Ok(leaf(path, Domain::StateValue.hash(value).as_bytes())),
            Found::Nothing => Ok(*Hash::ZERO.as_bytes()),
            Found::OtherKey { key, .. } if key.as_bytes() == path => Err(StateProofError::OwnLeaf),
            Found::OtherKey { key, value } => {
                let (key, depth) = (key.as_bytes(), self.siblings.len());
                let on_path = (0..depth).all(|depth| path_bit(key, depth) == path_bit(path, depth));
                if on_path {
                    Ok(leaf(key, value.as_bytes()))
                } else {
                    Err(StateProofError::OffPath)
                }
            }
        }
    }
}

/// The `depth`-th bit of the hash of a key, counted from the top of the tree.
pub fn path_bit(key: &RawHash, depth: usize) -> bool {
    key[depth / 8] >> (7 - depth % 8) & 1 == 1
}

/// The leaf of an entry: the hash of its key with the hash of its value.
pub fn leaf(key: &RawHash, value: &RawHash) -> RawHash {
    hash_pair(Domain::StateLeaf, key, value)
}

/// The node over two subtrees.
pub fn node(left: &RawHash, right: &RawHash) -> RawHash {
    hash_pair(Domain::StateNode, left, right)
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, reason = "what tests count is small")]
mod tests;
