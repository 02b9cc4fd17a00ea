//! Engines with a vice: each breaks one rule, and that rule is named.

use std::collections::BTreeMap;

use pyralog_consensus::{Effect, Engine, Input, Message, Record, Statement, Tick, Timer};
use pyralog_primitives::vote::VoteKind;
use pyralog_primitives::{Address, BlockId, DurationMs, Height, Round};

use super::protocols::{PBFT, TENDERMINT};
use crate::{FaultChoice, FaultKind, Invariant, Options, Protocol, Seed, Simulation};

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
    /// It reports nobody.
    Discreet,
    /// It prevotes what is proposed, when its lock forbids it (Tendermint).
    Disloyal,
    /// It wishes to enter rounds as if it had prepared nothing (PBFT).
    Secretive,
}

/// An engine with a vice.
struct Vicious<E> {
    engine: E,
    vice: Vice,
    steps: u32,
    proposed: BTreeMap<(Height, Round), BlockId>,
    /// What it had signed, and what the engine under it had asked for.
    twisted: BTreeMap<Statement, Statement>,
}

struct ViciousProtocol<'a, P>(&'a P, Vice);

impl<P: Protocol> Protocol for ViciousProtocol<'_, P> {
    type Engine = Vicious<P::Engine>;

    fn name(&self) -> &'static str {
        "vicious"
    }

    fn engine(&self, own: Option<Address>) -> Self::Engine {
        Vicious {
            engine: self.0.engine(own),
            vice: self.1,
            steps: 0,
            proposed: BTreeMap::new(),
            twisted: BTreeMap::new(),
        }
    }
}

impl<E: Engine> Engine for Vicious<E> {
    fn step(&mut self, now: Tick, mut input: Input, effects: &mut Vec<Effect>) {
        self.steps += 1;
        match self.vice {
            Vice::Idle => return,
            Vice::Nervous => assert!(self.steps < 100, "a nervous engine"),
            Vice::Restless => effects.push(Effect::SetTimer {
                timer: Timer::EmptyBlock {
                    height: Height::FIRST,
                },
                after: DurationMs::new(0),
            }),
            _ => self.hear(&mut input),
        }
        let before = effects.len();
        self.engine.step(now, input, effects);
        for effect in &mut effects[before..] {
            self.twist(effect);
        }
        effects.retain(|effect| match effect {
            Effect::Persist(_) => self.vice != Vice::Forgetful,
            Effect::Report(_) => self.vice != Vice::Discreet,
            _ => true,
        });
    }

    fn held_count(&self) -> usize {
        match self.vice {
            Vice::Hoarding => usize::MAX,
            _ => self.engine.held_count(),
        }
    }

    fn held_count_max(validator_count: usize) -> usize {
        E::held_count_max(validator_count)
    }
}

impl<E> Vicious<E> {
    fn hear(&mut self, input: &mut Input) {
        match input {
            Input::Checked { is_valid, .. } => *is_valid |= self.vice == Vice::Credulous,
            Input::Signed { statement, .. } => {
                if let Some(asked) = self.twisted.get(statement) {
                    *statement = *asked;
                }
            }
            Input::Message(message) => {
                if let Message::Proposal(proposal) = &**message {
                    let signed = &proposal.signed;
                    let place = (signed.height, signed.round);
                    self.proposed.entry(place).or_insert(signed.value);
                }
            }
            _ => {}
        }
    }

    /// What it says in place of this.
    fn instead(&mut self, mut said: Statement) -> Statement {
        let asked = said;
        match &mut said {
            Statement::Vote {
                kind: VoteKind::Prevote,
                height,
                round,
                value,
            } if self.vice == Vice::Disloyal => {
                *value = value.or(self.proposed.get(&(*height, *round)).copied());
            }
            Statement::ViewChange { prepared, .. } if self.vice == Vice::Secretive => {
                *prepared = None;
            }
            _ => {}
        }
        // The first thing that it says in a place is what it says again there.
        let known = self.twisted.iter().find(|(_, known)| **known == asked);
        let said = known.map_or(said, |(said, _)| *said);
        self.twisted.insert(said, asked);
        said
    }

    fn twist(&mut self, effect: &mut Effect) {
        match effect {
            Effect::Persist(Record::Intent(said)) | Effect::Sign(said) => {
                *said = self.instead(*said);
            }
            Effect::Broadcast(Message::Vote(vote)) => {
                let asked = Statement::Vote {
                    kind: vote.kind,
                    height: vote.height,
                    round: vote.round,
                    value: vote.value,
                };
                if let Statement::Vote { value, .. } = self.instead(asked) {
                    vote.value = value;
                }
            }
            Effect::Broadcast(Message::ViewChange { wish, proof })
                if self.vice == Vice::Secretive =>
            {
                wish.prepared = None;
                *proof = None;
            }
            _ => {}
        }
    }
}

/// The first rule that a vice breaks, of many seeds.
fn broken_by<P: Protocol>(protocol: &P, vice: Vice, faults: &FaultChoice) -> Invariant {
    let mut found = (0..300).filter_map(|seed| {
        let options = Options {
            faults: faults.clone(),
            ..Options::chaos(4, Seed::new(seed))
        };
        let protocol = ViciousProtocol(protocol, vice);
        Simulation::new(&protocol, options).run().err()
    });
    found.next().expect("the vice is found").invariant
}

fn each_breaks_its_rule<P: Protocol>(protocol: &P) {
    let none = FaultChoice::Kept(Vec::new());
    let broken_by = |vice, faults| broken_by(protocol, vice, faults);
    assert_eq!(broken_by(Vice::Hoarding, &none), Invariant::Memory);
    assert_eq!(broken_by(Vice::Idle, &none), Invariant::Liveness);
    assert_eq!(broken_by(Vice::Restless, &none), Invariant::Liveness);
    assert_eq!(broken_by(Vice::Nervous, &none), Invariant::Panic);
    assert_eq!(broken_by(Vice::Forgetful, &none), Invariant::Durability);
    let all = FaultChoice::All;
    assert_eq!(broken_by(Vice::Credulous, &all), Invariant::Validity);
    assert_eq!(broken_by(Vice::Discreet, &all), Invariant::Evidence);
}

/// Faults of links alone: after a restart, an engine that does not say what it
/// wrote down would be found by that.
fn of_links() -> FaultChoice {
    FaultChoice::Kinds(vec![
        FaultKind::Sieve,
        FaultKind::LoneDecision,
        FaultKind::Partition,
        FaultKind::Loss,
    ])
}

#[test]
fn each_vice_breaks_the_rule_that_it_should() {
    each_breaks_its_rule(&PBFT);
}

#[test]
fn each_vice_breaks_the_rule_that_it_should_by_tendermint() {
    each_breaks_its_rule(&TENDERMINT);
}

#[test]
fn an_honest_engine_that_ignores_its_lock_is_accused() {
    let broken = broken_by(&TENDERMINT, Vice::Disloyal, &of_links());
    assert_eq!(broken, Invariant::Framing);
}

#[test]
fn an_honest_engine_that_hides_what_it_prepared_is_accused() {
    let broken = broken_by(&PBFT, Vice::Secretive, &of_links());
    assert_eq!(broken, Invariant::Framing);
}
