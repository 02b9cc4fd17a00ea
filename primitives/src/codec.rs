//! The one encoding: Borsh, strict.
//!
//! All that is hashed, signed, stored or gossiped is encoded here.
//!
//! Invariants, for every type of this crate:
//! - each value has exactly one encoding, and no other bytes decode to it;
//! - decoding never reads past its input and never leaves a byte of it over;
//! - decoding allocates in proportion to the bytes it has read, never to a
//!   length that the bytes merely claim.

use std::fmt;
use std::io::{Error, ErrorKind, Read, Write};
use std::marker::PhantomData;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::de::{SeqAccess, Visitor};

use crate::text::{HexError, decode_hex, encode_hex, json_as_text};

/// A type that travels on its own: in a message, a file or a database row.
pub trait Canonical: BorshSerialize + BorshDeserialize {
    /// No longer input is even looked at.
    const ENCODED_BYTES_MAX: usize;

    /// The canonical bytes. Whether they are too many for another to read is
    /// for the caller to see to, as long as a value is being put together.
    fn encode(&self) -> Vec<u8> {
        borsh::to_vec(self).expect("memory accepts every byte, and lengths are within u32")
    }

    /// Reads exactly one value from exactly these bytes.
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > Self::ENCODED_BYTES_MAX {
            return Err(DecodeError::TooLong {
                bytes: bytes.len(),
                bytes_max: Self::ENCODED_BYTES_MAX,
            });
        }
        let mut rest = bytes;
        let value =
            Self::deserialize(&mut rest).map_err(|error| DecodeError::from_borsh(&error))?;
        if rest.is_empty() {
            Ok(value)
        } else {
            Err(DecodeError::Trailing { bytes: rest.len() })
        }
    }
}

/// The version of a format that may change: its first byte. A decoder refuses
/// versions it does not know.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    BorshSerialize,
    BorshDeserialize,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Version {
    /// The format of these pages.
    V1,
}

/// Why bytes are not the encoding of a value. The sender is to blame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// More bytes than any value of the type has.
    #[error("{bytes} bytes are more than the {bytes_max} that this type may have")]
    TooLong {
        /// Bytes given.
        bytes: usize,
        /// Bytes allowed.
        bytes_max: usize,
    },
    /// The input ends inside the value.
    #[error("the input ends before the value does")]
    Truncated,
    /// The input goes on after the value.
    #[error("{bytes} bytes follow the value")]
    Trailing {
        /// Bytes left over.
        bytes: usize,
    },
    /// A part breaks the bounds of its type.
    #[error("{0}")]
    OutOfBounds(BoundError),
    /// A part has no meaning, such as an unknown variant or an unordered map.
    #[error("not a canonical encoding: {0}")]
    Meaningless(String),
}

impl DecodeError {
    fn from_borsh(error: &Error) -> Self {
        // Borsh reports the end of input by message for some types only.
        const BORSH_TRUNCATED: &str = "Unexpected length of input";
        if let Some(bound) = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<BoundError>())
        {
            return Self::OutOfBounds(bound.clone());
        }
        let message = error.to_string();
        if error.kind() == ErrorKind::UnexpectedEof || message == BORSH_TRUNCATED {
            return Self::Truncated;
        }
        Self::Meaningless(message)
    }
}

/// A value that its type does not admit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BoundError {
    /// Too many items or bytes.
    #[error("{what} of length {found}; at most {max} are allowed")]
    TooMany {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there may be.
        max: usize,
    },
    /// Any other rule of the type.
    #[error("{what}: {rule}")]
    Rule {
        /// The type.
        what: &'static str,
        /// What it demands.
        rule: &'static str,
    },
}

impl From<BoundError> for Error {
    fn from(bound: BoundError) -> Self {
        Self::new(ErrorKind::InvalidData, bound)
    }
}

/// At most `MAX` items, in order.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct List<T, const MAX: usize>(Vec<T>);

impl<T, const MAX: usize> List<T, MAX> {
    /// Takes the items, if they are not too many.
    pub fn new(items: Vec<T>) -> Result<Self, BoundError> {
        check_count("list", items.len(), MAX)?;
        Ok(Self(items))
    }

    /// The items, to own.
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T, const MAX: usize> Default for List<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const MAX: usize> std::ops::Deref for List<T, MAX> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: fmt::Debug, const MAX: usize> fmt::Debug for List<T, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: BorshSerialize, const MAX: usize> BorshSerialize for List<T, MAX> {
    fn serialize<W: Write>(&self, writer: &mut W) -> std::io::Result<()> {
        self.0.serialize(writer)
    }
}

impl<T: BorshDeserialize, const MAX: usize> BorshDeserialize for List<T, MAX> {
    fn deserialize_reader<R: Read>(reader: &mut R) -> std::io::Result<Self> {
        let count = read_count("list", MAX, reader)?;
        // The claimed count reserves nothing: memory follows what was read.
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(T::deserialize_reader(reader)?);
        }
        Ok(Self(items))
    }
}

impl<T: serde::Serialize, const MAX: usize> serde::Serialize for List<T, MAX> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: serde::Deserialize<'de>, const MAX: usize> serde::Deserialize<'de> for List<T, MAX> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ListVisitor(PhantomData))
    }
}

/// Reads items from JSON, and stops at the first one too many.
struct ListVisitor<T, const MAX: usize>(PhantomData<T>);

impl<'de, T: serde::Deserialize<'de>, const MAX: usize> Visitor<'de> for ListVisitor<T, MAX> {
    type Value = List<T, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {MAX}")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
            check_count("list", list.len(), MAX).map_err(serde::de::Error::custom)?;
        }
        Ok(List(list))
    }
}

/// An option whose field must be there, be it as `null`: what is left out by
/// mistake should not mean "none".
pub(crate) fn required_option<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: serde::Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    serde::Deserialize::deserialize(deserializer)
}

/// At most `MAX` bytes; hex in JSON.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Bytes<const MAX: usize>(Vec<u8>);

impl<const MAX: usize> Bytes<MAX> {
    /// Takes the bytes, if they are not too many.
    pub fn new(bytes: Vec<u8>) -> Result<Self, BoundError> {
        check_count("byte string", bytes.len(), MAX)?;
        Ok(Self(bytes))
    }
}

impl<const MAX: usize> std::ops::Deref for Bytes<MAX> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl<const MAX: usize> fmt::Display for Bytes<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode_hex(&self.0))
    }
}

impl<const MAX: usize> fmt::Debug for Bytes<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bytes({self})")
    }
}

/// Why a text is not a bounded byte string.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BytesTextError {
    /// It is not hex.
    #[error(transparent)]
    Hex(#[from] HexError),
    /// It is too long.
    #[error(transparent)]
    Bound(#[from] BoundError),
}

impl<const MAX: usize> std::str::FromStr for Bytes<MAX> {
    type Err = BytesTextError;

    fn from_str(text: &str) -> Result<Self, BytesTextError> {
        Ok(Self::new(decode_hex(text)?)?)
    }
}

impl<const MAX: usize> BorshSerialize for Bytes<MAX> {
    fn serialize<W: Write>(&self, writer: &mut W) -> std::io::Result<()> {
        self.0.serialize(writer)
    }
}

impl<const MAX: usize> BorshDeserialize for Bytes<MAX> {
    fn deserialize_reader<R: Read>(reader: &mut R) -> std::io::Result<Self> {
        let count = read_count("byte string", MAX, reader)?;
        let mut bytes = Vec::new();
        reader.take(count as u64).read_to_end(&mut bytes)?;
        if bytes.len() == count {
            Ok(Self(bytes))
        } else {
            Err(ErrorKind::UnexpectedEof.into())
        }
    }
}

json_as_text!(Bytes<MAX>, const MAX: usize);

fn check_count(what: &'static str, found: usize, max: usize) -> Result<(), BoundError> {
    if found <= max {
        Ok(())
    } else {
        Err(BoundError::TooMany { what, found, max })
    }
}

fn read_count<R: Read>(what: &'static str, max: usize, reader: &mut R) -> std::io::Result<usize> {
    let count = usize::try_from(u32::deserialize_reader(reader)?)
        .expect("u32 fits usize: pyralog runs on 32 bits and more");
    check_count(what, count, max)?;
    Ok(count)
}

#[cfg(test)]
mod tests;
