//! How far the node is behind the network, for all who ask.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use pyralog_primitives::Height;

/// What the driver knows of it. Written by its thread alone.
#[derive(Debug)]
pub(crate) struct Syncing {
    is_behind: AtomicBool,
    target: AtomicU64,
    /// When the last block became final here, or this began.
    moved: Mutex<(Height, Instant)>,
}

impl Default for Syncing {
    fn default() -> Self {
        Self {
            is_behind: AtomicBool::new(false),
            target: AtomicU64::new(0),
            moved: Mutex::new((Height::default(), Instant::now())),
        }
    }
}

impl Syncing {
    /// Whether the network is, or may well be, further than this node.
    pub(crate) fn is_syncing(&self) -> bool {
        self.is_behind.load(Ordering::Relaxed)
    }

    /// How far the network is, as far as others say so who can be believed.
    pub(crate) fn target(&self) -> Height {
        Height::new(self.target.load(Ordering::Relaxed))
    }

    /// For how long no block has become final here.
    pub(crate) fn still(&self) -> Duration {
        let moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        moved.1.elapsed()
    }

    /// Notes what the driver says: the height that is to be decided, how far the
    /// network is, and whether this node is behind. Whether the last changed.
    pub(crate) fn note(&self, next: Height, target: Height, is_syncing: bool) -> bool {
        let mut moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        if moved.0 != next {
            *moved = (next, Instant::now());
        }
        drop(moved);
        self.target.store(target.get(), Ordering::Relaxed);
        self.is_behind.swap(is_syncing, Ordering::Relaxed) != is_syncing
    }
}
