//! The log on a disk that crashes, fails and rots.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod crashes;
mod damage;
mod faults;
mod format;

use pyralog_disk::MemoryDisk;
use pyralog_primitives::Height;
use pyralog_wal::{Recovered, Wal};

const HEIGHT: Height = Height::new(7);

/// A log whose frames hold these records, one batch each, all synced.
fn logged(batches: &[&[&[u8]]]) -> MemoryDisk {
    let disk = MemoryDisk::new();
    let (mut wal, _) = Wal::open(disk.clone()).unwrap();
    wal.begin(HEIGHT).unwrap();
    for batch in batches {
        for record in *batch {
            wal.append(record).unwrap();
        }
        wal.sync().unwrap();
    }
    disk
}

/// What a new process finds.
fn reopened(disk: &MemoryDisk) -> Recovered {
    Wal::open(disk.clone()).unwrap().1
}
