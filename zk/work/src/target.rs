//! The target: which hashes count as work.
//!
//! A hash is read as a number, first byte most significant. It counts if the
//! number is not above the target; so a smaller target is more work.

use std::fmt;

use crypto_bigint::U256;
use pyralog_primitives::Hash;
use pyralog_primitives::text::encode_hex;

/// A bound on hashes, from 1 to 2²⁵⁶ − 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target(U256);

/// Why bytes are no target. Whoever chose them must choose others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Only one hash in 2²⁵⁶ would do.
    #[error("the target is zero: nothing can be found for it")]
    Zero,
    /// There are only so many bits in a hash.
    #[error("{bits} leading zero bits are asked for; a hash has 256, and one must stay")]
    TooManyBits {
        /// Bits asked for.
        bits: u32,
    },
}

impl Target {
    /// Every hash counts.
    pub const EASIEST: Self = Self(U256::MAX);

    /// A target from its number, most significant byte first.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, TargetError> {
        Self::of_number(U256::from_be_slice(&bytes)).ok_or(TargetError::Zero)
    }

    /// The target that hashes with so many leading zero bits meet.
    pub fn from_zero_bits(bits: u32) -> Result<Self, TargetError> {
        if bits >= U256::BITS {
            return Err(TargetError::TooManyBits { bits });
        }
        Ok(Self(U256::MAX.shr_vartime(bits)))
    }

    /// The number, most significant byte first.
    pub fn to_bytes(self) -> [u8; 32] {
        number_bytes(&self.0)
    }

    /// Whether `hash` counts.
    pub fn accepts(self, hash: &Hash) -> bool {
        *hash.as_bytes() <= self.to_bytes()
    }

    pub(crate) fn of_number(number: U256) -> Option<Self> {
        (!number.is_zero_vartime()).then_some(Self(number))
    }

    pub(crate) fn number(self) -> U256 {
        self.0
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode_hex(&self.to_bytes()))
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
    }
}

/// A number as bytes, most significant first.
pub(crate) fn number_bytes(number: &U256) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(number.to_be_bytes().as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_accepts_the_hash_that_equals_it_and_not_the_next_one() {
        let mut number = [0; 32];
        number[30] = 1;
        let target = Target::from_bytes(number).unwrap();
        assert!(target.accepts(&Hash::new(number)));
        number[31] = 1;
        assert!(!target.accepts(&Hash::new(number)));
        assert!(Target::EASIEST.accepts(&Hash::new([255; 32])));
    }

    #[test]
    fn zero_bits_are_counted_from_the_first_byte() {
        let target = Target::from_zero_bits(12).unwrap();
        assert_eq!(&target.to_string()[..6], "000fff");
        assert_eq!(Target::from_zero_bits(0), Ok(Target::EASIEST));
        assert!(Target::from_zero_bits(255).is_ok());
        let bits = 256;
        let refused = Err(TargetError::TooManyBits { bits });
        assert_eq!(Target::from_zero_bits(bits), refused);
    }

    #[test]
    fn zero_is_no_target() {
        assert_eq!(Target::from_bytes([0; 32]), Err(TargetError::Zero));
    }
}
