//! One vote for the one camp, another one for the rest.

use pyralog_consensus::Message;
use pyralog_primitives::BlockId;
use pyralog_primitives::vote::{Vote, VoteKind};

use super::{Habit, Misconduct, Saying, Stage};

/// Votes for two blocks: those of the plot, if there are two, else one that
/// nobody has. Precommits both at once, without waiting for a quorum.
#[derive(Debug)]
pub(super) struct EquivocateVotes;

impl Habit for EquivocateVotes {
    fn says(&mut self, saying: Saying, stage: &mut Stage<'_>) -> Vec<Saying> {
        let Message::Vote(vote) = &saying.message else {
            return vec![saying];
        };
        let Some(value) = vote.value else {
            return vec![saying];
        };
        let pair = stage.plot.pair_of((vote.height, vote.round));
        let (inside, outside) = match pair {
            Some((one, other)) if one == value || other == value => (one, other),
            _ => (value, stage.made_up()),
        };
        stage.acted(Misconduct::EquivocatingVotes);
        let camp = stage.plot.camp;
        let mut sayings = Vec::new();
        for (to, value) in [
            (saying.to.and(camp), inside),
            (saying.to.without(camp), outside),
        ] {
            for message in both_votes(vote, value, stage) {
                let block = None;
                sayings.push(Saying { to, message, block });
            }
        }
        sayings
    }
}

fn both_votes(vote: &Vote, value: BlockId, stage: &Stage<'_>) -> [Message; 2] {
    [VoteKind::Prevote, VoteKind::Precommit].map(|kind| {
        let place = (vote.height, vote.round);
        Message::Vote(stage.vote(kind, place, Some(value)))
    })
}
