//! Changing what the pages hold.
//!
//! Changes come sorted and are parted at each fork. A page that another
//! version holds is copied on the way, any other is changed where it is. What
//! is to be hashed is marked only; where many changes end below one place they
//! are hashed at once, while their pages are in the cache.

use pyralog_primitives::kernel::RawHash;
use pyralog_primitives::state_proof::path_bit;

use crate::entry::{Entry, part};
use crate::lanes::hash_page;
use crate::page::{Inner, LEAF_ENTRY_COUNT_MAX, Link, TOP, WIDTH};
use crate::spare::{Spare, unshared};

/// Places with more changes below are hashed by themselves. More, and their
/// pages leave the cache before they are hashed; fewer, and the lanes of
/// BLAKE3 are not filled.
const TOGETHER: usize = 128;

/// A key and what is to be there; no value removes it.
#[derive(Clone, Copy)]
pub(crate) struct Change<'c> {
    pub(crate) key: &'c RawHash,
    pub(crate) value: Option<&'c RawHash>,
}

/// Applies changes to pages.
#[derive(Default)]
pub(crate) struct Writer {
    /// Keys that were not there before.
    pub(crate) added: usize,
    /// Keys that are no longer there.
    pub(crate) removed: usize,
    /// Where pages are taken from.
    pub(crate) spare: Spare,
    /// Room for the entries of a leaf page and what comes to it.
    merged: Vec<Entry>,
}

impl Writer {
    /// A writer with pages to use.
    pub(crate) fn new(spare: Spare) -> Self {
        Self {
            spare,
            ..Self::default()
        }
    }

    /// Applies sorted changes below one place of a page, itself at `depth`.
    /// Returns whether anything is different now.
    pub(crate) fn apply(
        &mut self,
        page: &mut Inner,
        place: usize,
        depth: usize,
        changes: &[Change<'_>],
    ) -> bool {
        if changes.is_empty() {
            return false;
        }
        if page.is_fork(place) {
            let (left, right) = part_changes(changes, depth);
            let removed_before = self.removed;
            let left = self.apply(page, 2 * place, depth + 1, left);
            let right = self.apply(page, 2 * place + 1, depth + 1, right);
            if left || right {
                page.dirty.insert(place);
            }
            if self.removed > removed_before {
                join(&mut self.spare, page, place);
            }
            left || right
        } else if let Link::Inner(below) = page.link_mut(place) {
            let below = self.spare.own(below);
            let differs = self.apply(below, TOP, depth, changes);
            if differs {
                settle(page, place, depth, changes.len());
            }
            differs
        } else {
            self.apply_to_leaf(page, place, depth, changes)
        }
    }

    fn apply_to_leaf(
        &mut self,
        page: &mut Inner,
        place: usize,
        depth: usize,
        changes: &[Change<'_>],
    ) -> bool {
        let mut merged = std::mem::take(&mut self.merged);
        let differs = self.merge(page.link(place).entries(), changes, &mut merged);
        if differs {
            fill(&mut self.spare, page, place, depth, &merged);
        }
        self.merged = merged;
        differs
    }

    /// Puts entries with changes applied into `merged`. Returns whether they
    /// differ.
    fn merge(&mut self, old: &[Entry], changes: &[Change<'_>], merged: &mut Vec<Entry>) -> bool {
        merged.clear();
        let mut old = old.iter().peekable();
        let mut differs = false;
        for change in changes {
            while let Some(entry) = old.next_if(|entry| entry.key < *change.key) {
                merged.push(*entry);
            }
            let before = old.next_if(|entry| entry.key == *change.key);
            differs |= before.map(|entry| &entry.value) != change.value;
            self.added += usize::from(before.is_none() && change.value.is_some());
            self.removed += usize::from(before.is_some() && change.value.is_none());
            merged.extend(change.value.map(|value| Entry {
                key: *change.key,
                value: *value,
            }));
        }
        merged.extend(old);
        differs
    }
}

/// Hangs sorted entries at a place that is no fork, itself at `depth`: in one
/// leaf page, or in as many as they need.
pub(crate) fn fill(
    spare: &mut Spare,
    page: &mut Inner,
    place: usize,
    depth: usize,
    entries: &[Entry],
) {
    if entries.len() <= LEAF_ENTRY_COUNT_MAX {
        spare.put(page.link_mut(place), entries);
        page.dirty.insert(place);
    } else if place < WIDTH {
        *page.link_mut(place) = Link::Empty;
        page.forks.insert(place);
        page.dirty.insert(place);
        let (left, right) = part(entries, depth);
        fill(spare, page, 2 * place, depth + 1, left);
        fill(spare, page, 2 * place + 1, depth + 1, right);
    } else {
        let mut below = spare.inner();
        fill(spare, unshared(&mut below), TOP, depth, entries);
        *page.link_mut(place) = Link::Inner(below);
        settle(page, place, depth, entries.len());
    }
}

/// Makes one leaf page of what hangs below a fork, if it fits into one.
fn join(spare: &mut Spare, page: &mut Inner, place: usize) {
    let sides = [2 * place, 2 * place + 1];
    let is_few = |place| !page.is_fork(place) && !matches!(page.link(place), Link::Inner(_));
    if !sides.into_iter().all(is_few) {
        return;
    }
    let entries = sides.map(|place| page.link(place).entries()).concat();
    if entries.len() > LEAF_ENTRY_COUNT_MAX {
        return;
    }
    for place in sides {
        *page.link_mut(place) = Link::Empty;
        page.dirty.remove(place);
    }
    page.forks.remove(place);
    spare.put(page.link_mut(place), &entries);
}

/// After `count` changes below the inner page at a place: hashes it if they
/// were many, marks it if not. A page that was left with few entries goes.
fn settle(page: &mut Inner, place: usize, depth: usize, count: usize) {
    let Link::Inner(below) = page.link_mut(place) else {
        return;
    };
    let below = unshared(below);
    if !below.is_fork(TOP) {
        let only = std::mem::take(below.link_mut(TOP));
        *page.link_mut(place) = only;
        page.dirty.insert(place);
    } else if count > TOGETHER {
        let hash = hash_page(below, depth);
        page.set_node(place, &hash);
    } else {
        page.dirty.insert(place);
    }
}

fn part_changes<'a, 'c>(
    changes: &'a [Change<'c>],
    depth: usize,
) -> (&'a [Change<'c>], &'a [Change<'c>]) {
    changes.split_at(changes.partition_point(|change| !path_bit(change.key, depth)))
}
