//! Checkpoints and snapshots: another store of the same state.

use std::fs;

use pyralog_primitives::{GenesisHash, Height, StateRoot};
use pyralog_store::{CheckpointError, ImportError, Options, Store, import};

use crate::chain::{Chain, SMALL, State, genesis, new_store, open};
use crate::history::{Depth, compare};

/// A store with some history, and its snapshot.
fn exported(chain: &mut Chain) -> (tempfile::TempDir, Store, Vec<u8>) {
    let dir = tempfile::tempdir().unwrap();
    let store = new_store(dir.path(), chain);
    for _ in 0..30 {
        store.commit(&chain.next()).unwrap();
    }
    let mut snapshot = Vec::new();
    let count = store.view().unwrap().export(&mut snapshot).unwrap();
    assert_eq!(count, chain.state().len() as u64);
    (dir, store, snapshot)
}

fn import_into(dir: &std::path::Path, snapshot: &[u8]) -> Result<(), ImportError> {
    import(dir, genesis(), &Options::default(), &mut &*snapshot).map(|_| ())
}

#[test]
fn a_checkpoint_is_a_store_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let mut chain = Chain::new(11, SMALL);
    let store = new_store(&dir.path().join("live"), &chain);
    for _ in 0..20 {
        store.commit(&chain.next()).unwrap();
    }
    let copy = dir.path().join("copies/first");
    store.checkpoint(&copy).unwrap();
    let mut branch = chain.clone();
    let again = store.checkpoint(&copy);
    assert!(
        matches!(again, Err(CheckpointError::Exists { .. })),
        "{again:?}"
    );
    store.commit(&chain.next()).unwrap();
    let copied = open(&copy);
    compare(&copied, &branch, Height::new(0), Depth::All);
    copied.rollback(Height::new(4)).unwrap();
    branch.roll_back(Height::new(4));
    copied.commit(&branch.next()).unwrap();
    compare(&copied, &branch, Height::new(0), Depth::All);
    compare(&store, &chain, Height::new(0), Depth::All);
}

#[test]
fn an_imported_store_goes_on_from_the_height_of_its_snapshot() {
    let mut chain = Chain::new(12, SMALL);
    let (_live, store, snapshot) = exported(&mut chain);
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("copy");
    let head = import(
        &copy,
        genesis(),
        &Options::default(),
        &mut snapshot.as_slice(),
    )
    .unwrap();
    assert_eq!(Some(head), store.head());
    let copied = open(&copy);
    assert_eq!(copied.head(), Some(head));
    copied.verify().unwrap();
    let mut again = Vec::new();
    copied.view().unwrap().export(&mut again).unwrap();
    assert!(again == snapshot, "one state has one snapshot");

    let base = chain.head();
    for _ in 0..12 {
        let commit = chain.next();
        copied.commit(&commit).unwrap();
        store.commit(&commit).unwrap();
    }
    // Its own block was never there; all above are, and their history.
    assert_eq!(copied.block(base).unwrap(), None);
    for key in chain.state().keys() {
        for height in base.get()..=chain.head().get() {
            let height = Height::new(height);
            assert_eq!(copied.get_at(key, height), store.get_at(key, height));
        }
    }
    copied.prune(Height::new(base.get() + 4)).unwrap();
    copied.rollback(Height::new(base.get() + 6)).unwrap();
    chain.roll_back(Height::new(base.get() + 6));
    compare(&copied, &chain, Height::new(base.get() + 4), Depth::Head);
    copied.verify().unwrap();
}

#[test]
fn a_rollback_ends_at_the_height_of_an_import() {
    let mut chain = Chain::new(13, SMALL);
    let (_live, _store, snapshot) = exported(&mut chain);
    let dir = tempfile::tempdir().unwrap();
    import_into(dir.path(), &snapshot).unwrap();
    let copied = open(dir.path());
    let head = copied.head();
    let base = chain.head();
    for _ in 0..3 {
        copied.commit(&chain.next()).unwrap();
    }
    copied.rollback(base).unwrap();
    assert_eq!(copied.head(), head);
    copied.load_tree().unwrap();
    chain.roll_back(base);
    copied.commit(&chain.next()).unwrap();
    copied.prune(chain.head()).unwrap();
    copied.verify().unwrap();
}

#[test]
fn a_snapshot_that_was_cut_or_changed_is_refused() {
    let mut chain = Chain::new(14, SMALL);
    let (_live, _store, snapshot) = exported(&mut chain);
    let dir = tempfile::tempdir().unwrap();
    let header = 6 + 2 + 32 + 8 + 32 + 32;
    for cut in [
        0,
        3,
        7,
        20,
        header - 1,
        header,
        header + 1,
        snapshot.len() - 1,
    ] {
        let error = import_into(dir.path(), &snapshot[..cut]).unwrap_err();
        let named = match cut {
            0..6 => matches!(error, ImportError::NotASnapshot),
            _ => matches!(error, ImportError::Truncated { .. }),
        };
        assert!(named, "{cut}: {error}");
    }
    for place in (0..snapshot.len()).step_by(snapshot.len() / 150) {
        let mut changed = snapshot.clone();
        changed[place] ^= 1 << (place % 8);
        let error = import_into(dir.path(), &changed).unwrap_err();
        let named = match place {
            0..6 => matches!(error, ImportError::NotASnapshot),
            6..8 => matches!(
                error,
                ImportError::NewerVersion { .. } | ImportError::NotASnapshot
            ),
            8..40 => matches!(error, ImportError::ForeignChain { .. }),
            _ => matches!(
                error,
                ImportError::Changed { .. }
                    | ImportError::Truncated { .. }
                    | ImportError::OtherRoot { .. }
            ),
        };
        assert!(named, "{place}: {error}");
    }
    let mut longer = snapshot.clone();
    longer.push(0);
    let error = import_into(dir.path(), &longer).unwrap_err();
    assert!(matches!(error, ImportError::Changed { .. }), "{error}");
    // Nothing of all that has become a store, and the way is free.
    assert!(!dir.path().join("data").exists());
    import_into(dir.path(), &snapshot).unwrap();
    let error = import_into(dir.path(), &snapshot).unwrap_err();
    assert!(matches!(error, ImportError::NotEmpty { .. }), "{error}");
}

#[test]
fn a_snapshot_that_lies_about_its_root_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut chain = Chain::new(15, SMALL);
    let store = new_store(&dir.path().join("live"), &chain);
    let state = State::new();
    let mut writes = pyralog_primitives::write_set::WriteSet::new();
    for key in chain.state().keys() {
        writes.set(key.clone(), None);
    }
    store
        .commit(&chain.next_with(writes, state, StateRoot::ZERO))
        .unwrap();
    let mut snapshot = Vec::new();
    store.view().unwrap().export(&mut snapshot).unwrap();
    // Of nothing, zero is the root.
    import_into(&dir.path().join("right"), &snapshot).unwrap();

    let (writes, state) = chain.draw_state();
    let lie = StateRoot::new(pyralog_primitives::Hash::new([7; 32]));
    store.commit(&chain.next_with(writes, state, lie)).unwrap();
    let mut snapshot = Vec::new();
    store.view().unwrap().export(&mut snapshot).unwrap();
    let error = import_into(&dir.path().join("lie"), &snapshot).unwrap_err();
    let ImportError::OtherRoot { promised, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(promised, lie);
    assert!(!dir.path().join("lie/data").exists());
}

#[test]
fn a_snapshot_is_not_taken_into_what_is_not_empty() {
    let mut chain = Chain::new(16, SMALL);
    let (_live, _store, snapshot) = exported(&mut chain);
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("letter"), "dear").unwrap();
    let error = import_into(dir.path(), &snapshot).unwrap_err();
    assert!(error.to_string().contains("letter"), "{error}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    let other = GenesisHash::ZERO;
    let empty = tempfile::tempdir().unwrap();
    let error = import(
        empty.path(),
        other,
        &Options::default(),
        &mut snapshot.as_slice(),
    );
    let error = error.unwrap_err();
    assert!(matches!(&error, ImportError::ForeignChain { expected, .. } if *expected == other));
    assert_eq!(fs::read_dir(empty.path()).unwrap().count(), 0);
}
