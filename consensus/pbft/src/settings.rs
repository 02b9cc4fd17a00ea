//! What a network chooses for PBFT.

use pyralog_primitives::{DurationMs, Round};

/// Rounds after which time stops doubling: beyond it, a validator that was cut
/// off would take hours to come back to the others.
const DOUBLING_COUNT_MAX: u32 = 6;

/// The times of an engine. They decide how fast it is, never whether it is safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long a primary with nothing to propose waits before an empty block.
    pub block_interval: DurationMs,
    /// How long the first round may take beyond that.
    pub round_timeout: DurationMs,
    /// After how long what was said is said again.
    pub resend_interval: DurationMs,
}

impl Settings {
    /// How long a validator gives the proposer of this round.
    pub(crate) fn timeout(&self, round: Round) -> DurationMs {
        let doubled = self.round_timeout.get() << round.get().min(DOUBLING_COUNT_MAX);
        if round == Round::FIRST {
            DurationMs::new(doubled + self.block_interval.get())
        } else {
            DurationMs::new(doubled)
        }
    }
}
