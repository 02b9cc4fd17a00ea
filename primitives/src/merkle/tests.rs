//! Claims about append-only trees.

use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use super::*;
use crate::codec::Canonical;
use crate::hash::Hash;
use crate::numbers::LeafIndex;

fn records(rng: &mut ChaCha8Rng, count: u64) -> Vec<Vec<u8>> {
    (0..count)
        .map(|_| {
            let mut record = vec![0; 8 + rng.next_u32() as usize % 120];
            rng.fill_bytes(&mut record);
            record
        })
        .collect()
}

fn range_of(records: &[Vec<u8>]) -> MountainRange {
    let mut range = MountainRange::new();
    range.extend(records.iter().map(Vec::as_slice));
    range
}

/// Every value that differs from `encoded` in one bit and still decodes.
fn with_bit_flipped<T: Canonical>(encoded: &[u8], bit: usize) -> Option<T> {
    let mut bytes = encoded.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    T::decode(&bytes).ok()
}

fn inclusion_refuses(proof: &[u8], bit: usize, root: MerkleRoot, record: &[u8]) -> bool {
    with_bit_flipped::<InclusionProof>(proof, bit).is_none_or(|p| p.verify(root, record).is_err())
}

fn consistency_refuses(proof: &[u8], bit: usize, old: MerkleRoot, new: MerkleRoot) -> bool {
    with_bit_flipped::<ConsistencyProof>(proof, bit).is_none_or(|p| p.verify(old, new).is_err())
}

#[test]
fn growing_leaf_by_leaf_equals_building_at_once() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let all = records(&mut rng, 300);
    let mut grown = MountainRange::new();
    for (count, record) in all.iter().enumerate() {
        assert_eq!(grown.root(), range_of(&all[..count]).root());
        grown.append(record);
    }
}

#[test]
fn the_count_is_part_of_the_commitment() {
    let tree = lanes::hash_leaf(b"any tree");
    let commit = |count| MerkleRoot::commit(LeafCount::new(count), &tree);
    assert_ne!(commit(1), commit(2));
    let mut preimage = 5u64.to_le_bytes().to_vec();
    preimage.extend(tree);
    assert_eq!(commit(5).get(), Domain::MerkleRoot.hash(&preimage));
}

#[test]
fn a_node_cannot_pass_as_a_leaf() {
    let mut range = MountainRange::new();
    range.extend([b"a".as_slice(), b"b", b"c", b"d"]);
    let proof = range.prove(LeafIndex::new(0)).unwrap();
    // The first two leaves, concatenated, hash to an inner node of this tree.
    let pair = [lanes::hash_leaf(b"a"), lanes::hash_leaf(b"b")].concat();
    let path = proof.path[1..].to_vec();
    let shorter = InclusionProof {
        count: LeafCount::new(2),
        index: LeafIndex::new(0),
        path: crate::codec::List::new(path).unwrap(),
    };
    assert!(shorter.verify(range.root(), &pair).is_err());
}

#[test]
fn nothing_is_proved_about_what_is_not_there() {
    let range = range_of(&records(&mut ChaCha8Rng::seed_from_u64(2), 5));
    assert_eq!(range.prove(LeafIndex::new(5)), None);
    assert_eq!(range.prove_consistency(LeafCount::new(6)), None);
    assert_eq!(range.prove_consistency(LeafCount::new(0)), None);
    assert_eq!(MountainRange::new().prove(LeafIndex::new(0)), None);
}

#[test]
fn a_path_of_another_length_is_named_as_such() {
    let all = records(&mut ChaCha8Rng::seed_from_u64(4), 13);
    let range = range_of(&all);
    for index in 0..13 {
        let proof = range.prove(LeafIndex::new(index)).unwrap();
        let mut longer = proof.path.to_vec();
        longer.push(Hash::ZERO);
        let shorter = proof.path[..proof.path.len() - 1].to_vec();
        for path in [longer, shorter] {
            let found = path.len();
            let path = crate::codec::List::new(path).unwrap();
            let other = InclusionProof {
                path,
                ..proof.clone()
            };
            let refused = other.verify(range.root(), &all[index as usize]);
            assert_eq!(refused, Err(MerkleError::Length { found }), "{index}");
        }
        let beyond = InclusionProof {
            index: LeafIndex::new(13),
            ..proof
        };
        let refused = beyond.verify(range.root(), &all[index as usize]);
        assert!(matches!(refused, Err(MerkleError::Length { .. })));
    }
    for old in 1..=13 {
        let proof = range.prove_consistency(LeafCount::new(old)).unwrap();
        let old_root = range_of(&all[..old as usize]).root();
        let mut longer = proof.path.to_vec();
        longer.push(Hash::ZERO);
        let shorter = proof.path[..proof.path.len() - 1].to_vec();
        for path in [longer, shorter, vec![]] {
            let found = path.len();
            let path = crate::codec::List::new(path).unwrap();
            let other = ConsistencyProof {
                path,
                ..proof.clone()
            };
            let refused = other.verify(old_root, range.root());
            assert_eq!(refused, Err(MerkleError::Length { found }), "{old}");
        }
    }
}

#[test]
fn both_roots_of_a_consistency_proof_are_compared() {
    let all = records(&mut ChaCha8Rng::seed_from_u64(6), 13);
    let (range, other) = (range_of(&all), MerkleRoot::ZERO);
    let old_root = range_of(&all[..5]).root();
    let proof = range.prove_consistency(LeafCount::new(5)).unwrap();
    assert_eq!(proof.verify(old_root, range.root()), Ok(()));
    for (old, new) in [(other, range.root()), (old_root, other)] {
        let refused = proof.verify(old, new);
        assert!(
            matches!(refused, Err(MerkleError::OtherRoot { expected, .. }) if expected == other)
        );
    }
}

#[test]
fn counts_at_the_end_of_their_range_neither_panic_nor_verify() {
    for count in [
        u64::MAX,
        u64::MAX - 1,
        1 << 63,
        (1 << 63) + 1,
        (1 << 63) - 1,
    ] {
        for index in [0, 1, count / 2, count - 1] {
            let subtrees = shape::inclusion_subtrees(index, count);
            assert!(subtrees.len() <= 64);
            let leaf = lanes::hash_leaf(b"a");
            let path = vec![leaf; subtrees.len()];
            let led = shape::root_by_inclusion(leaf, index, count, &path, lanes::hash_parent);
            assert!(led.is_some(), "{index} of {count}");
        }
        for old in [1, 2, count / 2, count - 1, count] {
            let subtrees = shape::consistency_subtrees(old, count);
            let path = vec![lanes::hash_leaf(b"a"); subtrees.len()];
            let led = shape::roots_by_consistency(old, count, &path, lanes::hash_parent);
            assert!(led.is_some(), "{old} of {count}");
        }
    }
}

/// Checks an inclusion and a consistency proof of one random tree, each with
/// some of its bits flipped.
fn check_random_tree(seed: u64, flips: Option<usize>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let count = 1 + rng.next_u64() % 80;
    let all = records(&mut rng, count);
    let range = range_of(&all);
    let root = range.root();
    let bits = |proof: &[u8], rng: &mut ChaCha8Rng| -> Vec<usize> {
        let all = proof.len() * 8;
        match flips {
            Some(flips) => (0..flips).map(|_| rng.next_u64() as usize % all).collect(),
            None => (0..all).collect(),
        }
    };

    let index = rng.next_u64() % count;
    let record = &all[index as usize];
    let proof = range.prove(LeafIndex::new(index)).unwrap();
    assert_eq!(proof.verify(root, record), Ok(()), "seed {seed}");
    let encoded = proof.encode();
    for bit in bits(&encoded, &mut rng) {
        assert!(
            inclusion_refuses(&encoded, bit, root, record),
            "seed {seed}, bit {bit}"
        );
    }
    let mut other = record.clone();
    other[0] ^= 1;
    assert!(proof.verify(root, &other).is_err(), "seed {seed}");

    let old = 1 + rng.next_u64() % count;
    let old_root = range_of(&all[..old as usize]).root();
    let proof = range.prove_consistency(LeafCount::new(old)).unwrap();
    assert_eq!(proof.verify(old_root, root), Ok(()), "seed {seed}");
    let encoded = proof.encode();
    for bit in bits(&encoded, &mut rng) {
        assert!(
            consistency_refuses(&encoded, bit, old_root, root),
            "seed {seed}, bit {bit}"
        );
    }
}

#[test]
fn honest_proofs_verify_and_sixteen_flipped_bits_of_each_are_refused() {
    for seed in 0..10_000 {
        check_random_tree(seed, Some(16));
    }
}

#[test]
fn every_flipped_bit_of_twenty_proofs_is_refused() {
    for seed in 10_000..10_020 {
        check_random_tree(seed, None);
    }
}

#[test]
fn every_leaf_and_every_earlier_count_of_small_trees_is_proved() {
    let all = records(&mut ChaCha8Rng::seed_from_u64(3), 40);
    let roots: Vec<MerkleRoot> = (0..=40).map(|n| range_of(&all[..n]).root()).collect();
    for count in 1..=40usize {
        let range = range_of(&all[..count]);
        for (index, record) in all[..count].iter().enumerate() {
            let proof = range.prove(LeafIndex::new(index as u64)).unwrap();
            assert_eq!(proof.verify(roots[count], record), Ok(()));
        }
        for old in 1..=count {
            let proof = range.prove_consistency(LeafCount::new(old as u64)).unwrap();
            assert_eq!(
                proof.verify(roots[old], roots[count]),
                Ok(()),
                "{old} of {count}"
            );
        }
    }
}

proptest! {
    #[test]
    fn proofs_of_any_bytes_never_panic(
        count: u64, index: u64, length in 0usize..66, byte: u8, record: Vec<u8>
    ) {
        let path = vec![Hash::new([byte; 32]); length];
        if let Ok(path) = crate::codec::List::new(path.clone()) {
            let (count, index) = (LeafCount::new(count), LeafIndex::new(index));
            let proof = InclusionProof { count, index, path };
            prop_assert!(proof.verify(MerkleRoot::ZERO, &record).is_err());
        }
        if let Ok(path) = crate::codec::List::new(path) {
            let (old_count, new_count) = (LeafCount::new(index), LeafCount::new(count));
            let proof = ConsistencyProof { old_count, new_count, path };
            prop_assert!(proof.verify(MerkleRoot::ZERO, MerkleRoot::ZERO).is_err());
        }
    }
}

/// The shape against the vectors of Certificate Transparency, whose hash is
/// SHA-256 with prefix bytes.
mod certificate_transparency {
    use serde::Deserialize;
    use sha2::{Digest, Sha256};

    use super::super::Node;
    use super::super::shape::*;

    #[derive(Deserialize)]
    struct Vectors {
        leaves: Vec<String>,
        roots: Vec<String>,
        inclusion: Vec<Inclusion>,
        consistency: Vec<Consistency>,
    }

    #[derive(Deserialize)]
    struct Inclusion {
        size: u64,
        index: u64,
        path: Vec<String>,
    }

    #[derive(Deserialize)]
    struct Consistency {
        old_size: u64,
        new_size: u64,
        path: Vec<String>,
    }

    fn vectors() -> Vectors {
        serde_json::from_str(include_str!("../../testdata/outside/rfc6962.json")).unwrap()
    }

    fn parent(left: &Node, right: &Node) -> Node {
        Sha256::new()
            .chain_update([1])
            .chain_update(left)
            .chain_update(right)
            .finalize()
            .into()
    }

    fn leaf(record: &str) -> Node {
        let record = hex::decode(record).unwrap();
        Sha256::new()
            .chain_update([0])
            .chain_update(record)
            .finalize()
            .into()
    }

    fn node(hex: &String) -> Node {
        hex::decode(hex).unwrap().try_into().unwrap()
    }

    /// A perfect tree's root, by the definition.
    fn perfect(vectors: &Vectors, place: Place) -> Node {
        if place.level == 0 {
            return leaf(&vectors.leaves[place.index as usize]);
        }
        let child = |side| Place {
            level: place.level - 1,
            index: place.index * 2 + side,
        };
        parent(&perfect(vectors, child(0)), &perfect(vectors, child(1)))
    }

    fn hash_all(vectors: &Vectors, subtrees: Vec<std::ops::Range<u64>>) -> Vec<Node> {
        let root = |leaves| subtree_root(leaves, |place| perfect(vectors, place), parent).unwrap();
        subtrees.into_iter().map(root).collect()
    }

    #[test]
    fn roots_have_its_shape() {
        let vectors = vectors();
        assert_eq!(vectors.roots.len(), 8);
        for (index, root) in vectors.roots.iter().enumerate() {
            let whole = 0..index as u64 + 1;
            let place_root = |place| perfect(&vectors, place);
            assert_eq!(subtree_root(whole, place_root, parent), Some(node(root)));
        }
    }

    #[test]
    fn inclusion_paths_are_its_paths_and_verify_and_a_flipped_bit_does_not() {
        let vectors = vectors();
        for case in &vectors.inclusion {
            let path: Vec<Node> = case.path.iter().map(node).collect();
            assert_eq!(
                hash_all(&vectors, inclusion_subtrees(case.index, case.size)),
                path
            );
            let root = node(&vectors.roots[case.size as usize - 1]);
            let leaf = leaf(&vectors.leaves[case.index as usize]);
            let led = |path: &[Node]| root_by_inclusion(leaf, case.index, case.size, path, parent);
            assert_eq!(led(&path), Some(root));
            for place in 0..path.len() {
                let mut flipped = path.clone();
                flipped[place][7] ^= 0x10;
                assert_ne!(led(&flipped), Some(root));
            }
            assert_eq!(led(&[path.as_slice(), &[root]].concat()), None);
        }
        assert!(vectors.inclusion.len() >= 36);
    }

    #[test]
    fn consistency_paths_are_its_paths_after_the_shared_subtree() {
        let vectors = vectors();
        for case in vectors.consistency.iter().filter(|case| case.old_size > 0) {
            let theirs: Vec<Node> = case.path.iter().map(node).collect();
            let ours = hash_all(&vectors, consistency_subtrees(case.old_size, case.new_size));
            let old_root = node(&vectors.roots[case.old_size as usize - 1]);
            let new_root = node(&vectors.roots[case.new_size as usize - 1]);
            // The RFC leaves the shared subtree out where it is the old tree.
            let whole = case.old_size.is_power_of_two() || case.old_size == case.new_size;
            let expected = if whole {
                [vec![old_root], theirs].concat()
            } else {
                theirs
            };
            assert_eq!(ours, expected, "{} of {}", case.old_size, case.new_size);
            let led =
                |path: &[Node]| roots_by_consistency(case.old_size, case.new_size, path, parent);
            assert_eq!(led(&ours), Some((old_root, new_root)));
            for place in 0..ours.len() {
                let mut flipped = ours.clone();
                flipped[place][31] ^= 1;
                assert_ne!(led(&flipped), Some((old_root, new_root)));
            }
        }
        assert!(vectors.consistency.len() >= 36);
    }
}

#[test]
fn peaks_grow_to_the_same_root_and_their_nodes_prove_every_entry() {
    let mut stored = std::collections::BTreeMap::new();
    let mut peaks = Peaks::default();
    let mut range = MountainRange::new();
    assert_eq!(peaks.root(), range.root());
    for count in 1..=70u64 {
        let record = count.to_le_bytes();
        range.append(&record);
        stored.extend(peaks.append(&record).unwrap());
        assert_eq!(peaks.root(), range.root(), "{count}");
        assert_eq!(peaks.count(), range.count());
        let encoded = borsh::to_vec(&peaks).unwrap();
        assert_eq!(borsh::from_slice::<Peaks>(&encoded).unwrap(), peaks);
        for index in 0..=count {
            let index = LeafIndex::new(index);
            let read = |place: Place| stored.get(&place).copied().ok_or(());
            let proof = prove_inclusion(index, peaks.count(), read).unwrap();
            assert_eq!(proof, range.prove(index));
        }
    }
    let nothing = |_| Err("no such row");
    let (first, count) = (LeafIndex::new(0), LeafCount::new(2));
    assert_eq!(prove_inclusion(first, count, nothing), Err("no such row"));
}

#[test]
fn peaks_that_do_not_fit_their_count_do_not_decode() {
    let mut peaks = Peaks::default();
    for record in 0..3u8 {
        peaks.append(&[record]).unwrap();
    }
    let mut encoded = borsh::to_vec(&peaks).unwrap();
    for count in 0..=255 {
        encoded[0] = count;
        let fits = count.count_ones() == 2;
        assert_eq!(
            borsh::from_slice::<Peaks>(&encoded).is_ok(),
            fits,
            "{count}"
        );
    }
}
