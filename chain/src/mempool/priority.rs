//! What a proposer earns with a transaction, for the room that it takes.

use pyralog_primitives::{Amount, ByteCount, Compute};

/// Digits after the binary point. Fewer, and small tips for large transactions
/// are all alike.
const FRACTION_BITS: u32 = 32;

/// Tip for each unit of cost, in 2⁻³² of the smallest unit of the token,
/// rounded down. A unit of cost is a byte or a unit of compute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Priority(u128);

impl Priority {
    /// A priority of so many 2⁻³² of the smallest unit.
    pub const fn new(raw: u128) -> Self {
        Self(raw)
    }

    /// The number without its meaning.
    pub const fn get(self) -> u128 {
        self.0
    }

    /// The priority that `tip` gives. Beyond 2⁹⁶ a unit they are all alike.
    pub(super) fn of(tip: Amount, units: CostUnits) -> Self {
        let (whole, rest) = (tip.get() / units.0, tip.get() % units.0);
        if whole >> (u128::BITS - FRACTION_BITS) != 0 {
            return Self(u128::MAX);
        }
        // The rest is below the units, of which there are less than 2⁶⁵.
        Self((whole << FRACTION_BITS) | ((rest << FRACTION_BITS) / units.0))
    }

    /// The least tip that gives more than this; the largest amount if none does.
    pub(super) fn tip_above(self, units: CostUnits) -> Amount {
        let Some(above) = self.0.checked_add(1) else {
            return Amount::MAX;
        };
        let fraction = above & ((1 << FRACTION_BITS) - 1);
        let part = (fraction * units.0).div_ceil(1 << FRACTION_BITS);
        let tip = (above >> FRACTION_BITS)
            .checked_mul(units.0)
            .and_then(|whole| whole.checked_add(part));
        tip.map_or(Amount::MAX, Amount::new)
    }
}

/// Bytes and units of compute, counted together as the fee counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CostUnits(u128);

impl CostUnits {
    /// Never zero, because a transaction has bytes.
    pub(super) fn of(bytes: ByteCount, compute_max: Compute) -> Self {
        Self((u128::from(bytes.get()) + u128::from(compute_max.get())).max(1))
    }

    /// The highest base fee that `fee_max` covers in the worst case, beside the
    /// tip.
    pub(super) fn base_fee_limit(self, fee_max: Amount, tip: Amount) -> Amount {
        Amount::new(fee_max.get().saturating_sub(tip.get()) / self.0)
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_core::{Rng, SeedableRng};

    use super::*;
    use crate::fees::fee;

    fn units(bytes: u64, compute: u64) -> CostUnits {
        CostUnits::of(ByteCount::new(bytes), Compute::new(compute))
    }

    #[test]
    fn a_priority_is_the_tip_for_each_unit() {
        let cost = units(300, 700);
        assert_eq!(Priority::of(Amount::ZERO, cost), Priority::new(0));
        assert_eq!(
            Priority::of(Amount::new(1000), cost),
            Priority::new(1 << 32)
        );
        assert_eq!(
            Priority::of(Amount::new(1500), cost),
            Priority::new(3 << 31)
        );
        assert_eq!(
            Priority::of(Amount::MAX, units(1, 0)),
            Priority::new(u128::MAX)
        );
        let last_exact = Amount::new((1 << 96) - 1);
        assert_eq!(
            Priority::of(last_exact, units(1, 0)),
            Priority::new(last_exact.get() << 32)
        );
    }

    /// Numbers of all sizes below 2 to the power of `bits`.
    fn number(rng: &mut ChaCha8Rng, bits: u32) -> u128 {
        let (high, low) = (rng.next_u64(), rng.next_u64());
        let kept = 1 + u32::try_from(rng.next_u64() % u64::from(bits)).unwrap();
        ((u128::from(high) << 64) | u128::from(low)) >> (128 - kept)
    }

    fn any_units(rng: &mut ChaCha8Rng) -> (u64, u64) {
        let compute = u64::try_from(number(rng, 64)).unwrap();
        (1 + rng.next_u64() % (1 << 20), compute)
    }

    #[test]
    fn the_tip_above_is_the_least_that_is_more() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..20_000 {
            let (bytes, compute) = any_units(&mut rng);
            let cost = units(bytes, compute);
            let tip = Amount::new(number(&mut rng, 90));
            let priority = Priority::of(tip, cost);
            let above = priority.tip_above(cost);
            assert!(Priority::of(above, cost) > priority, "{tip} {cost:?}");
            let below = Amount::new(above.get() - 1);
            assert!(Priority::of(below, cost) <= priority, "{tip} {cost:?}");
        }
    }

    #[test]
    fn the_base_fee_limit_is_the_highest_that_is_covered() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        for _ in 0..20_000 {
            let (bytes, compute) = any_units(&mut rng);
            // Smaller, so that the next base fee does not overflow.
            let compute = compute >> 32;
            let fee_max = Amount::new(number(&mut rng, 90));
            let tip = Amount::new(number(&mut rng, 90).min(fee_max.get()));
            let limit = units(bytes, compute).base_fee_limit(fee_max, tip).get();
            let worst = |base| {
                let base = Amount::new(base);
                fee(base, ByteCount::new(bytes), Compute::new(compute), tip).unwrap()
            };
            assert!(worst(limit) <= fee_max && worst(limit + 1) > fee_max);
        }
    }
}
