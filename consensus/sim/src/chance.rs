//! What is drawn, from one seed.
//!
//! Each thing that draws has a stream of its own. So what one draws does not
//! change what another one does, and a run in which a fault is left out stays
//! like the run with it, up to where the fault made a difference.

use std::fmt;
use std::str::FromStr;

use crate::network::About;

/// Decides the whole course of a simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seed(u64);

impl Seed {
    /// The seed of this number.
    pub const fn new(raw: u64) -> Self {
        Self(raw)
    }

    /// The number without its meaning.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

/// A text that is no seed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no seed; write a decimal number, or a hexadecimal one after 0x")]
pub struct SeedError(String);

impl FromStr for Seed {
    type Err = SeedError;

    fn from_str(text: &str) -> Result<Self, SeedError> {
        let parsed = match text.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16),
            None => text.parse(),
        };
        parsed.map(Self).map_err(|_| SeedError(text.to_owned()))
    }
}

/// Who draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Plan,
    Committee {
        epoch: u64,
    },
    Epochs,
    Link {
        from: usize,
        to: usize,
    },
    Process(usize),
    Fault(usize),
    Script {
        height: u64,
        round: u64,
    },
    Lone {
        fault: usize,
        height: u64,
    },
    Sieve {
        fault: usize,
        link: usize,
        about: About,
    },
}

impl Stream {
    const fn number(self) -> u64 {
        let (kind, one, other) = match self {
            Self::Plan => (1, 0, 0),
            Self::Committee { epoch } => (2, epoch, 0),
            Self::Link { from, to } => (3, from as u64, to as u64),
            Self::Epochs => (9, 0, 0),
            Self::Process(who) => (4, who as u64, 0),
            Self::Fault(index) => (5, index as u64, 0),
            Self::Script { height, round } => (6, height, round),
            Self::Lone { fault, height } => (8, fault as u64, height),
            Self::Sieve { fault, link, about } => {
                let about = mix(mix(about.height) ^ about.round) ^ about.step as u64;
                (7, (fault as u64) << 32 | link as u64, about)
            }
        };
        mix(mix(mix(kind) ^ one) ^ other)
    }
}

/// A source of choices: `SplitMix64`.
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

const fn mix(state: u64) -> u64 {
    let word = state.wrapping_add(STEP);
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

impl Chance {
    pub(crate) const fn new(seed: Seed, stream: Stream) -> Self {
        Self(mix(seed.0) ^ stream.number())
    }

    pub(crate) const fn next(&mut self) -> u64 {
        let drawn = mix(self.0);
        self.0 = self.0.wrapping_add(STEP);
        drawn
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        // The upper half of the product: as even as 64 bits allow.
        let product = u128::from(self.next()) * u128::from(end);
        u64::try_from(product >> 64).expect("the upper half of 128 bits is 64")
    }

    /// A number from `first` to `last`.
    pub(crate) fn between(&mut self, first: u64, last: u64) -> u64 {
        first + self.below(last - first + 1)
    }

    /// A place in a list of so many, which is not empty.
    pub(crate) fn place(&mut self, count: usize) -> usize {
        let drawn = self.below(count as u64);
        usize::try_from(drawn).expect("it is below a usize")
    }

    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.place(list.len())]
    }

    /// Whether something is so that is so in so many of a hundred cases.
    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for end in (1..list.len()).rev() {
            list.swap(end, self.place(end + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_reads_what_it_prints_and_decimal_too() {
        let seed = Seed::new(0x1e61);
        assert_eq!(seed.to_string(), "0x1e61");
        assert_eq!(seed.to_string().parse(), Ok(seed));
        assert_eq!("7777".parse(), Ok(seed));
        assert!("0xzz".parse::<Seed>().is_err() && "-1".parse::<Seed>().is_err());
    }

    #[test]
    fn streams_of_one_seed_and_seeds_of_one_stream_differ() {
        let first = |seed, stream| Chance::new(Seed::new(seed), stream).next();
        let link = |from, to| Stream::Link { from, to };
        let drawn = [
            first(1, Stream::Plan),
            first(2, Stream::Plan),
            first(1, link(0, 1)),
            first(1, link(1, 0)),
            first(1, Stream::Process(0)),
        ];
        for (place, one) in drawn.iter().enumerate() {
            assert!(!drawn[place + 1..].contains(one));
        }
        assert_eq!(first(1, Stream::Plan), drawn[0]);
    }

    #[test]
    fn what_is_drawn_is_spread_over_its_range() {
        let mut chance = Chance::new(Seed::new(7), Stream::Plan);
        let mut seen = [0; 6];
        for _ in 0..600 {
            seen[chance.place(6)] += 1;
        }
        assert!(
            seen.iter().all(|count| (50..150).contains(count)),
            "{seen:?}"
        );
        let mut list = [0, 1, 2, 3, 4, 5];
        chance.shuffle(&mut list);
        list.sort_unstable();
        assert_eq!(list, [0, 1, 2, 3, 4, 5]);
    }
}
