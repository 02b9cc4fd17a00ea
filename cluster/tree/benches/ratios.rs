//! What the state tree costs beside the hashing that cannot be avoided: one
//! leaf for each changed entry.

use std::collections::VecDeque;

use pyralog_measure::{Comparison, compare};
use pyralog_primitives::kernel::{RawHash, RawPair, hash_pairs};
use pyralog_primitives::{Domain, Hash};
use pyralog_tree::{Changes, StateTree};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

const BATCH: usize = 10_000;

fn random_hash(rng: &mut ChaCha8Rng) -> Hash {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    Hash::new(bytes)
}

/// Compares `ours`, which changes `count` entries, with hashing their leaves.
fn against_leaves<A>(what: &str, count: usize, ours: impl FnMut() -> A) {
    let pairs: Vec<RawPair> = vec![[7; 64]; count];
    let mut hashes: Vec<RawHash> = vec![[0; 32]; count];
    let claim = Comparison {
        what,
        reference: "one leaf each",
        units: u32::try_from(count).expect("the constants here are small"),
        floor: None,
        goal: None,
    };
    compare(&claim, ours, || {
        hash_pairs(Domain::StateLeaf, &pairs, &mut hashes);
    });
}

fn main() {
    for (count, name) in [(10_000, "10⁴"), (1_000_000, "10⁶")] {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut keys: Vec<Hash> = (0..count).map(|_| random_hash(&mut rng)).collect();
        keys.sort_unstable();
        let build = || StateTree::new(keys.iter().map(|key| (*key, Hash::ZERO)));
        let what = format!("state tree: build of {name} sorted entries");
        against_leaves(&what, count, build);
        let batch = |_| -> Changes {
            let key = |rng: &mut ChaCha8Rng| keys[rng.next_u32() as usize % count];
            (0..BATCH)
                .map(|_| (key(&mut rng), Some(random_hash(&mut rng))))
                .collect()
        };
        let batches: Vec<Changes> = (0..8).map(batch).collect();
        for held_count in [0, 2] {
            let mut tree = build();
            let mut batches = batches.iter().cycle();
            let mut held = VecDeque::new();
            let what = format!("state tree: 10⁴ changes of {name}, {held_count} versions held");
            against_leaves(&what, BATCH, || {
                if held_count > 0 {
                    held.truncate(held_count - 1);
                    held.push_front(tree.clone());
                }
                tree.update(batches.next().expect("a cycle of some has no end"));
            });
        }
    }
}
