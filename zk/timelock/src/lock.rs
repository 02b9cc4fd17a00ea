//! The lock as it is sent and stored, in one spelling.
//!
//! ```text
//! version 1 │ squarings 8 │ modulus 256 │ base 256 │ ciphertext 16 + payload
//! ```
//!
//! Numbers stand most significant byte first, squarings least significant first
//! like every number outside of arithmetic.

use std::fmt;

use crypto_bigint::U2048;

use crate::error::DecodeError;
use crate::modulus::{MODULUS_BYTES, Modulus, number_bytes};

/// Higher, and a lock is a way to store files; lower than a key of any kind,
/// and it is useless.
pub const PAYLOAD_BYTES_MAX: usize = 64 * 1024;

/// Higher, and who opens it works for years (a core is estimated to square half
/// a million times in a second); lower, and no useful delay fits.
pub const SQUARING_COUNT_MAX: u64 = 1 << 44;

pub(crate) const VERSION: u8 = 1;
const HEAD_BYTES: usize = 1 + 8 + 2 * MODULUS_BYTES;
pub(crate) const TAG_BYTES: usize = 16;

/// Bytes of the longest lock.
pub const LOCK_BYTES_MAX: usize = HEAD_BYTES + TAG_BYTES + PAYLOAD_BYTES_MAX;

/// How many times a number is squared, each after the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Squarings(u64);

impl Squarings {
    /// So many.
    pub const fn new(raw: u64) -> Self {
        Self(raw)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Whether somebody may be asked to make them.
    pub(crate) const fn is_within_bounds(self) -> bool {
        self.0 >= 1 && self.0 <= SQUARING_COUNT_MAX
    }
}

impl fmt::Display for Squarings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A locked payload. Its form is checked; whether it opens, only its opening
/// shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeLock {
    pub(crate) squarings: Squarings,
    pub(crate) modulus: Modulus,
    pub(crate) base: U2048,
    pub(crate) ciphertext: Vec<u8>,
}

impl TimeLock {
    /// The squarings that opening it takes.
    pub const fn squarings(&self) -> Squarings {
        self.squarings
    }

    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.head().to_vec();
        bytes.extend_from_slice(&self.ciphertext);
        bytes
    }

    /// Reads a lock.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (min, found) = (HEAD_BYTES + TAG_BYTES, bytes.len());
        if !(min..=LOCK_BYTES_MAX).contains(&found) {
            return Err(DecodeError::Length { min, found });
        }
        if bytes[0] != VERSION {
            let (known, found) = (VERSION, bytes[0]);
            return Err(DecodeError::Version { known, found });
        }
        let (head, ciphertext) = bytes.split_at(HEAD_BYTES);
        let (squarings, numbers) = head[1..].split_first_chunk().expect("the head is longer");
        let squarings = Squarings(u64::from_le_bytes(*squarings));
        if !squarings.is_within_bounds() {
            return Err(DecodeError::Squarings { squarings });
        }
        let (modulus, base) = numbers.split_at(MODULUS_BYTES);
        let modulus = Modulus::new(U2048::from_be_slice(modulus)).ok_or(DecodeError::Modulus)?;
        let base = U2048::from_be_slice(base);
        modulus.base(base).ok_or(DecodeError::Base)?;
        Ok(Self {
            squarings,
            modulus,
            base,
            ciphertext: ciphertext.to_vec(),
        })
    }

    /// All but the ciphertext: what the cipher authenticates besides.
    pub(crate) fn head(&self) -> [u8; HEAD_BYTES] {
        head(self.squarings, &self.modulus, &self.base)
    }
}

pub(crate) fn head(squarings: Squarings, modulus: &Modulus, base: &U2048) -> [u8; HEAD_BYTES] {
    let mut head = [0; HEAD_BYTES];
    head[0] = VERSION;
    head[1..9].copy_from_slice(&squarings.0.to_le_bytes());
    head[9..9 + MODULUS_BYTES].copy_from_slice(&number_bytes(&modulus.number()));
    head[9 + MODULUS_BYTES..].copy_from_slice(&number_bytes(base));
    head
}
