//! The votes of a height, by round.
//!
//! Invariant: one vote of a kind for each voter and round, and only rounds near
//! the current one.

use std::collections::BTreeMap;

use pyralog_primitives::vote::{Vote, VoteKind};
use pyralog_primitives::{Address, BlockId, Round, VotingPower};

/// Rounds before the current one whose votes still count. With none, a quorum
/// whose last vote comes late is lost; what it decided is then decided again.
const ROUND_COUNT_BEHIND: u32 = 2;
/// Rounds after the current one whose votes are kept. With none, a validator
/// that enters a round late has to wait until votes are sent again; each more
/// lets every validator fill this much memory.
const ROUND_COUNT_AHEAD: u32 = 2;
/// Votes held of one voter.
pub(crate) const VOTE_COUNT_MAX: usize = 2 * (ROUND_COUNT_BEHIND + 1 + ROUND_COUNT_AHEAD) as usize;

/// All votes that are held.
#[derive(Debug, Default)]
pub(crate) struct Ballots {
    tallies: BTreeMap<(Round, VoteKind), Tally>,
}

#[derive(Debug, Default)]
struct Tally {
    votes: BTreeMap<Address, Vote>,
    power: BTreeMap<BlockId, VotingPower>,
}

impl Ballots {
    /// Counts a vote near the current round, unless its voter has voted there:
    /// then gives that earlier vote back.
    pub(crate) fn count(
        &mut self,
        vote: Vote,
        weight: VotingPower,
        current: Round,
    ) -> Option<Vote> {
        if !is_near(vote.round, current) {
            return None;
        }
        let tally = self.tallies.entry((vote.round, vote.kind)).or_default();
        if let Some(earlier) = tally.votes.get(&vote.validator) {
            return Some(*earlier);
        }
        tally.votes.insert(vote.validator, vote);
        if let Some(value) = vote.value {
            let power = tally.power.entry(value).or_default();
            // Cannot wrap: voters of a set whose total is bounded.
            *power = VotingPower::new(power.get() + weight.get());
        }
        None
    }

    /// The power behind a block.
    pub(crate) fn power(&self, kind: VoteKind, round: Round, value: BlockId) -> VotingPower {
        let tally = self.tallies.get(&(round, kind));
        let power = tally.and_then(|tally| tally.power.get(&value));
        power.copied().unwrap_or_default()
    }

    /// What this voter said.
    pub(crate) fn vote_of(&self, kind: VoteKind, round: Round, voter: &Address) -> Option<&Vote> {
        self.tallies.get(&(round, kind))?.votes.get(voter)
    }

    /// Forgets rounds that are no longer near.
    pub(crate) fn enter(&mut self, current: Round) {
        self.tallies
            .retain(|(round, _), _| is_near(*round, current));
    }

    /// How many votes are held.
    pub(crate) fn held_count(&self) -> usize {
        self.tallies.values().map(|tally| tally.votes.len()).sum()
    }
}

fn is_near(round: Round, current: Round) -> bool {
    let (round, current) = (round.get(), current.get());
    let first = current.saturating_sub(ROUND_COUNT_BEHIND);
    let last = current.saturating_add(ROUND_COUNT_AHEAD);
    (first..=last).contains(&round)
}
