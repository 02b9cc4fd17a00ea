//! Why a file was not opened.

use std::io;
use std::path::{Path, PathBuf};

/// Why a file was not opened. The operator must act.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("{} is in use {}; stop that one first", path.display(), by(process.as_ref()))]
    InUse {
        /// The file.
        path: PathBuf,
        /// The process, as it says itself.
        process: Option<u32>,
    },
    /// The file system refused.
    #[error("{doing} {} failed: {source}; see to the disk and its permissions", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl OpenError {
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            doing,
            path,
            source,
        }
    }
}

fn by(process: Option<&u32>) -> String {
    process.map_or_else(
        || "by another process".to_owned(),
        |process| format!("by process {process}"),
    )
}
