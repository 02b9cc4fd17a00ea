//! The formats are those of the specification.

use pyralog_consensus::Step;
use pyralog_disk::MemoryDisk;
use pyralog_guard::{Interchange, SignedPlace, SigningRoot};
use pyralog_primitives::{Height, Round, SignBytes};

use crate::{address, genesis, place, released, sign, signature};

/// A guard with each kind of record.
fn sample() -> (MemoryDisk, Interchange) {
    let disk = MemoryDisk::new();
    let mut guard = released(&disk);
    let elsewhere = |step, signing_root| SignedPlace {
        height: Height::new(7),
        round: Round::new(2),
        step,
        signing_root,
    };
    let root = SigningRoot::of(&SignBytes::text(b"elsewhere"));
    let signed = vec![
        elsewhere(Step::ViewChange, None),
        elsewhere(Step::Proposal, Some(root)),
    ];
    let import = Interchange::new(genesis(), address(), signed).unwrap();
    guard.import(&import).unwrap();
    sign(&mut guard, place(7, 2, Step::Prevote), "a").unwrap();
    (disk, guard.export())
}

/// If this fails, a format has changed. If that is meant, give it a new
/// version.
#[test]
fn the_bytes_of_a_guard_and_its_interchange_are_golden() {
    let (disk, export) = sample();
    let file = disk.content().unwrap();
    assert_eq!(file.len(), 4 * 256);
    let hash = blake3::hash(&file).to_string();
    let json = blake3::hash(export.to_json().as_bytes()).to_string();
    assert_eq!(
        hash,
        "9d75049ae2463235feeec40e111819f5a4bdd2decbba9b3147fe7280e1b011d7"
    );
    assert_eq!(
        json,
        "7551a2cca5a8063d0516b9f9113fcf038620ad98c55b3b5df6ac1915ab7704bf"
    );
}

/// The second way to the same bytes: the page of the specification, word for
/// word.
#[test]
fn the_slots_are_those_of_the_specification() {
    let file = sample().0.content().unwrap();
    let slots: Vec<&[u8]> = file.chunks(128).collect();
    assert_eq!(slots[0], slots[1]);
    let network = genesis().get();
    let names = [
        &b"PYRGRD\x01\0"[..],
        network.as_bytes(),
        address().as_bytes(),
    ]
    .concat();
    assert_eq!(slots[0][..60], names);
    let key = blake3::derive_key("pyralog 2026-11-21 signing guard v1", &slots[0][..112]);
    let check = |bytes: &[u8]| blake3::keyed_hash(&key, bytes).as_bytes()[..16].to_vec();
    assert_eq!(slots[0][112..], check(b""));
    for (number, slot) in (0u64..).zip(&slots).skip(2) {
        let bytes = [&number.to_le_bytes()[..], &slot[..112]].concat();
        assert_eq!(slot[112..], check(&bytes), "slot {number}");
        let place = [&2u32.to_le_bytes()[..], &7u64.to_le_bytes()].concat();
        assert_eq!(slot[2..14], place, "slot {number}");
    }
    let message = SignBytes::text(b"a");
    let root = blake3::derive_key(
        "pyralog 2026-11-21 guard signing root v1",
        message.as_bytes(),
    );
    for (slot, kind) in [(2, [3, 0]), (4, [2, 1]), (6, [1, 2])] {
        assert_eq!(slots[slot][..2], kind);
    }
    assert_eq!(slots[6][14..46], root);
    assert_eq!(slots[6][46..110], *signature("a").as_bytes());
    assert_eq!(slots[4][46..112], [0; 66]);
    assert_eq!(slots[2][14..112], [0; 98]);
}

#[test]
fn the_example_of_the_specification_is_read_and_written() {
    let page = include_str!("../../../../docs/src/spec/guard.md");
    let (_, rest) = page.split_once("```json\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let read = Interchange::from_json(example.as_bytes()).unwrap();
    assert_eq!(read.to_json(), example);
    assert_eq!(read.signed()[0].place(), place(41, 2, Step::Precommit));
}
