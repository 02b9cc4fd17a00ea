//! What a node finds when it looks at itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pyralog_primitives::{DurationMs, TimestampMs};
use pyralog_store::{Room, Store};
use pyralog_swarm::SwarmHandle;
use pyralog_telemetry::health::{Check, CheckState, Report};
use pyralog_telemetry::metrics::Metrics;
use tokio::sync::watch;

use crate::chain::{Clock, Feed};
use crate::syncing::Syncing;

/// How often the disk and peers are looked at.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// A chain is stuck if no block has come for so many of its intervals …
const STUCK_INTERVALS: u64 = 10;
/// … and for so long.
const STUCK_MIN: DurationMs = DurationMs::new(10_000);
/// Blocks may be a little ahead of the clock: each is later than its parent.
const AHEAD_MAX: DurationMs = DurationMs::new(500);

/// What is looked at.
pub(crate) struct Health {
    pub(crate) store: Arc<Store>,
    pub(crate) feed: Arc<Feed>,
    pub(crate) metrics: Arc<Metrics>,
    /// The longest time between blocks when all is well.
    pub(crate) block_interval: DurationMs,
    pub(crate) syncing: Arc<Syncing>,
    pub(crate) started: TimestampMs,
    pub(crate) is_disk_low: Arc<AtomicBool>,
}

impl Health {
    /// Looks at the disk and at peers each second until the node stops.
    pub(crate) async fn watch(
        self: Arc<Self>,
        peers: Option<SwarmHandle>,
        mut stop: watch::Receiver<bool>,
    ) {
        loop {
            self.look_at_disk();
            if let Some(peers) = &peers {
                self.look_at_peers(peers);
            }
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(LOOK_INTERVAL) => {}
            }
        }
    }

    /// Notes who is there.
    fn look_at_peers(&self, handle: &SwarmHandle) {
        let p2p = &self.metrics.p2p;
        p2p.set_peers(handle.peers().len());
        p2p.set_bans(handle.bans().len());
    }

    /// Notes how much space is left.
    pub(crate) fn look_at_disk(&self) {
        let room = match self.store.room() {
            Ok(room) => room,
            Err(error) => {
                tracing::warn!(%error, "the free space of the disk cannot be read");
                return;
            }
        };
        let (free, is_low) = match room {
            Room::Enough { free } => (free, false),
            Room::Low { free, .. } => (free, true),
        };
        self.metrics.store.set_free(free);
        let was_low = self.is_disk_low.swap(is_low, Ordering::Relaxed);
        match (was_low, is_low) {
            (false, true) => tracing::error!(
                free = free.get(),
                "DISK_LOW: no transactions are taken until there is more space"
            ),
            (true, false) => tracing::info!(free = free.get(), "the disk has space again"),
            _ => {}
        }
    }

    /// What is found.
    pub(crate) fn report(&self) -> Report {
        let check = |name, state| Check { name, state };
        Report {
            checks: vec![
                check("store", self.store_state()),
                check("disk", self.disk_state()),
                check("chain", self.chain_state()),
                check("clock", self.clock_state()),
            ],
        }
    }

    fn store_state(&self) -> CheckState {
        match self.store.stopped() {
            None => CheckState::Ok,
            Some(stopped) => CheckState::Failed(stopped.to_string()),
        }
    }

    fn disk_state(&self) -> CheckState {
        if self.is_disk_low.load(Ordering::Relaxed) {
            let what = "DISK_LOW: less than store.reserve is free; free some space";
            CheckState::Failed(what.to_owned())
        } else {
            CheckState::Ok
        }
    }

    fn chain_state(&self) -> CheckState {
        let interval = self.block_interval;
        let limit = (interval.get() * STUCK_INTERVALS).max(STUCK_MIN.get());
        if self.syncing.is_syncing() {
            return self.syncing_state(DurationMs::new(limit));
        }
        let head = self.feed.head();
        let since = head.time.max(self.started);
        let age = Clock::now().get().saturating_sub(since.get());
        if age <= limit {
            return CheckState::Ok;
        }
        let (height, seconds) = (head.height, age / 1000);
        CheckState::Failed(format!(
            "no block since height {height}, {seconds} s ago; the log says why"
        ))
    }

    /// How it stands with a node that is behind. One to which no block comes is
    /// not well, whatever the reason.
    fn syncing_state(&self, limit: DurationMs) -> CheckState {
        let (height, target) = (self.feed.head().height, self.syncing.target());
        let what = if target > height {
            format!("behind the network, at height {height} of {target}")
        } else {
            format!("at height {height}; nobody has said yet how far the network is")
        };
        let still = self.syncing.still();
        if still <= Duration::from_millis(limit.get()) {
            return CheckState::Warn(what);
        }
        let seconds = still.as_secs();
        CheckState::Failed(format!(
            "{what}; no block has come for {seconds} s, the log says why"
        ))
    }

    fn clock_state(&self) -> CheckState {
        match clock_lag(self.feed.head().time) {
            None => CheckState::Ok,
            Some(lag) => CheckState::Warn(clock_warning(lag)),
        }
    }
}

/// How far the machine's clock is behind the last block, if it matters.
pub(crate) fn clock_lag(head: TimestampMs) -> Option<DurationMs> {
    let lag = head.get().saturating_sub(Clock::now().get());
    (lag > AHEAD_MAX.get()).then(|| DurationMs::new(lag))
}

/// What an operator is told of it.
pub(crate) fn clock_warning(lag: DurationMs) -> String {
    let seconds = lag.get().div_ceil(1000);
    format!(
        "the clock of this machine is {seconds} s behind the last block; until it has caught up, \
         each block is stamped 1 ms after its parent. Check the clock"
    )
}
