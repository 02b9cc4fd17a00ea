//! The engines that can be simulated.

use pyralog_pbft::{Pbft, Settings};
use pyralog_primitives::{Address, DurationMs};
use pyralog_sim::Protocol;
use pyralog_solo::Solo;
use pyralog_tendermint::Tendermint;

/// Short, so that a run has many heights and many rounds in little time. Links
/// are a tenth as slow, where nothing is wrong with them.
const SETTINGS: Settings = Settings {
    block_interval: DurationMs::new(100),
    round_timeout: DurationMs::new(300),
    resend_interval: DurationMs::new(150),
};

/// PBFT.
#[derive(Clone, Copy, Debug)]
pub(super) struct PbftProtocol;

impl Protocol for PbftProtocol {
    type Engine = Pbft;

    fn name(&self) -> &'static str {
        "pbft"
    }

    fn engine(&self, own: Option<Address>) -> Pbft {
        Pbft::new(SETTINGS, own)
    }
}

/// Tendermint.
#[derive(Clone, Copy, Debug)]
pub(super) struct TendermintProtocol;

impl Protocol for TendermintProtocol {
    type Engine = Tendermint;

    fn name(&self) -> &'static str {
        "tendermint"
    }

    fn engine(&self, own: Option<Address>) -> Tendermint {
        let settings = pyralog_tendermint::Settings {
            block_interval: SETTINGS.block_interval,
            propose_timeout: SETTINGS.round_timeout,
            vote_timeout: DurationMs::new(150),
            timeout_growth: DurationMs::new(150),
            resend_interval: SETTINGS.resend_interval,
        };
        Tendermint::new(settings, own)
    }
}

/// A lone validator.
#[derive(Clone, Copy, Debug)]
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
