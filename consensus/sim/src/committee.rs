//! Who votes at which height.
//!
//! The sets are a function of the seed and the height. In some seeds they
//! change every few heights: members leave and come, and weights differ.
//!
//! Invariant: in each set the faulty have less than a third of the power.

use std::collections::BTreeMap;
use std::sync::Arc;

use pyralog_primitives::validators::{Validator, ValidatorSet};
use pyralog_primitives::{Height, VotingPower};

use crate::chance::{Chance, Seed, Stream};
use crate::keyring::Keyring;

/// Heights that share a set.
const EPOCH_HEIGHTS: u64 = 4;
/// Tries to draw a set in which the faulty are few enough, before it is that of
/// all with equal weights.
const DRAW_COUNT_MAX: usize = 16;
/// The heaviest is at most so many times as heavy as the lightest.
const POWER_MAX: u64 = 5;
/// Members that a set has at least: of fewer, one fault is a third.
const MEMBER_COUNT_MIN: usize = 4;

/// The sets of all heights.
#[derive(Debug)]
pub(crate) struct Committees {
    seed: Seed,
    all: Vec<Validator>,
    faulty: Vec<bool>,
    changes: bool,
    known: BTreeMap<u64, Arc<ValidatorSet>>,
}

impl Committees {
    pub(crate) fn new(seed: Seed, keyring: &Keyring, faulty: Vec<bool>, changes: bool) -> Self {
        let member = |who| Validator {
            key: keyring.public(who),
            power: VotingPower::new(1),
        };
        Self {
            seed,
            all: (0..keyring.count()).map(member).collect(),
            faulty,
            changes,
            known: BTreeMap::new(),
        }
    }

    /// The set of a height.
    pub(crate) fn at(&mut self, height: Height) -> Arc<ValidatorSet> {
        let epoch = if self.changes {
            height.get() / EPOCH_HEIGHTS
        } else {
            0
        };
        if let Some(known) = self.known.get(&epoch) {
            return Arc::clone(known);
        }
        let members = if epoch == 0 {
            self.all.clone()
        } else {
            self.draw(epoch)
        };
        let set = ValidatorSet::new(members).expect("a few strong keys with small weights");
        let set = Arc::new(set);
        self.known.insert(epoch, Arc::clone(&set));
        set
    }

    /// That set and a stranger with the power of all of it.
    pub(crate) fn with_stranger(&mut self, height: Height, keyring: &Keyring) -> ValidatorSet {
        let set = self.at(height);
        let mut members: Vec<Validator> = set.iter().copied().collect();
        members.push(Validator {
            key: keyring.public(keyring.stranger()),
            power: set.total_power(),
        });
        ValidatorSet::new(members).expect("a few strong keys with small weights")
    }

    fn draw(&self, epoch: u64) -> Vec<Validator> {
        let mut chance = Chance::new(self.seed, Stream::Committee { epoch });
        for _ in 0..DRAW_COUNT_MAX {
            let (mut members, mut faulty, mut total) = (Vec::new(), 0, 0);
            for (validator, is_faulty) in self.all.iter().zip(&self.faulty) {
                if chance.percent(20) {
                    continue;
                }
                let power = chance.between(1, POWER_MAX);
                total += power;
                faulty += if *is_faulty { power } else { 0 };
                members.push(Validator {
                    power: VotingPower::new(power),
                    ..*validator
                });
            }
            if members.len() >= MEMBER_COUNT_MIN.min(self.all.len()) && faulty * 3 < total {
                return members;
            }
        }
        self.all.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::Signatures;

    #[test]
    fn sets_change_and_the_faulty_never_have_a_third() {
        let keyring = Keyring::new(7, Signatures::Hashes);
        let faulty: Vec<bool> = (0..7).map(|who| who < 2).collect();
        let mut committees = Committees::new(Seed::new(5), &keyring, faulty.clone(), true);
        let mut sets = Vec::new();
        for height in 1..200 {
            let set = committees.at(Height::new(height));
            let power = |who: usize| {
                let index = set.find(&keyring.address(who));
                let member = index.and_then(|index| set.get(index));
                member.map_or(0, |member| member.power.get())
            };
            let bad: u64 = (0..7).filter(|who| faulty[*who]).map(power).sum();
            assert!(bad * 3 < set.total_power().get(), "height {height}");
            assert!(set.count() >= 4);
            sets.push(set);
        }
        assert!(sets.windows(2).filter(|pair| pair[0] != pair[1]).count() > 20);
        assert!(sets.iter().any(|set| set.count() < 7));
    }
}
