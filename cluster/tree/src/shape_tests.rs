//! Claims about the pages in memory, which cannot be seen from outside.

use std::collections::BTreeMap;
use std::sync::Arc;

use pyralog_primitives::Hash;
use pyralog_primitives::kernel::RawHash;
use pyralog_primitives::state_proof::node;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use crate::entry::{EMPTY, Entry, subtree_root};
use crate::page::{Inner, LEAF_ENTRY_COUNT_MAX, Link, Places, TOP, WIDTH, slot};
use crate::{Changes, StateTree};

/// What a subtree in memory consists of.
#[derive(Default)]
struct Found {
    entries: Vec<Entry>,
    page_count: usize,
    /// Depth and number of entries of each leaf page.
    shape: Vec<(usize, usize)>,
}

/// Checks every page of a version, and says what was found.
fn check(tree: &StateTree) -> Found {
    let mut found = Found::default();
    check_page(tree.top(), 0, &mut found);
    assert_eq!(found.entries.len(), tree.count());
    found
}

fn check_page(page: &Inner, depth: usize, found: &mut Found) -> RawHash {
    found.page_count += 1;
    assert_eq!(page.dirty, Places::default(), "something is still marked");
    let mut used = [false; WIDTH];
    let root = check_place(page, TOP, depth, found, &mut used);
    let unused = page.links.iter().zip(used).filter(|(_, used)| !used);
    for (link, _) in unused {
        assert!(matches!(link, Link::Empty), "a page hangs below a page");
    }
    root
}

fn check_place(
    page: &Inner,
    place: usize,
    depth: usize,
    found: &mut Found,
    used: &mut [bool; WIDTH],
) -> RawHash {
    let root = if page.is_fork(place) {
        assert!(place < WIDTH);
        let first = found.entries.len();
        let left = check_place(page, 2 * place, depth + 1, found, used);
        let right = check_place(page, 2 * place + 1, depth + 1, found, used);
        let count = found.entries.len() - first;
        assert!(count > LEAF_ENTRY_COUNT_MAX, "a fork of {count} entries");
        node(&left, &right)
    } else {
        used[slot(place)] = true;
        check_link(page.link(place), place, depth, found)
    };
    assert_eq!(*page.node(place), root, "place {place}, depth {depth}");
    root
}

fn check_link(link: &Link, place: usize, depth: usize, found: &mut Found) -> RawHash {
    match link {
        Link::Empty => EMPTY,
        Link::Leaf(leaf) => {
            let entries = leaf.entries();
            assert!((1..=LEAF_ENTRY_COUNT_MAX).contains(&entries.len()));
            found.page_count += 1;
            found.shape.push((depth, entries.len()));
            found.entries.extend_from_slice(entries);
            subtree_root(entries, depth)
        }
        Link::Inner(page) => {
            assert!(place >= WIDTH && page.is_fork(TOP));
            check_page(page, depth, found)
        }
    }
}

fn random_hash(rng: &mut ChaCha8Rng) -> Hash {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    Hash::new(bytes)
}

/// A key of few bits that vary, so that keys are near each other and met again.
fn near_key(rng: &mut ChaCha8Rng) -> Hash {
    let mut bytes = [0; 32];
    bytes[0] = rng.next_u32().to_le_bytes()[0] & 0x81;
    bytes[20] = rng.next_u32().to_le_bytes()[0];
    bytes[31] = rng.next_u32().to_le_bytes()[0] & 0x0f;
    Hash::new(bytes)
}

fn random_changes(rng: &mut ChaCha8Rng, count: usize, removals_percent: u32) -> Changes {
    let change = |_| {
        let near = rng.next_u32().is_multiple_of(2);
        let key = if near {
            near_key(rng)
        } else {
            let mut key = *random_hash(rng).as_bytes();
            key[2..].fill(0);
            key[0] &= 0x0f;
            Hash::new(key)
        };
        let remove = rng.next_u32() % 100 < removals_percent;
        (key, (!remove).then(|| random_hash(rng)))
    };
    (0..count).map(change).collect()
}

#[test]
fn pages_are_those_of_a_tree_built_at_once() {
    for seed in 0..6 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (mut tree, mut entries) = (StateTree::default(), BTreeMap::new());
        let mut old = Vec::new();
        for step in 0..30_u32 {
            let removals_percent = if step < 15 { 20 } else { 90 };
            // Both sides of what is hashed together.
            let count = rng.next_u32() % if step.is_multiple_of(3) { 2000 } else { 40 };
            let count = usize::try_from(count).unwrap();
            let changes = random_changes(&mut rng, count, removals_percent);
            if step.is_multiple_of(2) {
                old.push(tree.clone());
            }
            tree.update(&changes);
            for (key, value) in changes {
                match value {
                    Some(value) => entries.insert(key, value),
                    None => entries.remove(&key),
                };
            }
            let pairs = || entries.iter().map(|(key, value)| (*key, *value));
            let (found, fresh) = (check(&tree), check(&StateTree::new(pairs())));
            assert_eq!(found.shape, fresh.shape, "seed {seed}, step {step}");
            assert_eq!(found.page_count, fresh.page_count);
            assert!(tree.entries().eq(pairs()));
        }
        for version in old {
            check(&version);
        }
    }
}

#[test]
fn what_is_removed_takes_its_pages_along() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let keys: Vec<Hash> = (0..20_000).map(|_| random_hash(&mut rng)).collect();
    let mut tree = StateTree::new(keys.iter().map(|key| (*key, Hash::ZERO)));
    let mut left = keys.as_slice();
    while left.len() > 3 {
        let (gone, kept) = left.split_at(left.len() / 2);
        tree.update(&gone.iter().map(|key| (*key, None)).collect());
        left = kept;
        // At least one entry in two pages, and the top.
        let bound = left.len() * 2 + 1;
        assert!(check(&tree).page_count <= bound, "{} entries", left.len());
    }
    assert_eq!(check(&tree).shape, [(0, left.len())]);
    tree.update(&left.iter().map(|key| (*key, None)).collect());
    assert_eq!(check(&tree).page_count, 1);
}

#[test]
fn only_pages_on_the_way_to_a_change_are_copied() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let keys: Vec<Hash> = (0..5000).map(|_| random_hash(&mut rng)).collect();
    let mut tree = StateTree::new(keys.iter().map(|key| (*key, Hash::ZERO)));
    let old = tree.clone();
    tree.update(&Changes::from([(keys[0], Some(keys[1]))]));
    let shared = |a: &Link, b: &Link| match (a, b) {
        (Link::Inner(a), Link::Inner(b)) => Arc::ptr_eq(a, b),
        _ => panic!("the top of so many entries has inner pages only"),
    };
    let links = tree.top().links.iter().zip(&old.top().links);
    let copied = links.filter(|(a, b)| !shared(a, b)).count();
    assert_eq!(copied, 1);
    // What was not there and is not to be there copies nothing that is marked.
    let before = tree.root();
    tree.update(&Changes::from([(random_hash(&mut rng), None)]));
    assert_eq!((tree.root(), tree.count()), (before, 5000));
    check(&tree);
}

#[test]
fn pages_of_a_version_that_goes_are_used_again() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let keys: Vec<Hash> = (0..5000).map(|_| random_hash(&mut rng)).collect();
    let mut tree = StateTree::new(keys.iter().map(|key| (*key, Hash::ZERO)));
    let changes: Changes = keys[..50].iter().map(|key| (*key, Some(*key))).collect();
    let old = tree.clone();
    tree.update(&changes);
    assert_eq!(tree.spare_page_count(), 0);
    drop(old);
    let spare = tree.spare_page_count();
    assert!((60..300).contains(&spare), "{spare} pages were held once");
    let old = tree.clone();
    tree.update(
        &keys[..50]
            .iter()
            .map(|key| (*key, Some(keys[60])))
            .collect(),
    );
    // The top page is freed, not kept; it is the one that is made anew.
    assert_eq!(tree.spare_page_count(), 0);
    check(&tree);
    check(&old);
}
