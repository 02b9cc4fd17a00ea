//! Who hears a validator contradict itself says so.
//!
//! An engine need not have ears for everything: of rounds far away, of what
//! comes while it waits for a signature, and of heights that others decide for
//! it, it may miss a word. So this asks only for what no engine may miss: two
//! votes of one validator in one place, both heard while the engine was in their
//! round and waited for nothing, if it then made a block of this round final
//! itself.

use std::collections::{BTreeMap, BTreeSet};

use pyralog_consensus::{Effect, Input, Message, Statement};
use pyralog_primitives::vote::{Vote, VoteKind, VotedValue};
use pyralog_primitives::{Address, Height, Round};

use super::{Broken, Invariant};

/// What one engine has heard at the height that it works on, in one life.
#[derive(Debug, Default)]
pub(crate) struct Attention {
    height: Height,
    /// The latest round in which it spoke: so it was there, and will not go back.
    round: Option<Round>,
    /// The first votes that it heard there.
    heard: BTreeMap<(Address, VoteKind), VotedValue>,
    /// Who contradicted itself, and in which round.
    contradictions: BTreeSet<(Round, Address)>,
    reported: BTreeSet<Address>,
    /// What is to be signed: until then what it hears may have to wait, and be
    /// of no use when its turn comes.
    awaited: BTreeSet<Statement>,
    /// Whether it needs to hear nothing more: a block is final.
    is_over: bool,
    /// Whether others told it which.
    is_told: bool,
}

impl Attention {
    /// The engine begins a height.
    pub(crate) fn begin(&mut self, height: Height) {
        *self = Self {
            height,
            ..Self::default()
        };
    }

    /// The engine is given this.
    pub(crate) fn hear(&mut self, input: &Input) {
        match input {
            Input::Signed { statement, .. } | Input::Refused(statement) => {
                self.awaited.remove(statement);
            }
            Input::Certified(_) => self.is_told |= !self.is_over,
            Input::Message(message) => {
                if let Message::Vote(vote) = &**message {
                    self.hear_vote(vote);
                }
            }
            _ => {}
        }
    }

    fn hear_vote(&mut self, vote: &Vote) {
        let is_here = vote.height == self.height && Some(vote.round) == self.round;
        if !is_here || !self.awaited.is_empty() || self.is_over {
            return;
        }
        let place = (vote.validator, vote.kind);
        let first = *self.heard.entry(place).or_insert(vote.value);
        if first != vote.value {
            self.contradictions.insert((vote.round, vote.validator));
        }
    }

    /// The engine wants this done.
    pub(crate) fn attend(&mut self, effect: &Effect) {
        match effect {
            Effect::Sign(statement) => self.speak(statement),
            Effect::Report(evidence) => {
                self.reported.insert(evidence.accused());
            }
            Effect::Finalize { .. } => self.is_over = true,
            _ => {}
        }
    }

    fn speak(&mut self, statement: &Statement) {
        self.awaited.insert(*statement);
        let round = statement.round();
        if statement.height() == self.height && self.round.is_none_or(|last| round > last) {
            self.round = Some(round);
            self.heard.clear();
        }
    }

    /// A block is committed that was made final in this round: who contradicted
    /// itself there, and was not reported.
    pub(crate) fn missed(&self, decided: Round) -> Option<&Address> {
        let of_round = |(round, _): &&(Round, Address)| *round == decided;
        let mut contradictions = self.contradictions.iter().filter(of_round);
        let missed = contradictions.find(|(_, faulty)| !self.reported.contains(faulty));
        let missed = missed.filter(|_| !self.is_told);
        missed.map(|(_, faulty)| faulty)
    }
}

/// Validator `who`, who is honest, did not report what it heard.
pub(crate) fn unreported(who: usize, faulty: usize, (height, round): (Height, Round)) -> Broken {
    let what = format!(
        "validator {who} heard validator {faulty} vote twice at height {height}, round {round}, and \
         did not report it"
    );
    Broken::new(Invariant::Evidence, what)
}
