//! The next target, from the pace of the blocks before.
//!
//! Bitcoin's rule: the target is scaled by the time that a period took over
//! the time that it was to take, at most fourfold either way, never above the
//! limit, and rounded down to what has a compact form.

use crypto_bigint::{NonZero, U256, U512};
use pyralog_primitives::DurationMs;

use crate::compact::Compact;
use crate::target::Target;

/// Higher, and one liar about the time moves the target far; lower, and a
/// network that lost most of its power stands still for long.
pub const RETARGET_FACTOR_MAX: u64 = 4;

/// Why there is no next target. Whoever set the parameters must change them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RetargetError {
    /// A period must take some time.
    #[error("a period of {wanted} ms is too short to scale by: at least {RETARGET_FACTOR_MAX} ms")]
    PeriodTooShort {
        /// The time a period was to take.
        wanted: DurationMs,
    },
}

/// The target after a period with `current` that was to take `wanted` and took
/// `taken`. `limit` is the easiest target that the network allows.
pub fn retarget(
    current: Compact,
    taken: DurationMs,
    wanted: DurationMs,
    limit: Compact,
) -> Result<Compact, RetargetError> {
    if wanted.get() < RETARGET_FACTOR_MAX {
        return Err(RetargetError::PeriodTooShort { wanted });
    }
    let shortest = wanted.get() / RETARGET_FACTOR_MAX;
    let longest = wanted.get().saturating_mul(RETARGET_FACTOR_MAX);
    let taken = taken.get().clamp(shortest, longest);
    // 256 bits times 64 bits need 320.
    let number: U512 = current.target().number().resize();
    let scaled = number.wrapping_mul(&U512::from_u64(taken));
    let wanted = NonZero::new(U512::from_u64(wanted.get()))
        .expect_ref("it was compared with the factor above")
        .to_owned();
    let scaled = scaled.wrapping_div(&wanted);
    let limit = limit.target();
    let next = if scaled > limit.number().resize() {
        limit
    } else {
        let least = Target::of_number(U256::ONE).expect("one is not zero");
        Target::of_number(scaled.resize()).unwrap_or(least)
    };
    Ok(Compact::rounded_down(next))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: u32 = 0x1d00_ffff;
    /// Two weeks.
    const WANTED: DurationMs = DurationMs::new(14 * 24 * 60 * 60 * 1000);

    fn next(current: u32, first_s: u64, last_s: u64) -> u32 {
        let compact = |raw| Compact::new(raw).unwrap();
        let taken = DurationMs::new((last_s - first_s) * 1000);
        let next = retarget(compact(current), taken, WANTED, compact(LIMIT));
        next.unwrap().get()
    }

    /// Bitcoin Core, `src/test/pow_tests.cpp`: blocks of the main chain.
    #[test]
    fn targets_follow_as_on_the_chain_of_bitcoin() {
        // Blocks 30,240 to 32,255.
        assert_eq!(next(0x1d00_ffff, 1_261_130_161, 1_262_152_739), 0x1d00_d86a);
        // Blocks 0 to 2,015: held by the limit.
        assert_eq!(next(0x1d00_ffff, 1_231_006_505, 1_233_061_996), 0x1d00_ffff);
        // Blocks 66,528 to 68,543: four times as hard, no more.
        assert_eq!(next(0x1c05_a3f4, 1_279_008_237, 1_279_297_671), 0x1c01_68fd);
        // Four times as easy, no more; a period that did not happen.
        assert_eq!(next(0x1c38_7f6f, 1_263_163_443, 1_269_211_443), 0x1d00_e1fd);
    }

    #[test]
    fn a_period_of_nothing_is_refused() {
        let compact = Compact::new(LIMIT).unwrap();
        let wanted = DurationMs::new(3);
        let refused = retarget(compact, WANTED, wanted, compact);
        assert_eq!(refused, Err(RetargetError::PeriodTooShort { wanted }));
    }

    #[test]
    fn the_hardest_target_stays_a_target() {
        let hardest = Compact::new(0x0101_0000).unwrap();
        let limit = Compact::new(LIMIT).unwrap();
        let next = retarget(hardest, DurationMs::new(0), WANTED, limit);
        assert_eq!(next, Ok(hardest));
    }

    proptest! {
        #[test]
        fn the_next_target_is_within_the_factor_and_the_limit(
            exponent in 1u32..=32, digits in 1u32..0x0080_0000,
            quarter in 1u64..=u64::MAX / 4, taken in any::<u64>(), near in 0u64..20,
        ) {
            let limit = Compact::new(0x207f_ffff).unwrap();
            let wanted = DurationMs::new(quarter * 4);
            // Any time, and one of the order of what is wanted.
            for taken in [taken, quarter.saturating_mul(near)].map(DurationMs::new) {
                if let Ok(current) = Compact::new(exponent << 24 | digits) {
                    let next = retarget(current, taken, wanted, limit).unwrap();
                    let (old, new) = (current.target(), next.target());
                    prop_assert!(new <= limit.target());
                    if taken <= wanted {
                        prop_assert!(new <= old);
                    }
                    let wide = |target: Target| target.number().resize::<{ U512::LIMBS }>();
                    prop_assert!(wide(new) <= wide(old).shl_vartime(2));
                    let least = old.number().shr_vartime(2).max(U256::ONE);
                    let least = Target::of_number(least).unwrap().min(limit.target());
                    prop_assert!(next.target() >= Compact::rounded_down(least).target());
                }
            }
        }
    }
}
