//! Pruning gives space back; rollback goes far.

use std::path::Path;

use pyralog_primitives::Height;
use pyralog_store::Store;

use crate::chain::{Chain, Shape, genesis, new_store, open, root_of};

/// Blocks with little in them, over a state that does not grow.
const TINY: Shape = Shape {
    accounts: 60,
    writes: 8,
    transactions: 2,
    value_bytes: 24,
};
const BLOCKS: u64 = 10_000;
const WINDOW: u64 = 1_000;
/// How often a node prunes.
const STRIDE: u64 = 100;

/// Bytes that the files of a directory take on disk.
fn disk_usage(dir: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let mut bytes = 0;
    for entry in std::fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        bytes += if entry.file_type().unwrap().is_dir() {
            disk_usage(&entry.path())
        } else {
            entry.metadata().unwrap().blocks() * 512
        };
    }
    bytes
}

/// The engine's report of what it did is no data.
fn data_usage(dir: &Path) -> u64 {
    let rocks = dir.join("data/rocks");
    let reports = std::fs::read_dir(&rocks)
        .unwrap()
        .map(|entry| entry.unwrap());
    let reports = reports.filter(|entry| entry.file_name().to_string_lossy().starts_with("LOG"));
    let reports: u64 = reports
        .map(|entry| entry.metadata().unwrap().len().next_multiple_of(4096))
        .sum();
    disk_usage(dir) - reports
}

/// A chain that keeps only as much of its past as the window.
struct Window {
    chain: Chain,
    /// Everything from this height on, again, in a store that never prunes.
    kept: Vec<pyralog_primitives::write_set::CommitBatch>,
}

#[test]
fn with_a_window_the_disk_holds_little_more_than_the_window() {
    let dir = tempfile::tempdir().unwrap();
    let (live, fresh) = (dir.path().join("live"), dir.path().join("fresh"));
    let chain = Chain::new(21, TINY);
    let store = new_store(&live, &chain);
    let mut window = Window {
        chain,
        kept: Vec::new(),
    };
    let mut worst = 0;
    for height in 1..=BLOCKS {
        let commit = window.chain.next();
        store.commit(&commit).unwrap();
        window.kept.push(commit);
        // What it remembers of old states is not needed.
        let states = window.chain.states.len();
        window.chain.states[states - 2].clear();
        if height == BLOCKS - WINDOW {
            import_copy(&store, &fresh);
            window.kept.clear();
        }
        if height > WINDOW && height % STRIDE == 0 {
            store.prune(Height::new(height - WINDOW)).unwrap();
            if height > BLOCKS / 2 {
                worst = worst.max(data_usage(&live));
            }
        }
    }
    assert_eq!(store.head().unwrap().root, root_of(window.chain.state()));
    store.verify().unwrap();
    store.close().unwrap();
    let copy = open(&fresh);
    for commit in &window.kept {
        copy.commit(commit).unwrap();
    }
    copy.close().unwrap();
    let (pruned, needed) = (data_usage(&live), data_usage(&fresh));
    println!("{pruned} bytes on disk, at worst {worst}; {needed} in a fresh copy");
    assert!(pruned <= 2 * needed, "{pruned} > 2 × {needed}");
    open(&live).load_tree().unwrap();
}

fn import_copy(store: &Store, dir: &Path) {
    let mut snapshot = Vec::new();
    store.view().unwrap().export(&mut snapshot).unwrap();
    let options = pyralog_store::Options::default();
    pyralog_store::import(dir, genesis(), &options, &mut snapshot.as_slice()).unwrap();
}

#[test]
fn a_thousand_heights_are_taken_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut chain = Chain::new(22, TINY);
    let store = new_store(dir.path(), &chain);
    for _ in 0..1_010 {
        store.commit(&chain.next()).unwrap();
    }
    let to = Height::new(7);
    let root = store.state_root(to).unwrap();
    store.rollback(to).unwrap();
    chain.roll_back(to);
    assert_eq!(root, Some(root_of(chain.state())));
    assert_eq!(store.load_tree().unwrap().root(), root.unwrap());
    crate::history::compare(&store, &chain, Height::new(0), crate::history::Depth::All);
    let counts = store.verify().unwrap();
    let heights = counts
        .iter()
        .filter(|(family, _)| family.name() == "blocks");
    assert_eq!(heights.map(|(_, count)| count).sum::<u64>(), 7);
    store.commit(&chain.next()).unwrap();
}
