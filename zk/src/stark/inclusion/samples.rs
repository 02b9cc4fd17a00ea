//! Random claims for tests.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use winterfell::math::fields::f64::BaseElement;

use super::*;

pub(super) struct Samples(ChaCha8Rng);

impl Samples {
    pub(super) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub(super) fn number(&mut self, below: u64) -> u64 {
        self.0.next_u64() % below
    }

    pub(super) fn digest(&mut self) -> TreeDigest {
        TreeDigest::new([(); 4].map(|()| BaseElement::new(self.0.next_u64())))
    }

    /// A true claim with its path.
    pub(super) fn claim(&mut self, depth: u8) -> (Inclusion, Vec<TreeDigest>) {
        let path: Vec<TreeDigest> = (0..depth).map(|_| self.digest()).collect();
        let index = self.0.next_u64() & (u64::MAX >> (64 - u32::from(depth)));
        let (leaf, index) = (self.digest(), LeafIndex::new(index));
        // Put together by hand: constraints are tested on short traces too.
        let mut claim = Inclusion {
            root: leaf,
            leaf,
            index,
            depth,
        };
        claim.root = root_of(&claim, &path).unwrap();
        (claim, path)
    }
}

/// Adds one to an element of a digest.
pub(super) fn changed(digest: TreeDigest, place: usize) -> TreeDigest {
    let mut elements = *digest.elements();
    elements[place] += BaseElement::new(1);
    TreeDigest::new(elements)
}
