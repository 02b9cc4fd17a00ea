//! Random claims for tests.

use super::*;

pub(super) use crate::stark::samples::{Samples, changed};

impl Samples {
    /// A true claim with its path.
    pub(super) fn claim(&mut self, depth: u8) -> (Inclusion, Vec<TreeDigest>) {
        let path: Vec<TreeDigest> = (0..depth).map(|_| self.digest()).collect();
        let index = self.any() & (u64::MAX >> (64 - u32::from(depth)));
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
