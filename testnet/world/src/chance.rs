//! What is drawn, from one seed.

/// A stream of numbers that look random.
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number (`SplitMix64`).
    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `low` up to, and not including, `high`.
    pub(crate) const fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low)
    }

    /// A place in a list of so many, which is not empty.
    pub(crate) fn place(&mut self, count: usize) -> usize {
        usize::try_from(self.next() % count as u64).expect("it is less than a usize")
    }

    /// True in so many of a hundred cases.
    pub(crate) const fn percent(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }
}
