//! The real file behind a write-ahead log or a signing guard.
//!
//! [`FileDisk`] is a [`Disk`](pyralog_disk::Disk) on a file system. For a file
//! `NAME` there lie beside each other:
//!
//! ```text
//! NAME        the file, for its owner alone
//! NAME.lock   held by the process that has the file; says which one
//! NAME.new    a replacement that is being written; thrown away if it is found
//! ```
//!
//! The lock is a file of its own, because a replacement takes the name of what
//! it replaces, and a lock would stay with the old content.
//!
//! Invariants, besides those of a disk:
//! - one process has the file, as long as all of them take the lock;
//! - a name is durable before what is behind it is relied upon: directories are
//!   synced when the file is opened, and after each replacement.
//!
//! Failure model: that of the file system. What it reports as synced is taken
//! to be on the disk. A failed write or sync is never tried again: the kernel
//! may have thrown away what it could not write, and say the next time that all
//! is well.

mod error;
mod file_disk;

pub use error::OpenError;
pub use file_disk::FileDisk;
