//! One block for the one camp, another one for the rest.

use pyralog_consensus::{Message, Proposal};

use super::{Habit, Misconduct, Saying, Stage};

/// Proposes two blocks in a round, and votes for both.
#[derive(Debug)]
pub(super) struct EquivocateProposals;

impl Habit for EquivocateProposals {
    fn says(&mut self, saying: Saying, stage: &mut Stage<'_>) -> Vec<Saying> {
        match (&saying.message, &saying.block) {
            (Message::Proposal(proposal), Some(block)) => {
                let signed = proposal.signed;
                let (value, place) = (signed.value, (signed.height, signed.round));
                // Said again: the same two.
                let known = stage.plot.pair_of(place);
                let sibling = stage.sibling(block);
                let other = match known {
                    Some((one, other)) if one == value => other,
                    _ => sibling.id,
                };
                stage.plot.pair(place, (value, other));
                let second = Proposal {
                    signed: stage.repropose(&signed, other),
                    justification: proposal.justification.clone(),
                };
                let block = (sibling.id == other).then_some(sibling);
                stage.acted(Misconduct::EquivocatingProposals);
                let camp = stage.plot.camp;
                vec![
                    Saying {
                        to: saying.to.without(camp),
                        message: Message::Proposal(second),
                        block,
                    },
                    Saying {
                        to: saying.to.and(camp),
                        ..saying
                    },
                ]
            }
            (Message::Vote(vote), _) => {
                let pair = stage.plot.pair_of((vote.height, vote.round));
                let Some((_, other)) = pair.filter(|(one, _)| vote.value == Some(*one)) else {
                    return vec![saying];
                };
                let second = Message::Vote(stage.revote(vote, other));
                let camp = stage.plot.camp;
                vec![
                    Saying {
                        to: saying.to.without(camp),
                        message: second,
                        block: None,
                    },
                    Saying {
                        to: saying.to.and(camp),
                        ..saying
                    },
                ]
            }
            _ => vec![saying],
        }
    }
}
