//! Numbers that mean one thing each.
//!
//! There is no `From<u64>`: a height becomes a count, or a round a nonce, only
//! where someone wrote it down. In JSON, 64-bit numbers are strings, because
//! many readers of JSON round them.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use crate::text::{excerpt, json_as_text};

/// Declares a number with one meaning.
macro_rules! number {
    ($(#[$doc:meta])* $name:ident($raw:ty)) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash,
            borsh::BorshSerialize, borsh::BorshDeserialize,
        )]
        pub struct $name($raw);

        impl $name {
            /// Gives a number this meaning.
            pub const fn new(raw: $raw) -> Self {
                Self(raw)
            }

            /// The number without its meaning.
            pub const fn get(self) -> $raw {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NumberError;

            fn from_str(text: &str) -> Result<Self, NumberError> {
                parse_number(text).map(Self)
            }
        }

        json_as_text!($name);
    };
}

number!(
    /// The place of a block in the chain; the first block has height 1.
    Height(u64)
);
number!(
    /// A distance between heights.
    BlockCount(u64)
);
number!(
    /// An attempt to agree on one height; the first is round 0.
    Round(u32)
);
number!(
    /// The count of transactions that an account sent before this one.
    Nonce(u64)
);
number!(
    /// Milliseconds since the Unix epoch, as the proposer of a block saw them.
    TimestampMs(u64)
);
number!(
    /// A span of milliseconds.
    DurationMs(u64)
);
number!(
    /// The weight of a validator's vote.
    VotingPower(u64)
);
number!(
    /// Units of work that execution counts, the same on every machine.
    Compute(u64)
);
number!(
    /// A count of bytes.
    ByteCount(u64)
);
number!(
    /// The solution of a work puzzle that a transaction may carry.
    WorkNonce(u64)
);
number!(
    /// The number that an application gives to a reason of failure.
    FailureCode(u32)
);
number!(
    /// How many leaves a Merkle tree has.
    LeafCount(u64)
);
number!(
    /// The place of a leaf in a Merkle tree, counted from 0.
    LeafIndex(u64)
);

impl Height {
    /// The height of the first block.
    pub const FIRST: Self = Self(1);

    /// The height after this one.
    pub const fn next(self) -> Option<Self> {
        match self.0.checked_add(1) {
            Some(next) => Some(Self(next)),
            None => None,
        }
    }

    /// The height before this one; `None` below the first block.
    pub const fn previous(self) -> Option<Self> {
        if self.0 > 1 {
            Some(Self(self.0 - 1))
        } else {
            None
        }
    }

    /// Blocks from `earlier` up to `self`; `None` if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Option<BlockCount> {
        match self.0.checked_sub(earlier.0) {
            Some(count) => Some(BlockCount(count)),
            None => None,
        }
    }

    /// The height `count` blocks later.
    pub const fn after(self, count: BlockCount) -> Option<Self> {
        match self.0.checked_add(count.0) {
            Some(height) => Some(Self(height)),
            None => None,
        }
    }
}

impl Round {
    /// The first attempt.
    pub const FIRST: Self = Self(0);

    /// The round after this one.
    pub const fn next(self) -> Option<Self> {
        match self.0.checked_add(1) {
            Some(next) => Some(Self(next)),
            None => None,
        }
    }
}

impl Nonce {
    /// The nonce after this one.
    pub const fn next(self) -> Option<Self> {
        match self.0.checked_add(1) {
            Some(next) => Some(Self(next)),
            None => None,
        }
    }
}

/// Why a text is not a number. The text must be plain decimal digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// There is nothing.
    #[error("a number is missing")]
    Empty,
    /// A character that is no digit, or a leading zero or sign.
    #[error("{0} is not a plain decimal number")]
    NotPlain(String),
    /// More than the type holds.
    #[error("{0} is too large")]
    TooLarge(String),
}

/// Reads a number in its one spelling: digits, no sign, no leading zero.
fn parse_number<T: FromStr<Err = ParseIntError>>(text: &str) -> Result<T, NumberError> {
    if text.is_empty() {
        return Err(NumberError::Empty);
    }
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    if !plain || (text.len() > 1 && text.starts_with('0')) {
        return Err(NumberError::NotPlain(excerpt(text)));
    }
    text.parse()
        .map_err(|_| NumberError::TooLarge(excerpt(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heights_subtract_to_a_count_and_never_below_zero() {
        assert_eq!(
            Height::new(9).since(Height::new(4)),
            Some(BlockCount::new(5))
        );
        assert_eq!(Height::new(4).since(Height::new(9)), None);
        assert_eq!(Height::FIRST.previous(), None);
        assert_eq!(Height::new(u64::MAX).next(), None);
    }

    #[test]
    fn nothing_wraps_at_the_end_of_its_range() {
        assert_eq!(
            Height::new(7).after(BlockCount::new(3)),
            Some(Height::new(10))
        );
        assert_eq!(Height::new(7).after(BlockCount::new(u64::MAX)), None);
        assert_eq!(Height::new(2).previous(), Some(Height::FIRST));
        assert_eq!(Round::FIRST.next(), Some(Round::new(1)));
        assert_eq!(Round::new(u32::MAX).next(), None);
        assert_eq!(Nonce::new(0).next(), Some(Nonce::new(1)));
        assert_eq!(Nonce::new(u64::MAX).next(), None);
    }

    #[test]
    fn a_number_has_one_spelling() {
        assert_eq!("42".parse::<Height>(), Ok(Height::new(42)));
        assert_eq!("0".parse::<Height>(), Ok(Height::new(0)));
        assert_eq!("".parse::<Height>(), Err(NumberError::Empty));
        for text in ["+1", "-1", "007", "1.0", "1e3", " 1", "0x10", "१"] {
            assert_eq!(
                text.parse::<Height>(),
                Err(NumberError::NotPlain(excerpt(text)))
            );
        }
        let large = "18446744073709551616";
        assert_eq!(
            large.parse::<Height>(),
            Err(NumberError::TooLarge(excerpt(large)))
        );
    }

    #[test]
    fn numbers_are_strings_in_json() {
        let json = serde_json::to_string(&Height::new(u64::MAX)).unwrap();
        assert_eq!(json, "\"18446744073709551615\"");
        assert_eq!(
            serde_json::from_str::<Height>(&json).unwrap(),
            Height::new(u64::MAX)
        );
        assert!(serde_json::from_str::<Height>("7").is_err());
    }
}
