//! Looking for a solution, many attempts side by side.
//!
//! A step is a fixed number of attempts. A search keeps its place, so that who
//! drives it can stop, report, or share the nonces among threads.

use pyralog_primitives::kernel::{RawHash, RawPair, hash_pairs};
use pyralog_primitives::{Domain, Hash, WorkNonce};

use crate::puzzle::{Puzzle, attempt, put_nonce};

/// Fewer, and the call costs as much as the hashing; more, and the attempts no
/// longer stay in the nearest cache.
const STEP_ATTEMPTS: usize = 256;

/// A number of steps, of 256 attempts each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepCount(u32);

impl StepCount {
    /// So many steps.
    pub const fn new(raw: u32) -> Self {
        Self(raw)
    }
}

/// How far a search is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The first solution at or after the place where the search was begun.
    Found(WorkNonce),
    /// None yet; [`Search::run`] goes on.
    Running,
    /// Every nonce to the last one was tried.
    Exhausted,
}

/// A search with its place.
pub struct Search {
    puzzle: Puzzle,
    /// The nonce of the first block of the next step.
    next: Option<u64>,
    blocks: Vec<RawPair>,
    hashes: Vec<RawHash>,
}

impl Search {
    /// Begins at the nonce `from`.
    pub fn new(puzzle: Puzzle, from: WorkNonce) -> Self {
        Self {
            puzzle,
            next: Some(from.get()),
            blocks: vec![attempt(puzzle.seed, from); STEP_ATTEMPTS],
            hashes: vec![RawHash::default(); STEP_ATTEMPTS],
        }
    }

    /// Makes at most so many steps.
    pub fn run(&mut self, steps: StepCount) -> Progress {
        for _ in 0..steps.0 {
            let Some(first) = self.next else {
                return Progress::Exhausted;
            };
            if let Some(nonce) = self.step(first) {
                return Progress::Found(nonce);
            }
        }
        Progress::Running
    }

    /// Tries a step's nonces from `first` on, and moves the place behind them.
    fn step(&mut self, first: u64) -> Option<WorkNonce> {
        let nonces = (0..STEP_ATTEMPTS as u64).map_while(|place| first.checked_add(place));
        let mut count = 0;
        for (block, nonce) in self.blocks.iter_mut().zip(nonces) {
            put_nonce(block, WorkNonce::new(nonce));
            count += 1;
        }
        let (blocks, hashes) = (&self.blocks[..count], &mut self.hashes[..count]);
        hash_pairs(Domain::WorkPuzzle, blocks, hashes);
        self.next = first.checked_add(count as u64);
        let place = first_below(hashes, &self.puzzle)? as u64;
        // The next run goes on behind the solution.
        self.next = (first + place).checked_add(1);
        Some(WorkNonce::new(first + place))
    }
}

/// The place of the first hash that meets the target.
fn first_below(hashes: &[RawHash], puzzle: &Puzzle) -> Option<usize> {
    // Eight bytes refuse nearly all of them, without comparing the rest.
    let last_head = head(&puzzle.target.to_bytes());
    hashes
        .iter()
        .position(|hash| head(hash) <= last_head && puzzle.target.accepts(&Hash::new(*hash)))
}

fn head(number: &RawHash) -> u64 {
    let head = number.first_chunk();
    u64::from_be_bytes(*head.expect("a hash has more than eight bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::puzzle::Seed;
    use crate::target::Target;

    fn puzzle(bits: u32) -> Puzzle {
        let target = Target::from_zero_bits(bits).unwrap();
        Puzzle::new(Seed::new(Hash::new([7; 32])), target)
    }

    #[test]
    fn a_search_finds_what_trying_one_after_the_other_finds() {
        let puzzle = puzzle(9);
        let mut one_by_one = (0..).filter(|nonce| puzzle.check(WorkNonce::new(*nonce)).is_ok());
        let mut search = Search::new(puzzle, WorkNonce::new(0));
        for _ in 0..20 {
            let found = loop {
                match search.run(StepCount::new(1)) {
                    Progress::Running => {}
                    Progress::Found(nonce) => break nonce.get(),
                    Progress::Exhausted => panic!("not after so few"),
                }
            };
            assert_eq!(Some(found), one_by_one.next());
        }
    }

    #[test]
    fn a_search_stops_at_the_last_nonce() {
        let mut search = Search::new(puzzle(200), WorkNonce::new(u64::MAX - 300));
        assert_eq!(search.run(StepCount::new(1)), Progress::Running);
        assert_eq!(search.run(StepCount::new(2)), Progress::Exhausted);
        let easy = Puzzle::new(Seed::new(Hash::ZERO), Target::EASIEST);
        let mut search = Search::new(easy, WorkNonce::new(u64::MAX));
        let last = Progress::Found(WorkNonce::new(u64::MAX));
        assert_eq!(search.run(StepCount::new(1)), last);
        assert_eq!(search.run(StepCount::new(1)), Progress::Exhausted);
    }

    #[test]
    fn no_steps_do_nothing() {
        let mut search = Search::new(puzzle(0), WorkNonce::new(5));
        assert_eq!(search.run(StepCount::new(0)), Progress::Running);
        let first = Progress::Found(WorkNonce::new(5));
        assert_eq!(search.run(StepCount::new(1)), first);
    }
}
