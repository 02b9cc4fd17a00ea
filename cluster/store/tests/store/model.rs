//! Random histories: the store says what a plain map would say.

use std::sync::Arc;

use pyralog_primitives::{Height, StateRoot};
use pyralog_store::{AtError, CommitError, InitializeError, PruneError, RollbackError, TreeError};

use crate::chain::{Chain, SMALL, new_store, open};
use crate::history::{Depth, compare};

#[test]
fn the_store_says_what_a_plain_map_says() {
    for seed in 0..6 {
        let dir = tempfile::tempdir().unwrap();
        let mut chain = Chain::new(seed, SMALL);
        let mut store = new_store(dir.path(), &chain);
        let mut oldest = Height::new(0);
        for _ in 0..60 {
            let head = chain.head().get();
            match chain.below(12) {
                0 => {
                    let kept = head - oldest.get();
                    let to = Height::new(head - chain.below(kept + 1));
                    store.rollback(to).unwrap();
                    chain.roll_back(to);
                }
                1 => {
                    let from = Height::new(chain.below(head + 1));
                    store.prune(from).unwrap();
                    oldest = oldest.max(from);
                }
                2 => {
                    drop(store);
                    store = open(dir.path());
                }
                3 => {
                    store.close().unwrap();
                    store = open(dir.path());
                }
                _ => store.commit(&chain.next()).unwrap(),
            }
            compare(&store, &chain, oldest, Depth::Head);
        }
        compare(&store, &chain, oldest, Depth::All);
    }
}

#[test]
fn a_view_stays_at_its_height() {
    let dir = tempfile::tempdir().unwrap();
    let mut chain = Chain::new(1, SMALL);
    let store = new_store(dir.path(), &chain);
    for _ in 0..5 {
        store.commit(&chain.next()).unwrap();
    }
    let view = store.view().unwrap();
    let (height, state) = (chain.head(), chain.state().clone());
    for _ in 0..5 {
        store.commit(&chain.next()).unwrap();
    }
    store.rollback(Height::new(2)).unwrap();
    assert_eq!(view.head().height, height);
    for (key, value) in &state {
        assert_eq!(view.get(key).unwrap().as_ref(), Some(value));
        assert_eq!(
            view.get_at(key, Height::new(3)).unwrap().as_ref(),
            chain.states[3].get(key)
        );
    }
}

#[test]
fn only_the_next_block_is_committed() {
    let dir = tempfile::tempdir().unwrap();
    let mut chain = Chain::new(2, SMALL);
    let store = open(dir.path());
    let first = chain.next();
    assert_eq!(store.commit(&first), Err(CommitError::NotInitialized));
    assert!(matches!(store.load_tree(), Err(TreeError::NotInitialized)));
    let (writes, root) = chain.first();
    store.initialize(&writes, root).unwrap();
    let again = store.initialize(&writes, root);
    assert!(matches!(again, Err(InitializeError::Initialized { .. })));
    let second = chain.next();
    let (expected, found) = (Height::new(1), Height::new(2));
    assert_eq!(
        store.commit(&second),
        Err(CommitError::Height { expected, found })
    );
    store.commit(&first).unwrap();

    let mut other = second.clone();
    Arc::make_mut(&mut other.block).header.parent = second.block.id();
    assert!(matches!(
        store.commit(&other),
        Err(CommitError::Parent { .. })
    ));
    let mut other = second.clone();
    Arc::make_mut(&mut other.block).header.genesis = pyralog_primitives::GenesisHash::ZERO;
    assert!(matches!(
        store.commit(&other),
        Err(CommitError::ForeignChain { .. })
    ));
    let mut other = second.clone();
    other.certificate = first.certificate.clone();
    assert!(matches!(
        store.commit(&other),
        Err(CommitError::Certificate { .. })
    ));
    let mut other = second.clone();
    other.receipts.push(crate::chain::receipt(7));
    assert!(matches!(
        store.commit(&other),
        Err(CommitError::ReceiptCount { .. })
    ));
    assert_eq!(store.head().unwrap().height, Height::new(1));
    store.commit(&second).unwrap();
}

#[test]
fn heights_that_are_not_there_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let mut chain = Chain::new(3, SMALL);
    let store = new_store(dir.path(), &chain);
    for _ in 0..9 {
        store.commit(&chain.next()).unwrap();
    }
    let head = chain.head();
    let key = crate::chain::account(1);
    let asked = Height::new(10);
    assert_eq!(
        store.get_at(&key, asked),
        Err(AtError::NotYet { asked, head })
    );
    store.prune(Height::new(4)).unwrap();
    let (asked, oldest) = (Height::new(3), Height::new(4));
    assert_eq!(
        store.get_at(&key, asked),
        Err(AtError::Pruned { asked, oldest })
    );
    let to = asked;
    assert_eq!(
        store.rollback(to),
        Err(RollbackError::Pruned { to, oldest })
    );
    let to = Height::new(10);
    assert_eq!(
        store.rollback(to),
        Err(RollbackError::AboveHead { to, head })
    );
    let keep_from = to;
    assert_eq!(
        store.prune(to),
        Err(PruneError::AboveHead { keep_from, head })
    );
    store.rollback(oldest).unwrap();
    chain.roll_back(oldest);
    compare(&store, &chain, oldest, Depth::All);
}

#[test]
fn a_root_that_was_not_the_state_s_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let mut chain = Chain::new(4, SMALL);
    let store = new_store(dir.path(), &chain);
    let mut commit = chain.next();
    commit.state_root = StateRoot::ZERO;
    store.commit(&commit).unwrap();
    let error = store.load_tree().err().unwrap();
    let TreeError::OtherRoot {
        height, committed, ..
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!((*height, *committed), (Height::new(1), StateRoot::ZERO));
}
