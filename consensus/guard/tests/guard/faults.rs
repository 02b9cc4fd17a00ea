//! Writes that fail: nothing is returned, and nothing is signed any more.

use pyralog_consensus::Step;
use pyralog_disk::{Crash, Fault, MemoryDisk};
use pyralog_guard::{Guard, GuardError, ImportError};
use pyralog_primitives::ByteCount;

use crate::{address, genesis, place, released, sign, signature};

#[test]
fn a_failed_write_returns_no_signature_and_poisons() {
    for fault in [
        Fault::Append {
            written: ByteCount::new(200),
        },
        Fault::Sync,
    ] {
        let disk = MemoryDisk::new();
        let mut guard = released(&disk);
        let (first, second) = (place(1, 0, Step::Prevote), place(1, 0, Step::Precommit));
        sign(&mut guard, first, "a").unwrap();
        disk.fail_next(fault);
        let failed = sign(&mut guard, second, "a");
        assert!(matches!(failed, Err(GuardError::Disk(_))), "{failed:?}");
        // The disk would work again; the guard does not ask it.
        disk.restart();
        for place in [first, second, place(2, 0, Step::Prevote)] {
            assert_eq!(sign(&mut guard, place, "a"), Err(GuardError::Poisoned));
        }
        let import = guard.import(&guard.export());
        assert_eq!(import.unwrap_err(), ImportError::Poisoned);
    }
}

#[test]
fn after_a_failed_write_a_new_process_knows_at_least_what_was_returned() {
    for kept in 0..=300 {
        let disk = MemoryDisk::new();
        let mut guard = released(&disk);
        let (first, second) = (place(1, 0, Step::Prevote), place(1, 0, Step::Precommit));
        sign(&mut guard, first, "a").unwrap();
        disk.fail_next(Fault::Sync);
        sign(&mut guard, second, "a").unwrap_err();
        let kept = ByteCount::new(kept);
        disk.crash(Crash::Torn { kept });
        let mut guard = released(&disk);
        assert_eq!(sign(&mut guard, first, "a"), Ok(signature("a")));
        // Nobody has that signature: whether the record is there or not, either
        // thing may be signed, but then only that one.
        let is_known = guard.watermark() == Some(second);
        assert_eq!(is_known, kept.get() >= 128, "{kept}");
        assert_eq!(sign(&mut guard, second, "b").is_ok(), !is_known);
    }
}

#[test]
fn an_import_that_fails_has_raised_or_not_and_lowered_nothing() {
    for is_done in [false, true] {
        let (disk, other) = (MemoryDisk::new(), MemoryDisk::new());
        let mut guard = released(&disk);
        sign(&mut guard, place(5, 0, Step::Prevote), "a").unwrap();
        let mut later = released(&other);
        sign(&mut later, place(9, 0, Step::Prevote), "a").unwrap();
        disk.fail_next(Fault::Replace { is_done });
        assert!(matches!(
            guard.import(&later.export()),
            Err(ImportError::Disk(_))
        ));
        let refused = sign(&mut guard, place(99, 0, Step::Prevote), "a");
        assert_eq!(refused, Err(GuardError::Poisoned));
        disk.crash(Crash::Lost);
        let height = if is_done { 9 } else { 5 };
        let watermark = released(&disk).watermark();
        assert_eq!(watermark, Some(place(height, 0, Step::Prevote)));
    }
}

#[test]
fn a_guard_that_cannot_be_begun_is_not_opened() {
    let disk = MemoryDisk::new();
    disk.fail_next(Fault::Replace { is_done: false });
    assert!(Guard::open(disk.clone(), genesis(), address()).is_err());
    assert_eq!(disk.content(), None);
}
