//! An engine that says what a test wants, and keeps what it was told.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use pyralog_consensus::{Effect, Engine, Input, Tick};

#[derive(Clone, Debug, Default)]
pub(crate) struct Script(Rc<RefCell<Lines>>);

#[derive(Debug, Default)]
struct Lines {
    /// What to ask for at the next inputs, one after the other.
    effects: VecDeque<Vec<Effect>>,
    inputs: Vec<Input>,
}

impl Script {
    /// Asks for this at the input after those that are planned.
    pub(crate) fn plan(&self, effects: Vec<Effect>) {
        self.0.borrow_mut().effects.push_back(effects);
    }

    /// What it was told since the last look.
    pub(crate) fn take_inputs(&self) -> Vec<Input> {
        std::mem::take(&mut self.0.borrow_mut().inputs)
    }
}

impl Engine for Script {
    fn step(&mut self, _now: Tick, input: Input, effects: &mut Vec<Effect>) {
        let mut lines = self.0.borrow_mut();
        lines.inputs.push(input);
        effects.extend(lines.effects.pop_front().unwrap_or_default());
    }

    fn held_count(&self) -> usize {
        0
    }

    fn held_count_max(_validator_count: usize) -> usize {
        0
    }
}
