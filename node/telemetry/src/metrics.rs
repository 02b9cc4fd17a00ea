//! Metrics: numbers about the node that Prometheus collects.
//!
//! Names are `pyralog_<crate>_<what>_<unit>`, in base units (seconds, bytes,
//! units of the token); counters end in `_total`. Where `CometBFT` has a
//! metric of the same meaning its name is kept after the prefix, so that
//! dashboards need only another prefix. What is said of any process has the names that
//! all Prometheus clients use: `process_…`.
//!
//! Each part of a node holds the [`Metrics`] and says what happened; what is
//! exported under which name is written down here and nowhere else.
//!
//! Invariants:
//! - the program bounds the number of time series: the value of a label is a
//!   `&'static str`, so that no peer, client or transaction ever names one;
//! - a value that cannot be read is left out, not shown as zero.

mod blocksync;
mod chain;
mod consensus;
mod labels;
mod mempool;
mod p2p;
mod process;
mod rpc;
mod store;

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry};

pub use self::blocksync::BlocksyncMetrics;
pub use self::chain::ChainMetrics;
pub use self::consensus::ConsensusMetrics;
pub use self::mempool::MempoolMetrics;
pub use self::p2p::P2pMetrics;
use self::process::Process;
pub use self::rpc::{Open, RpcMetrics};
pub use self::store::StoreMetrics;

/// The media type of [`Metrics::encode`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds of the buckets for what takes fractions of a second. Closer
/// together, and each histogram costs more time series; wider, and one cannot
/// tell a synced write from an execution.
const SECONDS_BUCKETS: [f64; 16] = [
    0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0,
];

/// A whole number that goes up and down.
type WholeGauge = Gauge<u64, AtomicU64>;

/// A number too large for [`WholeGauge`]; exact up to 2⁵³.
type WideGauge = Gauge<f64, AtomicU64>;

/// All metrics of a node. Shared by reference: saying something takes no
/// `&mut`.
#[derive(Debug)]
pub struct Metrics {
    /// Which block is next.
    pub consensus: ConsensusMetrics,
    /// What blocks mean.
    pub chain: ChainMetrics,
    /// What is on disk.
    pub store: StoreMetrics,
    /// What waits to be in a block.
    pub mempool: MempoolMetrics,
    /// What clients ask.
    pub rpc: RpcMetrics,
    /// How far behind the node is.
    pub blocksync: BlocksyncMetrics,
    /// Who is there.
    pub p2p: P2pMetrics,
    registry: Registry,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

impl Metrics {
    /// Metrics of a node of this version, all still at their beginning.
    pub fn new(version: &'static str) -> Self {
        let mut registry = Registry::default();
        registry.register(
            "pyralog_build",
            "Version of the program",
            Info::new(Build { version }),
        );
        registry.register_collector(Box::new(Process::new()));
        Self {
            consensus: ConsensusMetrics::register(&mut registry),
            chain: ChainMetrics::register(&mut registry),
            store: StoreMetrics::register(&mut registry),
            mempool: MempoolMetrics::register(&mut registry),
            rpc: RpcMetrics::register(&mut registry),
            blocksync: BlocksyncMetrics::register(&mut registry),
            p2p: P2pMetrics::register(&mut registry),
            registry,
        }
    }

    /// All of them in the `OpenMetrics` text format, [`CONTENT_TYPE`].
    pub fn encode(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a string cannot fail");
        text
    }
}

/// Registers a metric and keeps a hand on it.
fn registered<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register(name, help, metric.clone());
    metric
}

/// A histogram over [`SECONDS_BUCKETS`].
fn seconds() -> Histogram {
    Histogram::new(SECONDS_BUCKETS)
}

#[cfg(test)]
mod tests;
