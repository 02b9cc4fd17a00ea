//! The tree against `jmt`, a Jellyfish Merkle tree of other authors.
//!
//! Its roots and proofs have another format, so they cannot be compared with
//! ours. What both say about keys can: whether something is stored, and what.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;

use jmt::mock::MockTreeStore;
use jmt::{JellyfishMerkleTree, KeyHash, RootHash, SimpleHasher, Version};
use pyralog_primitives::codec::{Bytes, Canonical};
use pyralog_primitives::state_proof::StateProof;
use pyralog_primitives::{Domain, Hash, StateRoot};
use pyralog_tree::{Changes, StateTree};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

const STATE_COUNT: u64 = 10_000;
/// Updates that lead to a state.
const UPDATE_COUNT: u64 = 3;
/// Keys there are; few, so that they are changed and removed again.
const KEY_COUNT: u32 = 40;

/// `jmt` asks for a hasher of `digest` 0.10, or for this.
struct Blake3(blake3::Hasher);

impl SimpleHasher for Blake3 {
    fn new() -> Self {
        Self(blake3::Hasher::new())
    }

    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn finalize(self) -> [u8; 32] {
        *self.0.finalize().as_bytes()
    }
}

fn theirs(key: &[u8]) -> KeyHash {
    KeyHash(*Domain::StateKey.hash(key).as_bytes())
}

/// A key and what is to be there.
type Change = (Vec<u8>, Option<Vec<u8>>);

/// Several keys, each once.
fn random_changes(rng: &mut ChaCha8Rng) -> Vec<Change> {
    let count = 1 + rng.next_u32() % 12;
    let mut changes = BTreeMap::new();
    for _ in 0..count {
        let key = (rng.next_u32() % KEY_COUNT).to_le_bytes().to_vec();
        let is_removal = rng.next_u32().is_multiple_of(3);
        let value = (!is_removal).then(|| {
            let mut value = vec![0; 1 + rng.next_u32() as usize % 40];
            rng.fill_bytes(&mut value);
            value
        });
        changes.insert(key, value);
    }
    changes.into_iter().collect()
}

/// The same state in both trees.
struct Both {
    ours: StateTree,
    store: MockTreeStore,
    version: Version,
    root: RootHash,
}

impl Both {
    fn of(rng: &mut ChaCha8Rng) -> Self {
        let mut both = Self {
            ours: StateTree::default(),
            store: MockTreeStore::default(),
            version: 0,
            root: RootHash([0; 32]),
        };
        for version in 0..UPDATE_COUNT {
            let changes = random_changes(rng);
            let held = both.ours.clone();
            both.ours.update(&ours_of(&changes));
            drop(held);
            let set = changes
                .iter()
                .map(|(key, value)| (theirs(key), value.clone()));
            let (root, batch) = both.their_tree().put_value_set(set, version).unwrap();
            both.store.write_tree_update_batch(batch).unwrap();
            (both.root, both.version) = (root, version);
        }
        both
    }

    fn their_tree(&self) -> JellyfishMerkleTree<'_, MockTreeStore, Blake3> {
        JellyfishMerkleTree::new(&self.store)
    }

    /// What both say about a key, as our proof.
    fn prove(&self, key: &[u8]) -> StateProof {
        let (value, proof) = self
            .their_tree()
            .get_with_proof(theirs(key), self.version)
            .unwrap();
        proof
            .verify(self.root, theirs(key), value.as_ref())
            .unwrap();
        let hash = Domain::StateKey.hash(key);
        let value_hash = value.as_ref().map(|value| Domain::StateValue.hash(value));
        assert_eq!(self.ours.get(&hash), value_hash);
        let value = value.map(|value| Bytes::new(value).unwrap());
        let path = self.ours.path(&hash);
        let proof = path.into_proof(Bytes::new(key.to_vec()).unwrap(), value);
        let proof = proof.expect("the path ends as the other tree says");
        assert_eq!(proof.verify(self.ours.root()), Ok(()));
        proof
    }
}

fn ours_of(changes: &[Change]) -> Changes {
    let change = |(key, value): &Change| {
        let value = value.as_ref().map(|value| Domain::StateValue.hash(value));
        (Domain::StateKey.hash(key), value)
    };
    changes.iter().map(change).collect()
}

/// Flips random bits of a proof, one at a time. Each is refused, unless what
/// it says stays true: another absent key may share the path.
fn check_flips(proof: &StateProof, root: StateRoot, rng: &mut ChaCha8Rng) {
    let encoded = proof.encode();
    for _ in 0..16 {
        let bit = rng.next_u32() as usize % (encoded.len() * 8);
        let mut bytes = encoded.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(flipped) = StateProof::decode(&bytes) {
            let absent_too = flipped.value().is_none() && flipped.key != proof.key;
            let refused = flipped.verify(root).is_err();
            assert!(refused || absent_too, "bit {bit} of {proof:?}");
        }
    }
}

#[test]
fn both_say_the_same_of_every_key_and_changed_proofs_are_refused() {
    let (mut present, mut absent) = (0, 0);
    for seed in 0..STATE_COUNT {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let both = Both::of(&mut rng);
        let mut count = 0;
        for number in 0..KEY_COUNT {
            let key = number.to_le_bytes();
            let ours = both.ours.get(&Domain::StateKey.hash(&key));
            count += usize::from(ours.is_some());
            // All keys in some states, a few in each.
            if seed % 20 == 0 || number % 10 == u32::try_from(seed % 10).unwrap() {
                let proof = both.prove(&key);
                check_flips(&proof, both.ours.root(), &mut rng);
                *if proof.value().is_some() {
                    &mut present
                } else {
                    &mut absent
                } += 1;
            }
        }
        assert_eq!(both.ours.count(), count, "seed {seed}");
        let leaf_count = both.their_tree().get_leaf_count(both.version).unwrap();
        assert_eq!(leaf_count, count, "seed {seed}");
        let elsewhere = both.prove(b"a key that no change names");
        assert_eq!(elsewhere.value(), None);
        assert_eq!(both.ours.get(&Hash::ZERO), None);
    }
    // Neither kind is rare.
    assert!(present > 10_000 && absent > 10_000, "{present}, {absent}");
}
