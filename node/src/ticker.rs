//! A calm line now and then: that the chain goes on, and how far it is.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};

use crate::chain::Feed;
use crate::health::{clock_lag, clock_warning};
use crate::pool::PoolHandle;
use crate::syncing::Syncing;

/// Shorter, and it hides what matters; longer, and one wonders.
const INTERVAL: Duration = Duration::from_secs(10);

/// Says how the chain goes on until the node stops.
pub(crate) async fn tick(
    feed: Arc<Feed>,
    pool: PoolHandle,
    syncing: Arc<Syncing>,
    mut stop: watch::Receiver<bool>,
) {
    let mut heads = feed.watch();
    // What is waited for holds a lock on the head, and a publisher that waits
    // for it keeps every other reader out: only the height may leave here.
    let first = tokio::select! {
        // A node that is stopped before its first block has no news.
        _ = stop.wait_for(|stop| *stop) => return,
        head = heads.wait_for(|head| head.height.get() > 0) => head.map(|head| head.height),
    };
    if let Ok(height) = first {
        tracing::info!(height = height.get(), "ready");
    }
    let mut ticks = tokio::time::interval_at(Instant::now() + INTERVAL, INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut has_warned = false;
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            _ = ticks.tick() => {}
        }
        let head = feed.head();
        if syncing.is_syncing() && syncing.target() > head.height {
            // How that goes on is told elsewhere.
            continue;
        }
        let pending = pool.counts().await.unwrap_or_default();
        tracing::info!(
            height = head.height.get(),
            pending = pending.transactions,
            base_fee = %head.chain.base_fee,
            "chain"
        );
        match clock_lag(head.time) {
            Some(lag) if !has_warned => {
                has_warned = true;
                tracing::warn!("{}", clock_warning(lag));
            }
            Some(_) => {}
            None => has_warned = false,
        }
    }
}
