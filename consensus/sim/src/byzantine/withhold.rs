//! Says things to some only.

use pyralog_consensus::Message;

use super::{Habit, Misconduct, Saying, Stage};
use crate::chance::Chance;
use crate::group::Group;

/// Sends its proposals to a few, and its votes seldom.
#[derive(Debug)]
pub(super) struct Withhold {
    vote_percent: u64,
}

impl Withhold {
    pub(super) fn new(chance: &mut Chance) -> Self {
        Self {
            vote_percent: chance.below(100),
        }
    }
}

impl Habit for Withhold {
    fn says(&mut self, mut saying: Saying, stage: &mut Stage<'_>) -> Vec<Saying> {
        stage.acted(Misconduct::Withholding);
        match &saying.message {
            Message::Proposal(_) => {
                let some = u128::from(stage.chance.next()) | u128::from(stage.chance.next()) << 64;
                saying.to = saying.to.and(Group::from_bits(some));
                // The body too: who wants it has to ask.
                if stage.chance.percent(50) {
                    saying.block = None;
                }
                vec![saying]
            }
            _ if stage.chance.percent(self.vote_percent) => vec![saying],
            _ => Vec::new(),
        }
    }
}
