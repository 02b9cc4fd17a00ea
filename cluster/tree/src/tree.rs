//! The tree: one version of all entries.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyralog_primitives::kernel::RawHash;
use pyralog_primitives::state_proof::path_bit;
use pyralog_primitives::{Hash, StateRoot};

use crate::apply::{Change, Writer, fill};
use crate::entries::Entries;
use crate::entry::{Entry, part, subtree_root};
use crate::lanes::hash_page;
use crate::page::{Inner, Link, TOP, below, level};
use crate::path::{End, Path};
use crate::spare::{Spare, unshared};

/// By the hash of its key, the hash of the value that is to be there; `None`
/// removes the key.
pub type Changes = BTreeMap<Hash, Option<Hash>>;

/// All entries, and the root over them.
///
/// A clone is another version that shares every page: it costs nothing, and
/// stays what it is whatever becomes of this one.
#[derive(Clone, Default)]
pub struct StateTree {
    /// The only page whose top need not be a fork.
    top: Arc<Inner>,
    count: usize,
    /// Shared by all versions.
    spare: Arc<Mutex<Spare>>,
}

impl StateTree {
    /// The tree of these entries, hash of the key and hash of the value, in
    /// any order. Of those with one key the last one counts.
    pub fn new(entries: impl IntoIterator<Item = (Hash, Hash)>) -> Self {
        let entry = |(key, value): (Hash, Hash)| Entry {
            key: *key.as_bytes(),
            value: *value.as_bytes(),
        };
        let mut entries: Vec<Entry> = entries.into_iter().map(entry).collect();
        entries.sort_by_key(|entry| entry.key);
        keep_last(&mut entries);
        let mut tree = Self::default();
        let (top, mut spare) = (unshared(&mut tree.top), Spare::default());
        fill(&mut spare, top, TOP, 0, &entries);
        hash_page(top, 0);
        tree.count = entries.len();
        tree
    }

    #[cfg(test)]
    pub(crate) fn top(&self) -> &Inner {
        &self.top
    }

    #[cfg(test)]
    pub(crate) fn spare_page_count(&self) -> usize {
        self.lock_spare().count()
    }

    /// The root over all entries.
    pub fn root(&self) -> StateRoot {
        StateRoot::new(Hash::new(*self.top.node(TOP)))
    }

    /// How many entries there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The hash of the value under a key, by the hash of the key.
    pub fn get(&self, key: &Hash) -> Option<Hash> {
        let key = key.as_bytes();
        let (mut page, mut depth) = (&self.top, 0);
        loop {
            let place = page.end(key, depth);
            match page.link(place) {
                Link::Inner(next) => (page, depth) = (next, depth + level(place)),
                link => {
                    let mut entries = link.entries().iter();
                    let found = entries.find(|entry| entry.key == *key)?;
                    return Some(Hash::new(found.value));
                }
            }
        }
    }

    /// All entries in the order of their keys, to be built from again.
    pub fn entries(&self) -> impl Iterator<Item = (Hash, Hash)> {
        Entries::of(&self.top).map(|entry| (Hash::new(entry.key), Hash::new(entry.value)))
    }

    /// Applies changes. Clones do not see them.
    pub fn update(&mut self, changes: &Changes) {
        let changes = changes.iter().map(|(key, value)| Change {
            key: key.as_bytes(),
            value: value.as_ref().map(Hash::as_bytes),
        });
        let changes: Vec<Change<'_>> = changes.collect();
        // Taken, so that dropping a version never waits for an update.
        let spare = std::mem::take(&mut *self.lock_spare());
        let mut writer = Writer::new(spare);
        let top = writer.spare.own(&mut self.top);
        if writer.apply(top, TOP, 0, &changes) {
            hash_page(top, 0);
        }
        self.count = self.count + writer.added - writer.removed;
        self.lock_spare().join(writer.spare);
    }

    fn lock_spare(&self) -> MutexGuard<'_, Spare> {
        // Whatever became of a thread, spare pages are spare pages.
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The way to a key, by the hash of the key.
    pub fn path(&self, key: &Hash) -> Path {
        let key = key.as_bytes();
        let (mut page, mut depth, mut siblings) = (&self.top, 0, Vec::new());
        loop {
            let mut place = TOP;
            while page.is_fork(place) {
                place = below(place, key, depth);
                siblings.push(Hash::new(*page.node(place ^ 1)));
            }
            depth += level(place);
            match page.link(place) {
                Link::Inner(next) => page = next,
                link => {
                    let end = descend(link.entries(), key, depth, &mut siblings);
                    return Path { end, siblings };
                }
            }
        }
    }
}

impl Drop for StateTree {
    fn drop(&mut self) {
        // Where another version is at them, the pages are simply freed.
        if let Ok(mut spare) = self.spare.try_lock() {
            spare.strip(&mut self.top);
        }
    }
}

/// Of neighbours with one key, keeps the last.
fn keep_last(entries: &mut Vec<Entry>) {
    entries.dedup_by(|later, kept| {
        let same = later.key == kept.key;
        if same {
            kept.value = later.value;
        }
        same
    });
}

/// Goes on inside a leaf page at `depth`, to what is at the end of a key's
/// path.
fn descend(
    mut entries: &[Entry],
    key: &RawHash,
    mut depth: usize,
    siblings: &mut Vec<Hash>,
) -> End {
    while entries.len() > 1 {
        let (left, right) = part(entries, depth);
        let (own, other) = if path_bit(key, depth) {
            (right, left)
        } else {
            (left, right)
        };
        siblings.push(Hash::new(subtree_root(other, depth + 1)));
        (entries, depth) = (own, depth + 1);
    }
    match entries {
        [] => End::Nothing,
        [only, ..] if only.key == *key => End::Value(Hash::new(only.value)),
        [only, ..] => End::OtherKey {
            key: Hash::new(only.key),
            value: Hash::new(only.value),
        },
    }
}

impl std::fmt::Debug for StateTree {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StateTree({} entries, {})", self.count(), self.root())
    }
}
