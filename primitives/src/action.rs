//! What a transaction can ask for, and the names it uses.

use std::fmt;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::codec::{BoundError, Bytes};
use crate::hash::Hash;
use crate::keys::Address;
use crate::text::json_as_text;

/// Lower, and batches need many transactions; higher, and one failure at the
/// end wastes much execution.
pub const ACTION_COUNT_MAX: usize = 64;
/// Lower, and composed keys do not fit; higher, and proofs grow.
pub const KEY_BYTES_MAX: usize = 256;
/// Lower, and documents do not fit; higher belongs into the cluster, with its
/// root on the chain.
pub const VALUE_BYTES_MAX: usize = 64 * 1024;
/// Long enough for a reversed domain name, short enough for a table.
pub const NAME_BYTES_MAX: usize = 64;

/// A key in a namespace.
pub type Key = Bytes<KEY_BYTES_MAX>;
/// What is stored under a key or appended to a journal.
pub type Value = Bytes<VALUE_BYTES_MAX>;

/// One step of a transaction. New kinds are added at the end.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Moves tokens from the sender.
    Transfer {
        /// To whom.
        to: Address,
        /// How much.
        amount: Amount,
    },
    /// Stores a value under a key of a namespace; the first writer owns the
    /// namespace.
    Put {
        /// The namespace.
        namespace: Name,
        /// The key.
        key: Key,
        /// The value.
        value: Value,
    },
    /// Removes a key from a namespace.
    Delete {
        /// The namespace.
        namespace: Name,
        /// The key.
        key: Key,
    },
    /// Adds an entry to an append-only list.
    Append {
        /// The journal.
        journal: Name,
        /// The entry.
        entry: Value,
    },
    /// Records that this hash was known at the time of the block.
    Notarize {
        /// The hash of a document that stays elsewhere.
        digest: Hash,
    },
}

/// The name of a namespace or journal: 1 to 64 of `a-z 0-9 . _ -`, beginning
/// and ending with a letter or digit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize)]
pub struct Name(String);

impl Name {
    /// Takes a name, if it follows the rule.
    pub fn new(text: impl Into<String>) -> Result<Self, BoundError> {
        let text = text.into();
        let within = (1..=NAME_BYTES_MAX).contains(&text.len());
        let allowed = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
        let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
        let edges = edge(text.bytes().next()) && edge(text.bytes().last());
        if within && edges && text.bytes().all(allowed) {
            return Ok(Self(text));
        }
        Err(BoundError::Rule {
            what: "name",
            rule: "1 to 64 of a-z, 0-9, '.', '_', '-', beginning and ending with a letter or digit",
        })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({:?})", self.0)
    }
}

impl FromStr for Name {
    type Err = BoundError;

    fn from_str(text: &str) -> Result<Self, BoundError> {
        Self::new(text)
    }
}

impl BorshDeserialize for Name {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
        let bytes = Bytes::<NAME_BYTES_MAX>::deserialize_reader(reader)?;
        // Bytes that are not UTF-8 break the rule in their lossy form too.
        Ok(Self::new(String::from_utf8_lossy(&bytes))?)
    }
}

json_as_text!(Name);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rule() {
        for good in ["a", "0", "com.example.orders", "a_b-c", &"x".repeat(64)] {
            assert!(Name::new(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            ".a",
            "a.",
            "A",
            "a b",
            "ä",
            "a/b",
            "a\0",
            &"x".repeat(65),
        ] {
            assert!(Name::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_that_is_not_utf8_does_not_decode() {
        let bytes = borsh::to_vec(&vec![b'a', 0xff, b'b']).unwrap();
        assert!(borsh::from_slice::<Name>(&bytes).is_err());
    }
}
