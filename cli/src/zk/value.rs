//! Values of claims and witnesses as JSON has them: bytes as hex, numbers of 64
//! bits as strings.
//!
//! No error here says what it was given: that may be a secret.

use std::fmt;
use std::str::FromStr;

use pyralog_primitives::text::{decode_hex_array, encode_hex};
use pyralog_zk::groth16::PublicInput;
use pyralog_zk::stark::TreeDigest;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a text is no such value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ValueError {
    #[error("{bytes} bytes are expected, as {} hex digits", 2 * bytes)]
    Hex { bytes: usize },
    #[error(
        "the number is not below the order of the field of BN254. Its bytes come least \
         significant first: one that is drawn at random is 31 bytes and then 00"
    )]
    Number,
    #[error(
        "element {place} of the digest is not below 2^64 - 2^32 + 1; bytes come least significant first"
    )]
    Digest { place: usize },
    #[error("a whole number below 2^64 is expected, as a string of digits")]
    Whole,
}

/// So many bytes, whatever they mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packed<const N: usize>(pub(crate) [u8; N]);

/// An element of the field of BN254: 32 bytes, least significant first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number(pub(crate) PublicInput);

/// A digest of a tree by `Rp64_256`: four numbers of eight bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Digest(pub(crate) TreeDigest);

/// A whole number of 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Whole(pub(crate) u64);

impl<const N: usize> FromStr for Packed<N> {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let bytes = decode_hex_array(text);
        bytes.map(Self).map_err(|_| ValueError::Hex { bytes: N })
    }
}

impl<const N: usize> fmt::Display for Packed<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode_hex(&self.0))
    }
}

impl FromStr for Number {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let Packed(bytes) = text.parse()?;
        let input = PublicInput::from_bytes(bytes);
        input.map(Self).map_err(|_| ValueError::Number)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Packed(self.0.to_bytes()).fmt(f)
    }
}

impl FromStr for Digest {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let Packed(bytes) = text.parse()?;
        let digest = TreeDigest::from_bytes(bytes);
        digest.map(Self).map_err(|problem| ValueError::Digest {
            place: problem.place,
        })
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Packed(self.0.to_bytes()).fmt(f)
    }
}

impl FromStr for Whole {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let number: u64 = text.parse().map_err(|_| ValueError::Whole)?;
        // One number has one spelling: no sign, no zeros before it.
        if number.to_string() == text {
            Ok(Self(number))
        } else {
            Err(ValueError::Whole)
        }
    }
}

impl fmt::Display for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! json_as_text {
    ($name:ty $(, $bound:tt)?) => {
        impl $(<const $bound: usize>)? Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de $(, const $bound: usize)?> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
json_as_text!(Packed<N>, N);
json_as_text!(Number);
json_as_text!(Digest);
json_as_text!(Whole);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_has_one_spelling() {
        let number = format!("07{}", "00".repeat(31));
        assert_eq!(number.parse::<Number>().unwrap().to_string(), number);
        assert_eq!(number.parse::<Digest>().unwrap().to_string(), number);
        for text in ["", "7", "07", &"0g".repeat(32), &"00".repeat(33)] {
            let refused = Err(ValueError::Hex { bytes: 32 });
            assert_eq!(text.parse::<Packed<32>>(), refused, "{text}");
        }
        let high = "ff".repeat(32);
        assert_eq!(high.parse::<Number>(), Err(ValueError::Number));
        let refused = Err(ValueError::Digest { place: 0 });
        assert_eq!(high.parse::<Digest>(), refused);
        assert_eq!("18446744073709551615".parse(), Ok(Whole(u64::MAX)));
        for text in ["", "+1", "01", "-1", "1.0", "18446744073709551616"] {
            assert_eq!(text.parse::<Whole>(), Err(ValueError::Whole), "{text}");
        }
    }
}
