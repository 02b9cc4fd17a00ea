//! The engine: one height after the other.

use arc_malachitebft_core_types::ThresholdParam;
use pyralog_consensus::{
    AHEAD_COUNT_MAX, Ahead, Effect, Engine, Input, Message, Start, Tick, Verified,
};
use pyralog_primitives::{Address, Height};

use crate::admission::HELD_COUNT_MAX;
use crate::agreement::{Agreement, WAITING_COUNT_MAX};
use crate::settings::Settings;

/// What is held of nobody in particular: own messages, to be said again.
const OWN_COUNT_MAX: usize = 8;

/// The engine. See the [crate]. More than `NUMERATOR` of `DENOMINATOR` parts of
/// the power are a quorum: nothing but a test of the simulator, which must
/// notice, has other numbers than two of three.
#[derive(Debug)]
pub struct Tendermint<const NUMERATOR: u64 = 2, const DENOMINATOR: u64 = 3> {
    settings: Settings,
    own: Option<Address>,
    current: Option<Agreement>,
    ahead: Ahead,
}

impl Tendermint {
    /// An engine for the validator with this address, or for a follower that
    /// has none.
    pub fn new(settings: Settings, own: Option<Address>) -> Self {
        Self::with_quorum(settings, own)
    }
}

impl<const NUMERATOR: u64, const DENOMINATOR: u64> Tendermint<NUMERATOR, DENOMINATOR> {
    /// An engine with another quorum, for tests of the simulator.
    pub fn with_quorum(settings: Settings, own: Option<Address>) -> Self {
        Self {
            settings,
            own,
            current: None,
            ahead: Ahead::default(),
        }
    }

    fn start(&mut self, start: Start, effects: &mut Vec<Effect>) {
        let height = start.height;
        let quorum = ThresholdParam::new(NUMERATOR, DENOMINATOR);
        let agreement = Agreement::begin(self.settings, quorum, self.own, start, effects);
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
            current.hear(&message.into_inner(), effects);
        } else if Some(message.height()) == current.height().next() {
            self.ahead.keep(message);
        }
    }

    fn at(&mut self, height: Height) -> Option<&mut Agreement> {
        let current = self.current.as_mut();
        current.filter(|current| current.height() == height)
    }
}

impl<const NUMERATOR: u64, const DENOMINATOR: u64> Engine for Tendermint<NUMERATOR, DENOMINATOR> {
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
            Input::Timer(timer) => {
                if let Some(current) = self.at(timer.height()) {
                    current.ring(timer, effects);
                }
            }
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
                    current.judge(block, is_valid, effects);
                }
            }
            Input::Signed {
                statement,
                signature,
            } => {
                if let Some(current) = self.at(statement.height()) {
                    current.say(&statement, signature, effects);
                }
            }
            Input::Refused(statement) => {
                if let Some(current) = self.at(statement.height()) {
                    current.fall_silent(&statement, effects);
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
        validator_count * (HELD_COUNT_MAX + AHEAD_COUNT_MAX) + WAITING_COUNT_MAX + OWN_COUNT_MAX
    }
}
