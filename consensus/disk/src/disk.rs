//! The trait itself.

use std::fmt;

use pyralog_primitives::ByteCount;

/// One file with one writer. See the [crate].
pub trait Disk {
    /// All that is in the file, or `None` if there is no such file. A file with
    /// more than `bytes_max` is not read.
    fn read(&mut self, bytes_max: ByteCount) -> Result<Option<Vec<u8>>, DiskError>;

    /// Writes behind the end. Durable only after a [`Self::sync`]. A file that
    /// does not exist has to be [replaced](Self::replace) first.
    fn append(&mut self, bytes: &[u8]) -> Result<(), DiskError>;

    /// Makes durable what the file holds, however it came there: also what an
    /// earlier process wrote and did not sync.
    fn sync(&mut self) -> Result<(), DiskError>;

    /// Cuts the file off at this length, which is not more than it has. Durable
    /// only after a [`Self::sync`].
    fn truncate(&mut self, length: ByteCount) -> Result<(), DiskError>;

    /// Makes `bytes` the whole content, at once and durably. The file is
    /// created if it does not exist.
    fn replace(&mut self, bytes: &[u8]) -> Result<(), DiskError>;
}

/// What a disk was doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// Reading all of the file.
    Reading,
    /// Writing behind the end.
    Appending,
    /// Making durable.
    Syncing,
    /// Cutting off.
    Truncating,
    /// Putting another content in place.
    Replacing,
}

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reading => "reading",
            Self::Appending => "appending to",
            Self::Syncing => "syncing",
            Self::Truncating => "cutting off",
            Self::Replacing => "replacing",
        })
    }
}

/// Why a disk did not do what it was told. Always the operator must act, on the
/// disk or the file; the process stops and tries nothing again, because nobody
/// knows what a failed sync has left.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DiskError {
    /// The system refused.
    #[error("{doing} {file} failed: {cause}; see to the disk, then start again")]
    Failed {
        /// What was being done.
        doing: Doing,
        /// To which file.
        file: String,
        /// What the system says.
        cause: String,
    },
    /// An earlier write failed, so nothing is done any more.
    #[error(
        "nothing is written to {file} any more, because {doing} it failed earlier; start again"
    )]
    Poisoned {
        /// What was being done when it failed.
        doing: Doing,
        /// To which file.
        file: String,
    },
    /// Nothing of ours is as long as this file.
    #[error(
        "{file} has {bytes} bytes, at most {bytes_max} make sense; it is not what it should be, \
         see who wrote it"
    )]
    TooLarge {
        /// Which file.
        file: String,
        /// How much is in it.
        bytes: ByteCount,
        /// How much may be in it.
        bytes_max: ByteCount,
    },
}
