//! Writes down, beside the task, what is to outlast the process.
//!
//! One file is written at a time. A write that fails is told and tried again at
//! the next occasion: what is lost with it is convenience, and bans until then.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use pyralog_primitives::GenesisHash;
use pyralog_primitives::codec::{List, Version};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::book::Direction;
use crate::file::{self, FileError, Stored};
use crate::shared::Shared;

/// How often known peers are written down. Longer, and a crash forgets more.
const KEEP_EVERY: Duration = Duration::from_mins(2);

/// Writes the file.
#[derive(Debug)]
pub(super) struct Keeper {
    directory: PathBuf,
    genesis: GenesisHash,
    last: Instant,
    writing: Option<JoinHandle<Result<(), FileError>>>,
}

impl Keeper {
    pub(super) fn new(directory: PathBuf, genesis: GenesisHash) -> Self {
        Self {
            directory,
            genesis,
            last: Instant::now(),
            writing: None,
        }
    }

    /// Writes if it is time to, or a ban came or went.
    pub(super) fn keep(&mut self, shared: &Shared, now: Instant) {
        if self
            .writing
            .as_ref()
            .is_some_and(|task| !task.is_finished())
        {
            return;
        }
        let is_due = now.saturating_duration_since(self.last) >= KEEP_EVERY;
        let is_changed = shared.book().bans.take_changed();
        if is_due || is_changed {
            self.last = now;
            let stored = self.to_stored(shared);
            let directory = self.directory.clone();
            self.writing = Some(spawn_blocking(move || write(&directory, &stored)));
        }
    }

    /// Writes for the last time.
    pub(super) async fn finish(&mut self, stored: Stored) {
        if let Some(writing) = self.writing.take() {
            // What it wrote is replaced now; it told its own failure.
            let _ = writing.await;
        }
        let directory = self.directory.clone();
        let writing = spawn_blocking(move || write(&directory, &stored));
        if let Err(error) = writing.await {
            tracing::error!(%error, "known peers and bans were not written down");
        }
    }

    pub(super) fn to_stored(&self, shared: &Shared) -> Stored {
        let book = shared.book();
        let is_anchor = |peer| {
            let known = book.connected.get(&peer);
            known.is_some_and(|known| known.direction == Direction::Outbound)
        };
        Stored {
            version: Version::V1,
            genesis: self.genesis,
            places: List::new(book.places.to_stored(is_anchor)).expect("the book has that bound"),
            bans: List::new(book.bans.to_stored(shared.now())).expect("the book has that bound"),
        }
    }
}

fn write(directory: &std::path::Path, stored: &Stored) -> Result<(), FileError> {
    file::save(directory, stored).inspect_err(|error| {
        tracing::error!(%error, "known peers and bans were not written down");
    })
}
