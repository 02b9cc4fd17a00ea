//! The chain of a node: what decides, executes and makes durable.
//!
//! ```text
//! peers ◀─ words ─▶ driver ──── work ────▶ execution ── final blocks ──▶ committer ─▶ feed ─▶ readers
//!                  (engine) ◀── events ──  (ledger)                         │
//!                     ▲                     ▲  │                            │
//!                     │ found, offered      │  ▼                            │
//!                     └──────────────────  pool                             │
//!                     ◀───────────────── durable heights ───────────────────┘
//! ```
//!
//! Votes go on while blocks are executed, and the next block is executed while
//! the last one is written; readers see a block only once it is durable, and
//! read from the store, so they wait for nobody.

mod answering;
mod clock;
mod committer;
mod driver;
mod engine;
mod execution;
mod feed;
mod gathering;
mod halt;
mod memory;
mod offers;
mod serving;
mod telling;
#[cfg(test)]
mod tests;
mod verifying;

use std::sync::Arc;
use std::time::{Duration, Instant};

use pyralog_chain::mempool::Checked;
use pyralog_consensus::Engine;
use pyralog_disk::Disk;
use pyralog_driver::{Driver, Executor, Logs, Now, Settings, Signer};
use pyralog_p2p::Network;
use pyralog_primitives::block::Block;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::{Address, BlockCount};
use pyralog_replica::{OpenError, Replica};
use pyralog_telemetry::metrics::Metrics;
use tokio::sync::{mpsc, watch};

pub(crate) use clock::Clock;
pub(crate) use engine::{AnyEngine, block_interval};
pub(crate) use feed::{Feed, Published};
pub(crate) use gathering::gathering_span;
pub use halt::Halt;
pub use memory::MemoryError;
pub(crate) use memory::{Memory, open_memory};
#[cfg(test)]
pub(crate) use telling::tests::transfer;

use crate::pool::PoolHandle;
use crate::syncing::Syncing;
use crate::threads::{Thread, spawn};
use answering::Answering;
use committer::Committer;
use driver::{Ears, Host};
use execution::Execution;
use gathering::Gathering;
use offers::Offers;
use serving::Serving;
use telling::Telling;
use verifying::Verifying;

/// Work for the ledger that waits, and events for the driver. More than both
/// ever have under way: each work gives one event, and an engine asks about no
/// more blocks than are held.
const LINE_COUNT_MAX: usize = 256;
/// Final blocks that wait for the disk. One, and execution waits for each sync;
/// more than two, and a slow disk is hidden in memory.
const COMMIT_COUNT_MAX: usize = 2;

/// What a chain is made of.
pub(crate) struct Parts<E, S, D, N> {
    pub(crate) settings: Settings,
    pub(crate) replica: Replica,
    pub(crate) engine: E,
    pub(crate) signer: Option<S>,
    pub(crate) logs: Logs<D>,
    /// None for a node that is alone.
    pub(crate) network: Option<N>,
    /// Who proposes; none for a node that only follows.
    pub(crate) own: Option<Address>,
    /// How long its blocks wait for more.
    pub(crate) gathering: Duration,
    pub(crate) pool: PoolHandle,
    /// Transactions that peers are told of directly.
    pub(crate) admitted: mpsc::Receiver<Vec<Checked>>,
    pub(crate) feed: Arc<Feed>,
    pub(crate) metrics: Arc<Metrics>,
    /// How far others are.
    pub(crate) syncing: Arc<Syncing>,
    pub(crate) clock: Clock,
    /// Heights whose state and blocks are kept; none forgets nothing.
    pub(crate) keep_blocks: Option<BlockCount>,
    pub(crate) stop: watch::Receiver<bool>,
}

/// Why a chain did not begin. The operator must act.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BeginError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Driver(#[from] pyralog_driver::Halt),
}

impl<E, S, D, N> Parts<E, S, D, N>
where
    E: Engine + Send + 'static,
    S: Signer + Send + 'static,
    D: Disk + Send + 'static,
    N: Network + Sync,
{
    /// Begins to decide, to execute and to commit.
    pub(crate) fn begin(self) -> Result<Vec<Thread>, BeginError> {
        let last = last(&self.replica)?;
        let store = Arc::clone(self.replica.store());
        let executor = Executor::new(self.replica.ledger, last);
        let now = Now {
            tick: self.clock.tick(),
            time: Clock::now(),
        };
        let parts = (self.engine, self.signer, self.logs);
        let (driver, first) = Driver::begin(self.settings, parts, executor.next(), now)?;
        let (commits, blocks) = mpsc::channel(COMMIT_COUNT_MAX);
        let (events_in, events) = mpsc::channel(LINE_COUNT_MAX);
        let (work_in, work) = mpsc::channel(LINE_COUNT_MAX);
        let committer = Committer {
            store: Arc::clone(&store),
            feed: self.feed,
            pool: self.pool.clone(),
            metrics: Arc::clone(&self.metrics),
            keep_blocks: self.keep_blocks,
            events: events_in.clone(),
        };
        let execution = Execution {
            executor,
            own: self.own,
            pool: self.pool.clone(),
            metrics: Arc::clone(&self.metrics),
            events: events_in.clone(),
            commits,
            is_offer_void: false,
        };
        let (serving, answers) = Serving::new(store);
        let (offers, took) = Offers::new(self.pool.clone());
        let host = Host {
            driver,
            first,
            network: self.network,
            offers,
            telling: Telling::new(now.time),
            gathering: Gathering::new(self.gathering),
            answering: Answering::new(Instant::now()),
            serving,
            verifying: Verifying::new(events_in.clone()),
            pool: self.pool,
            metrics: self.metrics,
            syncing: self.syncing,
            clock: self.clock,
            work: work_in,
            events: events_in,
        };
        let ears = Ears {
            events,
            admitted: self.admitted,
            took,
            answers,
            stop: self.stop,
        };
        Ok(vec![
            spawn("driver", move |runtime| runtime.block_on(host.run(ears))),
            spawn("execution", move |runtime| {
                runtime.block_on(execution.run(work))
            }),
            spawn("committer", move |_| committer.run(blocks)),
        ])
    }
}

/// The last block, and why it is final.
fn last(replica: &Replica) -> Result<Option<(Arc<Block>, Certificate)>, OpenError> {
    use pyralog_chain::Application;
    let height = replica.ledger.info().height;
    if height.get() == 0 {
        return Ok(None);
    }
    let missing = |what| OpenError::Missing { what, height };
    let store = replica.store();
    let certificate = store.certificate(height)?.ok_or(missing("certificate"))?;
    let block = store.block(height)?.ok_or(missing("block"))?;
    Ok(Some((Arc::new(block), certificate)))
}
