//! The tree against a second implementation of its specification.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;

use pyralog_primitives::codec::Bytes;
use pyralog_primitives::{Domain, Hash, StateRoot};
use pyralog_tree::{Changes, End, StateTree};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

type Entries = BTreeMap<Hash, Hash>;

fn derive(what: &str, first: &Hash, second: &Hash) -> Hash {
    let pair = [*first.as_bytes(), *second.as_bytes()].concat();
    Hash::new(blake3::derive_key(
        &format!("pyralog 2026-11-21 state {what} v1"),
        &pair,
    ))
}

/// The root, from the words of the specification.
fn root_by_the_page(entries: &Entries) -> StateRoot {
    let leaf = |(key, value): (&Hash, &Hash)| {
        let bits: Vec<String> = key.as_bytes().iter().map(|b| format!("{b:08b}")).collect();
        (bits.concat(), derive("leaf", key, value))
    };
    let leaves: Vec<(String, Hash)> = entries.iter().map(leaf).collect();
    StateRoot::new(subtree(&leaves, 0))
}

/// Leaves that agree in their first `depth` bits, in order.
fn subtree(leaves: &[(String, Hash)], depth: usize) -> Hash {
    match leaves {
        [] => Hash::ZERO,
        [(_, leaf)] => *leaf,
        _ => {
            let middle = leaves.partition_point(|(bits, _)| &bits[depth..=depth] == "0");
            let (left, right) = leaves.split_at(middle);
            derive(
                "node",
                &subtree(left, depth + 1),
                &subtree(right, depth + 1),
            )
        }
    }
}

fn random_hash(rng: &mut ChaCha8Rng) -> Hash {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    Hash::new(bytes)
}

/// A new key, or one that agrees with an old one in many bits.
fn random_key(rng: &mut ChaCha8Rng, entries: &Entries) -> Hash {
    let old = entries
        .keys()
        .nth(rng.next_u32() as usize % entries.len().max(1))
        .copied();
    match (rng.next_u32() % 4, old) {
        (0, Some(old)) => {
            let bit = rng.next_u32() as usize % 256;
            let mut bytes = *old.as_bytes();
            bytes[bit / 8] ^= 0x80 >> (bit % 8);
            Hash::new(bytes)
        }
        (1, Some(old)) => old,
        _ => random_hash(rng),
    }
}

fn random_changes(rng: &mut ChaCha8Rng, entries: &Entries, removals_percent: u32) -> Changes {
    let count = 1 + rng.next_u32() % 30;
    (0..count)
        .map(|_| {
            let remove = rng.next_u32() % 100 < removals_percent;
            let key = random_key(rng, entries);
            (key, (!remove).then(|| random_hash(rng)))
        })
        .collect()
}

fn apply(entries: &mut Entries, changes: &Changes) {
    for (key, value) in changes {
        match value {
            Some(value) => entries.insert(*key, *value),
            None => entries.remove(key),
        };
    }
}

#[test]
fn after_any_changes_the_root_is_that_of_the_page() {
    for seed in 0..60 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (mut tree, mut entries) = (StateTree::new(), Entries::new());
        for step in 0..40 {
            // First it grows, then it shrinks to almost nothing.
            let removals_percent = if step < 20 { 10 } else { 90 };
            let changes = random_changes(&mut rng, &entries, removals_percent);
            tree.update(&changes);
            apply(&mut entries, &changes);
            assert_eq!(
                tree.root(),
                root_by_the_page(&entries),
                "seed {seed}, step {step}"
            );
            assert_eq!(tree.count(), entries.len());
        }
        assert!(
            tree.entries()
                .eq(entries.iter().map(|(key, value)| (*key, *value)))
        );
    }
}

#[test]
fn the_changes_that_an_update_returns_lead_back() {
    for seed in 0..40 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (mut tree, mut entries) = (StateTree::new(), Entries::new());
        let mut undo = Vec::new();
        for _ in 0..30 {
            let changes = random_changes(&mut rng, &entries, 30);
            let root = tree.root();
            undo.push((root, tree.update(&changes)));
            apply(&mut entries, &changes);
        }
        for (root, back) in undo.into_iter().rev() {
            tree.update(&back);
            assert_eq!(tree.root(), root, "seed {seed}");
        }
        assert_eq!(tree.count(), 0);
    }
}

#[test]
fn a_tree_built_again_from_its_entries_has_the_same_root() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let (mut tree, mut entries) = (StateTree::new(), Entries::new());
    for _ in 0..200 {
        let changes = random_changes(&mut rng, &entries, 20);
        tree.update(&changes);
        apply(&mut entries, &changes);
    }
    let mut again = StateTree::new();
    again.update(
        &tree
            .entries()
            .map(|(key, value)| (key, Some(value)))
            .collect(),
    );
    assert_eq!(again.root(), tree.root());
    assert!(tree.count() > 1000, "{}", tree.count());
}

#[test]
fn every_key_there_and_not_there_is_proved() {
    for seed in 0..200u64 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let count = rng.next_u32() % 60;
        let keys: Vec<Vec<u8>> = (0..count)
            .map(|n| format!("{seed}/{n}").into_bytes())
            .collect();
        let value = |key: &[u8]| [key, b" is here"].concat();
        let hash_of = |key: &[u8]| Domain::StateKey.hash(key);
        let entry = |key: &Vec<u8>| (hash_of(key), Some(Domain::StateValue.hash(&value(key))));
        let mut tree = StateTree::new();
        tree.update(&keys.iter().map(entry).collect());
        let absent: Vec<Vec<u8>> = (0..20)
            .map(|n| format!("no/{seed}/{n}").into_bytes())
            .collect();
        for key in keys.iter().chain(&absent) {
            let is_there = keys.contains(key);
            let path = tree.path(&hash_of(key));
            assert_eq!(matches!(path.end, End::Value(_)), is_there);
            assert_eq!(tree.get(&hash_of(key)).is_some(), is_there);
            let given = is_there.then(|| Bytes::new(value(key)).unwrap());
            let proof = path
                .into_proof(Bytes::new(key.clone()).unwrap(), given)
                .unwrap();
            assert_eq!(proof.verify(tree.root()), Ok(()), "seed {seed}");
        }
    }
}

#[test]
fn a_path_makes_no_proof_of_something_else() {
    let mut tree = StateTree::new();
    let (key, value) = (b"a".as_slice(), b"1".as_slice());
    tree.update(&Changes::from([(
        Domain::StateKey.hash(key),
        Some(Domain::StateValue.hash(value)),
    )]));
    let bytes = |bytes: &[u8]| Bytes::new(bytes.to_vec()).unwrap();
    let there = tree.path(&Domain::StateKey.hash(key));
    assert_eq!(there.into_proof(bytes(key), None), None);
    let absent = tree.path(&Domain::StateKey.hash(b"b"));
    assert_eq!(
        absent.into_proof(bytes(b"b"), Some(Bytes::new(vec![]).unwrap())),
        None
    );
}
