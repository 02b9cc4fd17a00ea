//! The recorded operations, and the images of power cuts among them.

use crate::dice::Dice;
use crate::fate::Tails;
use crate::image::{Cut, Image};
use crate::operation::{Mark, Operation};
use crate::state::State;

/// Lower costs memory for copies of the state, higher costs time per image.
const OPERATIONS_PER_CHECKPOINT: usize = 128;

/// What decides each choice that an image leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seed(u64);

impl Seed {
    /// The seed of this number.
    pub const fn new(raw: u64) -> Self {
        Self(raw)
    }

    /// The number it was made of.
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// All that happened in the watched directory, in the order it took effect.
#[derive(Debug)]
pub struct Journal {
    operations: Vec<Operation>,
    tails: Tails,
    /// The state before every so many operations.
    checkpoints: Vec<State>,
    /// Ascending positions of syncs.
    syncs: Vec<usize>,
    /// Ascending positions of marks.
    marks: Vec<(usize, Mark)>,
}

impl Journal {
    /// The journal, and the state after all of it.
    pub(crate) fn new(base: State, operations: Vec<Operation>) -> (Self, State) {
        let mut journal = Self {
            checkpoints: Vec::new(),
            syncs: Vec::new(),
            marks: Vec::new(),
            operations,
            tails: Tails::default(),
        };
        let mut state = base;
        for (at, operation) in journal.operations.iter().enumerate() {
            if at % OPERATIONS_PER_CHECKPOINT == 0 {
                journal.checkpoints.push(state.clone());
            }
            match operation {
                Operation::Mark(mark) => journal.marks.push((at, *mark)),
                operation if operation.is_sync() => journal.syncs.push(at),
                _ => {}
            }
            state.apply(&journal.operations, at);
        }
        if journal.checkpoints.is_empty() {
            journal.checkpoints.push(state.clone());
        }
        state.settle_all(&journal.operations);
        (journal, state)
    }

    /// The same journal for a file system with other ends of files.
    #[must_use]
    pub fn with_tails(mut self, tails: Tails) -> Self {
        self.tails = tails;
        self
    }

    /// How many operations there are, marks included.
    pub fn len(&self) -> usize {
        self.operations.len()
    }

    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// The positions of operations that made something durable. A cut at such
    /// a position comes just too early for it, a cut at the next just after.
    pub fn sync_points(&self) -> &[usize] {
        &self.syncs
    }

    /// The disk after a power cut at operation `at`: what is before it was
    /// done, what is there may have been on its way. Up to `len()` inclusive.
    pub fn crash(&self, at: usize, seed: Seed) -> Image {
        assert!(
            at <= self.len(),
            "a cut at {at} is past the journal's end at {}",
            self.len()
        );
        let checkpoint = (at / OPERATIONS_PER_CHECKPOINT).min(self.checkpoints.len() - 1);
        let mut state = self.checkpoints[checkpoint].clone();
        for done in checkpoint * OPERATIONS_PER_CHECKPOINT..at {
            state.apply(&self.operations, done);
        }
        let in_flight = self.operations.get(at);
        if in_flight.is_some_and(|operation| !operation.is_sync()) {
            state.pend(&self.operations, at);
        }
        let marks_before = self.marks.partition_point(|(position, _)| *position < at);
        let cut = Cut {
            at,
            of: self.len(),
            in_flight: in_flight.map_or_else(|| "the end".to_owned(), ToString::to_string),
            seed,
            tails: self.tails,
            last_mark: marks_before.checked_sub(1).map(|last| self.marks[last].1),
        };
        Image::of(&state, &self.operations, cut)
    }

    /// `count` images over the whole journal, early cuts first: half of them
    /// at and right after syncs and marks, where promises begin.
    pub fn crashes(&self, count: usize, seed: Seed) -> impl Iterator<Item = Image> {
        let mut dice = Dice::new(seed.get(), 0);
        let promises: Vec<usize> = self
            .syncs
            .iter()
            .copied()
            .chain(self.marks.iter().map(|(position, _)| *position))
            .collect();
        let mut cuts: Vec<(usize, Seed)> = (0..count)
            .map(|_| {
                let at = if promises.is_empty() || dice.coin() {
                    dice.below(self.len() + 1)
                } else {
                    promises[dice.below(promises.len())] + dice.below(2)
                };
                (at, Seed::new(dice.next()))
            })
            .collect();
        cuts.sort_unstable();
        cuts.into_iter().map(|(at, seed)| self.crash(at, seed))
    }
}
