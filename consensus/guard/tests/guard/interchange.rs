//! Moving a key: exports and imports.

use pyralog_consensus::Step;
use pyralog_disk::{Crash, MemoryDisk};
use pyralog_guard::{
    Guard, GuardError, INTERCHANGE_BYTES_MAX, ImportError, Interchange, InterchangeError,
    SIGNED_COUNT_MAX, SignedPlace, SigningRoot,
};
use pyralog_primitives::{GenesisHash, Height, Round, SignBytes};

use crate::{address, genesis, other_address, place, released, sign, signature};

fn signed(height: u64, step: Step, text: Option<&str>) -> SignedPlace {
    SignedPlace {
        height: Height::new(height),
        round: Round::new(0),
        step,
        signing_root: text.map(|text| SigningRoot::of(&SignBytes::text(text.as_bytes()))),
    }
}

fn interchange(places: &[SignedPlace]) -> Interchange {
    Interchange::new(genesis(), address(), places.to_vec()).unwrap()
}

#[test]
fn a_key_that_moved_signs_nothing_twice() {
    let mut old = released(&MemoryDisk::new());
    let (prevote, precommit) = (place(7, 2, Step::Prevote), place(7, 2, Step::Precommit));
    sign(&mut old, prevote, "a").unwrap();
    sign(&mut old, precommit, "b").unwrap();
    let text = old.export().to_json();

    let disk = MemoryDisk::new();
    let mut new = released(&disk);
    let export = Interchange::from_json(text.as_bytes()).unwrap();
    assert_eq!(export.watermark(), Some(precommit));
    let imported = new.import(&export).unwrap();
    assert_eq!((imported.before, imported.after), (None, Some(precommit)));
    assert!(imported.conflicts.is_empty());
    disk.crash(Crash::Lost);
    let mut new = released(&disk);
    assert_eq!(new.signed(), old.signed());
    for (place, text) in [(prevote, "a"), (precommit, "b")] {
        assert_eq!(sign(&mut new, place, text), Ok(signature(text)));
        let other = sign(&mut new, place, "other");
        assert!(matches!(other, Err(GuardError::Conflict { .. })));
    }
    let below = sign(&mut new, place(7, 2, Step::Proposal), "c");
    assert!(matches!(below, Err(GuardError::Regression { .. })));
    sign(&mut new, place(7, 3, Step::ViewChange), "c").unwrap();
}

#[test]
fn an_import_only_raises() {
    let mut guard = released(&MemoryDisk::new());
    let high = place(9, 0, Step::Prevote);
    sign(&mut guard, high, "a").unwrap();
    let before = guard.signed();
    let low = interchange(&[signed(8, Step::Precommit, Some("x"))]);
    for import in [&low, &interchange(&[])] {
        let imported = guard.import(import).unwrap();
        assert_eq!((imported.before, imported.after), (Some(high), Some(high)));
        assert_eq!(guard.signed(), before);
    }
    assert_eq!(sign(&mut guard, high, "a"), Ok(signature("a")));
}

#[test]
fn of_a_long_list_the_highest_round_counts_in_any_order() {
    let mut guard = released(&MemoryDisk::new());
    let mut places: Vec<SignedPlace> = (1..=50)
        .map(|height| signed(height, Step::Precommit, Some("x")))
        .collect();
    places.push(signed(50, Step::Prevote, Some("y")));
    places.reverse();
    guard.import(&interchange(&places)).unwrap();
    let kept = [
        signed(50, Step::Prevote, Some("y")),
        signed(50, Step::Precommit, Some("x")),
    ];
    assert_eq!(guard.signed(), kept);
}

#[test]
fn what_is_signed_without_saying_what_is_never_signed_again() {
    let mut guard = released(&MemoryDisk::new());
    guard
        .import(&interchange(&[signed(5, Step::Prevote, None)]))
        .unwrap();
    let refused = sign(&mut guard, place(5, 0, Step::Prevote), "a").unwrap_err();
    assert!(matches!(refused, GuardError::Conflict { signed: None, .. }));
    assert!(refused.to_string().contains("it is not known what"));
}

#[test]
fn contradictions_are_named_and_taken_in() {
    let mut guard = released(&MemoryDisk::new());
    let at = place(5, 0, Step::Prevote);
    sign(&mut guard, at, "a").unwrap();
    let other = interchange(&[
        signed(5, Step::Prevote, Some("b")),
        signed(5, Step::Precommit, Some("c")),
        signed(5, Step::Precommit, Some("d")),
    ]);
    let imported = guard.import(&other).unwrap();
    let precommit = place(5, 0, Step::Precommit);
    assert_eq!(imported.conflicts, [at, precommit]);
    assert_eq!(imported.after, Some(precommit));
    for text in ["a", "b", "c", "d"] {
        assert!(sign(&mut guard, at, text).is_err());
        assert!(sign(&mut guard, precommit, text).is_err());
    }
}

#[test]
fn the_interchange_of_another_network_or_key_is_refused() {
    let mut guard = released(&MemoryDisk::new());
    let high = vec![signed(99, Step::Prevote, None)];
    let foreign = Interchange::new(GenesisHash::ZERO, address(), high.clone()).unwrap();
    let refused = guard.import(&foreign).unwrap_err();
    assert!(matches!(refused, ImportError::ForeignGenesis { .. }));
    let foreign = Interchange::new(genesis(), other_address(), high).unwrap();
    let refused = guard.import(&foreign).unwrap_err();
    assert!(matches!(refused, ImportError::ForeignKey { .. }));
    assert_eq!(guard.watermark(), None);
}

#[test]
fn each_kind_of_wrong_text_is_named() {
    let good = interchange(&[signed(5, Step::ViewChange, None)]).to_json();
    assert!(Interchange::from_json(good.as_bytes()).is_ok());
    for (from, to, expected) in [
        (
            "\"version\": 1",
            "\"version\": 2",
            "this program reads 1: update it",
        ),
        (
            "\"version\": 1",
            "\"version\": \"1\"",
            "no interchange of Pyralog",
        ),
        (
            "pyralog-guard-interchange",
            "other",
            "no interchange of Pyralog",
        ),
        ("\"signed\"", "\"signd\"", "unknown field `signd`"),
        (
            "\"version\": 1,",
            "\"version\": 1, \"version\": 1,",
            "duplicate field",
        ),
        (
            "view_change",
            "attestation",
            "a step is one of view_change, proposal",
        ),
        (
            "\"height\": \"5\"",
            "\"height\": \"05\"",
            "not a plain decimal number",
        ),
        (
            ",\n      \"signing_root\": null",
            "",
            "missing field `signing_root`",
        ),
        (
            "\"signed\"",
            "\"more\": 1, \"signed\"",
            "unknown field `more`",
        ),
        ("null", "\"00\"", "expected 32 bytes"),
        ("]\n}\n", "", "EOF while parsing"),
    ] {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good, "{from}");
        let error = Interchange::from_json(text.as_bytes()).unwrap_err();
        assert!(error.to_string().contains(expected), "{from}: {error}");
    }
    let ethereum = br#"{"metadata": {"interchange_format_version": "5"}, "data": []}"#;
    let error = Interchange::from_json(ethereum).unwrap_err();
    assert_eq!(error, InterchangeError::NotOurs);
    let long = vec![b' '; INTERCHANGE_BYTES_MAX + 1];
    let error = Interchange::from_json(&long).unwrap_err();
    assert!(matches!(error, InterchangeError::TooLong { .. }));
    let many = vec![signed(1, Step::Prevote, None); SIGNED_COUNT_MAX + 1];
    let error = Interchange::new(genesis(), address(), many).unwrap_err();
    assert!(matches!(error, InterchangeError::TooMany { .. }));
}

#[test]
fn an_export_does_not_end_the_guard_that_made_it() {
    let disk = MemoryDisk::new();
    let mut guard = released(&disk);
    sign(&mut guard, place(1, 0, Step::Prevote), "a").unwrap();
    let file = disk.content();
    let _: Interchange = guard.export();
    assert_eq!(disk.content(), file);
    assert!(Guard::open(disk, genesis(), address()).is_ok());
}
