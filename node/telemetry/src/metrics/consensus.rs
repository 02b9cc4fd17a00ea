//! What is said of consensus.

use std::time::Duration;

use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use pyralog_primitives::{ByteCount, DurationMs, Height, Round, VotingPower};

use super::{WholeGauge, registered};

/// Upper bounds of the buckets for the time between blocks: around one second
/// they must tell a late block from a punctual one.
const INTERVAL_BUCKETS: [f64; 14] = [
    0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0,
];

/// Which block is next.
#[derive(Debug)]
pub struct ConsensusMetrics {
    height: WholeGauge,
    rounds: WholeGauge,
    validators: WholeGauge,
    missing_power: WholeGauge,
    block_interval: Histogram,
    transactions: WholeGauge,
    block_bytes: WholeGauge,
}

impl ConsensusMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let mut gauge = |name, help| registered(registry, name, help, WholeGauge::default());
        Self {
            height: gauge("pyralog_consensus_height", "Height of the last final block"),
            rounds: gauge(
                "pyralog_consensus_rounds",
                "Round of the height that is being decided",
            ),
            validators: gauge("pyralog_consensus_validators", "Validators that may vote"),
            missing_power: gauge(
                "pyralog_consensus_missing_validators_power",
                "Voting power that did not sign the last final block",
            ),
            // A gauge that only grows: a counter would be called
            // `…_total_txs_total`, which no dashboard asks for.
            transactions: gauge(
                "pyralog_consensus_total_txs",
                "Transactions made final since the process started",
            ),
            block_bytes: gauge(
                "pyralog_consensus_block_size_bytes",
                "Size of the last final block",
            ),
            block_interval: registered(
                registry,
                "pyralog_consensus_block_interval_seconds",
                "Time between a final block and the one before it, by their headers",
                Histogram::new(INTERVAL_BUCKETS),
            ),
        }
    }

    /// The last final block is at this height.
    pub fn set_height(&self, height: Height) {
        self.height.set(height.get());
    }

    /// The height in question has come to this round.
    pub fn set_round(&self, round: Round) {
        self.rounds.set(round.get().into());
    }

    /// So many validators may vote.
    pub fn set_validators(&self, count: usize) {
        self.validators.set(count as u64);
    }

    /// So much voting power did not sign the last final block.
    pub fn set_missing_power(&self, power: VotingPower) {
        self.missing_power.set(power.get());
    }

    /// A block became final, so long after the one before it.
    pub fn observe_block_interval(&self, interval: DurationMs) {
        let interval = Duration::from_millis(interval.get());
        self.block_interval.observe(interval.as_secs_f64());
    }

    /// So many transactions became final.
    pub fn add_transactions(&self, count: usize) {
        self.transactions.inc_by(count as u64);
    }

    /// The last final block has this size.
    pub fn set_block_size(&self, size: ByteCount) {
        self.block_bytes.set(size.get());
    }
}
