//! What answers are made from.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pyralog_config::RpcSettings;
use pyralog_genesis::Genesis;
use pyralog_primitives::Address;
use pyralog_replica::Prover;
use pyralog_store::Store;
use pyralog_swarm::{PeerInfo, SwarmHandle};
use pyralog_telemetry::metrics::Metrics;
use tokio::sync::{Semaphore, watch};

use crate::chain::{Feed, Published};
use crate::pool::PoolHandle;
use crate::syncing::Syncing;

/// What answers are made from. Shared by all callers.
pub(crate) struct Context {
    pub(crate) genesis: Genesis,
    /// The genesis document as it was read.
    pub(crate) document: String,
    pub(crate) validator: Option<Address>,
    pub(crate) store: Arc<Store>,
    pub(crate) feed: Arc<Feed>,
    pub(crate) pool: PoolHandle,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) settings: RpcSettings,
    /// Whether the disk has less than its reserve.
    pub(crate) is_disk_low: Arc<AtomicBool>,
    /// How far others are.
    pub(crate) syncing: Arc<Syncing>,
    /// None if the node meets nobody.
    pub(crate) peers: Option<SwarmHandle>,
    /// Whether blocks can be found by their events.
    pub(crate) index_events: bool,
    /// Places for the subscriptions of all connections.
    pub(crate) subscription_room: Arc<Semaphore>,
    /// Becomes true when the node stops.
    pub(crate) stop: watch::Receiver<bool>,
}

impl Context {
    /// The last durable block.
    pub(crate) fn head(&self) -> Arc<Published> {
        self.feed.head()
    }

    /// Proofs as of now.
    pub(crate) fn prover(&self) -> Prover {
        Prover::new(Arc::clone(&self.store), self.head().provable.clone())
    }

    pub(crate) fn is_syncing(&self) -> bool {
        self.syncing.is_syncing()
    }

    /// Peers that are connected.
    pub(crate) fn peers(&self) -> Vec<PeerInfo> {
        let peers = self.peers.as_ref();
        peers.map(SwarmHandle::peers).unwrap_or_default()
    }

    pub(crate) fn is_disk_low(&self) -> bool {
        self.is_disk_low.load(Ordering::Relaxed)
    }
}
