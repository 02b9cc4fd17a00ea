//! A disk that refuses: the store stops, says why, and loses nothing.

use std::path::Path;

use pyralog_primitives::{ByteCount, Height};
use pyralog_store::{CommitError, Options, PruneError, RollbackError, Room, Store};

use crate::chain::{Chain, SMALL, Shape, genesis, new_store, open};
use crate::history::{Depth, compare};
use crate::process::{role, say, start_short_of_space};

const TEST: &str = "failure::a_full_disk_stops_the_store_and_loses_nothing";
const SHAPE: Shape = Shape {
    accounts: 2_000,
    writes: 500,
    transactions: 20,
    value_bytes: 300,
};
#[test]
fn a_full_disk_stops_the_store_and_loses_nothing() {
    if let Some((_, dir)) = role() {
        return fill(&dir);
    }
    let dir = tempfile::tempdir().unwrap();
    let mut started = start_short_of_space(TEST, "fill", dir.path());
    let mut said = Vec::new();
    while let Some(line) = started.says() {
        said.push(line);
    }
    assert!(started.child.wait().unwrap().success(), "{said:?}");
    let height: u64 = said[0].parse().unwrap();
    assert!(height > 2, "{said:?}");
    let stopped = format!(
        "the store is stopped: committing height {} failed: ",
        height + 1
    );
    assert!(said[1].starts_with(&stopped), "{said:?}");
    assert!(said[1].contains("File too large"), "{said:?}");

    let store = open(dir.path());
    let found = store.head().unwrap().height.get();
    assert!(found == height || found == height + 1, "{found}, {said:?}");
    let mut chain = Chain::new(1, SHAPE);
    while chain.head().get() < found {
        chain.next();
    }
    compare(&store, &chain, Height::new(0), Depth::Head);
    store.commit(&chain.next()).unwrap();
}

/// Commits until the disk refuses; then tries on.
fn fill(dir: &Path) {
    let mut chain = Chain::new(1, SHAPE);
    let store = new_store(dir, &chain);
    let (acknowledged, error) = loop {
        let before = chain.clone();
        if let Err(error) = store.commit(&chain.next()) {
            break (before, error);
        }
    };
    let CommitError::Stopped(stopped) = &error else {
        panic!("{error}");
    };
    say(&acknowledged.head().to_string());
    say(&error.to_string());
    assert_eq!(store.stopped(), Some(stopped));
    // The same cause is given to whoever writes later; nothing is retried.
    assert_eq!(store.commit(&chain.next()), Err(error.clone()));
    let rollback = store.rollback(Height::new(1));
    assert_eq!(rollback, Err(RollbackError::Stopped(stopped.clone())));
    let prune = store.prune(Height::new(1));
    assert_eq!(prune, Err(PruneError::Stopped(stopped.clone())));
    // What was acknowledged is still read.
    compare(&store, &acknowledged, Height::new(0), Depth::Head);
}

#[test]
fn little_space_is_said_to_be_low() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), genesis(), Options::default()).unwrap();
    let free = match store.room().unwrap() {
        Room::Enough { free } | Room::Low { free, .. } => free,
    };
    drop(store);
    let reserve = ByteCount::new(u64::MAX);
    let options = Options {
        reserve,
        ..Options::default()
    };
    let store = Store::open(dir.path(), genesis(), options).unwrap();
    assert!(matches!(store.room().unwrap(), Room::Low { reserve: said, .. } if said == reserve));
    assert!(free < reserve);
    // It is said, and no more: commits go on until one fails.
    let mut chain = Chain::new(3, SMALL);
    let (writes, root) = chain.first();
    store.initialize(&writes, root).unwrap();
    store.commit(&chain.next()).unwrap();
    let reserve = ByteCount::new(1);
    let options = Options {
        reserve,
        ..Options::default()
    };
    drop(store);
    let store = Store::open(dir.path(), genesis(), options).unwrap();
    assert!(matches!(store.room().unwrap(), Room::Enough { .. }));
}
