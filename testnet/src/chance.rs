//! What is drawn, from one seed.

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// Chooses another course of a test than the usual one.
const SEED_VARIABLE: &str = "PYRALOG_SEED";
const USUAL_SEED: u64 = 1;

/// A source of choices that chooses the same again for the same seed.
#[derive(Clone, Debug)]
pub struct Chance {
    source: ChaCha8Rng,
}

impl Chance {
    /// Takes the seed from `PYRALOG_SEED`, or the usual one, and prints it: the
    /// test runner shows what a failed test printed.
    pub fn from_environment() -> Self {
        let seed = match std::env::var(SEED_VARIABLE) {
            Ok(text) => text.parse().expect("PYRALOG_SEED is a decimal number"),
            Err(_) => USUAL_SEED,
        };
        eprintln!("replay with {SEED_VARIABLE}={seed}");
        Self::from_seed(seed)
    }

    /// Chooses by this seed.
    pub fn from_seed(seed: u64) -> Self {
        let source = ChaCha8Rng::seed_from_u64(seed);
        Self { source }
    }

    /// A source of its own for another task, so that tasks do not choose in the
    /// order in which they happen to run.
    #[must_use]
    pub fn split(&mut self) -> Self {
        Self::from_seed(self.source.next_u64())
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        // The bias is that of a short list against 2^64: none to speak of.
        let drawn = self.source.next_u64() % end as u64;
        usize::try_from(drawn).expect("it is below a usize")
    }

    /// Whether something is so that is so once in `count` times.
    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    /// A time of whole milliseconds from `min` on and below `end`.
    pub fn millis(&mut self, min: usize, end: usize) -> Duration {
        Duration::from_millis((min + self.below(end - min)) as u64)
    }
}
