//! What the task of the swarm, its gate and the handles of the caller share.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyralog_p2p::PeerId;
use pyralog_primitives::TimestampMs;
use tokio::sync::{Notify, watch};

use crate::book::Book;
use crate::lines::Lines;
use crate::settings::Clock;

/// Shared by all parts of one swarm.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) own: PeerId,
    pub(crate) lines: Arc<Lines>,
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
        self.has_ended.send_replace(true);
    }

    /// Waits for that.
    pub(crate) async fn ended(&self) {
        let mut has_ended = self.has_ended.subscribe();
        // It fails only once the sender is gone, which is held here.
        let _ = has_ended.wait_for(|ended| *ended).await;
    }
}
