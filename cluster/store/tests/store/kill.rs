//! Real processes, killed at any moment: nothing acknowledged is lost.

use std::path::Path;
use std::time::Duration;

use pyralog_primitives::Height;
use pyralog_store::Store;

use crate::chain::{Chain, SMALL, Shape, new_store, open};
use crate::history::{Depth, compare};
use crate::process::{role, say, start};

const TEST: &str = "kill::a_killed_process_loses_nothing_acknowledged";
/// Blocks that take a while to write.
const LARGE: Shape = Shape {
    accounts: 3_000,
    writes: 600,
    transactions: 60,
    value_bytes: 200,
};
/// More blocks than a child has time for.
const BLOCKS: usize = 100_000;

fn rounds() -> u64 {
    let asked = std::env::var("PYRALOG_KILLS");
    asked.map_or(20, |count| count.parse().expect("a count of kills"))
}

#[test]
fn a_killed_process_loses_nothing_acknowledged() {
    if let Some((seed, dir)) = role() {
        return commit_for_ever(seed.parse().unwrap(), &dir);
    }
    let mut killed_inside = 0;
    for round in 0..rounds() {
        let dir = tempfile::tempdir().unwrap();
        let mut started = start(TEST, &round.to_string(), dir.path());
        assert_eq!(started.says().as_deref(), Some("ready"));
        let patience = Duration::from_micros(round * 7_919 % 160 * 1_000 + round * 131);
        std::thread::sleep(patience);
        started.child.kill().unwrap();
        let mut acknowledged = 0;
        while let Some(said) = started.says() {
            acknowledged = said.parse().unwrap();
        }
        drop(started);
        let store = open(dir.path());
        let height = store.head().unwrap().height;
        assert!(
            height.get() >= acknowledged,
            "round {round}: {height} < {acknowledged}"
        );
        killed_inside += u64::from(height.get() > acknowledged);
        compare_with(round, height, &store);
    }
    println!("{killed_inside} kills between a commit and its word");
}

/// Draws the same chain up to the height, and compares.
fn compare_with(seed: u64, height: Height, store: &Store) {
    let mut chain = Chain::new(seed, shape(seed));
    while chain.head() < height {
        chain.next();
    }
    compare(store, &chain, Height::new(0), Depth::Head);
    store.commit(&chain.next()).unwrap();
    compare(store, &chain, Height::new(0), Depth::Head);
}

fn shape(seed: u64) -> Shape {
    if seed.is_multiple_of(2) { SMALL } else { LARGE }
}

fn commit_for_ever(seed: u64, dir: &Path) {
    let mut chain = Chain::new(seed, shape(seed));
    let store = new_store(dir, &chain);
    say("ready");
    for _ in 0..BLOCKS {
        store.commit(&chain.next()).unwrap();
        say(&chain.head().to_string());
    }
}
