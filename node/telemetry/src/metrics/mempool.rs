//! What is said of the mempool.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use pyralog_primitives::ByteCount;

use super::labels::Reason;
use super::{WholeGauge, registered};

/// What waits to be in a block.
#[derive(Debug)]
pub struct MempoolMetrics {
    size: WholeGauge,
    bytes: WholeGauge,
    waiting: WholeGauge,
    admitted: Counter,
    rejected: Family<Reason, Counter>,
    evicted: Family<Reason, Counter>,
}

impl MempoolMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let mut gauge = |name, help| registered(registry, name, help, WholeGauge::default());
        Self {
            size: gauge("pyralog_mempool_size", "Transactions that are pending"),
            bytes: gauge(
                "pyralog_mempool_size_bytes",
                "Size of the transactions that are pending",
            ),
            waiting: gauge(
                "pyralog_mempool_waiting",
                "Transactions whose signature is not verified yet",
            ),
            admitted: registered(
                registry,
                "pyralog_mempool_admitted",
                "Transactions that were taken",
                Counter::default(),
            ),
            rejected: registered(
                registry,
                "pyralog_mempool_rejected",
                "Transactions that were not taken",
                Family::default(),
            ),
            evicted: registered(
                registry,
                "pyralog_mempool_evicted",
                "Transactions that were taken and left without being in a block",
                Family::default(),
            ),
        }
    }

    /// So many transactions are pending.
    pub fn set_size(&self, count: usize) {
        self.size.set(count as u64);
    }

    /// The pending transactions take so many bytes.
    pub fn set_bytes(&self, bytes: ByteCount) {
        self.bytes.set(bytes.get());
    }

    /// So many transactions wait for the verification of their signatures.
    pub fn set_waiting(&self, count: usize) {
        self.waiting.set(count as u64);
    }

    /// A transaction was taken.
    pub fn admitted(&self) {
        self.admitted.inc();
    }

    /// A transaction was not taken.
    pub fn rejected(&self, reason: &'static str) {
        self.rejected.get_or_create(&Reason { reason }).inc();
    }

    /// A transaction that was taken left without being in a block.
    pub fn evicted(&self, reason: &'static str) {
        self.evicted.get_or_create(&Reason { reason }).inc();
    }
}
