//! The way from the root to where a key is, or would be.

use pyralog_primitives::Hash;
use pyralog_primitives::codec::{Bytes, List};
use pyralog_primitives::state_proof::{
    Found, STATE_KEY_BYTES_MAX, STATE_VALUE_BYTES_MAX, StateProof,
};

/// What stands at the end of a key's path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The key itself, with the hash of its value.
    Value(Hash),
    /// Nothing.
    Nothing,
    /// Another key, with the hash of its value.
    OtherKey {
        /// The hash of that key.
        key: Hash,
        /// The hash of its value.
        value: Hash,
    },
}

/// The way to a key: what stands at its end, and the roots beside it from the
/// top down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// What stands there.
    pub end: End,
    /// The roots of the subtrees beside the path.
    pub siblings: Vec<Hash>,
}

impl Path {
    /// The proof of what is stored under `key`, whose value is given if there
    /// is one; `None` if the path does not end as the value says.
    pub fn into_proof(
        self,
        key: Bytes<STATE_KEY_BYTES_MAX>,
        value: Option<Bytes<STATE_VALUE_BYTES_MAX>>,
    ) -> Option<StateProof> {
        let found = match (self.end, value) {
            (End::Value(_), Some(value)) => Found::Value { value },
            (End::Nothing, None) => Found::Nothing,
            (End::OtherKey { key, value }, None) => Found::OtherKey { key, value },
            _ => return None,
        };
        let siblings = List::new(self.siblings).expect("a key has 256 bits, so no longer a path");
        Some(StateProof {
            key,
            found,
            siblings,
        })
    }
}
