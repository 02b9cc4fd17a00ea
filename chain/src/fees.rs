//! What a transaction pays, and what a byte and a unit of compute cost next.
//!
//! ```text
//! fee = base fee × (bytes + compute used) + tip
//! ```
//!
//! The base fee is burned, the tip goes to the proposer. The sender names the
//! most it pays, and that must cover the worst case, so that a transaction
//! that is taken into a block can always pay for itself.

use pyralog_genesis::{BLOCK_OVERHEAD_BYTES, Parameters};
use pyralog_primitives::transaction::TransactionBody;
use pyralog_primitives::{Amount, ByteCount, Compute};

/// An eighth: two full blocks in a row raise the fee by about a quarter. More,
/// and nobody could tell what the next block costs; less, and a full network
/// stays full.
const STEP_DIVISOR: u128 = 8;

/// Nobody can pay more for a byte. Without a bound, some hundred full blocks
/// would overflow.
const BASE_FEE_MAX: Amount = Amount::new(1 << 80);

/// What a transaction of so many bytes pays; `None` beyond all amounts.
pub fn fee(base: Amount, bytes: ByteCount, compute: Compute, tip: Amount) -> Option<Amount> {
    let units = u128::from(bytes.get()) + u128::from(compute.get());
    let burned = base.get().checked_mul(units)?;
    Amount::new(burned).checked_add(tip)
}

/// What a transaction of so many bytes pays at most, at this base fee.
pub fn worst_fee(body: &TransactionBody, bytes: ByteCount, base: Amount) -> Option<Amount> {
    fee(base, bytes, body.compute_max, body.tip)
}

/// What a block used up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Bytes of its transactions.
    pub bytes: ByteCount,
    /// Compute that they used.
    pub compute: Compute,
}

impl Usage {
    /// What the transactions of one block may use up together.
    pub fn room(parameters: &Parameters) -> Self {
        let (block, around) = (parameters.block_bytes_max, BLOCK_OVERHEAD_BYTES);
        Self {
            bytes: ByteCount::new(block.get().saturating_sub(around.get())),
            compute: parameters.block_compute_max,
        }
    }

    /// With one more transaction.
    #[must_use]
    pub fn plus(self, bytes: ByteCount, compute: Compute) -> Self {
        Self {
            bytes: ByteCount::new(self.bytes.get().saturating_add(bytes.get())),
            compute: Compute::new(self.compute.get().saturating_add(compute.get())),
        }
    }

    /// What is left of this after `used`.
    #[must_use]
    pub fn minus(self, used: Self) -> Self {
        Self {
            bytes: ByteCount::new(self.bytes.get().saturating_sub(used.bytes.get())),
            compute: Compute::new(self.compute.get().saturating_sub(used.compute.get())),
        }
    }
}

/// The base fee of the next block: at most an eighth more or less, toward
/// blocks that are half full of whichever is scarcer, bytes or compute.
pub fn next_base_fee(base: Amount, used: Usage, parameters: &Parameters) -> Amount {
    let room = Usage::room(parameters);
    let bytes = per_mille(used.bytes.get(), room.bytes.get());
    let compute = per_mille(used.compute.get(), room.compute.get());
    let full = bytes.max(compute);
    let step = |distance: u128| (base.get() * distance / HALF / STEP_DIVISOR).max(1);
    let next = match full.checked_sub(HALF) {
        Some(0) => base.get(),
        Some(above) => base.get() + step(above),
        None => base.get().saturating_sub(step(HALF - full)),
    };
    Amount::new(next).clamp(parameters.base_fee_min, BASE_FEE_MAX)
}

/// Half of a full block, in thousandths.
const HALF: u128 = 500;

fn per_mille(used: u64, room: u64) -> u128 {
    (u128::from(used) * 1000 / u128::from(room.max(1))).min(1000)
}

/// Sums and differences of amounts that are parts of the total supply.
pub(crate) fn within(amount: Option<Amount>) -> Amount {
    amount.expect("all balances together are the supply, which fits: genesis checks it")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The next base fee after a block that used so many thousandths of its
    /// bytes and of its compute.
    fn next(base: u128, bytes: u64, compute: u64) -> u128 {
        let parameters = Parameters::default();
        let room = Usage::room(&parameters);
        // Rounded up, so that the share is not below the thousandth meant.
        let share = |room: u64, thousandths: u64| (room * thousandths).div_ceil(1000);
        let used = Usage {
            bytes: ByteCount::new(share(room.bytes.get(), bytes)),
            compute: Compute::new(share(room.compute.get(), compute)),
        };
        next_base_fee(Amount::new(base), used, &parameters).get()
    }

    #[test]
    fn the_base_fee_follows_the_scarcer_of_bytes_and_compute() {
        assert_eq!(next(8000, 500, 500), 8000);
        assert_eq!(next(8000, 500, 0), 8000);
        assert_eq!(next(8000, 1000, 0), 9000);
        assert_eq!(next(8000, 0, 1000), 9000);
        assert_eq!(next(8000, 1000, 1000), 9000);
        assert_eq!(next(8000, 0, 0), 7000);
        assert_eq!(next(8000, 750, 100), 8500);
        assert_eq!(next(8000, 250, 100), 7500);
    }

    #[test]
    fn the_base_fee_always_moves_and_stays_within_bounds() {
        assert_eq!(next(11, 501, 0), 12, "an eighth of little is at least one");
        assert_eq!(next(12, 499, 0), 11);
        assert_eq!(next(10, 0, 0), 10, "the least of the parameters");
        let max = BASE_FEE_MAX.get();
        assert_eq!(next(max - 1, 1000, 0), max);
        assert_eq!(next(max, 1000, 0), max);
    }

    #[test]
    fn a_fee_beyond_all_amounts_is_none() {
        let (bytes, compute) = (ByteCount::new(u64::MAX), Compute::new(u64::MAX));
        let most = fee(BASE_FEE_MAX, bytes, compute, Amount::ZERO);
        assert_eq!(most, None);
        let fits = fee(Amount::new(1 << 62), bytes, compute, Amount::ZERO);
        assert!(fits.is_some());
        let with_tip = fee(Amount::new(1), bytes, compute, Amount::MAX);
        assert_eq!(with_tip, None);
    }
}
