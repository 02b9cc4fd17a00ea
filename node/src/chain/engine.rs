//! The engine that the genesis document names.

use pyralog_consensus::{Effect, Engine, Input, Tick};
use pyralog_genesis::{Consensus, RoundTiming};
use pyralog_pbft::Pbft;
use pyralog_primitives::{Address, DurationMs};
use pyralog_solo::Solo;
use pyralog_tendermint::Tendermint;

/// After how long validators say again what may have been lost. Lower, and a
/// slow network carries everything twice; higher, and a lost vote costs as much
/// as a round.
const RESEND_INTERVAL: DurationMs = DurationMs::new(500);

/// An engine, whichever it is.
#[derive(Debug)]
pub(crate) enum AnyEngine {
    Solo(Solo),
    Pbft(Box<Pbft>),
    Tendermint(Box<Tendermint>),
}

impl AnyEngine {
    /// The engine of a network, for the validator with this address, or for a
    /// follower.
    pub(crate) fn of(consensus: &Consensus, own: Option<Address>) -> Self {
        match consensus {
            Consensus::Solo(timing) => Self::Solo(Solo::new(timing.block_interval, own)),
            Consensus::Pbft(timing) => Self::Pbft(Box::new(Pbft::new(pbft(timing), own))),
            Consensus::Tendermint(timing) => {
                let engine = Tendermint::new(tendermint(timing), own);
                Self::Tendermint(Box::new(engine))
            }
        }
    }
}

/// How long nothing but empty blocks may take to come.
pub(crate) const fn block_interval(consensus: &Consensus) -> DurationMs {
    match consensus {
        Consensus::Solo(timing) => timing.block_interval,
        Consensus::Pbft(timing) | Consensus::Tendermint(timing) => timing.empty_block_interval,
    }
}

const fn pbft(timing: &RoundTiming) -> pyralog_pbft::Settings {
    pyralog_pbft::Settings {
        block_interval: timing.empty_block_interval,
        // A round of it ends by one timer: a proposal and two votes.
        round_timeout: DurationMs::new(
            timing.timeout_propose.get() + 2 * timing.timeout_vote.get(),
        ),
        resend_interval: RESEND_INTERVAL,
    }
}

const fn tendermint(timing: &RoundTiming) -> pyralog_tendermint::Settings {
    pyralog_tendermint::Settings {
        block_interval: timing.empty_block_interval,
        propose_timeout: timing.timeout_propose,
        vote_timeout: timing.timeout_vote,
        timeout_growth: timing.timeout_step,
        resend_interval: RESEND_INTERVAL,
    }
}

impl Engine for AnyEngine {
    fn step(&mut self, now: Tick, input: Input, effects: &mut Vec<Effect>) {
        match self {
            Self::Solo(engine) => engine.step(now, input, effects),
            Self::Pbft(engine) => engine.step(now, input, effects),
            Self::Tendermint(engine) => engine.step(now, input, effects),
        }
    }

    fn held_count(&self) -> usize {
        match self {
            Self::Solo(engine) => engine.held_count(),
            Self::Pbft(engine) => engine.held_count(),
            Self::Tendermint(engine) => engine.held_count(),
        }
    }

    fn held_count_max(validator_count: usize) -> usize {
        let most = [
            Solo::held_count_max(validator_count),
            <Pbft>::held_count_max(validator_count),
            <Tendermint>::held_count_max(validator_count),
        ];
        most.into_iter().max().unwrap_or_default()
    }
}
