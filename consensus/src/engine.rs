//! The seam itself.

use crate::{Effect, Input, Tick};

/// Decides which block is next. See the [crate].
pub trait Engine {
    /// Applies one input and appends what is to be done, in order: an effect is
    /// begun only once those before it have been done.
    fn step(&mut self, now: Tick, input: Input, effects: &mut Vec<Effect>);

    /// How many messages it holds, for those who watch that memory is bounded.
    fn held_count(&self) -> usize;

    /// The most it may ever hold among so many validators.
    fn held_count_max(validator_count: usize) -> usize
    where
        Self: Sized;
}
