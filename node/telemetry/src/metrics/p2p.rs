//! What is said of other nodes.

use prometheus_client::registry::Registry;

use super::{WholeGauge, registered};

/// Who is there.
#[derive(Debug)]
pub struct P2pMetrics {
    peers: WholeGauge,
    bans: WholeGauge,
}

impl P2pMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let mut gauge = |name, help| registered(registry, name, help, WholeGauge::default());
        Self {
            peers: gauge("pyralog_p2p_peers", "Peers that are connected"),
            bans: gauge("pyralog_p2p_bans", "Peers that are kept away"),
        }
    }

    /// So many peers are connected.
    pub fn set_peers(&self, count: usize) {
        self.peers.set(count as u64);
    }

    /// So many peers are banned.
    pub fn set_bans(&self, count: usize) {
        self.bans.set(count as u64);
    }
}
