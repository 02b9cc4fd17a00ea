//! Which rows a verification asked for, and so what an honest proof opens.
//!
//! The library looks at the rows that it asked for and ignores what a proof
//! opens besides: more rows, and more hashes in an opening. A proof would have
//! many forms, and a relay could change it. So the places are written down while
//! the library draws them, and the form is checked once more, to the byte.

use std::cell::RefCell;
use std::collections::BTreeSet;

use winterfell::crypto::{Hasher, RandomCoin, RandomCoinError};
use winterfell::math::FieldElement;
use winterfell::math::fields::f64::BaseElement;

use super::gate::{Coin, Commitments};

thread_local! {
    /// The library makes its coin itself, so there is no other way out of it.
    /// At most as many places as there are queries.
    static PLACES: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// The library's coin, and a note of the places that it drew.
pub(super) struct NotingCoin(Coin);

impl RandomCoin for NotingCoin {
    type BaseField = BaseElement;
    type Hasher = Commitments;

    fn new(seed: &[BaseElement]) -> Self {
        PLACES.take();
        Self(Coin::new(seed))
    }

    fn reseed(&mut self, data: <Commitments as Hasher>::Digest) {
        self.0.reseed(data);
    }

    fn check_leading_zeros(&self, value: u64) -> u32 {
        self.0.check_leading_zeros(value)
    }

    fn draw<E: FieldElement<BaseField = BaseElement>>(&mut self) -> Result<E, RandomCoinError> {
        self.0.draw()
    }

    fn draw_integers(
        &mut self,
        count: usize,
        domain: usize,
        nonce: u64,
    ) -> Result<Vec<usize>, RandomCoinError> {
        let places = self.0.draw_integers(count, domain, nonce)?;
        PLACES.set(places.clone());
        Ok(places)
    }
}

/// The places in a domain whose rows must be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked(BTreeSet<usize>);

impl Asked {
    /// Those that the last verification on this thread drew.
    pub(super) fn of_last_verification() -> Self {
        Self(PLACES.take().into_iter().collect())
    }

    /// How many are distinct.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The places in a domain that was folded to this size.
    pub(super) fn folded(&self, domain: usize) -> Self {
        Self(self.0.iter().map(|place| place % domain).collect())
    }

    /// How many hashes stand in each list of the opening of these places, in a
    /// tree of this depth: the lists are for pairs of leaves; the further levels
    /// put theirs to the list at the place that a node has in its level.
    pub(super) fn lists(&self, depth: usize) -> Vec<usize> {
        let pairs: BTreeSet<usize> = self.0.iter().map(|place| place / 2).collect();
        let missing = |pair: &usize| {
            let children = [2 * pair, 2 * pair + 1];
            children
                .iter()
                .filter(|leaf| !self.0.contains(leaf))
                .count()
        };
        let mut lists: Vec<usize> = pairs.iter().map(missing).collect();
        let mut level: Vec<usize> = pairs.into_iter().collect();
        for _ in 1..depth {
            let mut place = 0;
            let mut parents = Vec::with_capacity(level.len());
            while let Some(node) = level.get(place) {
                if level.get(place + 1) == Some(&(node ^ 1)) {
                    place += 1;
                } else {
                    lists[place] += 1;
                }
                parents.push(node / 2);
                place += 1;
            }
            level = parents;
        }
        lists
    }

    #[cfg(test)]
    pub(super) fn new(places: impl IntoIterator<Item = usize>) -> Self {
        Self(places.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use winterfell::crypto::MerkleTree;

    use super::*;

    proptest! {
        #[test]
        fn openings_have_the_form_that_the_library_gives_them(
            depth in 1..9u32,
            places in prop::collection::btree_set(0..256usize, 1..40),
        ) {
            let leaves: Vec<_> = (0..1u32 << depth)
                .map(|leaf| Commitments::hash(&leaf.to_le_bytes()))
                .collect();
            let tree = MerkleTree::<Commitments>::new(leaves).unwrap();
            let asked = Asked::new(places.iter().map(|place| place % (1 << depth)));
            let places: Vec<usize> = asked.0.iter().copied().collect();
            let (_, opening) = tree.prove_batch(&places).unwrap();
            let lengths: Vec<usize> = opening.nodes.iter().map(Vec::len).collect();
            prop_assert_eq!(asked.lists(depth as usize), lengths);
        }
    }
}
