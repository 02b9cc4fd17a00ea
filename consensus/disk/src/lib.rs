//! One file that is appended to or replaced: what a log and a signing guard
//! need of a disk, and no more.
//!
//! A [`Disk`] is one file with one writer. There are two: the real file is in a
//! crate of its own, so that what stands on a disk stays pure; [`MemoryDisk`],
//! in this one, crashes and fails on demand and is what tests and simulations
//! stand on.
//!
//! Invariants that every disk keeps:
//! - what was appended before a [`Disk::sync`] that had success is there after
//!   any crash, in place and unchanged;
//! - [`Disk::replace`] leaves the old content or the new one, whole, whenever
//!   the power goes, and the new one for good once it has returned;
//! - after a failed write or sync every later call fails
//!   ([`DiskError::Poisoned`]).
//!
//! Failure model: what was appended since the last sync may be there after a
//! crash, or not, or a beginning of it, with garbage or zeros in place of the
//! rest; never more than was appended. A disk that changes bytes which were
//! synced is for the readers of the file to detect.

mod disk;
mod memory;

pub use disk::{Disk, DiskError, Doing};
pub use memory::{Crash, Fault, MemoryDisk};
