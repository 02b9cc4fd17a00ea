//! One height after the other, and what is heard of one before it begins.

use std::sync::Arc;

use pyralog_consensus::{
    AHEAD_COUNT_MAX, Ed25519, Effect, Engine, Input, Message, Proposal, Start, Statement, Step,
    Tick, Timer, Turn, proposer, verify_certificate,
};
use pyralog_council::{Council, GENESIS, HEIGHT};
use pyralog_primitives::vote::VoteKind::{self, Precommit, Prevote};
use pyralog_primitives::vote::{SignedProposal, VotedValue};
use pyralog_primitives::{BlockId, Height, Round, SignBytes};
use pyralog_tendermint::Tendermint;

use crate::{block, tendermint};

/// The height after the first one.
fn next() -> Height {
    HEIGHT.next().unwrap()
}

/// One validator, and the keys of all: what the others say is written by hand.
struct Lone {
    council: Council<Tendermint>,
    own: usize,
    engine: Tendermint,
    signed: Vec<Statement>,
    decided: Vec<(Height, BlockId)>,
    timers: Vec<Timer>,
}

impl Lone {
    /// One who proposes first at neither of the two heights.
    fn new() -> Self {
        let council = Council::seated(tendermint, &[1; 4]);
        let first = [HEIGHT, next()].map(|height| turn(&council, height, 0));
        let own = (0..4).find(|at| !first.contains(at)).unwrap();
        let engine = tendermint(Some(council.address(own)));
        Self {
            council,
            own,
            engine,
            signed: Vec::new(),
            decided: Vec::new(),
            timers: Vec::new(),
        }
    }

    fn others(&self) -> Vec<usize> {
        (0..4).filter(|at| *at != self.own).collect()
    }

    fn begin(&mut self, height: Height) {
        let start = Start {
            height,
            ..self.council.beginning()
        };
        self.give(Input::Start(start));
    }

    /// Gives it an input, and does at once what it asks for.
    fn give(&mut self, input: Input) {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            let mut effects = Vec::new();
            self.engine.step(Tick::default(), input, &mut effects);
            for effect in effects {
                inputs.extend(self.execute(effect));
            }
        }
    }

    fn execute(&mut self, effect: Effect) -> Option<Input> {
        match effect {
            Effect::Sign(statement) => {
                self.signed.push(statement);
                let key = &self.council.seats[self.own].key;
                let signature = key.sign(&statement.sign_bytes(GENESIS));
                return Some(Input::Signed {
                    statement,
                    signature,
                });
            }
            Effect::Check { height, block, .. } => {
                return Some(Input::Checked {
                    height,
                    block,
                    is_valid: true,
                });
            }
            Effect::SetTimer { timer, .. } => self.timers.push(timer),
            Effect::Finalize { certificate } => {
                let validators = Arc::clone(&self.council.validators);
                let verified = verify_certificate(certificate, GENESIS, &validators, &Ed25519);
                let certificate = verified.unwrap();
                self.decided
                    .push((certificate.height(), certificate.value()));
            }
            _ => {}
        }
        None
    }

    fn hear(&mut self, message: Message) {
        let verified = message.verify(GENESIS, &self.council.validators, &Ed25519);
        self.give(Input::Message(verified.unwrap()));
    }

    fn hear_proposal(&mut self, (height, round): (Height, u32), value: BlockId) {
        let from = turn(&self.council, height, round);
        let round = Round::new(round);
        let bytes = SignBytes::proposal(GENESIS, height, round, value, None);
        let signed = SignedProposal {
            height,
            round,
            value,
            valid_round: None,
            validator: self.council.address(from),
            signature: self.council.seats[from].key.sign(&bytes),
        };
        self.hear(Message::Proposal(Proposal {
            signed,
            justification: None,
        }));
    }

    /// Hears the votes of all others.
    fn hear_votes(
        &mut self,
        kind: VoteKind,
        (height, round): (Height, u32),
        value: impl Into<VotedValue>,
    ) {
        let value = value.into();
        for at in self.others() {
            let vote = self.council.vote_at(at, kind, height, (round, value));
            self.hear(Message::Vote(vote));
        }
    }

    fn votes(&self, wanted: VoteKind, of: Height) -> Vec<(Round, VotedValue)> {
        let vote = |said: &Statement| match *said {
            Statement::Vote {
                kind,
                height,
                round,
                value,
            } if kind == wanted && height == of => Some((round, value)),
            _ => None,
        };
        self.signed.iter().filter_map(vote).collect()
    }

    fn waits(&self, height: Height, round: u32, step: Step) -> bool {
        let round = Round::new(round);
        self.timers.contains(&Timer::Step {
            height,
            round,
            step,
        })
    }
}

fn turn(council: &Council<Tendermint>, height: Height, round: u32) -> usize {
    proposer(&council.validators, Turn::of(height, Round::new(round))).get()
}

#[test]
fn one_height_follows_the_other() {
    let mut lone = Lone::new();
    let mut expected = Vec::new();
    for (height, byte) in [(HEIGHT, 1), (next(), 2)] {
        lone.begin(height);
        lone.hear_proposal((height, 0), block(byte));
        lone.hear_votes(Prevote, (height, 0), block(byte));
        lone.hear_votes(Precommit, (height, 0), block(byte));
        expected.push((height, block(byte)));
        assert_eq!(lone.decided, expected);
    }
}

#[test]
fn who_was_told_ahead_decides_as_soon_as_it_begins() {
    let mut lone = Lone::new();
    lone.begin(HEIGHT);
    lone.hear_proposal((next(), 0), block(2));
    lone.hear_votes(Prevote, (next(), 0), block(2));
    lone.hear_votes(Precommit, (next(), 0), block(2));
    assert_eq!(lone.decided, []);
    lone.begin(next());
    assert_eq!(lone.decided, [(next(), block(2))]);
}

#[test]
fn who_was_told_ahead_of_a_later_round_begins_there() {
    let mut lone = Lone::new();
    lone.begin(HEIGHT);
    lone.hear_votes(Precommit, (next(), 0), None);
    lone.hear_votes(Prevote, (next(), 1), block(2));
    lone.hear_votes(Precommit, (next(), 1), block(2));
    lone.begin(next());
    assert!(lone.waits(next(), 1, Step::Proposal));
    assert!(lone.waits(next(), 1, Step::Precommit));
    assert_eq!(lone.decided, [], "it has no block");
    lone.hear_proposal((next(), 1), block(2));
    assert_eq!(lone.decided, [(next(), block(2))]);
}

#[test]
fn who_was_told_ahead_of_a_quorum_precommits_as_soon_as_it_begins() {
    let mut lone = Lone::new();
    lone.begin(HEIGHT);
    lone.hear_proposal((next(), 0), block(2));
    lone.hear_votes(Prevote, (next(), 0), block(2));
    assert_eq!(lone.signed, []);
    lone.begin(next());
    let expected = [(Round::FIRST, Some(block(2)))];
    assert_eq!(lone.votes(Prevote, next()), expected);
    assert_eq!(lone.votes(Precommit, next()), expected);
}

#[test]
fn only_so_much_is_kept_of_what_one_says_ahead() {
    let mut lone = Lone::new();
    lone.begin(HEIGHT);
    let before = lone.engine.held_count();
    for round in 0..20 {
        lone.hear_votes(Prevote, (next(), round), None);
    }
    assert_eq!(lone.engine.held_count() - before, 3 * AHEAD_COUNT_MAX);
}
