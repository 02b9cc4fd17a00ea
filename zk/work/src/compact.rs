//! A target in four bytes, as Bitcoin writes it: a length in bytes and three
//! leading digits of base 256, of which the first is below 128.
//!
//! Invariant: a [`Compact`] is the one spelling of its target, so that two
//! headers of one difficulty are equal in every byte.

use std::fmt;

use crypto_bigint::U256;

use crate::target::Target;

/// The bit that Bitcoin's form keeps for a sign.
const SIGN: u32 = 0x0080_0000;
const DIGITS: u32 = 0x007f_ffff;
/// Digits that are written out.
const DIGIT_COUNT: u32 = 3;

/// A target as it stands in a header.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Compact(u32);

/// Why four bytes are no target. Whoever wrote the header is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompactError {
    /// The sign is set.
    #[error("the compact target {0:#010x} is negative")]
    Negative(u32),
    /// More than 256 bits.
    #[error("the compact target {0:#010x} has more than 256 bits")]
    Overflow(u32),
    /// Nothing can be found for it.
    #[error("the compact target {0:#010x} is zero")]
    Zero(u32),
    /// The same target has a shorter spelling.
    #[error("the compact target {found:#010x} is written {canonical}")]
    NotCanonical {
        /// What was written.
        found: u32,
        /// The one spelling of that target.
        canonical: Compact,
    },
}

impl Compact {
    /// Reads four bytes, most significant first in the number.
    pub fn new(raw: u32) -> Result<Self, CompactError> {
        let target = decode(raw)?;
        let canonical = Self::rounded_down(target);
        if canonical.0 == raw {
            Ok(canonical)
        } else {
            let found = raw;
            Err(CompactError::NotCanonical { found, canonical })
        }
    }

    /// The form of the greatest target that is not above `target` and has one.
    pub fn rounded_down(target: Target) -> Self {
        let number = target.number();
        let mut length = number.bit_width_vartime().div_ceil(8);
        let mut digits = if length <= DIGIT_COUNT {
            low_word(number) << (8 * (DIGIT_COUNT - length))
        } else {
            low_word(number.shr_vartime(8 * (length - DIGIT_COUNT)))
        };
        if digits & SIGN != 0 {
            digits >>= 8;
            length += 1;
        }
        Self(length << 24 | digits)
    }

    /// The four bytes.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The target it stands for.
    pub fn target(self) -> Target {
        decode(self.0).expect("only forms that decode are kept")
    }
}

fn decode(raw: u32) -> Result<Target, CompactError> {
    let (length, digits) = (raw >> 24, raw & DIGITS);
    // Digits behind the last byte are cut off before anything is said of them.
    let digits = digits >> (8 * DIGIT_COUNT.saturating_sub(length));
    if digits == 0 {
        return Err(CompactError::Zero(raw));
    }
    if raw & SIGN != 0 {
        return Err(CompactError::Negative(raw));
    }
    let shift = 8 * length.saturating_sub(DIGIT_COUNT);
    let digits_bits = u32::BITS - digits.leading_zeros();
    if digits_bits + shift > U256::BITS {
        return Err(CompactError::Overflow(raw));
    }
    let number = U256::from_u32(digits).shl_vartime(shift);
    Target::of_number(number).ok_or(CompactError::Zero(raw))
}

/// The lowest 32 bits.
fn low_word(number: U256) -> u32 {
    let bytes = number.to_le_bytes();
    let bytes: &[u8] = bytes.as_ref();
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

impl fmt::Display for Compact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}", self.0)
    }
}

impl fmt::Debug for Compact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Compact({self})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hex(target: Target) -> String {
        let text = target.to_string();
        text.trim_start_matches('0').to_owned()
    }

    /// Bitcoin Core, `src/test/arith_uint256_tests.cpp`, `bignum_SetCompact`.
    #[test]
    fn compact_forms_are_read_as_bitcoin_reads_them() {
        let read = |raw| decode(raw).map(hex);
        for zero in [
            0,
            0x0012_3456,
            0x0100_3456,
            0x0200_0056,
            0x0300_0000,
            0x0400_0000,
            0x0092_3456,
            0x0180_3456,
            0x0280_0056,
            0x0380_0000,
            0x0480_0000,
        ] {
            // A negative zero is zero.
            assert_eq!(read(zero), Err(CompactError::Zero(zero)), "{zero:#010x}");
        }
        let cases = [
            (0x0112_3456, "12", 0x0112_0000),
            (0x0212_3456, "1234", 0x0212_3400),
            (0x0312_3456, "123456", 0x0312_3456),
            (0x0412_3456, "12345600", 0x0412_3456),
            (0x0500_9234, "92340000", 0x0500_9234),
        ];
        for (raw, expected, written) in cases {
            assert_eq!(read(raw).as_deref(), Ok(expected), "{raw:#010x}");
            let again = Compact::rounded_down(decode(raw).unwrap());
            assert_eq!(again.get(), written, "{raw:#010x}");
        }
        let long = decode(0x2012_3456).unwrap();
        assert_eq!(hex(long), format!("123456{}", "0".repeat(58)));
        assert_eq!(
            decode(0xff12_3456),
            Err(CompactError::Overflow(0xff12_3456))
        );
        assert_eq!(
            decode(0x0492_3456),
            Err(CompactError::Negative(0x0492_3456))
        );
        assert_eq!(
            decode(0x01fe_dcba),
            Err(CompactError::Negative(0x01fe_dcba))
        );
    }

    #[test]
    fn the_first_block_of_bitcoin_has_the_target_that_its_header_says() {
        let compact = Compact::new(0x1d00_ffff).unwrap();
        assert_eq!(hex(compact.target()), format!("ffff{}", "0".repeat(52)));
        // The block's hash, most significant byte first.
        let hash = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f";
        assert!(compact.target().accepts(&hash.parse().unwrap()));
        let other = "000000010019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f";
        assert!(!compact.target().accepts(&other.parse().unwrap()));
    }

    #[test]
    fn a_second_spelling_is_refused_with_the_first() {
        let canonical = Compact::new(0x0312_3456).unwrap();
        let found = 0x0400_1234;
        let canonical_of_found = Compact::new(0x0312_3400).unwrap();
        assert_eq!(
            Compact::new(found),
            Err(CompactError::NotCanonical {
                found,
                canonical: canonical_of_found
            })
        );
        assert_eq!(canonical.get(), 0x0312_3456);
    }

    #[test]
    fn the_longest_target_is_256_bits() {
        assert!(Compact::new(0x207f_ffff).is_ok());
        assert!(Compact::new(0x2100_ffff).is_ok());
        let over = 0x2101_0000;
        assert_eq!(Compact::new(over), Err(CompactError::Overflow(over)));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again_and_never_easier(bytes in any::<[u8; 32]>(), zeros in 0..32usize) {
            let mut bytes = bytes;
            bytes[..zeros].fill(0);
            if let Ok(target) = Target::from_bytes(bytes) {
                let compact = Compact::rounded_down(target);
                prop_assert_eq!(Compact::new(compact.get()), Ok(compact));
                prop_assert!(compact.target() <= target);
            }
        }

        #[test]
        fn four_bytes_are_refused_or_the_one_spelling(raw in any::<u32>()) {
            if let Ok(compact) = Compact::new(raw) {
                prop_assert_eq!(Compact::rounded_down(compact.target()).get(), raw);
            }
        }
    }
}
