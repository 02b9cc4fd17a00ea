//! Random values for tests.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use winterfell::math::fields::f64::BaseElement;

use super::digest::TreeDigest;

pub(super) struct Samples(ChaCha8Rng);

impl Samples {
    pub(super) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub(super) fn any(&mut self) -> u64 {
        self.0.next_u64()
    }

    pub(super) fn number(&mut self, below: u64) -> u64 {
        self.any() % below
    }

    /// A place in a list of this length.
    pub(super) fn place(&mut self, length: usize) -> usize {
        usize::try_from(self.number(length as u64)).unwrap()
    }

    pub(super) fn digest(&mut self) -> TreeDigest {
        TreeDigest::new([(); 4].map(|()| BaseElement::new(self.any())))
    }
}

/// Adds one to an element of a digest.
pub(super) fn changed(digest: TreeDigest, place: usize) -> TreeDigest {
    let mut elements = *digest.elements();
    elements[place] += BaseElement::new(1);
    TreeDigest::new(elements)
}
