//! Claims about state proofs, over the tree built from its definition.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use super::*;

/// Entries by the hash of their key.
type Entries = BTreeMap<RawHash, Hash>;

fn entries(map: &BTreeMap<Vec<u8>, Vec<u8>>) -> Entries {
    let entry = |(key, value): (&Vec<u8>, &Vec<u8>)| {
        let key = *Domain::StateKey.hash(key).as_bytes();
        (key, Domain::StateValue.hash(value))
    };
    map.iter().map(entry).collect()
}

/// The root of the subtree at `depth` that holds these entries.
fn root_of(entries: &Entries, depth: usize) -> Hash {
    let mut each = entries.iter();
    match (each.next(), each.next()) {
        (None, _) => Hash::ZERO,
        (Some((key, value)), None) => Hash::new(leaf(key, value.as_bytes())),
        _ => {
            let (left, right) = halves(entries, depth);
            let (left, right) = (root_of(&left, depth + 1), root_of(&right, depth + 1));
            Hash::new(node(left.as_bytes(), right.as_bytes()))
        }
    }
}

fn halves(entries: &Entries, depth: usize) -> (Entries, Entries) {
    let entries = entries.iter().map(|(key, value)| (*key, *value));
    let (right, left) = entries.partition(|(key, _)| path_bit(key, depth));
    (left, right)
}

fn prove(map: &BTreeMap<Vec<u8>, Vec<u8>>, key: &[u8]) -> StateProof {
    let path = Domain::StateKey.hash(key);
    let mut subtree = entries(map);
    let mut siblings = Vec::new();
    while subtree.len() > 1 {
        let depth = siblings.len();
        let (left, right) = halves(&subtree, depth);
        let (own, other) = if path_bit(path.as_bytes(), depth) {
            (right, left)
        } else {
            (left, right)
        };
        siblings.push(root_of(&other, depth + 1));
        subtree = own;
    }
    let found = match (map.get(key), subtree.iter().next()) {
        (Some(value), _) => Found::Value {
            value: Bytes::new(value.clone()).unwrap(),
        },
        (None, None) => Found::Nothing,
        (None, Some((key, value))) => Found::OtherKey {
            key: Hash::new(*key),
            value: *value,
        },
    };
    let key = Bytes::new(key.to_vec()).unwrap();
    StateProof {
        key,
        found,
        siblings: List::new(siblings).unwrap(),
    }
}

fn random_map(rng: &mut ChaCha8Rng) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let count = rng.next_u32() % 40;
    (0..count)
        .map(|_| {
            let mut value = vec![0; rng.next_u32() as usize % 50];
            rng.fill_bytes(&mut value);
            (rng.next_u64().to_le_bytes().to_vec(), value)
        })
        .collect()
}

fn check_flips(proof: &StateProof, root: StateRoot, bits: impl Iterator<Item = usize>) {
    let encoded = proof.encode();
    for bit in bits {
        let bit = bit % (encoded.len() * 8);
        let mut bytes = encoded.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(flipped) = StateProof::decode(&bytes) {
            // Another absent key may well share the path: a true statement.
            let same_claim = flipped.key == proof.key;
            let absent_too = flipped.value().is_none() && !same_claim;
            assert!(
                flipped.verify(root).is_err() || absent_too,
                "bit {bit} of {proof:?}"
            );
        }
    }
}

#[test]
fn presence_and_absence_are_proved_and_flipped_bits_are_refused() {
    for seed in 0..10_000 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let map = random_map(&mut rng);
        let root = StateRoot::new(root_of(&entries(&map), 0));
        let absent = rng.next_u64().to_be_bytes();
        let present = map.keys().next().map(Vec::as_slice);
        for key in present.into_iter().chain([absent.as_slice()]) {
            let proof = prove(&map, key);
            assert_eq!(proof.verify(root), Ok(()), "seed {seed}");
            assert_eq!(proof.value(), map.get(key).map(Vec::as_slice));
            let all = proof.encode().len() * 8;
            let sampled = (0..16).map(|_| rng.next_u32() as usize).collect::<Vec<_>>();
            let exhaustive = seed < 20;
            let bits = if exhaustive {
                (0..all).collect()
            } else {
                sampled
            };
            check_flips(&proof, root, bits.into_iter());
        }
    }
}

#[test]
fn a_stored_key_cannot_be_shown_absent() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut map = random_map(&mut rng);
    map.insert(b"alice".to_vec(), b"7".to_vec());
    map.insert(b"bob".to_vec(), b"8".to_vec());
    let root = StateRoot::new(root_of(&entries(&map), 0));
    let honest = prove(&map, b"alice");
    let own = Found::OtherKey {
        key: Domain::StateKey.hash(b"alice"),
        value: Domain::StateValue.hash(b"7"),
    };
    let hidden = StateProof {
        found: own,
        ..honest.clone()
    };
    assert_eq!(hidden.verify(root), Err(StateProofError::OwnLeaf));
    let bob = Found::OtherKey {
        key: Domain::StateKey.hash(b"bob"),
        value: Domain::StateValue.hash(b"8"),
    };
    let elsewhere = StateProof {
        siblings: prove(&map, b"bob").siblings,
        found: bob,
        ..honest
    };
    assert_eq!(elsewhere.verify(root), Err(StateProofError::OffPath));
}

#[test]
fn the_leaf_of_another_key_shares_every_bit_down_to_it() {
    let key = Bytes::new(b"a key".to_vec()).unwrap();
    let path = Domain::StateKey.hash(&key);
    for depth in 0..DEPTH_MAX {
        let mut other = *path.as_bytes();
        other[depth / 8] ^= 0x80 >> (depth % 8);
        let found = Found::OtherKey {
            key: Hash::new(other),
            value: Hash::ZERO,
        };
        let proof = |siblings: usize| StateProof {
            key: key.clone(),
            found: found.clone(),
            siblings: List::new(vec![Hash::ZERO; siblings]).unwrap(),
        };
        // They part at this depth: above it the leaf is on the path.
        let above = proof(depth).verify(StateRoot::ZERO);
        assert!(
            matches!(above, Err(StateProofError::OtherRoot { .. })),
            "{depth}"
        );
        let below = proof(depth + 1).verify(StateRoot::ZERO);
        assert_eq!(below, Err(StateProofError::OffPath), "{depth}");
    }
}

/// The root by the words of the specification, with nothing of the code.
mod by_the_page {
    fn derive(what: &str, bytes: &[u8]) -> [u8; 32] {
        blake3::derive_key(&format!("pyralog 2026-11-21 state {what} v1"), bytes)
    }

    /// Bits of a key's hash as text, and its leaf.
    fn entry(key: &[u8], value: &[u8]) -> (String, [u8; 32]) {
        let key = derive("key", key);
        let bits: Vec<String> = key.iter().map(|byte| format!("{byte:08b}")).collect();
        (
            bits.concat(),
            derive("leaf", &[key, derive("value", value)].concat()),
        )
    }

    fn subtree(entries: &[(String, [u8; 32])], prefix: &str) -> [u8; 32] {
        let inside = entries.iter().filter(|(bits, _)| bits.starts_with(prefix));
        match inside.collect::<Vec<_>>()[..] {
            [] => [0; 32],
            [(_, leaf)] => *leaf,
            _ => {
                let child = |bit: char| subtree(entries, &format!("{prefix}{bit}"));
                derive("node", &[child('0'), child('1')].concat())
            }
        }
    }

    pub(super) fn root<'a>(map: impl Iterator<Item = (&'a Vec<u8>, &'a Vec<u8>)>) -> [u8; 32] {
        let entries: Vec<_> = map.map(|(key, value)| entry(key, value)).collect();
        subtree(&entries, "")
    }
}

#[test]
fn trees_are_hashed_as_the_specification_says() {
    for seed in 0..50 {
        let map = random_map(&mut ChaCha8Rng::seed_from_u64(seed));
        let root = StateRoot::new(Hash::new(by_the_page::root(map.iter())));
        for key in map.keys().map(Vec::as_slice).chain([b"absent".as_slice()]) {
            assert_eq!(prove(&map, key).verify(root), Ok(()), "seed {seed}");
        }
    }
}
