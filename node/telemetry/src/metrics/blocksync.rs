//! What is said of catching up.

use prometheus_client::registry::Registry;

use super::{WholeGauge, registered};

/// How far behind the node is.
#[derive(Debug)]
pub struct BlocksyncMetrics {
    syncing: WholeGauge,
}

impl BlocksyncMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let syncing = registered(
            registry,
            "pyralog_blocksync_syncing",
            "Whether the node is fetching blocks that it missed: 1 or 0",
            WholeGauge::default(),
        );
        Self { syncing }
    }

    /// The node fetches blocks that it missed, or does not.
    pub fn set_syncing(&self, syncing: bool) {
        self.syncing.set(syncing.into());
    }
}
