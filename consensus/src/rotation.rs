//! Whose turn it is to propose.
//!
//! The validators lie side by side on a line, in order of address, each as long
//! as its power. Turn `t` falls on the point that is `t` with its binary digits
//! reversed, read as a fraction of the line. The first turns thus fall on 0,
//! 1/2, 1/4, 3/4, 1/8, 5/8 and so on: each lands in the middle of the widest
//! gap. So the answer is a function of the set and the turn alone; there is no
//! state to carry from block to block, to get wrong, or to prove.
//!
//! Invariant (fairness): in any `n` consecutive turns, a validator that holds
//! the share `w` of the power has between `n·w - d` and `n·w + d` turns, where
//! `d = 2·log2(n) + 3`, the logarithm rounded down.
//!
//! Proof. Take `2^k` consecutive turns. Their last `k` digits take each value
//! once, so reversed they fall once into each of the `2^k` equal pieces of the
//! line. A stretch of length `w` covers more than `2^k·w - 2` of those pieces
//! wholly and touches fewer than `2^k·w + 2`; between those lies the number of
//! its turns. Any `n` turns are at most `log2(n) + 1` such blocks, one for each
//! binary digit of `n`, and each adds less than 2 to the error; the ends of the
//! stretch, which are rounded to whole points of 2^64, add less than one more.

use pyralog_primitives::validators::{ValidatorIndex, ValidatorSet};
use pyralog_primitives::{Height, Round};

/// The place of an attempt in the rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Turn(u64);

impl Turn {
    /// The turn of a round: each next height, and each next round, is the next
    /// turn.
    pub const fn of(height: Height, round: Round) -> Self {
        Self(height.get().wrapping_add(round.get() as u64))
    }
}

/// Who proposes in this turn.
pub fn proposer(validators: &ValidatorSet, turn: Turn) -> ValidatorIndex {
    let fraction = u128::from(turn.0.reverse_bits());
    let total = u128::from(validators.total_power().get());
    let point = (fraction * total) >> u64::BITS;
    let mut end = 0u128;
    validators
        .indexes()
        .zip(validators.iter())
        .find(|(_, validator)| {
            end += u128::from(validator.power.get());
            point < end
        })
        .map(|(index, _)| index)
        .expect("the point lies below the total, which is the end of the last validator")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pyralog_primitives::validators::Validator;
    use pyralog_primitives::{SecretKey, VotingPower};

    use super::*;

    fn set(powers: &[u64]) -> ValidatorSet {
        let member = |(seed, power): (u8, &u64)| Validator {
            key: SecretKey::from_seed(&[seed; 32]).public_key(),
            power: VotingPower::new(*power),
        };
        ValidatorSet::new((1..).zip(powers).map(member).collect()).unwrap()
    }

    fn turns(validators: &ValidatorSet, first: u64, count: u64) -> Vec<u64> {
        let mut turns = vec![0; validators.count()];
        for turn in first..first + count {
            turns[proposer(validators, Turn(turn)).get()] += 1;
        }
        turns
    }

    #[test]
    fn equals_take_turns() {
        let validators = set(&[5; 4]);
        for first in 0..64 {
            assert_eq!(turns(&validators, first, 4), [1; 4]);
        }
    }

    #[test]
    fn a_failed_round_passes_the_turn_on() {
        let validators = set(&[1; 4]);
        let at = |round| proposer(&validators, Turn::of(Height::new(9), Round::new(round)));
        let mut places: Vec<usize> = (0..4).map(|round| at(round).get()).collect();
        places.sort_unstable();
        assert_eq!(places, [0, 1, 2, 3]);
    }

    proptest! {
        #[test]
        fn nobody_has_more_or_fewer_turns_than_the_proof_says(
            powers in prop::collection::vec(prop_oneof![1..10u64, 1..1u64 << 50], 1..12),
            first in prop_oneof![0..1_000_000u64, Just(u64::MAX - 100_000)],
            count in 1..5_000u64,
        ) {
            let validators = set(&powers);
            let total = u128::from(validators.total_power().get());
            let bound = u128::from(2 * count.ilog2() + 3);
            let turns = turns(&validators, first, count);
            for (validator, turns) in validators.iter().zip(turns) {
                // All times the total, to stay with whole numbers.
                let fair = u128::from(count) * u128::from(validator.power.get());
                let actual = u128::from(turns) * total;
                prop_assert!(fair.abs_diff(actual) <= bound * total);
            }
        }
    }
}
