//! Which consensus decides, and how patient it is.

use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use pyralog_primitives::DurationMs;

use crate::limits::{Limit, ROUND, SOLO};
use crate::parameters::within_u64;

/// The consensus of a network. New kinds are added at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, serde::Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Consensus {
    /// One validator decides alone: for development.
    Solo(SoloTiming),
    /// Practical Byzantine fault tolerance, one height at a time.
    Pbft(RoundTiming),
    /// Tendermint.
    Tendermint(RoundTiming),
}

/// The patience of a lone validator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, serde::Serialize)]
pub struct SoloTiming {
    /// The time between blocks.
    pub block_interval: DurationMs,
}

/// The patience of validators that vote in rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, serde::Serialize)]
pub struct RoundTiming {
    /// How long to wait for the proposal of round 0.
    pub timeout_propose: DurationMs,
    /// How long to wait in round 0 for missing votes, once a quorum voted.
    pub timeout_vote: DurationMs,
    /// What each further round adds to both.
    pub timeout_step: DurationMs,
    /// How long a proposer waits for transactions before an empty block.
    pub empty_block_interval: DurationMs,
}

/// The kinds of consensus that this version has an engine for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsensusKind {
    /// See [`Consensus::Solo`].
    Solo,
    /// See [`Consensus::Pbft`].
    Pbft,
    /// See [`Consensus::Tendermint`].
    Tendermint,
}

impl ConsensusKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Solo, Self::Pbft, Self::Tendermint];

    /// The name in a document.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Solo => "solo",
            Self::Pbft => "pbft",
            Self::Tendermint => "tendermint",
        }
    }

    pub(crate) const fn limits(self) -> &'static [Limit] {
        match self {
            Self::Solo => &SOLO,
            Self::Pbft | Self::Tendermint => &ROUND,
        }
    }
}

impl fmt::Display for ConsensusKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Consensus {
    /// Which kind it is.
    pub const fn kind(&self) -> ConsensusKind {
        match self {
            Self::Solo(_) => ConsensusKind::Solo,
            Self::Pbft(_) => ConsensusKind::Pbft,
            Self::Tendermint(_) => ConsensusKind::Tendermint,
        }
    }

    /// A consensus of this kind with the default timing.
    pub fn with_defaults(kind: ConsensusKind) -> Self {
        let defaults = kind.limits().iter().map(Limit::default_number);
        Self::from_numbers(kind, &defaults.collect::<Vec<_>>())
    }

    /// The numbers in the order of the table of limits.
    pub(crate) fn numbers(&self) -> Vec<u128> {
        let durations = match self {
            Self::Solo(timing) => vec![timing.block_interval],
            Self::Pbft(timing) | Self::Tendermint(timing) => vec![
                timing.timeout_propose,
                timing.timeout_vote,
                timing.timeout_step,
                timing.empty_block_interval,
            ],
        };
        let numbers = durations.into_iter().map(|duration| duration.get().into());
        numbers.collect()
    }

    /// The inverse of [`Self::numbers`], for numbers within their limits.
    pub(crate) fn from_numbers(kind: ConsensusKind, numbers: &[u128]) -> Self {
        let duration = |place: usize| DurationMs::new(within_u64(numbers[place]));
        let round = || RoundTiming {
            timeout_propose: duration(0),
            timeout_vote: duration(1),
            timeout_step: duration(2),
            empty_block_interval: duration(3),
        };
        match kind {
            ConsensusKind::Solo => Self::Solo(SoloTiming {
                block_interval: duration(0),
            }),
            ConsensusKind::Pbft => Self::Pbft(round()),
            ConsensusKind::Tendermint => Self::Tendermint(round()),
        }
    }
}
