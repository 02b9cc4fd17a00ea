//! The engine: one height after the other.

use std::marker::PhantomData;

use pyralog_consensus::{
    AHEAD_COUNT_MAX, Ahead, Effect, Engine, Input, Message, Start, Tick, Timer, Verified,
};
use pyralog_primitives::{Address, Height};

use crate::agreement::Agreement;
use crate::ballots::VOTE_COUNT_MAX;
use crate::rules::{Paper, Rules};
use crate::settings::Settings;

/// What is held of each validator besides its votes and what it said about the
/// next height: a wish, its proof, and a share in a justification.
const WISH_COUNT_MAX: usize = 3;
/// What is held of nobody in particular: own messages of the round, and the
/// proof of the own preparation.
const OWN_COUNT_MAX: usize = 8;

/// The engine. See the [crate].
#[derive(Debug)]
pub struct Pbft<R = Paper> {
    settings: Settings,
    own: Option<Address>,
    current: Option<Agreement>,
    ahead: Ahead,
    rules: PhantomData<R>,
}

impl Pbft {
    /// An engine for the validator with this address, or for a follower that
    /// has none.
    pub fn new(settings: Settings, own: Option<Address>) -> Self {
        Self::with_rules(settings, own)
    }
}

impl<R: Rules> Pbft<R> {
    /// An engine with other rules, for tests of the simulator.
    pub fn with_rules(settings: Settings, own: Option<Address>) -> Self {
        Self {
            settings,
            own,
            current: None,
            ahead: Ahead::default(),
            rules: PhantomData,
        }
    }

    fn start(&mut self, start: Start, effects: &mut Vec<Effect>) {
        let height = start.height;
        let mut agreement = Agreement::new(self.settings, self.own, &start);
        agreement.begin(start.records, effects);
        self.current = Some(agreement);
        for message in self.ahead.take() {
            if message.height() == height {
                self.hear(message, effects);
            }
        }
    }

    fn hear(&mut self, message: Verified<Message>, effects: &mut Vec<Effect>) {
        let Some(current) = &mut self.current else {
            return;
        };
        if message.height() == current.height() {
            current.hear::<R>(message.into_inner(), effects);
        } else if Some(message.height()) == current.height().next() {
            self.ahead.keep(message);
        }
    }

    fn at(&mut self, height: Height) -> Option<&mut Agreement> {
        let current = self.current.as_mut();
        current.filter(|current| current.height() == height)
    }

    fn ring(&mut self, timer: Timer, effects: &mut Vec<Effect>) {
        let Some(current) = self.at(timer.height()) else {
            return;
        };
        match timer {
            Timer::EmptyBlock { .. } => current.give_reason(effects),
            Timer::Round { round, .. } => current.end_round::<R>(round, effects),
            Timer::Resend { .. } => current.resend(effects),
            // This engine sets none of these.
            Timer::Step { .. } => {}
        }
    }
}

impl<R: Rules> Engine for Pbft<R> {
    fn step(&mut self, _now: Tick, input: Input, effects: &mut Vec<Effect>) {
        match input {
            Input::Start(start) => {
                let last = self.current.as_ref().map(Agreement::height);
                if last.is_none_or(|last| start.height > last) {
                    self.start(start, effects);
                }
            }
            Input::Waiting => {
                if let Some(current) = &mut self.current {
                    current.give_reason(effects);
                }
            }
            Input::Message(message) => self.hear(message, effects),
            Input::Timer(timer) => self.ring(timer, effects),
            Input::Built { height, block } => {
                if let Some(current) = self.at(height) {
                    current.propose_built(block, effects);
                }
            }
            Input::Checked {
                height,
                block,
                is_valid,
            } => {
                if let Some(current) = self.at(height) {
                    current.judge::<R>(block, is_valid, effects);
                }
            }
            Input::Signed {
                statement,
                signature,
            } => {
                if let Some(current) = self.at(statement.height()) {
                    current.say::<R>(statement, signature, effects);
                }
            }
            Input::Refused(statement) => {
                if let Some(current) = self.at(statement.height()) {
                    current.fall_silent(statement, effects);
                }
            }
            Input::Certified(certificate) => {
                if let Some(current) = self.at(certificate.height()) {
                    current.decide(certificate.into_inner(), effects);
                }
            }
        }
    }

    fn held_count(&self) -> usize {
        let current = self.current.as_ref().map_or(0, Agreement::held_count);
        current + self.ahead.held_count()
    }

    fn held_count_max(validator_count: usize) -> usize {
        validator_count * (VOTE_COUNT_MAX + WISH_COUNT_MAX + AHEAD_COUNT_MAX) + OWN_COUNT_MAX
    }
}
