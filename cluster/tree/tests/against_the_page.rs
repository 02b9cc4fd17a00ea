//! The tree against a second implementation of its specification.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;

use pyralog_primitives::codec::Bytes;
use pyralog_primitives::{Domain, Hash, StateRoot};
use pyralog_tree::{Changes, End, Path, StateTree};
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
        let (mut tree, mut entries) = (StateTree::default(), Entries::new());
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

/// The root that a path leads to, from the words of the specification.
fn root_of_path(key: &Hash, path: &Path) -> StateRoot {
    let end = match &path.end {
        End::Value(value) => derive("leaf", key, value),
        End::Nothing => Hash::ZERO,
        End::OtherKey { key, value } => derive("leaf", key, value),
    };
    let bits: Vec<String> = key.as_bytes().iter().map(|b| format!("{b:08b}")).collect();
    let bits = bits.concat();
    let steps = path.siblings.iter().enumerate().rev();
    let root = steps.fold(end, |below, (depth, sibling)| {
        if &bits[depth..=depth] == "0" {
            derive("node", &below, sibling)
        } else {
            derive("node", sibling, &below)
        }
    });
    StateRoot::new(root)
}

/// Checks what a version says of keys that are there and keys that are not.
fn check_version(tree: &StateTree, entries: &Entries, keys: impl Iterator<Item = Hash>) {
    assert_eq!(tree.count(), entries.len());
    for key in keys {
        let value = entries.get(&key).copied();
        assert_eq!(tree.get(&key), value);
        let path = tree.path(&key);
        let found = match path.end {
            End::Value(value) => Some(value),
            End::Nothing | End::OtherKey { .. } => None,
        };
        assert_eq!(found, value);
        assert_eq!(root_of_path(&key, &path), tree.root());
    }
}

/// A version, with what must be true of it for ever.
struct Kept {
    tree: StateTree,
    root: StateRoot,
    entries: Entries,
}

impl Kept {
    fn new(tree: &StateTree, entries: &Entries) -> Self {
        Self {
            tree: tree.clone(),
            root: root_by_the_page(entries),
            entries: entries.clone(),
        }
    }

    fn check(&self, rng: &mut ChaCha8Rng) {
        assert_eq!(self.tree.root(), self.root);
        let pairs = self.entries.iter().map(|(key, value)| (*key, *value));
        assert!(self.tree.entries().eq(pairs));
        let keys: Vec<Hash> = (0..10).map(|_| random_key(rng, &self.entries)).collect();
        check_version(&self.tree, &self.entries, keys.into_iter());
    }
}

#[test]
fn versions_stay_what_they_were_whatever_follows() {
    for seed in 0..4 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut kept = vec![Kept::new(&StateTree::default(), &Entries::new())];
        for step in 0..250 {
            // Now the latest version, now a fork of an older one.
            let from = match rng.next_u32() % 10 {
                0 => rng.next_u32() as usize % kept.len(),
                _ => kept.len() - 1,
            };
            let (mut tree, mut entries) = (kept[from].tree.clone(), kept[from].entries.clone());
            let removals_percent = if step % 100 < 50 { 10 } else { 70 };
            let changes = random_changes(&mut rng, &entries, removals_percent);
            tree.update(&changes);
            apply(&mut entries, &changes);
            kept.push(Kept::new(&tree, &entries));
            // Versions go, too, and their pages are used again.
            if step % 5 == 4 {
                kept.swap_remove(rng.next_u32() as usize % kept.len());
            }
            if step % 50 == 49 {
                for kept in &kept {
                    kept.check(&mut rng);
                }
            }
        }
    }
}

#[test]
fn two_updates_of_one_clone_do_not_meet() {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let entries: Entries = (0..3000)
        .map(|_| (random_hash(&mut rng), random_hash(&mut rng)))
        .collect();
    let base = StateTree::new(entries.iter().map(|(key, value)| (*key, *value)));
    let base = Kept::new(&base, &entries);
    let forks: Vec<Kept> = [5, 100, 2000]
        .into_iter()
        .map(|count| {
            let (mut tree, mut entries) = (base.tree.clone(), entries.clone());
            let keys: Vec<Hash> = entries.keys().copied().take(count).collect();
            let value = |rng: &mut ChaCha8Rng| {
                let removed = rng.next_u32().is_multiple_of(3);
                (!removed).then(|| random_hash(rng))
            };
            let changes: Changes = keys.iter().map(|key| (*key, value(&mut rng))).collect();
            tree.update(&changes);
            apply(&mut entries, &changes);
            Kept::new(&tree, &entries)
        })
        .collect();
    for kept in forks.iter().chain([&base]) {
        kept.check(&mut rng);
    }
}

#[test]
fn a_version_is_read_while_the_next_ones_are_made() {
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let entries: Entries = (0..2000)
        .map(|_| (random_hash(&mut rng), random_hash(&mut rng)))
        .collect();
    let mut tree = StateTree::new(entries.iter().map(|(key, value)| (*key, *value)));
    let held = Kept::new(&tree, &entries);
    std::thread::scope(|scope| {
        for seed in 0..2 {
            let held = &held;
            scope.spawn(move || {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                (0..20).for_each(|_| held.check(&mut rng));
            });
        }
        let mut later = entries.clone();
        for _ in 0..200 {
            let before = tree.clone();
            let changes = random_changes(&mut rng, &later, 50);
            tree.update(&changes);
            apply(&mut later, &changes);
            // The last holder of its pages may be any thread.
            scope.spawn(move || drop(before));
        }
        assert_eq!(tree.root(), root_by_the_page(&later));
    });
    held.check(&mut rng);
}

#[test]
fn large_updates_have_the_root_of_the_page() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let (mut tree, mut entries) = (StateTree::default(), Entries::new());
    for step in 0..12 {
        let held = (step % 2 == 0).then(|| tree.clone());
        let mut changes = Changes::new();
        let removals_percent = if step < 7 { 20 } else { 60 };
        let old: Vec<Hash> = entries.keys().copied().collect();
        for key in old {
            let value = match rng.next_u32() % 100 {
                percent if percent < removals_percent => None,
                _ => Some(random_hash(&mut rng)),
            };
            changes.insert(key, value);
        }
        let new = if step < 7 { 1500 } else { 10 };
        changes.extend((0..new).map(|_| (random_hash(&mut rng), Some(random_hash(&mut rng)))));
        tree.update(&changes);
        apply(&mut entries, &changes);
        assert_eq!(tree.root(), root_by_the_page(&entries), "step {step}");
        drop(held);
    }
}

/// Keys that agree in their first `bits`, all different.
fn keys_that_agree(bits: usize, count: usize, rng: &mut ChaCha8Rng) -> Vec<Hash> {
    let first = random_hash(rng);
    let mut keys = vec![first];
    while keys.len() < count {
        let mut key = *random_hash(rng).as_bytes();
        key[..bits / 8].copy_from_slice(&first.as_bytes()[..bits / 8]);
        let own = 0xff_u8
            .checked_shr(u32::try_from(bits % 8).unwrap())
            .unwrap();
        if let Some(byte) = key.get_mut(bits / 8) {
            *byte = first.as_bytes()[bits / 8] & !own | *byte & own;
        }
        if !keys.contains(&Hash::new(key)) {
            keys.push(Hash::new(key));
        }
    }
    keys
}

#[test]
fn keys_that_agree_in_almost_all_bits_are_kept_apart() {
    for (bits, count) in [
        (200, 100),
        (240, 500),
        (248, 256),
        (251, 32),
        (252, 16),
        (255, 2),
    ] {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let keys = keys_that_agree(bits, count, &mut rng);
        let all: Entries = keys
            .iter()
            .map(|key| (*key, random_hash(&mut rng)))
            .collect();
        let built = StateTree::new(all.iter().map(|(key, value)| (*key, *value)));
        assert_eq!(built.root(), root_by_the_page(&all), "{bits} bits");
        let (mut tree, mut entries) = (StateTree::default(), Entries::new());
        for some in keys.chunks(count / 4 + 1) {
            let changes = some.iter().map(|key| (*key, all.get(key).copied()));
            let changes: Changes = changes.collect();
            tree.update(&changes);
            apply(&mut entries, &changes);
            assert_eq!(tree.root(), root_by_the_page(&entries), "{bits} bits");
            check_version(&tree, &entries, keys.iter().copied());
        }
        for some in keys.chunks(count / 4 + 1) {
            let changes: Changes = some.iter().map(|key| (*key, None)).collect();
            tree.update(&changes);
            apply(&mut entries, &changes);
            assert_eq!(tree.root(), root_by_the_page(&entries), "{bits} bits");
        }
    }
}

#[test]
fn a_tree_built_from_entries_in_any_order_has_the_same_root() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let (mut tree, mut entries) = (StateTree::default(), Entries::new());
    for _ in 0..200 {
        let changes = random_changes(&mut rng, &entries, 20);
        tree.update(&changes);
        apply(&mut entries, &changes);
    }
    let mut pairs: Vec<(Hash, Hash)> = tree.entries().collect();
    assert_eq!(StateTree::new(pairs.iter().copied()).root(), tree.root());
    // Of those with one key the last one counts.
    let (key, value) = pairs[7];
    pairs.push((key, random_hash(&mut rng)));
    pairs.reverse();
    pairs.push((key, value));
    assert_eq!(StateTree::new(pairs).root(), tree.root());
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
        let mut tree = StateTree::default();
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
    let mut tree = StateTree::default();
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
