//! The engines that can be simulated.

use pyralog_pbft::{Pbft, Settings};
use pyralog_primitives::{Address, DurationMs};
use pyralog_sim::Protocol;
use pyralog_solo::Solo;

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

/// A lone validator.
#[derive(Clone, Copy, Debug)]
pub(super) struct SoloProtocol;

impl Protocol for SoloProtocol {
    type Engine = Solo;

    fn name(&self) -> &'static str {
        "solo"
    }

    fn engine(&self, _own: Option<Address>) -> Solo {
        Solo::new(SETTINGS.block_interval)
    }

    fn remembers(&self) -> bool {
        false
    }
}
