//! Which solutions were used: what is remembered until it expires.
//!
//! Invariants: at most [`REPLAY_COUNT_MAX`] solutions are remembered, and none
//! is forgotten before it expires. Time does not go back: what was expired
//! once stays so, whatever a later call says the time is.

use std::collections::BTreeSet;

use pyralog_primitives::TimestampMs;

use crate::puzzle::Seed;

/// Lower, and a busy hour refuses clients that did the work; higher, and a
/// flood of solutions costs more memory (about 100 bytes each).
pub const REPLAY_COUNT_MAX: usize = 65_536;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    New,
    Known,
    NoRoom,
}

/// The solutions used, soonest expiry first.
#[derive(Debug)]
pub(crate) struct ReplayCache {
    used: BTreeSet<(TimestampMs, Seed)>,
    latest: TimestampMs,
    count_max: usize,
}

impl ReplayCache {
    pub(crate) fn new(count_max: usize) -> Self {
        Self {
            used: BTreeSet::new(),
            latest: TimestampMs::new(0),
            count_max: count_max.min(REPLAY_COUNT_MAX),
        }
    }

    /// The latest time ever seen, `now` included.
    pub(crate) fn time(&self, now: TimestampMs) -> TimestampMs {
        self.latest.max(now)
    }

    /// As [`Self::time`], and from here on it is never earlier.
    pub(crate) fn advance(&mut self, now: TimestampMs) -> TimestampMs {
        self.latest = self.time(now);
        self.latest
    }

    /// Remembers a solution that has not expired by [`Self::time`].
    pub(crate) fn enter(&mut self, expires: TimestampMs, seed: Seed) -> Entry {
        while self
            .used
            .first()
            .is_some_and(|(first, _)| *first <= self.latest)
        {
            self.used.pop_first();
        }
        if self.used.contains(&(expires, seed)) {
            return Entry::Known;
        }
        if self.used.len() >= self.count_max {
            return Entry::NoRoom;
        }
        self.used.insert((expires, seed));
        Entry::New
    }

    pub(crate) fn len(&self) -> usize {
        self.used.len()
    }
}
