//! What the store says, compared with what the chain remembers.

use std::collections::{BTreeMap, BTreeSet};

use pyralog_primitives::Height;
use pyralog_primitives::action::{Key, Name};
use pyralog_primitives::receipt::{Outcome, Receipt};
use pyralog_primitives::state::StateKey;
use pyralog_store::{AtError, Family, Store, Term, TransactionPlace};

use crate::chain::{Chain, State, account, root_of};

/// How much is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// All of the head, and the history of it.
    All,
    /// The state of the head, and the newest of the rest.
    Head,
}

/// Compares all that the store says with the chain, from `oldest` on.
pub(crate) fn compare(store: &Store, chain: &Chain, oldest: Height, depth: Depth) {
    let head = store.head().unwrap();
    assert_eq!(head.height, chain.head());
    assert_eq!(store.oldest(), oldest);
    assert_eq!(head.root, root_of(chain.state()));
    let tree = store.load_tree().expect("the state is the committed one");
    assert_eq!(tree.root(), head.root);
    compare_state(store, chain);
    let from = match depth {
        Depth::All => 0,
        Depth::Head => head.height.get().saturating_sub(2),
    };
    for height in from..=head.height.get() {
        let height = Height::new(height);
        compare_block(store, chain, height, oldest);
        compare_state_at(store, chain, height, oldest);
    }
    if depth == Depth::All {
        compare_events(store, chain, oldest);
        compare_counts(store, chain, oldest);
    }
}

/// Compares how many rows there are: none is missing, and none is left over.
fn compare_counts(store: &Store, chain: &Chain, oldest: Height) {
    let kept = |height: &u64| *height >= oldest.get();
    let kept_blocks = (1..).zip(&chain.commits).filter(|(height, _)| kept(height));
    let blocks: Vec<_> = kept_blocks.map(|(_, commit)| commit).collect();
    // What a height replaced is the way to the one before.
    let changes = (1..)
        .zip(&chain.commits)
        .filter(|(height, _)| *height > oldest.get());
    let changes: Vec<_> = changes
        .map(|(_, commit)| commit.write_set.count())
        .collect();
    let terms = blocks.iter().map(|commit| terms(&commit.receipts).len());
    for (family, count) in store.verify().unwrap() {
        let expected = match family {
            Family::Blocks | Family::Certificates | Family::Receipts | Family::BlockIds => {
                blocks.len()
            }
            Family::Transactions => blocks.iter().map(|commit| commit.receipts.len()).sum(),
            Family::Events => terms.clone().sum(),
            Family::State => chain.state().len(),
            Family::Versions => changes.iter().sum(),
            Family::Changes => changes.len(),
            Family::Roots => changes.len() + 1,
            Family::Meta => 1,
        };
        assert_eq!(count, expected as u64, "{family}");
    }
}

/// The terms of a block's events.
fn terms(receipts: &[Receipt]) -> BTreeSet<Term> {
    let outcomes = receipts.iter().map(|receipt| &receipt.outcome);
    outcomes.flat_map(terms_of).collect()
}

fn terms_of(outcome: &Outcome) -> BTreeSet<Term> {
    let Outcome::Applied { events } = outcome else {
        return BTreeSet::new();
    };
    let mut terms = BTreeSet::new();
    for event in events.iter() {
        terms.insert(Term::name(&event.name));
        for attribute in event.attributes.iter() {
            let (name, value) = (&attribute.name, &attribute.value);
            terms.insert(Term::attribute(&event.name, name, value));
        }
    }
    terms
}

/// All keys that any state of the chain has, and one that none has.
fn keys(chain: &Chain) -> BTreeSet<StateKey> {
    let mut keys: BTreeSet<StateKey> = chain
        .states
        .iter()
        .flat_map(BTreeMap::keys)
        .cloned()
        .collect();
    keys.insert(account(u64::MAX));
    keys
}

fn compare_state(store: &Store, chain: &Chain) {
    let keys: Vec<StateKey> = keys(chain).into_iter().collect();
    let view = store.view().unwrap();
    let many = store.get_many(&keys).unwrap();
    for (key, found) in keys.iter().zip(&many) {
        assert_eq!(found.as_ref(), chain.state().get(key), "{key:?}");
        assert_eq!(&store.get(key).unwrap(), found, "{key:?}");
        assert_eq!(&view.get(key).unwrap(), found, "{key:?}");
    }
    for namespace in ["a", "a.b", "b"] {
        let namespace = Name::new(namespace).unwrap();
        compare_entries(store, chain.state(), &namespace);
    }
}

fn compare_entries(store: &Store, state: &State, namespace: &Name) {
    let expected: Vec<_> = state
        .iter()
        .filter_map(|(key, value)| match key {
            StateKey::Entry { namespace: of, key } if of == namespace => Some((key, value)),
            _ => None,
        })
        .collect();
    let view = store.view().unwrap();
    let mut start = Key::default();
    let mut found = Vec::new();
    loop {
        let page = view.entries(namespace, &start, 2).unwrap();
        found.extend(
            page.iter()
                .map(|entry| (entry.key.clone(), entry.value.clone())),
        );
        let [_, last] = page.as_slice() else { break };
        // The key right behind the last one.
        let mut next = last.key.to_vec();
        next.push(0);
        start = Key::new(next).unwrap();
    }
    let found: Vec<_> = found.iter().map(|(key, value)| (key, value)).collect();
    assert_eq!(found, expected);
}

fn compare_state_at(store: &Store, chain: &Chain, height: Height, oldest: Height) {
    let view = store.view().unwrap();
    let state = &chain.states[height.get() as usize];
    for key in keys(chain) {
        let found = view.get_at(&key, height);
        if height < oldest {
            let asked = height;
            assert_eq!(found, Err(AtError::Pruned { asked, oldest }));
            return;
        }
        assert_eq!(
            found.unwrap().as_ref(),
            state.get(&key),
            "{key:?} at {height}"
        );
    }
    let root = store.state_root(height).unwrap();
    assert_eq!(root, Some(root_of(state)), "{height}");
}

fn compare_block(store: &Store, chain: &Chain, height: Height, oldest: Height) {
    let Some(index) = height.get().checked_sub(1) else {
        assert_eq!(store.block(height).unwrap(), None);
        return;
    };
    let commit = &chain.commits[index as usize];
    let kept = height >= oldest;
    let id = commit.block.id();
    assert_eq!(
        store.block(height).unwrap().as_ref(),
        kept.then_some(&*commit.block)
    );
    assert_eq!(
        store.certificate(height).unwrap().as_ref(),
        kept.then_some(&commit.certificate)
    );
    assert_eq!(
        store.receipts(height).unwrap().as_ref(),
        kept.then_some(&commit.receipts)
    );
    assert_eq!(store.block_height(id).unwrap(), kept.then_some(height));
    for (receipt, position) in commit.receipts.iter().zip(0..) {
        let place = TransactionPlace { height, position };
        let id = receipt.transaction;
        assert_eq!(store.transaction_place(id).unwrap(), kept.then_some(place));
        assert_eq!(
            store.transaction_receipt(id).unwrap().as_ref(),
            kept.then_some(receipt)
        );
    }
}

/// Looks for each term page by page.
fn compare_events(store: &Store, chain: &Chain, oldest: Height) {
    let mut expected: BTreeMap<Term, BTreeSet<TransactionPlace>> = BTreeMap::new();
    for commit in &chain.commits {
        let height = commit.block.header.height;
        for (receipt, position) in commit.receipts.iter().zip(0..) {
            for term in terms_of(&receipt.outcome) {
                let places = expected.entry(term).or_default();
                if height >= oldest {
                    places.insert(TransactionPlace { height, position });
                }
            }
        }
    }
    for (term, places) in expected {
        let mut found = Vec::new();
        let mut from = TransactionPlace {
            height: Height::new(0),
            position: 0,
        };
        loop {
            let page = store.events(term, from, 3).unwrap();
            assert!(page.places.len() <= 3);
            found.extend(page.places);
            let Some(next) = page.next else { break };
            from = next;
        }
        assert_eq!(found, places.into_iter().collect::<Vec<_>>());
    }
}
