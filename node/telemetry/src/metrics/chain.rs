//! What is said of the chain.

use std::time::Duration;

use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use pyralog_primitives::Amount;

use super::{WideGauge, registered, seconds};

/// What blocks mean.
#[derive(Debug)]
pub struct ChainMetrics {
    execute: Histogram,
    base_fee: WideGauge,
    burned: WideGauge,
}

impl ChainMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        Self {
            execute: registered(
                registry,
                "pyralog_chain_execute_seconds",
                "Time to execute a block",
                seconds(),
            ),
            base_fee: registered(
                registry,
                "pyralog_chain_base_fee_units",
                "Base fee of the next block, in smallest units of the token",
                WideGauge::default(),
            ),
            burned: registered(
                registry,
                "pyralog_chain_burned_units",
                "What was ever burned, in smallest units of the token",
                WideGauge::default(),
            ),
        }
    }

    /// A block was executed in this time.
    pub fn observe_execution(&self, took: Duration) {
        self.execute.observe(took.as_secs_f64());
    }

    /// The next block has this base fee.
    pub fn set_base_fee(&self, fee: Amount) {
        self.base_fee.set(approximate(fee));
    }

    /// So much was burned since genesis.
    pub fn set_burned(&self, amount: Amount) {
        self.burned.set(approximate(amount));
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "Prometheus knows no wider number; the chain keeps the exact one"
)]
fn approximate(amount: Amount) -> f64 {
    amount.get() as f64
}
