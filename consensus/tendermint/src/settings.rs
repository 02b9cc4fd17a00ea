//! What a network chooses for Tendermint.

use pyralog_consensus::Step;
use pyralog_primitives::{DurationMs, Round};

/// Rounds after which time stops growing: beyond it, a validator that was cut
/// off would take hours to come back to the others.
const GROWTH_COUNT_MAX: u32 = 60;

/// The times of an engine. They decide how fast it is, never whether it is safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long a proposer with nothing to propose waits before an empty block.
    pub block_interval: DurationMs,
    /// How long a proposal may take in the first round, beyond that.
    pub propose_timeout: DurationMs,
    /// How long a validator waits for more votes, when a quorum has voted and
    /// not alike.
    pub vote_timeout: DurationMs,
    /// By how much both grow with each round.
    pub timeout_growth: DurationMs,
    /// After how long what was said is said again.
    pub resend_interval: DurationMs,
}

impl Settings {
    /// How long a step of this round may take.
    pub(crate) fn timeout(&self, step: Step, round: Round) -> DurationMs {
        let base = match step {
            Step::ViewChange | Step::Proposal if round == Round::FIRST => {
                self.propose_timeout.get() + self.block_interval.get()
            }
            Step::ViewChange | Step::Proposal => self.propose_timeout.get(),
            Step::Prevote | Step::Precommit => self.vote_timeout.get(),
        };
        let growth = u64::from(round.get().min(GROWTH_COUNT_MAX));
        DurationMs::new(base + self.timeout_growth.get() * growth)
    }
}
