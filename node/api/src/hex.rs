//! Canonical bytes in JSON.

use std::fmt;
use std::str::FromStr;

use pyralog_primitives::codec::{Canonical, DecodeError};
use pyralog_primitives::text::{HexError, decode_hex, encode_hex};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value that crosses in its canonical encoding, as lower-case hex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hex<T>(pub T);

/// Why a text is not a value in hex.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HexValueError {
    /// It has more digits than any such value.
    #[error("{digits} digits are too many: at most {max} are read")]
    TooLong {
        /// Digits given.
        digits: usize,
        /// The most that are read.
        max: usize,
    },
    /// It is no hex.
    #[error(transparent)]
    Hex(#[from] HexError),
    /// The bytes are not those of such a value.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

impl<T: Canonical> FromStr for Hex<T> {
    type Err = HexValueError;

    fn from_str(text: &str) -> Result<Self, HexValueError> {
        let (digits, max) = (text.len(), 2 * T::ENCODED_BYTES_MAX);
        if digits > max {
            return Err(HexValueError::TooLong { digits, max });
        }
        Ok(Self(T::decode(&decode_hex(text)?)?))
    }
}

impl<T: Canonical> fmt::Display for Hex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode_hex(&self.0.encode()))
    }
}

impl<T: Canonical> Serialize for Hex<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, T: Canonical> Deserialize<'de> for Hex<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'_, str>>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}
