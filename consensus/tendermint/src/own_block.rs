//! The block of a proposer: when it is built, and which one is proposed.

use arc_malachitebft_core_consensus::{Input, LocallyProposedValue};
use pyralog_consensus::{Effect, Place, Statement, Step, Timer};
use pyralog_primitives::{BlockId, Round};

use crate::agreement::Agreement;
use crate::{context, convert};

/// A block of our own.
#[derive(Debug)]
pub(crate) struct OwnBlock {
    /// The round for which the core wants one.
    pub(crate) wanted: Option<Round>,
    pub(crate) is_building: bool,
    /// Whether there is a reason for one before the interval is over.
    pub(crate) has_reason: bool,
}

impl Agreement {
    /// Has a block built, once the core wants one and there is a reason.
    pub(crate) fn seek_block(&mut self, effects: &mut Vec<Effect>) {
        let is_free = self.remembered.is_none() && !self.own_block.is_building;
        let Some(round) = self.own_block.wanted.filter(|_| is_free) else {
            return;
        };
        let height = self.height;
        let place = Place {
            height,
            round,
            step: Step::Proposal,
        };
        if let Some(Statement::Proposal { value, .. }) = self.intents.get(&place) {
            // Proposed before a restart, and perhaps heard by others.
            self.propose(round, *value, effects);
        } else if self.own_block.has_reason || round > Round::FIRST {
            self.own_block.is_building = true;
            effects.push(Effect::Build { height });
        } else {
            effects.push(Effect::SetTimer {
                timer: Timer::EmptyBlock { height },
                after: self.settings.block_interval,
            });
        }
    }

    /// There is a reason for a block now.
    pub(crate) fn give_reason(&mut self, effects: &mut Vec<Effect>) {
        if !self.own_block.has_reason && !self.is_decided {
            self.own_block.has_reason = true;
            self.seek_block(effects);
        }
    }

    /// The block that was asked for is there.
    pub(crate) fn propose_built(&mut self, block: BlockId, effects: &mut Vec<Effect>) {
        if std::mem::take(&mut self.own_block.is_building)
            && let Some(round) = self.own_block.wanted
            && !self.is_decided
        {
            self.propose(round, block, effects);
        }
    }

    fn propose(&mut self, round: Round, block: BlockId, effects: &mut Vec<Effect>) {
        self.own_block.wanted = None;
        self.checks.note_own(block, round);
        let proposed = LocallyProposedValue {
            height: context::Height(self.height),
            round: convert::their_round(round),
            value: context::Value(block),
        };
        self.tell_input(Input::Propose(proposed), effects);
    }
}
