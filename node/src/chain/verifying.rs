//! What peers gave is verified beside the thread that drives.
//!
//! Invariants:
//! - what is lowest is verified first: the ledger waits for it;
//! - few threads do this, and a core is left to the ledger. How much waits is
//!   bounded by the driver, which asks for no more.

use std::collections::BTreeMap;
use std::thread::available_parallelism;

use pyralog_driver::{Answer, Event};
use pyralog_primitives::Height;
use tokio::sync::mpsc;

/// Threads that verify. Fewer, and a machine with many cores catches up as
/// slowly as a small one; more than keep one ledger busy are of no use.
const THREAD_COUNT_MAX: usize = 4;

/// Answers that wait to be verified.
pub(super) struct Verifying {
    waiting: BTreeMap<(Option<Height>, u64), Answer>,
    count: u64,
    running: usize,
    thread_count: usize,
    events: mpsc::Sender<Event>,
}

impl Verifying {
    /// Nothing yet; what was verified goes to `events`.
    pub(super) fn new(events: mpsc::Sender<Event>) -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        Self {
            waiting: BTreeMap::new(),
            count: 0,
            running: 0,
            thread_count: cores.saturating_sub(1).clamp(1, THREAD_COUNT_MAX),
            events,
        }
    }

    /// An answer came.
    pub(super) fn take(&mut self, answer: Answer) {
        self.count += 1;
        self.waiting.insert((answer.first(), self.count), answer);
        self.begin();
    }

    /// One was verified.
    pub(super) fn done(&mut self) {
        self.running = self.running.saturating_sub(1);
        self.begin();
    }

    fn begin(&mut self) {
        while self.running < self.thread_count
            && let Some((_, answer)) = self.waiting.pop_first()
        {
            self.running += 1;
            let events = self.events.clone();
            tokio::task::spawn_blocking(move || {
                // Nobody waits for it once the driver has stopped.
                let _ = events.blocking_send(Event::Verified(answer.verify()));
            });
        }
    }
}
