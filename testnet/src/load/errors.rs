//! Why load could not be made.

use jsonrpsee::core::ClientError;
use pyralog_genesis::Mistakes;
use pyralog_limit::CostsError;
use pyralog_primitives::Height;
use pyralog_testnet::net::{NetError, NetName};

use super::MEASURED_MAX;

/// Why load could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// The net is not there, or has no such node.
    #[error(transparent)]
    Net(#[from] NetError),
    /// A node that was named does not run.
    #[error("{0} does not run; start it with `restart {0}`")]
    NotRunning(String),
    /// No validator runs.
    #[error("no validator of the net {0} runs; start them with `restart all`")]
    NobodyRuns(NetName),
    /// The node did not answer.
    #[error("the node does not answer: {0}")]
    Node(#[from] ClientError),
    /// It is no development network, whose accounts everybody can spend from.
    #[error("the chain is {0}; load is made only on development networks (dev-…)")]
    NotDevelopment(String),
    /// The node shows a genesis document that is none.
    #[error("the genesis document that the node shows is none: {0}")]
    Genesis(#[source] Mistakes),
    /// The accounts were not funded.
    #[error("the accounts were not funded: a transaction was refused, {0}")]
    Funding(String),
    /// The machine was not measured.
    #[error(transparent)]
    Kernel(#[from] CostsError),
    /// Not all was included in time.
    #[error(
        "{0} transactions are still pending after {seconds} s; start with a new network",
        seconds = MEASURED_MAX.as_secs()
    )]
    Pending(u32),
    /// Final blocks could not be counted.
    #[error("no node told of its blocks to the end; they were too slow, or were stopped")]
    Blocks,
    /// Nodes contradict each other.
    #[error("two nodes have different blocks at height {0}: see `check`")]
    TwoBlocks(Height),
    /// A runtime or a thread did not work.
    #[error("a thread of ours did not work: {0}")]
    Thread(#[from] std::io::Error),
}
