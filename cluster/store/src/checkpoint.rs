//! A copy of the whole store that shares its files.

use std::path::{Path, PathBuf};

use rocksdb::checkpoint::Checkpoint;

use crate::Store;
use crate::error::{OpenError, Stopped};
use crate::files::{Layout, make_dir};

/// Why there is no checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The caller must name a place where nothing is.
    #[error("{} exists already", dir.display())]
    Exists {
        /// The place that was asked for.
        dir: PathBuf,
    },
    /// The storage engine could not make it. The operator must act.
    #[error("the checkpoint was not made: {cause}")]
    Engine {
        /// What the engine says.
        cause: String,
    },
    /// The disk refused. The operator must act.
    #[error(transparent)]
    Disk(#[from] OpenError),
    /// An earlier write failed.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

impl Store {
    /// Makes a store of its own in a new directory, as this one is now.
    ///
    /// On the same file system its files are links, so it takes a moment and
    /// no space at first. Commits wait meanwhile.
    pub fn checkpoint(&self, dir: &Path) -> Result<(), CheckpointError> {
        let writer = self.writer()?;
        if std::fs::symlink_metadata(dir).is_ok() {
            let dir = dir.to_owned();
            return Err(CheckpointError::Exists { dir });
        }
        make_dir(dir)?;
        let layout = Layout::new(dir);
        layout.begin()?;
        let make = || {
            let checkpoint = Checkpoint::new(self.engine.db())?;
            checkpoint.create_checkpoint(layout.new_rocks())
        };
        make().map_err(|error| CheckpointError::Engine {
            cause: error.to_string(),
        })?;
        let standing = self.standing();
        layout.finish(standing.genesis, standing.writes)?;
        drop(writer);
        Ok(())
    }
}
