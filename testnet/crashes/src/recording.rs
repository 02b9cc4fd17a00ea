//! A recording's beginning and end.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::content::Content;
use crate::image::{Entry, settled};
use crate::journal::Journal;
use crate::operation::{Mark, NodeId, Operation};
use crate::recorder::{self, Recorder, Watch};
use crate::state::{Durable, State};
use crate::symbols;
use crate::symbols::kernel::Inode;

/// One recording at a time: the functions that record are the process's.
static TURN: Mutex<()> = Mutex::new(());

/// Why a recording did not begin, or is worth nothing.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The watched directory could not be read.
    #[error("the directory {path} could not be read")]
    Unreadable {
        /// What could not be read.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// There is something else than files and folders.
    #[error("{path} is neither a file nor a folder")]
    Strange {
        /// What it is about.
        path: PathBuf,
    },
    /// Something wrote by other ways than the functions that record.
    #[error("{path} is not as the journal has it: it was written by ways that are not recorded")]
    Unseen {
        /// The first file or folder that differs.
        path: PathBuf,
    },
}

/// Records what happens in one directory until [`Recording::finish`].
///
/// A second recording waits for the end of the first, so tests may run in
/// parallel.
#[derive(Debug)]
pub struct Recording {
    directory: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

impl Recording {
    /// Starts to watch `directory` and all below it. What it holds is durable.
    pub fn of(directory: &Path) -> Result<Self, RecordingError> {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(symbols::count() > 0, "the symbols are part of this crate");
        let mut base = State::default();
        let mut inodes = HashMap::new();
        let root = base.add(Durable::empty_folder());
        let device = inode_of(directory, |inode| inodes.insert(inode, root))?.device;
        read_into(&mut base, &mut inodes, directory, root)?;
        recorder::start(Recorder::new(base, inodes, device));
        Ok(Self {
            directory: directory.to_owned(),
            _turn: turn,
        })
    }

    /// Notes in the journal what the test knows: once "commit 7 is durable"
    /// was said to somebody, images of later cuts have to hold commit 7.
    pub fn mark(&self, mark: Mark) {
        if let Some(mut watch) = Watch::enter() {
            watch.push(Operation::Mark(mark));
        }
    }

    /// Ends the recording. Nobody may write to the directory any more.
    ///
    /// Replays the journal and compares it with the directory, so that writes
    /// which were not seen are an error and not a test that proves nothing.
    pub fn finish(self) -> Result<Journal, RecordingError> {
        let recorder = recorder::stop().expect("a recording has its recorder until it ends");
        let (journal, last) = Journal::new(recorder.base, recorder.operations);
        let mut there = State::default();
        let root = there.add(Durable::empty_folder());
        read_into(&mut there, &mut HashMap::new(), &self.directory, root)?;
        match first_difference(&settled(&last), &settled(&there)) {
            Some(path) => Err(RecordingError::Unseen {
                path: self.directory.join(path),
            }),
            None => Ok(journal),
        }
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        recorder::stop();
    }
}

fn first_difference(
    journal: &BTreeMap<PathBuf, Entry>,
    directory: &BTreeMap<PathBuf, Entry>,
) -> Option<PathBuf> {
    let mut paths = journal.keys().chain(directory.keys());
    paths
        .find(|path| journal.get(*path) != directory.get(*path))
        .cloned()
}

/// Reads what `directory` holds below the node `folder`.
fn read_into(
    state: &mut State,
    inodes: &mut HashMap<Inode, NodeId>,
    directory: &Path,
    folder: NodeId,
) -> Result<(), RecordingError> {
    let unreadable = |source| RecordingError::Unreadable {
        path: directory.to_owned(),
        source,
    };
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        let kind = entry.file_type().map_err(unreadable)?;
        let node = if kind.is_dir() {
            let node = state.add(Durable::empty_folder());
            inode_of(&path, |inode| inodes.insert(inode, node))?;
            read_into(state, inodes, &path, node)?;
            node
        } else if kind.is_file() {
            let bytes = fs::read(&path).map_err(unreadable)?;
            let mut node = None;
            inode_of(&path, |inode| {
                node =
                    Some(*inodes.entry(inode).or_insert_with(|| {
                        state.add(Durable::File(Arc::new(Content::of(&bytes))))
                    }));
            })?;
            node.expect("inode_of calls back if it returns no error")
        } else {
            return Err(RecordingError::Strange { path });
        };
        state.name(folder, entry.file_name(), Some(node));
    }
    Ok(())
}

fn inode_of<T>(path: &Path, then: impl FnOnce(Inode) -> T) -> Result<Inode, RecordingError> {
    let unreadable = |source| RecordingError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let status = fs::metadata(path).map_err(unreadable)?;
    let inode = Inode {
        device: status.dev(),
        number: status.ino(),
    };
    then(inode);
    Ok(inode)
}
