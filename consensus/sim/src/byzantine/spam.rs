//! Sends masses of what is of no use.

use std::collections::VecDeque;

use pyralog_consensus::{Message, Statement, ViewChange};
use pyralog_primitives::vote::VoteKind;
use pyralog_primitives::{Height, Round};

use super::{Habit, Misconduct, Saying, Stage};
use crate::chance::Chance;
use crate::group::Group;
use crate::time::Span;

/// Old messages that are kept, to be sent again.
const KEPT_COUNT_MAX: usize = 64;
/// What goes out at once.
const BURST_COUNT: u64 = 6;

/// Sends old messages of everyone again, votes and wishes of its own for
/// heights and rounds far ahead, and votes of one who is no validator.
#[derive(Debug, Default)]
pub(super) struct Spam {
    kept: VecDeque<Message>,
    /// The block that was voted on last, by anyone.
    value: pyralog_primitives::vote::VotedValue,
    round: Round,
}

impl Habit for Spam {
    fn hears(&mut self, message: &Message) {
        if let Message::Vote(vote) = message {
            self.value = vote.value;
            self.round = vote.round;
        }
        if self.kept.len() == KEPT_COUNT_MAX {
            self.kept.pop_front();
        }
        self.kept.push_back(message.clone());
    }

    fn sleeps(&mut self, chance: &mut Chance) -> Option<Span> {
        Some(Span::from_millis(chance.between(5, 120)))
    }

    fn wakes(&mut self, stage: &mut Stage<'_>) -> Vec<Saying> {
        let burst = 0..stage.chance.between(1, BURST_COUNT);
        let sayings = burst
            .filter_map(|_| self.junk(stage))
            .map(|message| Saying {
                to: Group::ALL,
                message,
                block: None,
            });
        sayings.collect()
    }
}

impl Spam {
    fn junk(&self, stage: &mut Stage<'_>) -> Option<Message> {
        stage.acted(Misconduct::Spam);
        let kind = *stage.chance.pick(&[VoteKind::Prevote, VoteKind::Precommit]);
        match stage.chance.place(6) {
            0 | 1 => {
                let place = stage.chance.place(self.kept.len().max(1));
                self.kept.get(place).cloned()
            }
            2 => {
                let height = Height::new(stage.height.get() + stage.chance.below(1_000));
                let round = Round::new(small(stage.chance.below(1_000)));
                let value = Some(stage.made_up());
                Some(Message::Vote(stage.vote(kind, (height, round), value)))
            }
            3 => Some(wish(stage)),
            4 => {
                let stranger = stage.keyring.stranger();
                let place = (stage.height, self.round);
                Some(Message::Vote(
                    stage.vote_by(stranger, kind, place, self.value),
                ))
            }
            // Nothing, in a known round: no validator of ours ever says so.
            _ => Some(Message::Vote(stage.vote(
                kind,
                (stage.height, self.round),
                None,
            ))),
        }
    }
}

fn wish(stage: &mut Stage<'_>) -> Message {
    let round = match stage.chance.place(3) {
        0 => Round::new(u32::MAX),
        1 => Round::new(small(stage.chance.below(4))),
        _ => Round::new(small(stage.chance.below(1 << 20))),
    };
    let (height, prepared) = (stage.height, None);
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

fn small(drawn: u64) -> u32 {
    u32::try_from(drawn).expect("it is drawn below 2^20")
}
