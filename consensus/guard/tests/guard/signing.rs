//! What is signed and what is not.

use pyralog_consensus::Step;
use pyralog_disk::{Crash, MemoryDisk};
use pyralog_guard::{FILE_BYTES_MAX, GuardError, SigningRoot};
use pyralog_primitives::SignBytes;

use crate::{open, place, released, secret, sign, signature};

#[test]
fn above_the_watermark_anything_is_signed() {
    let mut guard = released(&MemoryDisk::new());
    assert_eq!(guard.watermark(), None);
    for place in [
        place(1, 0, Step::Proposal),
        place(1, 0, Step::Prevote),
        place(1, 2, Step::ViewChange),
        place(1, 2, Step::Precommit),
        place(9, 0, Step::Prevote),
    ] {
        let text = format!("{place:?}");
        assert_eq!(sign(&mut guard, place, &text), Ok(signature(&text)));
        assert_eq!(guard.watermark(), Some(place));
    }
}

#[test]
fn other_bytes_in_a_signed_place_are_refused_and_the_key_is_not_used() {
    let mut guard = released(&MemoryDisk::new());
    let at = place(5, 1, Step::Prevote);
    sign(&mut guard, at, "a").unwrap();
    let other = SignBytes::text(b"b");
    let refused = guard.sign(at, &other, |_| panic!("the key was used"));
    let conflict = GuardError::Conflict {
        place: at,
        signed: Some(SigningRoot::of(&SignBytes::text(b"a"))),
        asked: SigningRoot::of(&other),
    };
    assert_eq!(refused, Err(conflict.clone()));
    let text = conflict.to_string();
    assert!(text.starts_with("at height 5, round 1, prevote something else has been signed"));
    assert_eq!(sign(&mut guard, at, "a"), Ok(signature("a")));
}

#[test]
fn what_is_below_the_watermark_and_not_remembered_is_refused() {
    let mut guard = released(&MemoryDisk::new());
    sign(&mut guard, place(5, 1, Step::Prevote), "old").unwrap();
    let watermark = place(5, 2, Step::Prevote);
    sign(&mut guard, watermark, "new").unwrap();
    for below in [
        place(4, 9, Step::Precommit),
        place(5, 1, Step::Prevote),
        place(5, 1, Step::Precommit),
        place(5, 2, Step::ViewChange),
        place(5, 2, Step::Proposal),
    ] {
        let refused = sign(&mut guard, below, "old");
        let regression = GuardError::Regression {
            place: below,
            watermark,
        };
        assert_eq!(refused, Err(regression));
    }
    sign(&mut guard, place(5, 2, Step::Precommit), "later").unwrap();
}

#[test]
fn a_validator_that_comes_back_gets_the_signatures_of_its_round_again() {
    let disk = MemoryDisk::new();
    let mut guard = released(&disk);
    let steps = [
        Step::ViewChange,
        Step::Proposal,
        Step::Prevote,
        Step::Precommit,
    ];
    sign(&mut guard, place(5, 0, Step::Precommit), "before").unwrap();
    for step in steps {
        sign(&mut guard, place(5, 1, step), &format!("{step:?}")).unwrap();
    }
    disk.crash(Crash::Lost);
    let mut guard = released(&disk);
    let signed: Vec<Step> = guard.signed().iter().map(|signed| signed.step).collect();
    assert_eq!(signed, steps);
    for step in steps {
        let text = format!("{step:?}");
        let bytes = SignBytes::text(text.as_bytes());
        let again = guard.sign(place(5, 1, step), &bytes, |_| panic!("signed anew"));
        assert_eq!(again, Ok(signature(&text)));
        let other = sign(&mut guard, place(5, 1, step), "other");
        assert!(matches!(other, Err(GuardError::Conflict { .. })));
    }
}

#[test]
fn a_guard_is_held_until_it_is_released_also_after_a_restart() {
    let disk = MemoryDisk::new();
    for round in 0..2 {
        let (mut guard, found) = open(&disk).unwrap();
        assert_eq!(found.is_new, round == 0);
        let at = place(1, round, Step::Prevote);
        assert!(guard.is_held());
        assert_eq!(sign(&mut guard, at, "a"), Err(GuardError::Held));
        guard.release();
        sign(&mut guard, at, "a").unwrap();
        guard.hold();
        assert_eq!(sign(&mut guard, at, "a"), Err(GuardError::Held));
    }
}

#[test]
fn the_file_stays_within_its_bound_and_forgets_no_watermark() {
    let disk = MemoryDisk::new();
    let mut guard = released(&disk);
    let rounds = 1_000;
    let mut longest = 0;
    for round in 0..rounds {
        for step in [Step::Prevote, Step::Precommit] {
            sign(&mut guard, place(3, round, step), "a").unwrap();
            let length = disk.content().unwrap().len();
            longest = longest.max(length);
            disk.crash(Crash::Lost);
        }
        guard = released(&disk);
        assert_eq!(guard.watermark(), Some(place(3, round, Step::Precommit)));
        assert_eq!(guard.signed().len(), 2, "the other step of the round");
    }
    assert_eq!(longest, FILE_BYTES_MAX);
}

#[test]
fn what_was_written_and_not_synced_is_recalled_from_a_log() {
    let disk = MemoryDisk::new();
    let mut guard = released(&disk);
    let (first, second) = (place(3, 0, Step::Prevote), place(3, 0, Step::Precommit));
    sign(&mut guard, first, "a").unwrap();
    let bytes = SignBytes::text(b"b");
    let signed = guard.sign_logged(second, &bytes, |bytes| secret().sign(bytes));
    assert_eq!(signed, Ok(signature("b")));
    disk.crash(Crash::Lost);
    let mut guard = released(&disk);
    assert_eq!(guard.watermark(), Some(first));
    for (place, text) in [(first, "a"), (second, "b"), (second, "c"), (first, "c")] {
        let root = SigningRoot::of(&SignBytes::text(text.as_bytes()));
        guard.recall(place, root).unwrap();
    }
    assert_eq!(sign(&mut guard, second, "b"), Ok(signature("b")));
    assert!(sign(&mut guard, second, "c").is_err());
    assert_eq!(sign(&mut guard, first, "a"), Ok(signature("a")));
}

#[test]
fn the_end_of_a_process_loses_nothing_that_was_signed() {
    let disk = MemoryDisk::new();
    let mut guard = released(&disk);
    let bytes = SignBytes::text(b"a");
    let at = place(3, 0, Step::Prevote);
    let signed = guard.sign_logged(at, &bytes, |bytes| secret().sign(bytes));
    assert!(signed.is_ok() && disk.unsynced().get() > 0);
    disk.restart();
    assert_eq!(released(&disk).watermark(), Some(at));
}
