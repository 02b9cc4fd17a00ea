//! Proposed blocks: which were asked about, and what became known of them.

use std::collections::{BTreeMap, BTreeSet};

use arc_malachitebft_core_consensus::{Input, ProposedValue};
use arc_malachitebft_core_types::{Round as TheirRound, Validity, ValueOrigin};
use pyralog_consensus::Effect;
use pyralog_primitives::vote::Vote;
use pyralog_primitives::{BlockId, Round};

use crate::agreement::Agreement;
use crate::{context, convert};

/// The blocks of a height that somebody proposed.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    asked: BTreeMap<BlockId, Asked>,
    /// Those that a quorum prevoted for.
    backed: BTreeSet<BlockId>,
}

#[derive(Debug)]
struct Asked {
    /// In which round it was proposed first.
    round: Round,
    /// Whether the answer is there.
    is_judged: bool,
}

impl Checks {
    /// A block that needs no check: it was built here.
    pub(crate) fn note_own(&mut self, block: BlockId, round: Round) {
        let is_judged = true;
        self.asked.insert(block, Asked { round, is_judged });
    }

    /// Whether a quorum behind this block would be news: it is not judged yet.
    fn is_open(&self, block: &BlockId) -> bool {
        let is_judged = self.asked.get(block).is_some_and(|asked| asked.is_judged);
        !is_judged && !self.backed.contains(block)
    }
}

impl Agreement {
    /// Has a proposed block checked, unless that was asked for before.
    pub(crate) fn check(&mut self, block: BlockId, round: Round, effects: &mut Vec<Effect>) {
        if self.checks.asked.contains_key(&block) {
            return;
        }
        let is_judged = false;
        self.checks.asked.insert(block, Asked { round, is_judged });
        effects.push(Effect::Check {
            height: self.height,
            block,
            is_backed: self.checks.backed.contains(&block),
        });
    }

    /// A prevote was heard: with it there may be a quorum for its block.
    pub(crate) fn count_prevote(&mut self, vote: &Vote, effects: &mut Vec<Effect>) {
        let open = vote.value.filter(|block| self.checks.is_open(block));
        let Some(block) = open else {
            return;
        };
        let power = |voter| {
            let index = self.validators.find(&voter)?;
            self.validators.get(index).map(|member| member.power.get())
        };
        let voters = self.admission.prevoters(vote.round, block);
        let prevoted = voters.filter_map(power).sum();
        let total = self.validators.total_power().get();
        if self.quorum.is_met(prevoted, total) {
            self.back(block, effects);
        }
    }

    /// A quorum has prevoted for this block: nothing holds its check back.
    pub(crate) fn back(&mut self, block: BlockId, effects: &mut Vec<Effect>) {
        let is_news = self.checks.backed.insert(block);
        let asked = self.checks.asked.get(&block);
        if is_news && asked.is_some_and(|asked| !asked.is_judged) {
            effects.push(Effect::Check {
                height: self.height,
                block,
                is_backed: true,
            });
        }
    }

    /// Whether a proposed block keeps the rules is known now.
    pub(crate) fn judge(&mut self, block: BlockId, is_valid: bool, effects: &mut Vec<Effect>) {
        let asked = self.checks.asked.get_mut(&block);
        let Some(asked) = asked.filter(|asked| !asked.is_judged && !self.is_decided) else {
            return;
        };
        asked.is_judged = true;
        let proposed = ProposedValue {
            height: context::Height(self.height),
            round: convert::their_round(asked.round),
            valid_round: TheirRound::Nil,
            // The core pairs blocks with proposals by the block.
            proposer: context::Address(self.own),
            value: context::Value(block),
            validity: Validity::from_bool(is_valid),
        };
        let origin = ValueOrigin::Consensus;
        self.tell_input(Input::ProposedValue(proposed, origin), effects);
    }
}
