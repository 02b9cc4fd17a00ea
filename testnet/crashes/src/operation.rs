//! What the journal holds: one thing that was done to the watched directory.

use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;

/// A number that the test gives a moment, such as "commit 7 was acknowledged".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark(u64);

impl Mark {
    /// A mark of the test's own meaning.
    pub const fn new(raw: u64) -> Self {
        Self(raw)
    }

    /// The number it was made of.
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// A file or folder of the recording, whatever its names are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NodeId(pub(crate) usize);

impl NodeId {
    /// The watched directory itself.
    pub(crate) const ROOT: Self = Self(0);
}

/// A name in a folder, and what it leads to afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) folder: NodeId,
    pub(crate) name: OsString,
    pub(crate) leads_to: Option<NodeId>,
}

/// One operation that had success.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Write {
        file: NodeId,
        offset: u64,
        bytes: Arc<[u8]>,
    },
    /// `ftruncate`, either way.
    Resize {
        file: NodeId,
        length: u64,
    },
    /// `fallocate` that may lengthen the file.
    Extend {
        file: NodeId,
        length: u64,
    },
    /// `fallocate` that zeros a part.
    Clear {
        file: NodeId,
        offset: u64,
        length: u64,
    },
    /// Names that change together or not at all.
    Names(Vec<Change>),
    Sync(NodeId),
    SyncAll,
    Mark(Mark),
}

impl Operation {
    /// Whether it promises that earlier operations outlive a power cut.
    pub(crate) fn is_sync(&self) -> bool {
        matches!(self, Self::Sync(_) | Self::SyncAll)
    }

    /// The file it writes to.
    pub(crate) fn file(&self) -> Option<NodeId> {
        match self {
            Self::Write { file, .. }
            | Self::Resize { file, .. }
            | Self::Extend { file, .. }
            | Self::Clear { file, .. } => Some(*file),
            Self::Names(_) | Self::Sync(_) | Self::SyncAll | Self::Mark(_) => None,
        }
    }

    /// The names it changes.
    pub(crate) fn changes(&self) -> &[Change] {
        match self {
            Self::Names(changes) => changes,
            _ => &[],
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write { offset, bytes, .. } => {
                write!(to, "write of {} bytes at {offset}", bytes.len())
            }
            Self::Resize { length, .. } => write!(to, "resize to {length}"),
            Self::Extend { length, .. } => write!(to, "allocation up to {length}"),
            Self::Clear { offset, length, .. } => write!(to, "{length} bytes zeroed at {offset}"),
            Self::Names(changes) => {
                for (place, change) in changes.iter().enumerate() {
                    let comma = if place == 0 { "" } else { ", " };
                    let verb = change.leads_to.map_or("removed", |_| "set");
                    write!(to, "{comma}name {} {verb}", change.name.display())?;
                }
                Ok(())
            }
            Self::Sync(_) => write!(to, "sync"),
            Self::SyncAll => write!(to, "sync of everything"),
            Self::Mark(mark) => write!(to, "mark {}", mark.get()),
        }
    }
}
