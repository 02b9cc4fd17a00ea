//! The store: what it is made of, and the one way to write to it.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use pyralog_primitives::{ByteCount, GenesisHash, Height};

use crate::engine::{Batch, Durability, Engine, is_corruption};
use crate::error::{InitializeError, OpenError, Stopped};
use crate::files::{Acknowledged, Layout, Lock};
use crate::latest::Latest;
use crate::options::Options;
use crate::rows::{Meta, MetaKey};
use crate::standing::{Head, Standing};

/// The blocks, receipts, indexes, state and history of one chain on disk.
///
/// Any number of threads may read while one writes; writers take turns.
pub struct Store {
    pub(crate) engine: Engine,
    pub(crate) layout: Layout,
    pub(crate) options: Options,
    /// Values of the state, told of all that is written to it.
    pub(crate) latest: Latest,
    /// What the last write has left, for who does not need a snapshot.
    standing: RwLock<Standing>,
    writer: Mutex<Writer>,
    stopped: OnceLock<Stopped>,
    // Last, so that the files are closed before others may open them.
    _lock: Lock,
}

/// What only the one who writes touches.
pub(crate) struct Writer {
    acknowledged: Acknowledged,
    /// Rows that pruning has removed since files were last merged.
    pub(crate) removed_rows: usize,
}

/// How much space is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// More than the reserve.
    Enough {
        /// Free bytes.
        free: ByteCount,
    },
    /// Less than the reserve: nothing new should be accepted. Commits go on
    /// until one fails.
    Low {
        /// Free bytes.
        free: ByteCount,
        /// The reserve.
        reserve: ByteCount,
    },
}

impl Store {
    pub(crate) fn new(
        engine: Engine,
        parts: (Layout, Options, Lock),
        acknowledged: Acknowledged,
        standing: Standing,
    ) -> Self {
        let (layout, options, lock) = parts;
        Self {
            engine,
            layout,
            options,
            latest: Latest::new(),
            standing: RwLock::new(standing),
            writer: Mutex::new(Writer {
                acknowledged,
                removed_rows: 0,
            }),
            stopped: OnceLock::new(),
            _lock: lock,
        }
    }

    /// The chain of this store.
    pub fn genesis(&self) -> GenesisHash {
        self.standing().genesis
    }

    /// The last block; `None` before there is a state.
    pub fn head(&self) -> Option<Head> {
        self.standing().head
    }

    /// The lowest height whose state is kept.
    pub fn oldest(&self) -> Height {
        self.standing().oldest
    }

    /// Where the store lies.
    pub fn dir(&self) -> &Path {
        &self.layout.dir
    }

    /// Why nothing is written any more, if it is so.
    pub fn stopped(&self) -> Option<&Stopped> {
        self.stopped.get()
    }

    /// How much space is left on the disk of the store.
    pub fn room(&self) -> std::io::Result<Room> {
        let disk = rustix::fs::statvfs(&self.layout.dir)?;
        let free = ByteCount::new(disk.f_bavail.saturating_mul(disk.f_frsize));
        let reserve = self.options.reserve;
        Ok(if free >= reserve {
            Room::Enough { free }
        } else {
            Room::Low { free, reserve }
        })
    }

    /// Sets the state of genesis, which is that of height 0.
    pub fn initialize(
        &self,
        write_set: &pyralog_primitives::write_set::WriteSet,
        root: pyralog_primitives::StateRoot,
    ) -> Result<(), InitializeError> {
        let mut writer = self.writer()?;
        let standing = self.standing();
        if let Some(head) = standing.head {
            return Err(InitializeError::Initialized { head });
        }
        let (batch, head) = self.first_batch(write_set, root);
        let next = Standing {
            head: Some(head),
            ..standing
        };
        self.write(&mut writer, batch, next, Durability::Synced, || {
            "setting the state of genesis".to_owned()
        })?;
        self.latest.clear();
        Ok(())
    }

    /// What the last write has left.
    pub(crate) fn standing(&self) -> Standing {
        // Nobody panics while holding it: the value is only copied.
        *self.standing.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The right to write; refused once a write has failed.
    pub(crate) fn writer(&self) -> Result<MutexGuard<'_, Writer>, Stopped> {
        // What a panic may have left unfinished was never written.
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        match self.stopped.get() {
            None => Ok(writer),
            Some(stopped) => Err(stopped.clone()),
        }
    }

    /// Writes a batch and what is then true of the store. If that fails,
    /// nothing is written ever after.
    pub(crate) fn write(
        &self,
        writer: &mut Writer,
        mut batch: Batch<'_>,
        next: Standing,
        durability: Durability,
        doing: impl FnOnce() -> String,
    ) -> Result<(), Stopped> {
        let count = next.writes + 1;
        let next = Standing {
            writes: count,
            ..next
        };
        batch.put::<Meta>(&MetaKey, &next);
        if let Err(error) = self.engine.write(batch, durability) {
            return Err(self.stop(doing(), &error));
        }
        *self
            .standing
            .write()
            .unwrap_or_else(PoisonError::into_inner) = next;
        if durability == Durability::Synced
            && let Err(error) = writer.acknowledged.write(count)
        {
            // This batch is durable; the next one is refused.
            self.stop("counting an acknowledged write".to_owned(), &error);
        }
        Ok(())
    }

    /// Writes no more, because of this.
    pub(crate) fn stop(&self, doing: String, cause: &impl ToString) -> Stopped {
        let cause = cause.to_string();
        self.stopped
            .get_or_init(|| Stopped { doing, cause })
            .clone()
    }

    /// Ends all work in an orderly way, so that the next start has nothing to
    /// replay. Without it, nothing is lost either.
    pub fn close(self) -> Result<(), Stopped> {
        let _writer = self.writer()?;
        self.engine
            .flush()
            .map_err(|error| self.stop("closing the store".to_owned(), &error))
    }
}

/// An error of the engine about the files as a whole.
pub(crate) fn engine_error(layout: &Layout, error: &rocksdb::Error) -> OpenError {
    let path = layout.rocks();
    if is_corruption(error) {
        let cause = error.to_string();
        OpenError::Damaged { path, cause }
    } else {
        OpenError::Io {
            doing: "opening",
            path,
            source: std::io::Error::other(error.to_string()),
        }
    }
}
