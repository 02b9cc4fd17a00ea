//! Who votes at which height.
//!
//! The sets are a function of the seed and the height. In some seeds they
//! change every few heights, or at every one: members leave and come, and weights
//! differ.
//!
//! Invariant: in each set the faulty have less than a third of the power; where
//! treason is wanted, a third at least, and at most two.

use std::collections::BTreeMap;
use std::sync::Arc;

use pyralog_primitives::validators::{Validator, ValidatorSet};
use pyralog_primitives::{BlockCount, Height, VotingPower};

use crate::chance::{Chance, Seed, Stream};
use crate::keyring::Keyring;

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
    epoch: Option<BlockCount>,
    is_treason: bool,
    known: BTreeMap<u64, Arc<ValidatorSet>>,
}

impl Committees {
    pub(crate) fn new(
        seed: Seed,
        keyring: &Keyring,
        faulty: Vec<bool>,
        epoch: Option<BlockCount>,
    ) -> Self {
        let member = |who| Validator {
            key: keyring.public(who),
            power: VotingPower::new(1),
        };
        Self {
            seed,
            all: (0..keyring.count()).map(member).collect(),
            faulty,
            epoch,
            is_treason: false,
            known: BTreeMap::new(),
        }
    }

    /// The same, where the faulty have a third of the power or more.
    pub(crate) fn with_treason(self, is_treason: bool) -> Self {
        Self { is_treason, ..self }
    }

    /// The set of a height.
    pub(crate) fn at(&mut self, height: Height) -> Arc<ValidatorSet> {
        let epoch = self.epoch.map_or(0, |heights| height.get() / heights.get());
        if let Some(known) = self.known.get(&epoch) {
            return Arc::clone(known);
        }
        let members = if epoch == 0 && !self.is_treason {
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
            let is_fit = if self.is_treason {
                (total..=2 * total).contains(&(faulty * 3))
            } else {
                faulty * 3 < total
            };
            if is_fit && members.len() >= MEMBER_COUNT_MIN.min(self.all.len()) {
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

    const COUNT: usize = 7;

    /// The power of each validator at each of so many heights.
    fn powers(committees: &mut Committees, keyring: &Keyring, heights: u64) -> Vec<Vec<u64>> {
        let at = |height| {
            let set = committees.at(Height::new(height));
            let power = |who: usize| {
                let index = set.find(&keyring.address(who));
                let member = index.and_then(|index| set.get(index));
                member.map_or(0, |member| member.power.get())
            };
            (0..COUNT).map(power).collect()
        };
        (1..=heights).map(at).collect()
    }

    fn drawn(epoch: u64, faulty: usize, is_treason: bool) -> Vec<Vec<u64>> {
        let keyring = Keyring::new(COUNT, Signatures::Hashes);
        let faulty = (0..COUNT).map(|who| who < faulty).collect();
        let epoch = Some(BlockCount::new(epoch));
        let committees = Committees::new(Seed::new(5), &keyring, faulty, epoch);
        powers(&mut committees.with_treason(is_treason), &keyring, 1000)
    }

    #[test]
    fn sets_change_and_the_faulty_never_have_a_third() {
        for epoch in [1, 4] {
            let sets = drawn(epoch, 2, false);
            for (height, set) in sets.iter().enumerate() {
                let bad: u64 = set[..2].iter().sum();
                assert!(bad * 3 < set.iter().sum(), "height {height}");
                assert!(set.iter().filter(|power| **power > 0).count() >= MEMBER_COUNT_MIN);
            }
            let changes = sets.windows(2).filter(|pair| pair[0] != pair[1]).count();
            let most = 1000 / usize::try_from(epoch).unwrap();
            assert!((most * 9 / 10..=most).contains(&changes), "{changes}");
        }
    }

    #[test]
    fn at_every_height_members_join_and_leave_and_gain_and_lose_power() {
        let sets = drawn(1, 2, false);
        let (mut joined, mut left, mut gained, mut lost) = (0, 0, 0, 0);
        for pair in sets.windows(2) {
            for (before, after) in pair[0].iter().zip(&pair[1]) {
                match (*before, *after) {
                    (0, power) if power > 0 => joined += 1,
                    (power, 0) if power > 0 => left += 1,
                    (one, other) if one < other => gained += 1,
                    (one, other) if one > other => lost += 1,
                    _ => {}
                }
            }
        }
        let least = [joined, left, gained, lost].into_iter().min();
        assert!(least > Some(500), "{joined} {left} {gained} {lost}");
    }

    #[test]
    fn traitors_have_a_third_and_not_more_than_two() {
        for set in drawn(1, 3, true) {
            let (bad, all): (u64, u64) = (set[..3].iter().sum(), set.iter().sum());
            assert!((all..=2 * all).contains(&(bad * 3)), "{set:?}");
        }
    }
}
