//! Power cuts for unmodified file code, C and C++ in the same program included.
//!
//! A test records what its code does to a directory; from the journal it then
//! has as many images as it likes of what the disk may hold after a power cut,
//! opens its store on each, and checks that what was acknowledged is there.
//!
//! ```
//! use pyralog_crashes::{Mark, Recording, Scratch, Seed};
//! use std::io::Write as _;
//!
//! let (live, after) = (Scratch::new()?, Scratch::new()?);
//! let mut log = std::fs::File::create_new(live.path().join("log"))?;
//! std::fs::File::open(live.path())?.sync_all()?;
//!
//! let recording = Recording::of(live.path())?;
//! for commit in 1..=3 {
//!     log.write_all(&[7; 100])?;
//!     log.sync_data()?; // Without this line the test fails.
//!     recording.mark(Mark::new(commit));
//! }
//! for image in recording.finish()?.crashes(100, Seed::new(1)) {
//!     after.clear()?;
//!     image.write_to(after.path())?;
//!     let promised = image.last_mark().map_or(0, Mark::get) * 100;
//!     let log = std::fs::read(after.path().join("log"))?;
//!     assert!(log.len() as u64 >= promised, "{image}");
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How it sees
//!
//! The crate defines the functions of the C library that change files: the
//! families of `open`, `write`, `fsync`, `truncate`, `fallocate`, `rename`,
//! `link`, `unlink`, `mkdir`. Linked into a test they come before those of the
//! shared library, so `std` and C++ call them. Each makes the real system call
//! and, for files of the watched directory, adds an operation to the journal,
//! with one lock around both: the journal's order is the order of effect.
//! Without a recording a call costs one load more than usual.
//!
//! Not seen are calls that do not go through these names: the C library's own
//! (`fopen`, `fwrite`, `mkstemp` call internal functions), system calls made
//! directly (the crate `rustix`, and so `tempfile`; `io_uring`), child
//! processes (do not fork while recording). [`Recording::finish`] compares the
//! directory with the journal, so unseen changes are an error and not a test
//! that proves nothing. An unseen *sync* makes images harsher than the truth.
//!
//! The watched directory behaves like a small file system of its own. Refused,
//! so that callers fall back or fail loudly: writable shared mappings
//! (`ENODEV`), symbolic links (`EPERM`), moving or linking files in or out
//! (`EXDEV`), copying inside of the kernel (`EXDEV`, `EINVAL`; `std::fs::copy`
//! then uses `write`), ranges collapsed or inserted by `fallocate`. A mapping
//! made writable by `mprotect` later is found by the comparison alone.
//!
//! # What a power cut does
//!
//! *Data.* An `fsync` or `fdatasync` that had success makes durable all that
//! was done to that file before: bytes, length, allocations. (So do `sync`,
//! `syncfs`, and each write to a file opened with `O_SYNC` or `O_DSYNC`;
//! `sync_file_range` promises nothing and is not recorded.) Whatever came
//! after that is pending, the operation at the cut included. For each file the
//! seed draws one of these: all that is pending is kept; all is dropped; it is
//! kept up to an operation, which is torn; each operation for itself is kept,
//! dropped or torn, so that later writes may outlive earlier ones.
//!
//! A torn write is there up to some byte, up to some sector of 512 bytes, or in
//! some of its sectors. A sector is as it was at some moment: with a write to
//! it, all later ones to it are lost (files are cached in pages, which are written as they are). New lengths and holes are there or not. Where a write
//! that would have made the file longer is dropped or torn, the file may be
//! longer all the same, with zeros or garbage: file systems journal lengths
//! apart from data. Garbage never touches what was durable. [`Tails`] says how
//! far this goes; what is left out there is what a store then relies on.
//!
//! *Names.* Creating, renaming, linking and removing change folders, and only
//! an `fsync` of the folder makes them durable. Not that of the file: a file
//! that was synced, in a folder that was not, may be missing. Of the pending
//! changes of a folder, a beginning is kept and the rest is lost: their order
//! holds, as on journaling file systems. A rename is atomic, between two
//! folders too; to sync one of them also makes durable what came before in the
//! other. A new name may lead to a file whose bytes are lost.
//!
//! This is harsher than ext4, whose `fsync` of a new file keeps its name, and
//! milder than a disk that loses what it reported as flushed. Permissions and
//! times are not modelled.
//!
//! # Cost
//!
//! Images share bytes with the journal by reference, and start from copies of
//! the state that are kept every 128 operations. So an image costs what is
//! pending at its cut; writing it to a directory costs what is in it.
#![cfg(target_os = "linux")]

mod calls;
mod content;
mod dice;
mod fate;
mod image;
mod journal;
mod operation;
mod recorder;
mod recording;
mod scratch;
mod state;
#[allow(
    unsafe_code,
    reason = "functions of the C library are defined in its own terms"
)]
mod symbols;

pub use fate::{Fates, Tails};
pub use image::Image;
pub use journal::{Journal, Seed};
pub use operation::Mark;
pub use recording::{Recording, RecordingError};
pub use scratch::Scratch;
