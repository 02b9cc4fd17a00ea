//! Engines with a vice: each breaks one rule, and that rule is named.

use pyralog_consensus::{Effect, Engine, Input, Tick, Timer};
use pyralog_pbft::Pbft;
use pyralog_primitives::{Address, DurationMs, Height};

use super::protocols::PBFT;
use crate::{FaultChoice, Invariant, Options, Protocol, Seed, Simulation};

/// What an engine does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vice {
    /// It takes every block for valid.
    Credulous,
    /// It holds more messages than it says.
    Hoarding,
    /// It does nothing.
    Idle,
    /// It panics after a while.
    Nervous,
    /// It writes nothing down.
    Forgetful,
    /// It never lets time pass.
    Restless,
}

/// PBFT with a vice.
struct Vicious {
    engine: Pbft,
    vice: Vice,
    steps: u32,
}

struct ViciousProtocol(Vice);

impl Protocol for ViciousProtocol {
    type Engine = Vicious;

    fn name(&self) -> &'static str {
        "vicious"
    }

    fn engine(&self, own: Option<Address>) -> Vicious {
        Vicious {
            engine: PBFT.engine(own),
            vice: self.0,
            steps: 0,
        }
    }
}

impl Engine for Vicious {
    fn step(&mut self, now: Tick, mut input: Input, effects: &mut Vec<Effect>) {
        self.steps += 1;
        match self.vice {
            Vice::Idle => return,
            Vice::Nervous => assert!(self.steps < 100, "a nervous engine"),
            Vice::Credulous => {
                if let Input::Checked { is_valid, .. } = &mut input {
                    *is_valid = true;
                }
            }
            Vice::Restless => effects.push(Effect::SetTimer {
                timer: Timer::EmptyBlock {
                    height: Height::FIRST,
                },
                after: DurationMs::new(0),
            }),
            Vice::Hoarding | Vice::Forgetful => {}
        }
        self.engine.step(now, input, effects);
        if self.vice == Vice::Forgetful {
            effects.retain(|effect| !matches!(effect, Effect::Persist(_)));
        }
    }

    fn held_count(&self) -> usize {
        match self.vice {
            Vice::Hoarding => usize::MAX,
            _ => self.engine.held_count(),
        }
    }

    fn held_count_max(validator_count: usize) -> usize {
        <Pbft>::held_count_max(validator_count)
    }
}

/// The first rule that a vice breaks, of many seeds.
fn broken_by(vice: Vice, faults: &FaultChoice) -> Invariant {
    let mut found = (0..300).filter_map(|seed| {
        let options = Options {
            faults: faults.clone(),
            ..Options::chaos(4, Seed::new(seed))
        };
        Simulation::new(&ViciousProtocol(vice), options).run().err()
    });
    found.next().expect("the vice is found").invariant
}

#[test]
fn each_vice_breaks_the_rule_that_it_should() {
    let none = FaultChoice::Kept(Vec::new());
    assert_eq!(broken_by(Vice::Hoarding, &none), Invariant::Memory);
    assert_eq!(broken_by(Vice::Idle, &none), Invariant::Liveness);
    assert_eq!(broken_by(Vice::Restless, &none), Invariant::Liveness);
    assert_eq!(broken_by(Vice::Nervous, &none), Invariant::Panic);
    assert_eq!(broken_by(Vice::Forgetful, &none), Invariant::Durability);
    assert_eq!(
        broken_by(Vice::Credulous, &FaultChoice::All),
        Invariant::Validity
    );
}
