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
use crate::kernel::hash_pair;

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
        let path = Domain::StateKey.hash(&self.key);
        let end = self.end(&path)?;
        let steps = self.siblings.iter().enumerate().rev();
        let found = steps.fold(end, |below, (depth, sibling)| {
            if bit(&path, depth) {
                node(sibling, &below)
            } else {
                node(&below, sibling)
            }
        });
        let found = StateRoot::new(found);
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
    fn end(&self, path: &Hash) -> Result<Hash, StateProofError> {
        match &self.found {
            Found::Value { value } => Ok(leaf(path, &Domain::StateValue.hash(value))),
            Found::Nothing => Ok(Hash::ZERO),
            Found::OtherKey { key, .. } if key == path => Err(StateProofError::OwnLeaf),
            Found::OtherKey { key, value } => {
                let depth = self.siblings.len();
                let on_path = (0..depth).all(|depth| bit(key, depth) == bit(path, depth));
                if on_path {
                    Ok(leaf(key, value))
                } else {
                    Err(StateProofError::OffPath)
                }
            }
        }
    }
}

/// The `depth`-th bit of a path, counted from the top of the tree.
fn bit(path: &Hash, depth: usize) -> bool {
    path.as_bytes()[depth / 8] >> (7 - depth % 8) & 1 == 1
}

fn leaf(key: &Hash, value: &Hash) -> Hash {
    Hash::new(hash_pair(
        Domain::StateLeaf,
        key.as_bytes(),
        value.as_bytes(),
    ))
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Hash::new(hash_pair(
        Domain::StateNode,
        left.as_bytes(),
        right.as_bytes(),
    ))
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, reason = "what tests count is small")]
mod tests;
