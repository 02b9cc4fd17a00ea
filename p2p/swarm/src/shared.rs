//! What the task of the swarm, its gate and the handles of the caller share.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyralog_p2p::PeerId;
use pyralog_primitives::TimestampMs;
use tokio::sync::{Notify, watch};

use crate::address::Host;
use crate::book::{Book, Weight};
use crate::lines::Lines;
use crate::names::printable;
use crate::settings::Clock;
use crate::spreading::Spreading;

/// Shared by all parts of one swarm.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) own: PeerId,
    pub(crate) lines: Arc<Lines>,
    pub(crate) spreading: Spreading,
    pub(crate) clock: Clock,
    pub(crate) private: BTreeSet<PeerId>,
    /// Where the node listens; set once, before it begins.
    pub(crate) listening: Mutex<Vec<SocketAddr>>,
    book: Mutex<Book>,
    /// Wakes the task: the book was changed, or it is to stop.
    wake: Notify,
    is_stopping: AtomicBool,
    has_ended: watch::Sender<bool>,
}

impl Shared {
    pub(crate) fn new(own: PeerId, clock: Clock, private: BTreeSet<PeerId>, book: Book) -> Self {
        Self {
            own,
            lines: Arc::default(),
            spreading: Spreading::default(),
            clock,
            private,
            listening: Mutex::default(),
            book: Mutex::new(book),
            wake: Notify::new(),
            is_stopping: AtomicBool::new(false),
            has_ended: watch::Sender::new(false),
        }
    }

    /// Held for a look or a note, never while anybody waits, and without any
    /// other lock.
    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> TimestampMs {
        self.clock.now()
    }

    /// Blames a peer. If it is banned for that, the task ends its connection.
    pub(crate) fn blame(&self, peer: PeerId, weight: Weight, reason: &str) {
        let now = self.now();
        let mut book = self.book();
        let connected = book.connected.get(&peer);
        let host = connected.map(|known| Host::of(known.at.ip()));
        if book.bans.blame(peer, host, weight, reason, now) {
            tracing::warn!(%peer, reason = %printable(reason), "a peer is banned");
            self.wake();
        }
    }

    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    pub(crate) async fn woken(&self) {
        self.wake.notified().await;
    }

    pub(crate) fn stop(&self) {
        self.is_stopping.store(true, Ordering::SeqCst);
        self.wake();
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::SeqCst)
    }

    /// Says that the task has ended.
    pub(crate) fn end(&self) {
        self.lines.end_all();
        self.spreading.end();
        self.has_ended.send_replace(true);
    }

    /// Waits for that.
    pub(crate) async fn ended(&self) {
        let mut has_ended = self.has_ended.subscribe();
        // It fails only once the sender is gone, which is held here.
        let _ = has_ended.wait_for(|ended| *ended).await;
    }
}
