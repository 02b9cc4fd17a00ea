//! The identifier of a keystore: a random UUID (RFC 9562, version 4).

use std::fmt;
use std::str::FromStr;

use pyralog_primitives::text::{HexError, decode_hex_array, encode_hex};

/// 16 random bytes, written in groups of 8, 4, 4, 4 and 12 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid([u8; Uuid::BYTES]);

/// Where the groups of digits end.
const DASHES: [usize; 4] = [8, 13, 18, 23];
const TEXT_BYTES: usize = 36;

impl Uuid {
    /// Length of an identifier.
    pub const BYTES: usize = 16;

    /// An identifier of random bytes, six bits of which the standard sets.
    pub const fn from_random(mut bytes: [u8; Self::BYTES]) -> Self {
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Self(bytes)
    }

    /// The raw bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = encode_hex(&self.0);
        let groups = [
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..],
        ];
        f.write_str(&groups.join("-"))
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uuid({self})")
    }
}

impl FromStr for Uuid {
    type Err = UuidError;

    fn from_str(text: &str) -> Result<Self, UuidError> {
        let dashes_fit = DASHES
            .iter()
            .all(|at| text.as_bytes().get(*at) == Some(&b'-'));
        if text.len() != TEXT_BYTES || !dashes_fit {
            return Err(UuidError::Shape);
        }
        let uuid = Self(decode_hex_array(&text.replace('-', ""))?);
        if uuid == Self::from_random(uuid.0) {
            Ok(uuid)
        } else {
            Err(UuidError::NotRandom)
        }
    }
}

/// Why a text is not the identifier of a keystore.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UuidError {
    /// Not 8-4-4-4-12 characters.
    #[error("not groups of 8, 4, 4, 4 and 12 hex digits")]
    Shape,
    /// Something that is not lower-case hex.
    #[error(transparent)]
    Hex(#[from] HexError),
    /// A UUID made from a clock, a name or otherwise.
    #[error("not a random UUID (version 4)")]
    NotRandom,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_reads_what_it_prints_and_nothing_else() {
        let uuid = Uuid::from_random([0xff; 16]);
        let text = "ffffffff-ffff-4fff-bfff-ffffffffffff";
        assert_eq!(uuid.to_string(), text);
        assert_eq!(text.parse(), Ok(uuid));
        for bad in [
            "",
            "ffffffffffff4fffbfffffffffffffff",
            "ffffffff-ffff-1fff-bfff-ffffffffffff",
            "ffffffff-ffff-4fff-ffff-ffffffffffff",
            "FFFFFFFF-ffff-4fff-bfff-ffffffffffff",
            "ffffffff-ffff-4fff-bfff--fffffffffff",
            "ffffffff-ffff-4fff-bfff-ffffffffffff0",
            "ffffffff+ffff-4fff-bfff-ffffffffffff",
            "ffffffff-ffff-4fff-bfff-ffffffffff\u{e9}",
        ] {
            assert!(bad.parse::<Uuid>().is_err(), "{bad}");
        }
    }
}
