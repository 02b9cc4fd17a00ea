//! How much work targets stand for, and how it adds up along a chain.

use std::fmt;

use crypto_bigint::{CheckedAdd, NonZero, U256};
use pyralog_primitives::text::encode_hex;

use crate::target::{Target, number_bytes};

/// A number of hashes that were expected to be tried: of one block, or of all
/// blocks of a chain.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Work(U256);

impl Work {
    /// Before the first block.
    pub const NONE: Self = Self(U256::ZERO);

    /// What it takes on average to meet `target`: 2²⁵⁶ ÷ (target + 1), rounded
    /// down.
    pub fn of(target: Target) -> Self {
        let number = target.number();
        let next = number.wrapping_add(&U256::ONE);
        let Some(next) = NonZero::new(next).into_option() else {
            return Self(U256::ONE);
        };
        // 2²⁵⁶ has 257 bits. Without one divisor it fits, and the quotient lacks 1.
        let rest = !number;
        let quotient = rest.wrapping_div(&next);
        Self(quotient.wrapping_add(&U256::ONE))
    }

    /// Both together; `None` past 2²⁵⁶, which no chain reaches.
    pub fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(&other.0).into_option().map(Self)
    }

    /// A sum as it stands in storage, most significant byte first.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(U256::from_be_slice(&bytes))
    }

    /// The number, most significant byte first.
    pub fn to_bytes(self) -> [u8; 32] {
        number_bytes(&self.0)
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode_hex(&self.to_bytes()))
    }
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Work({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compact::Compact;

    fn hex(work: Work) -> String {
        work.to_string().trim_start_matches('0').to_owned()
    }

    /// The `chainwork` that Bitcoin nodes report for blocks 0, 1 and 2015, the
    /// last one before the first change of difficulty.
    #[test]
    fn work_adds_up_as_bitcoin_nodes_report_it() {
        let of_one = Work::of(Compact::new(0x1d00_ffff).unwrap().target());
        let mut total = Work::NONE;
        for height in 0..2016 {
            total = total.plus(of_one).unwrap();
            match height {
                0 => assert_eq!(hex(total), "100010001"),
                1 => assert_eq!(hex(total), "200020002"),
                2015 => assert_eq!(hex(total), "7e007e007e0"),
                _ => {}
            }
        }
    }

    #[test]
    fn the_easiest_target_takes_one_hash_and_half_of_it_two() {
        assert_eq!(hex(Work::of(Target::EASIEST)), "1");
        let half = Target::from_zero_bits(1).unwrap();
        assert_eq!(hex(Work::of(half)), "2");
        let twenty = Target::from_zero_bits(20).unwrap();
        assert_eq!(hex(Work::of(twenty)), "100000");
        let mut hardest = [0; 32];
        hardest[31] = 1;
        let hardest = Target::from_bytes(hardest).unwrap();
        assert_eq!(hex(Work::of(hardest)), format!("8{}", "0".repeat(63)));
    }

    #[test]
    fn a_sum_past_256_bits_is_refused() {
        let most = Work::from_bytes([255; 32]);
        assert_eq!(most.plus(Work::of(Target::EASIEST)), None);
        assert_eq!(most.plus(Work::NONE), Some(most));
    }
}
