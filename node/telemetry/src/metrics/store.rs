//! What is said of the store.

use std::time::Duration;

use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use pyralog_primitives::{ByteCount, Height};

use super::{WholeGauge, registered, seconds};

/// What is on disk.
#[derive(Debug)]
pub struct StoreMetrics {
    commit: Histogram,
    free_bytes: WholeGauge,
    durable_height: WholeGauge,
    oldest_height: WholeGauge,
}

impl StoreMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let commit = registered(
            registry,
            "pyralog_store_commit_seconds",
            "Time to make a block durable",
            seconds(),
        );
        let mut gauge = |name, help| registered(registry, name, help, WholeGauge::default());
        Self {
            commit,
            free_bytes: gauge(
                "pyralog_store_free_bytes",
                "Space that is left where the store lies",
            ),
            durable_height: gauge(
                "pyralog_store_durable_height",
                "Height of the last block on disk",
            ),
            oldest_height: gauge(
                "pyralog_store_oldest_height",
                "Height of the first block that is still on disk",
            ),
        }
    }

    /// A block became durable in this time.
    pub fn observe_commit(&self, took: Duration) {
        self.commit.observe(took.as_secs_f64());
    }

    /// So much space is left where the store lies.
    pub fn set_free(&self, free: ByteCount) {
        self.free_bytes.set(free.get());
    }

    /// The last block on disk is at this height.
    pub fn set_durable_height(&self, height: Height) {
        self.durable_height.set(height.get());
    }

    /// The first block that is still on disk is at this height.
    pub fn set_oldest_height(&self, height: Height) {
        self.oldest_height.set(height.get());
    }
}
