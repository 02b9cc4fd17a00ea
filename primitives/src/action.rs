//! What a transaction can ask for, and the names it uses.

use std::borrow::Cow;
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
    /// Adds an entry to a journal that was opened before.
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
    /// Begins an append-only list; the sender owns it.
    OpenJournal {
        /// The journal.
        journal: Name,
        /// Who may append.
        writers: Writers,
    },
}

impl Action {
    /// The tokens that it takes from the sender, besides the fee.
    pub const fn moves(&self) -> Amount {
        match self {
            Self::Transfer { amount, .. } => *amount,
            Self::Put { .. }
            | Self::Delete { .. }
            | Self::Append { .. }
            | Self::Notarize { .. }
            | Self::OpenJournal { .. } => Amount::ZERO,
        }
    }
}

/// Who may append to a journal. New kinds are added at the end.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Writers {
    /// Its owner.
    Owner,
    /// Everyone, as on a notice board.
    Anyone,
}

/// The name of a namespace or journal: 1 to 64 of `a-z 0-9 . _ -`, beginning
/// and ending with a letter or digit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize)]
pub struct Name(Cow<'static, str>);

impl Name {
    /// Takes a name, if it follows the rule.
    pub fn new(text: impl Into<String>) -> Result<Self, BoundError> {
        let text = text.into();
        if follows_the_rule(text.as_bytes()) {
            return Ok(Self(Cow::Owned(text)));
        }
        Err(BoundError::Rule {
            what: "name",
            rule: "1 to 64 of a-z, 0-9, '.', '_', '-', beginning and ending with a letter or digit",
        })
    }

    /// A name that stands in the code; one that breaks the rule does not
    /// compile as a constant.
    pub const fn from_static(text: &'static str) -> Self {
        assert!(follows_the_rule(text.as_bytes()), "not a name");
        Self(Cow::Borrowed(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const fn follows_the_rule(text: &[u8]) -> bool {
    if text.is_empty() || text.len() > NAME_BYTES_MAX {
        return false;
    }
    let mut place = 0;
    while place < text.len() {
        let is_edge = place == 0 || place + 1 == text.len();
        match text[place] {
            b'a'..=b'z' | b'0'..=b'9' => {}
            b'.' | b'_' | b'-' if !is_edge => {}
            _ => return false,
        }
        place += 1;
    }
    true
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
