//! The thread that makes final blocks durable, one after the other.

use std::sync::Arc;
use std::time::Instant;

use pyralog_chain::Provable;
use pyralog_driver::Event;
use pyralog_primitives::block::Header;
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::state::{ChainState, StateKey};
use pyralog_primitives::write_set::CommitBatch;
use pyralog_primitives::{BlockCount, DurationMs, Height};
use pyralog_store::{CommitError, PruneError, Store};
use pyralog_telemetry::metrics::Metrics;
use tokio::sync::mpsc;

use super::feed::{Feed, Published};
use super::halt::Halt;
use crate::pool::PoolHandle;

/// A block that is final, on its way to the disk.
pub(crate) struct FinalBlock {
    pub(crate) batch: CommitBatch,
    /// What its header makes provable.
    pub(crate) provable: Option<Provable>,
}

/// Pruning is done each so many blocks. Lower, and files are merged all the
/// time; higher, and more than `keep_blocks` lies on the disk for longer.
const PRUNE_INTERVAL: u64 = 256;

/// Commits, and tells who waits for it.
pub(crate) struct Committer {
    pub(crate) store: Arc<Store>,
    pub(crate) feed: Arc<Feed>,
    pub(crate) pool: PoolHandle,
    pub(crate) metrics: Arc<Metrics>,
    /// Heights whose state and blocks are kept; none forgets nothing.
    pub(crate) keep_blocks: Option<BlockCount>,
    /// To the driver.
    pub(crate) events: mpsc::Sender<Event>,
}

impl Committer {
    /// Commits until nobody sends any more. What was sent is committed first.
    pub(crate) fn run(self, mut blocks: mpsc::Receiver<FinalBlock>) -> Result<(), Halt> {
        self.finish_pruning()?;
        while let Some(block) = blocks.blocking_recv() {
            self.commit(block)?;
        }
        Ok(())
    }

    fn commit(&self, block: FinalBlock) -> Result<(), Halt> {
        let FinalBlock { batch, provable } = block;
        let start = Instant::now();
        self.store.commit(&batch).map_err(|error| match error {
            CommitError::Stopped(stopped) => Halt::Stopped(stopped),
            other => Halt::Commit(other),
        })?;
        self.metrics.store.observe_commit(start.elapsed());
        let header = &batch.block.header;
        let height = header.height;
        let chain = chain_state(&batch);
        self.note(header, &chain);
        let head = Published {
            height,
            block: batch.certificate.value(),
            time: header.time,
            state_root: batch.state_root,
            chain,
            provable,
        };
        self.feed.publish(head, batch.receipts);
        self.pool.durable(height);
        // Nobody waits for it once the driver has stopped.
        let _ = self.events.blocking_send(Event::Durable(height));
        self.prune(height)
    }

    fn note(&self, header: &Header, chain: &ChainState) {
        self.metrics.store.set_durable_height(header.height);
        self.metrics.chain.set_base_fee(chain.base_fee);
        self.metrics.chain.set_burned(chain.burned);
        // Genesis may be long ago: the first block says nothing about intervals.
        if header.height > Height::FIRST {
            let since = header
                .time
                .get()
                .saturating_sub(self.feed.head().time.get());
            let interval = DurationMs::new(since);
            self.metrics.consensus.observe_block_interval(interval);
        }
    }

    /// What the last pruning was to keep: that at a multiple of the interval.
    fn due(&self, height: Height) -> Option<Height> {
        let keep = self.keep_blocks?;
        let pruned_at = height.get() - height.get() % PRUNE_INTERVAL;
        let oldest = pruned_at.saturating_sub(keep.get());
        (oldest > 0).then_some(Height::new(oldest))
    }

    fn prune(&self, height: Height) -> Result<(), Halt> {
        let oldest = self.store.oldest();
        match self.due(height).filter(|due| *due > oldest) {
            None => Ok(()),
            Some(due) => self.prune_below(due),
        }
    }

    /// A node that was killed between a commit and the end of what it prunes has
    /// that still to do.
    fn finish_pruning(&self) -> Result<(), Halt> {
        let oldest = self.store.oldest();
        match self.due(self.feed.head().height) {
            None => Ok(()),
            Some(due) => self.prune_below(due.max(oldest)),
        }
    }

    fn prune_below(&self, oldest: Height) -> Result<(), Halt> {
        match self.store.prune(oldest) {
            Ok(()) => {
                self.metrics.store.set_oldest_height(self.store.oldest());
                Ok(())
            }
            Err(PruneError::Stopped(stopped)) => Err(Halt::Stopped(stopped)),
            Err(error) => Err(Halt::Prune(error)),
        }
    }
}

/// What is true of the chain after the block.
fn chain_state(batch: &CommitBatch) -> ChainState {
    let written = batch.write_set.get(&StateKey::Chain).flatten();
    let state = written.and_then(|value| ChainState::decode(value).ok());
    state.expect("execution writes it at the end of each block")
}
