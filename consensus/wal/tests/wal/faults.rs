//! Writes that fail, and what is refused before it is written.

use pyralog_disk::{Fault, MemoryDisk};
use pyralog_primitives::{ByteCount, Height};
use pyralog_wal::{LOG_BYTES_MAX, RECORD_BYTES_MAX, RECORD_COUNT_MAX, Wal, WalError};

use crate::{HEIGHT, logged, reopened};

#[test]
fn after_a_failed_write_every_later_call_fails() {
    for fault in [
        Fault::Append {
            written: ByteCount::new(5),
        },
        Fault::Sync,
        Fault::Replace { is_done: true },
    ] {
        let disk = match fault {
            Fault::Replace { .. } => MemoryDisk::new(),
            Fault::Append { .. } | Fault::Sync => logged(&[&[b"one"]]),
        };
        let mut wal = Wal::open(disk.clone()).unwrap().0;
        disk.fail_next(fault);
        let failure = match fault {
            Fault::Replace { .. } => wal.begin(Height::new(8)),
            Fault::Append { .. } | Fault::Sync => {
                wal.append(b"two").unwrap();
                wal.sync()
            }
        };
        assert!(matches!(failure, Err(WalError::Disk(_))), "{failure:?}");
        // The disk would work again; the log does not ask it.
        disk.restart();
        for refused in [wal.append(b"x"), wal.sync(), wal.begin(HEIGHT)] {
            assert_eq!(refused, Err(WalError::Poisoned));
        }
    }
}

#[test]
fn nothing_is_logged_before_a_height_is_begun() {
    let mut wal = Wal::open(MemoryDisk::new()).unwrap().0;
    assert_eq!(wal.height(), None);
    assert_eq!(wal.append(b"x"), Err(WalError::NotBegun));
    assert_eq!(wal.sync(), Ok(()));
    wal.begin(HEIGHT).unwrap();
    assert_eq!((wal.height(), wal.append(b"x")), (Some(HEIGHT), Ok(())));
}

#[test]
fn a_record_has_a_most_and_a_log_too() {
    let disk = logged(&[]);
    let mut wal = Wal::open(disk.clone()).unwrap().0;
    let long = vec![0; RECORD_BYTES_MAX + 1];
    assert!(matches!(
        wal.append(&long),
        Err(WalError::RecordTooLong { .. })
    ));
    let full = WalError::Full { height: HEIGHT };
    let mut kept = 0;
    while wal.append(&long[1..]).is_ok() {
        kept += 1;
        wal.sync().unwrap();
    }
    assert_eq!(wal.append(&long[1..]), Err(full.clone()));
    assert_eq!(wal.append(b"short"), Ok(()));
    wal.sync().unwrap();
    assert!(disk.content().unwrap().len() <= LOG_BYTES_MAX);
    assert_eq!(reopened(&disk).records.len(), kept + 1);

    wal.begin(HEIGHT).unwrap();
    for _ in 0..RECORD_COUNT_MAX {
        wal.append(b"").unwrap();
    }
    assert_eq!(wal.append(b""), Err(full.clone()));
    wal.sync().unwrap();
    assert_eq!(reopened(&disk).records.len(), RECORD_COUNT_MAX);
    let mut wal = Wal::open(disk).unwrap().0;
    assert_eq!(wal.append(b""), Err(full));
}
