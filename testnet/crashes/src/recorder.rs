//! The one recording of the process: which files are ours, and what they went
//! through.
//!
//! Files are told apart by device and inode, looked up from the descriptor at
//! each call. So it does not matter how a descriptor came to be (`dup`, `fcntl`,
//! a socket), and closing one needs no attention.

use std::cell::Cell;
use std::collections::HashMap;
use std::ffi::{CStr, OsStr, OsString, c_int};
use std::os::unix::ffi::OsStrExt as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::operation::{Change, NodeId, Operation};
use crate::state::{Durable, State};
use crate::symbols::kernel::{self, Follow, Inode, Status};

/// Whether there is a recording: all that a call costs when there is none.
static ACTIVE: AtomicBool = AtomicBool::new(false);
static RECORDER: Mutex<Option<Recorder>> = Mutex::new(None);

thread_local! {
    /// Set while this thread records, so that file calls made by the recorder,
    /// its allocator or a panic in it pass without being recorded.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// What is known of the watched directory.
pub(crate) struct Recorder {
    pub(crate) base: State,
    pub(crate) operations: Vec<Operation>,
    inodes: HashMap<Inode, NodeId>,
    device: u64,
}

impl Recorder {
    pub(crate) fn new(base: State, inodes: HashMap<Inode, NodeId>, device: u64) -> Self {
        Self {
            base,
            operations: Vec::new(),
            inodes,
            device,
        }
    }
}

/// Lets `recorder` see the file calls of all threads from now on.
pub(crate) fn start(recorder: Recorder) {
    *lock() = Some(recorder);
    ACTIVE.store(true, Ordering::SeqCst);
}

/// Ends the recording; `None` if there is none.
pub(crate) fn stop() -> Option<Recorder> {
    ACTIVE.store(false, Ordering::SeqCst);
    lock().take()
}

fn lock() -> MutexGuard<'static, Option<Recorder>> {
    RECORDER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// This thread is inside of the recorder until the value drops.
struct Inside;

impl Inside {
    fn enter() -> Option<Self> {
        INSIDE.with(|inside| (!inside.replace(true)).then_some(Self))
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.with(|inside| inside.set(false));
    }
}

/// A path as system calls take it: relative to an open folder.
#[derive(Clone, Copy)]
pub(crate) struct Spelling<'a> {
    pub(crate) folder: c_int,
    pub(crate) path: &'a CStr,
}

/// A name in a watched folder, whether or not something has it.
pub(crate) struct Spot {
    folder: NodeId,
    name: OsString,
}

impl Spot {
    pub(crate) fn leads_to(&self, node: Option<NodeId>) -> Change {
        Change {
            folder: self.folder,
            name: self.name.clone(),
            leads_to: node,
        }
    }
}

/// What a path or descriptor is.
#[derive(Clone, Copy)]
pub(crate) struct Found {
    /// `None` if it is not ours.
    pub(crate) node: Option<NodeId>,
    pub(crate) status: Status,
}

/// The recorder, locked: no other watched operation takes effect meanwhile.
pub(crate) struct Watch {
    // Fields drop in order: the lock opens before the thread may enter again.
    recorder: MutexGuard<'static, Option<Recorder>>,
    _inside: Inside,
}

impl Watch {
    /// `None` if nothing is recorded, or this thread is the recorder itself.
    pub(crate) fn enter() -> Option<Self> {
        if !ACTIVE.load(Ordering::SeqCst) {
            return None;
        }
        let inside = Inside::enter()?;
        let recorder = lock();
        recorder.is_some().then_some(Self {
            recorder,
            _inside: inside,
        })
    }

    fn recorder(&mut self) -> &mut Recorder {
        self.recorder
            .as_mut()
            .expect("enter gave a watch only because there is a recorder")
    }

    pub(crate) fn push(&mut self, operation: Operation) {
        self.recorder().operations.push(operation);
    }

    pub(crate) fn descriptor(&mut self, descriptor: c_int) -> Option<Found> {
        let status = kernel::status(descriptor)?;
        Some(self.found(status))
    }

    /// A watched file or folder behind a descriptor.
    pub(crate) fn ours(&mut self, descriptor: c_int) -> Option<(NodeId, Status)> {
        let found = self.descriptor(descriptor)?;
        Some((found.node?, found.status))
    }

    pub(crate) fn path(&mut self, path: Spelling<'_>, follow: Follow) -> Option<Found> {
        let status = kernel::status_at(path, follow)?;
        Some(self.found(status))
    }

    fn found(&mut self, status: Status) -> Found {
        let node = self.recorder().inodes.get(&status.inode).copied();
        Found { node, status }
    }

    /// Where `path` is in the watched directory; `None` if it is elsewhere.
    pub(crate) fn spot(&mut self, path: Spelling<'_>) -> Option<Spot> {
        let mut bytes = path.path.to_bytes();
        while let Some(shorter) = bytes.strip_suffix(b"/") {
            bytes = shorter;
        }
        let (parent, name) = match bytes.iter().rposition(|byte| *byte == b'/') {
            Some(0) => (&b"/"[..], &bytes[1..]),
            Some(slash) => (&bytes[..slash], &bytes[slash + 1..]),
            None => (&b"."[..], bytes),
        };
        if matches!(name, b"" | b"." | b"..") {
            return None;
        }
        let parent = std::ffi::CString::new(parent).ok()?;
        let parent = Spelling {
            folder: path.folder,
            path: &parent,
        };
        let folder = self.path(parent, Follow::Links)?.node?;
        let name = OsStr::from_bytes(name).to_owned();
        Some(Spot { folder, name })
    }

    /// Takes a new file or folder into the recording.
    pub(crate) fn adopt(&mut self, inode: Inode, durable: Durable) -> NodeId {
        let recorder = self.recorder();
        let node = recorder.base.add(durable);
        recorder.inodes.insert(inode, node);
        node
    }

    /// Forgets a file with its last name: the inode may soon be another's.
    ///
    /// Later writes by descriptors still open are lost by every cut, which is
    /// what becomes of files without a name.
    pub(crate) fn forget(&mut self, inode: Inode) {
        self.recorder().inodes.remove(&inode);
    }

    /// Whether the watched directory is on this device.
    pub(crate) fn is_on(&mut self, device: u64) -> bool {
        self.recorder().device == device
    }
}
