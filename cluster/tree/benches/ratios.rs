//! What an update of the state tree costs.

use pyralog_measure::state;
use pyralog_primitives::Hash;
use pyralog_tree::{Changes, StateTree};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

const BATCH: usize = 10_000;

fn random_hash(rng: &mut ChaCha8Rng) -> Hash {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    Hash::new(bytes)
}

fn main() {
    for (count, name) in [(10_000, "10⁴"), (1_000_000, "10⁶")] {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let keys: Vec<Hash> = (0..count).map(|_| random_hash(&mut rng)).collect();
        let mut tree = StateTree::new();
        tree.update(&keys.iter().map(|key| (*key, Some(Hash::ZERO))).collect());
        let mut batches: Vec<Changes> = Vec::new();
        for _ in 0..8 {
            let key = |rng: &mut ChaCha8Rng| keys[rng.next_u32() as usize % count];
            let change = |_| (key(&mut rng), Some(random_hash(&mut rng)));
            batches.push((0..BATCH).map(change).collect());
        }
        let mut batches = batches.iter().cycle();
        let what = format!("state tree of {name} keys: update one, in batches of 10⁴");
        let units = u32::try_from(BATCH).expect("a small constant");
        state(&what, units, || {
            tree.update(batches.next().expect("a cycle of some has no end"))
        });
    }
}
