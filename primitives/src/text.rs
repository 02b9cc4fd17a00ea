//! How binary values are written as text: in JSON, in TOML and on a terminal.
//!
//! Each value has one spelling. Hex is lower case without a prefix, so that
//! two texts are equal when, and only when, the values are.

/// A text that is not the hex of the value it should hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HexError {
    /// The wrong count of bytes.
    #[error("expected {expected} bytes ({} hex digits), found {found} bytes", expected * 2)]
    Length {
        /// Bytes that the value has.
        expected: usize,
        /// Bytes that the text has.
        found: usize,
    },
    /// Half a byte at the end.
    #[error("the count of hex digits is odd ({digits}); one is missing or too many")]
    Odd {
        /// Digits found.
        digits: usize,
    },
    /// Something that is not a lower-case hex digit.
    #[error("{found:?} at position {position} is not a lower-case hex digit (0-9, a-f)")]
    Character {
        /// The character.
        found: char,
        /// Its place, counted from 1.
        position: usize,
    },
}

/// Text from outside as an error shows it: in quotes, without anything that
/// moves a terminal's cursor, and cut to what one can read.
pub fn excerpt(text: &str) -> String {
    const CHARS_MAX: usize = 64;
    let cut: String = text.chars().take(CHARS_MAX).collect();
    let rest = if cut.len() < text.len() { "…" } else { "" };
    format!("{cut:?}{rest}")
}

/// The word that was probably meant: the nearest of those that are known, if it
/// takes only a letter or two to make it out of `word`.
pub fn nearest<'known>(
    word: &str,
    known: impl IntoIterator<Item = &'known str>,
) -> Option<&'known str> {
    /// Longer words are nobody's typing error.
    const BYTES_MAX: usize = 64;
    const DISTANCE_MAX: usize = 2;
    if word.len() > BYTES_MAX {
        return None;
    }
    // Of a short word, everything is near.
    let max = DISTANCE_MAX.min(word.chars().count().saturating_sub(1));
    let known = known
        .into_iter()
        .map(|known| (distance(word, known), known));
    let near = known.filter(|(distance, _)| *distance <= max);
    // Of two that are as near, the one whose end was not typed yet.
    near.min_by_key(|(distance, known)| (*distance, !known.starts_with(word)))
        .map(|(_, known)| known)
}

/// The least count of characters to insert, remove or replace.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, c) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, d) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(c != *d);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

/// Reads lower-case hex.
pub fn decode_hex(text: &str) -> Result<Vec<u8>, HexError> {
    let foreign = text
        .chars()
        .enumerate()
        .find(|(_, c)| !matches!(c, '0'..='9' | 'a'..='f'));
    if let Some((index, found)) = foreign {
        return Err(HexError::Character {
            found,
            position: index + 1,
        });
    }
    hex::decode(text).map_err(|_| HexError::Odd { digits: text.len() })
}

/// Reads lower-case hex of exactly `N` bytes.
pub fn decode_hex_array<const N: usize>(text: &str) -> Result<[u8; N], HexError> {
    let bytes = decode_hex(text)?;
    bytes.as_slice().try_into().map_err(|_| HexError::Length {
        expected: N,
        found: bytes.len(),
    })
}

/// Writes bytes as lower-case hex.
pub fn encode_hex(bytes: &[u8]) -> String {
    hex::encode(bytes)
}

/// Declares a value of so many bytes, the same in memory and on the wire. How
/// it is written as text is said apart: see [`text_as_hex`].
macro_rules! fixed_bytes {
    ($(#[$doc:meta])* $name:ident($bytes:literal)) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, Hash, borsh::BorshSerialize, borsh::BorshDeserialize,
        )]
        pub struct $name([u8; $bytes]);

        impl Ord for $name {
            /// The order of the bytes. Most of what is compared is a hash, or made
            /// of one, and differs in its first word.
            fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                let word = |bytes: &[u8; $bytes]| {
                    let first = bytes.first_chunk().expect("nothing here is shorter");
                    u64::from_be_bytes(*first)
                };
                let first = word(&self.0).cmp(&word(&other.0));
                first.then_with(|| self.0.cmp(&other.0))
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl $name {
            /// Its length.
            pub const BYTES: usize = $bytes;

            /// Wraps raw bytes.
            pub const fn new(bytes: [u8; $bytes]) -> Self {
                Self(bytes)
            }

            /// The raw bytes.
            pub const fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}
pub(crate) use fixed_bytes;

/// Gives a value of fixed bytes hex as its text, also in JSON.
macro_rules! text_as_hex {
    ($name:ident) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&$crate::text::encode_hex(&self.0))
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::text::HexError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::text::decode_hex_array(text).map(Self)
            }
        }

        $crate::text::json_as_text!($name);
    };
}
pub(crate) use text_as_hex;

/// Gives a type with `Display` and `FromStr` that text as its JSON form.
macro_rules! json_as_text {
    ($name:ty $(, $($bound:tt)+)?) => {
        impl$(<$($bound)+>)? serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de $(, $($bound)+)?> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use json_as_text;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_is_shown_short_and_harmless() {
        assert_eq!(excerpt("a\u{1b}[2J"), "\"a\\u{1b}[2J\"");
        assert_eq!(excerpt(&"x".repeat(65)), format!("\"{}\"…", "x".repeat(64)));
    }

    #[test]
    fn a_word_with_a_slip_is_recognized_and_another_word_is_not() {
        let known = ["transfer", "state", "status"];
        for (word, expected) in [
            ("tranfser", Some("transfer")),
            ("statu", Some("status")),
            ("transfers", Some("transfer")),
            ("balance", None),
            ("s", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
        assert_eq!(nearest(&"x".repeat(65), ["x"]), None);
    }

    #[test]
    fn distances_count_single_characters() {
        for (one, other, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("stake", "stake", 0),
            ("steak", "stake", 2),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(one, other), expected, "{one} {other}");
        }
    }

    #[test]
    fn each_kind_of_bad_hex_is_named() {
        assert_eq!(decode_hex("abc"), Err(HexError::Odd { digits: 3 }));
        assert_eq!(
            decode_hex("aX"),
            Err(HexError::Character {
                found: 'X',
                position: 2
            })
        );
        assert_eq!(
            decode_hex("0xab"),
            Err(HexError::Character {
                found: 'x',
                position: 2
            })
        );
        assert_eq!(
            decode_hex_array::<4>("0102"),
            Err(HexError::Length {
                expected: 4,
                found: 2
            })
        );
        assert_eq!(decode_hex_array::<2>("0aff"), Ok([10, 255]));
    }
}
