//! The engines that are simulated.

use std::marker::PhantomData;

use pyralog_pbft::{Paper, Pbft, Rules, Settings};
use pyralog_primitives::{Address, DurationMs};
use pyralog_solo::Solo;
use pyralog_tendermint::Tendermint;

use crate::Protocol;

/// PBFT, with rules of the paper or others.
pub(super) struct PbftProtocol<R = Paper>(pub(super) PhantomData<R>);

pub(super) const PBFT: PbftProtocol = PbftProtocol(PhantomData);

/// How long Tendermint waits for votes that contradict each other.
pub(super) const VOTE_TIMEOUT_MILLIS: u64 = 150;

const SETTINGS: Settings = Settings {
    block_interval: DurationMs::new(100),
    round_timeout: DurationMs::new(300),
    resend_interval: DurationMs::new(150),
};

impl<R: Rules> Protocol for PbftProtocol<R> {
    type Engine = Pbft<R>;

    fn name(&self) -> &'static str {
        "pbft"
    }

    fn engine(&self, own: Option<Address>) -> Pbft<R> {
        Pbft::with_rules(SETTINGS, own)
    }
}

/// Tendermint, with a quorum of more than so many parts of so many.
pub(super) struct TendermintProtocol<const NUMERATOR: u64 = 2, const DENOMINATOR: u64 = 3>;

pub(super) const TENDERMINT: TendermintProtocol = TendermintProtocol;

impl<const NUMERATOR: u64, const DENOMINATOR: u64> Protocol
    for TendermintProtocol<NUMERATOR, DENOMINATOR>
{
    type Engine = Tendermint<NUMERATOR, DENOMINATOR>;

    fn name(&self) -> &'static str {
        "tendermint"
    }

    fn engine(&self, own: Option<Address>) -> Self::Engine {
        let settings = pyralog_tendermint::Settings {
            block_interval: SETTINGS.block_interval,
            propose_timeout: SETTINGS.round_timeout,
            vote_timeout: DurationMs::new(VOTE_TIMEOUT_MILLIS),
            timeout_growth: DurationMs::new(150),
            resend_interval: SETTINGS.resend_interval,
        };
        Tendermint::with_quorum(settings, own)
    }
}

/// One validator alone.
pub(super) struct SoloProtocol;

impl Protocol for SoloProtocol {
    type Engine = Solo;

    fn name(&self) -> &'static str {
        "solo"
    }

    fn engine(&self, own: Option<Address>) -> Solo {
        Solo::new(SETTINGS.block_interval, own)
    }
}
