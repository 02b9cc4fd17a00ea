//! Formats hold still. If a test fails here, a format has changed: undo it, or
//! give it a new version and run with `PYRALOG_WRITE_GOLDEN=1`.

use std::fmt::Write;

use pyralog_primitives::text::{decode_hex, encode_hex};
use pyralog_zk::transfer::{NoteHashes, Units};

use super::samples::{World, network, order, wallet};
use super::*;
use crate::number::write;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/golden.txt");

/// A transfer of 3 from the first wallet to the second, with all that was drawn.
fn golden() -> String {
    let mut world = World::new(1);
    let (mut alice, bob) = (wallet(1), wallet(2));
    world.fund(&mut alice, 10);
    let shielded = world.spend(&mut alice, &order(&bob, 3, 1)).shielded;
    let mut text = String::new();
    for (name, bytes) in [
        ("address", bob.keys().viewing().address().encode().to_vec()),
        ("shielded", shielded.encode().to_vec()),
        ("external", write(shielded.on(network(1)).external).to_vec()),
    ] {
        writeln!(text, "{name} {}", encode_hex(&bytes)).unwrap();
    }
    text
}

#[test]
fn formats_are_those_of_the_golden_file_and_old_notes_open() {
    if std::env::var_os("PYRALOG_WRITE_GOLDEN").is_some() {
        std::fs::write(PATH, golden()).unwrap();
    }
    let stored = std::fs::read_to_string(PATH).unwrap();
    assert_eq!(golden(), stored);
    let line = stored
        .lines()
        .find_map(|line| line.strip_prefix("shielded "));
    let bytes = decode_hex(line.unwrap()).unwrap();
    let shielded = Shielded::decode(&bytes.try_into().unwrap()).unwrap();
    let bob = wallet(2);
    let made = shielded.commitments.into_iter().zip(shielded.encrypted);
    let amounts: Vec<Units> = made
        .filter_map(|(commitment, sealed)| sealed.open(bob.keys().viewing(), commitment))
        .inspect(|note| assert_eq!(note.owner, bob.keys().viewing().address().owner()))
        .map(|note| note.amount)
        .collect();
    assert_eq!(amounts, [Units::new(3)]);
    // The owner of an address is the hash of what spends.
    let hashed = NoteHashes::default().owner(bob.keys().spending());
    assert_eq!(hashed, bob.keys().viewing().address().owner());
}
