//! The chain as readers see it: what is final *and* durable, and nothing else.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use pyralog_chain::Provable;
use pyralog_primitives::receipt::Receipt;
use pyralog_primitives::state::ChainState;
use pyralog_primitives::{BlockId, Height, StateRoot, TimestampMs};
use tokio::sync::watch;

/// Blocks kept for readers that are up to date. Fewer, and a reader that is a
/// little late reads from disk; more, and full blocks take memory for nothing.
const RECENT_COUNT_MAX: usize = 16;
/// Transactions in all of them: a receipt takes some 500 bytes.
const RECENT_TRANSACTION_COUNT_MAX: usize = 65_536;

/// The last durable block, and what stands after it.
#[derive(Clone)]
pub(crate) struct Published {
    pub(crate) height: Height,
    pub(crate) block: BlockId,
    pub(crate) time: TimestampMs,
    pub(crate) state_root: StateRoot,
    pub(crate) chain: ChainState,
    pub(crate) provable: Option<Provable>,
}

/// What a recent block did.
pub(crate) struct RecentBlock {
    pub(crate) height: Height,
    pub(crate) receipts: Vec<Receipt>,
}

/// Tells readers of each durable block. Readers take what they want when they
/// want: nobody holds the chain up, and nothing queues for anybody.
pub(crate) struct Feed {
    head: watch::Sender<Arc<Published>>,
    recent: Mutex<VecDeque<Arc<RecentBlock>>>,
}

impl Feed {
    pub(crate) fn new(head: Published) -> Self {
        Self {
            head: watch::Sender::new(Arc::new(head)),
            recent: Mutex::default(),
        }
    }

    /// A block has become durable.
    pub(crate) fn publish(&self, head: Published, receipts: Vec<Receipt>) {
        let height = head.height;
        self.remember(Arc::new(RecentBlock { height, receipts }));
        self.head.send_replace(Arc::new(head));
    }

    fn remember(&self, block: Arc<RecentBlock>) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.push_back(block);
        let count = |recent: &VecDeque<Arc<RecentBlock>>| -> usize {
            recent.iter().map(|block| block.receipts.len()).sum()
        };
        while recent.len() > RECENT_COUNT_MAX || count(&recent) > RECENT_TRANSACTION_COUNT_MAX {
            recent.pop_front();
        }
    }

    /// The last durable block.
    pub(crate) fn head(&self) -> Arc<Published> {
        Arc::clone(&self.head.borrow())
    }

    /// Sees each new head, but for those it is too late for.
    pub(crate) fn watch(&self) -> watch::Receiver<Arc<Published>> {
        self.head.subscribe()
    }

    /// What the block of a height did, if it is a recent one.
    pub(crate) fn recent(&self, height: Height) -> Option<Arc<RecentBlock>> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent
            .iter()
            .find(|block| block.height == height)
            .map(Arc::clone)
    }
}
