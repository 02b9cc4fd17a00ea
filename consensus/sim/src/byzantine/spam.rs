//! Sends masses of what is of no use.

use std::collections::VecDeque;
use std::sync::Arc;

use pyralog_consensus::{Message, Proposal, Statement, ViewChange};
use pyralog_primitives::vote::VoteKind;
use pyralog_primitives::{Height, Round};

use super::{Habit, Misconduct, Saying, Stage};
use crate::block::{Block, Content};
use crate::chance::Chance;
use crate::group::Group;
use crate::time::Span;

/// Old messages that are kept, to be sent again.
const KEPT_COUNT_MAX: usize = 64;
/// What goes out at once.
const BURST_COUNT: u64 = 6;

/// Sends old messages of everyone again, votes and wishes of its own for
/// heights and rounds far ahead, votes of one who is no validator, and proposals
/// when it is not its turn, for rounds that have not begun.
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
            .map(|(message, block)| Saying {
                to: Group::ALL,
                message,
                block,
            });
        sayings.collect()
    }
}

impl Spam {
    fn junk(&self, stage: &mut Stage<'_>) -> Option<(Message, Option<Arc<Block>>)> {
        stage.acted(Misconduct::Spam);
        let kind = *stage.chance.pick(&[VoteKind::Prevote, VoteKind::Precommit]);
        let message = match stage.chance.place(7) {
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
            5 => Some(Message::Vote(stage.vote(
                kind,
                (stage.height, self.round),
                None,
            ))),
            _ => return Some(out_of_turn(stage)),
        };
        message.map(|message| (message, None))
    }
}

/// A proposal, with its block, for this round or one soon: whoever's turn it is.
fn out_of_turn(stage: &mut Stage<'_>) -> (Message, Option<Arc<Block>>) {
    let block = Arc::new(Block::new(Content {
        height: stage.height,
        parent: stage.tip,
        proposer: stage.address(),
        salt: stage.chance.next(),
        has_transactions: false,
        is_sound: false,
    }));
    stage.made.push(Arc::clone(&block));
    let round = Round::new(small(stage.chance.below(5)));
    let proposal = Proposal {
        signed: stage.proposal((stage.height, round), block.id, None),
        justification: None,
    };
    (Message::Proposal(proposal), Some(block))
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
