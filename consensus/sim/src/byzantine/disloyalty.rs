//! Votes for whatever anyone votes for.

use std::collections::BTreeMap;

use pyralog_consensus::{Message, Statement, ViewChange};
use pyralog_primitives::vote::{VoteKind, VotedValue};
use pyralog_primitives::{Height, Round};

use super::{Habit, Misconduct, Saying, Stage};
use crate::chance::Chance;
use crate::group::Group;
use crate::time::Span;

/// Rounds of which it remembers what it said.
const ROUND_COUNT_MAX: usize = 64;
/// So often it wakes up before it takes it that a round has no block.
const PATIENCE: u32 = 12;

/// So often it says the same, each time that it hears more of the round: links
/// lose messages, and two who answer each other must come to an end.
const SAID_COUNT_MAX: u32 = 4;

/// Whatever block it hears a vote for, it prevotes and precommits at once;
/// whatever round it hears a wish for, it wishes too, as if nothing were
/// prepared. It never says two things in one place, and answers nobody: so only
/// who remembers what it said in earlier rounds can tell.
#[derive(Debug, Default)]
pub(super) struct Disloyalty {
    rounds: BTreeMap<(Height, Round), Heard>,
}

/// What was heard of a round, and said in it.
#[derive(Debug, Default)]
struct Heard {
    block: VotedValue,
    /// How often it woke up since it heard a vote.
    patience: u32,
    has_vote: bool,
    has_wish: bool,
    /// Its votes, once it has said them.
    voted: Option<VotedValue>,
    /// Whether it heard more since it spoke.
    is_due: bool,
    said_count: u32,
}

impl Habit for Disloyalty {
    fn hears(&mut self, message: &Message) {
        let place = (message.height(), message.round());
        let is_vote = match message {
            Message::Vote(_) => true,
            Message::ViewChange { .. } => false,
            Message::Proposal(_) | Message::Polka(_) | Message::RoundOver(_) => return,
        };
        let first = self.rounds.first_key_value();
        if self.rounds.len() == ROUND_COUNT_MAX && first.is_some_and(|(first, _)| place < *first) {
            // What it said there is forgotten: it must not say it otherwise.
            return;
        }
        let heard = self.rounds.entry(place).or_default();
        if let Message::Vote(vote) = message {
            heard.block = heard.block.or(vote.value);
        }
        heard.has_vote |= is_vote;
        heard.has_wish |= !is_vote;
        heard.is_due = true;
        if self.rounds.len() > ROUND_COUNT_MAX {
            self.rounds.pop_first();
        }
    }

    fn says(&mut self, saying: Saying, _stage: &mut Stage<'_>) -> Vec<Saying> {
        match &saying.message {
            // Its engine has scruples.
            Message::Vote(_) | Message::ViewChange { .. } => Vec::new(),
            Message::Proposal(_) | Message::Polka(_) | Message::RoundOver(_) => vec![saying],
        }
    }

    fn sleeps(&mut self, chance: &mut Chance) -> Option<Span> {
        Some(Span::from_millis(chance.between(2, 15)))
    }

    fn wakes(&mut self, stage: &mut Stage<'_>) -> Vec<Saying> {
        let rounds = self.rounds.iter_mut();
        let messages = rounds.flat_map(|(place, heard)| {
            heard.make_up_its_mind();
            heard.speak(*place, stage)
        });
        let messages: Vec<Message> = messages.collect();
        if !messages.is_empty() {
            stage.acted(Misconduct::Disloyalty);
        }
        let saying = |message| Saying {
            to: Group::ALL,
            message,
            block: None,
        };
        messages.into_iter().map(saying).collect()
    }

    fn is_mute(&self) -> bool {
        true
    }
}

impl Heard {
    /// For a block at once, for none after a while.
    fn make_up_its_mind(&mut self) {
        if self.has_vote && self.voted.is_none() {
            self.patience += 1;
            if self.block.is_some() || self.patience > PATIENCE {
                self.voted = Some(self.block);
                self.is_due = true;
            }
        }
    }

    fn speak(&mut self, place: (Height, Round), stage: &Stage<'_>) -> Vec<Message> {
        let mut messages = Vec::new();
        if !std::mem::take(&mut self.is_due) || self.said_count >= SAID_COUNT_MAX {
            return messages;
        }
        if self.has_wish {
            messages.push(wish(place, stage));
        }
        if let Some(value) = self.voted {
            for kind in [VoteKind::Prevote, VoteKind::Precommit] {
                messages.push(Message::Vote(stage.vote(kind, place, value)));
            }
        }
        self.said_count += u32::from(!messages.is_empty());
        messages
    }
}

/// The wish to enter a round, with nothing prepared.
fn wish((height, round): (Height, Round), stage: &Stage<'_>) -> Message {
    let prepared = None;
    let statement = Statement::ViewChange {
        height,
        round,
        prepared,
    };
    let bytes = statement.sign_bytes(stage.genesis);
    Message::ViewChange {
        wish: ViewChange {
            height,
            round,
            prepared,
            validator: stage.address(),
            signature: stage.keyring.sign(stage.validator, &bytes),
        },
        proof: None,
    }
}
