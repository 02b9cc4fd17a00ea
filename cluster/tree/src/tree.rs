//! The tree: buckets below, a heap above.

use std::collections::BTreeMap;

use pyralog_primitives::kernel::RawHash;
use pyralog_primitives::state_proof::path_bit;
use pyralog_primitives::{Hash, StateRoot};

use crate::bucket::{Entry, part, subtree_root};
use crate::forest::bucket_roots;
use crate::heap::{Heap, Population};
use crate::path::{End, Path};

/// By the hash of its key, the hash of the value that is to be there; `None`
/// removes the key.
pub type Changes = BTreeMap<Hash, Option<Hash>>;

/// Entries in a bucket on average, before the buckets are doubled. More, and
/// each change hashes its neighbours again; fewer, and the heap takes more
/// memory than the entries.
const ENTRIES_PER_BUCKET_MAX: usize = 4;

/// All entries, and the root over them.
pub struct StateTree {
    buckets: Vec<Vec<Entry>>,
    heap: Heap,
    count: usize,
}

impl Default for StateTree {
    fn default() -> Self {
        Self {
            buckets: vec![Vec::new()],
            heap: Heap::new(0),
            count: 0,
        }
    }
}

impl StateTree {
    /// The tree of no entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// The root over all entries.
    pub fn root(&self) -> StateRoot {
        StateRoot::new(Hash::new(self.heap.node(1)))
    }

    /// How many entries there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The hash of the value under a key, by the hash of the key.
    pub fn get(&self, key: &Hash) -> Option<Hash> {
        let bucket = &self.buckets[self.bucket_of(key.as_bytes())];
        let place = find(bucket, key.as_bytes()).ok()?;
        Some(Hash::new(bucket[place].value))
    }

    /// All entries in the order of their keys, to be built from again.
    pub fn entries(&self) -> impl Iterator<Item = (Hash, Hash)> {
        let pair = |entry: &Entry| (Hash::new(entry.key), Hash::new(entry.value));
        self.buckets.iter().flatten().map(pair)
    }

    /// Applies changes. Returns those that lead back.
    pub fn update(&mut self, changes: &Changes) -> Changes {
        let mut back = Changes::new();
        let mut touched = Vec::new();
        for (key, value) in changes {
            let bucket = self.bucket_of(key.as_bytes());
            let before = self.put(bucket, key.as_bytes(), value.map(|value| *value.as_bytes()));
            back.insert(*key, before.map(Hash::new));
            // Keys come in order, and so do their buckets.
            if touched.last() != Some(&bucket) {
                touched.push(bucket);
            }
        }
        if self.count > ENTRIES_PER_BUCKET_MAX << self.heap.depth() {
            self.grow();
            touched = (0..self.buckets.len()).collect();
        }
        self.hash(&touched);
        back
    }

    /// Puts a value under a key or removes it. Returns what was there.
    fn put(&mut self, bucket: usize, key: &RawHash, value: Option<RawHash>) -> Option<RawHash> {
        let entries = &mut self.buckets[bucket];
        match (find(entries, key), value) {
            (Ok(place), Some(value)) => Some(std::mem::replace(&mut entries[place].value, value)),
            (Ok(place), None) => {
                self.count -= 1;
                Some(entries.remove(place).value)
            }
            (Err(place), Some(value)) => {
                self.count += 1;
                entries.insert(place, Entry { key: *key, value });
                None
            }
            (Err(_), None) => None,
        }
    }

    /// Doubles the buckets until they are half full.
    fn grow(&mut self) {
        let mut depth = self.heap.depth();
        while self.count * 2 > ENTRIES_PER_BUCKET_MAX << depth {
            let halves = |entries: Vec<Entry>| {
                let (left, right) = part(&entries, depth);
                [left.to_vec(), right.to_vec()]
            };
            self.buckets = std::mem::take(&mut self.buckets)
                .into_iter()
                .flat_map(halves)
                .collect();
            depth += 1;
        }
        self.heap = Heap::new(depth);
    }

    /// Hashes buckets, in ascending order, and what is above them.
    fn hash(&mut self, touched: &[usize]) {
        let entries: Vec<&[Entry]> = touched
            .iter()
            .map(|bucket| self.buckets[*bucket].as_slice())
            .collect();
        let roots = bucket_roots(&entries, self.heap.depth());
        let populations = entries.iter().map(|entries| Population::of(entries.len()));
        let rows = touched.iter().zip(roots).zip(populations);
        self.heap
            .set(rows.map(|((bucket, root), population)| (*bucket, root, population)));
    }

    /// The bucket that a key's first bits name.
    fn bucket_of(&self, key: &RawHash) -> usize {
        let depth = self.heap.depth();
        (0..depth).fold(0, |bucket, depth| {
            bucket << 1 | usize::from(path_bit(key, depth))
        })
    }

    /// The way to a key, by the hash of the key.
    pub fn path(&self, key: &Hash) -> Path {
        let key = key.as_bytes();
        let (mut place, mut depth, mut siblings) = (1, 0, Vec::new());
        while depth < self.heap.depth() && self.heap.population(place) == Population::Many {
            place = 2 * place + usize::from(path_bit(key, depth));
            siblings.push(Hash::new(self.heap.node(place ^ 1)));
            depth += 1;
        }
        let entry = match self.heap.population(place) {
            Population::None => None,
            Population::One => self.only_entry(place, depth),
            Population::Many => self.descend(key, depth, &mut siblings),
        };
        let end = match entry {
            None => End::Nothing,
            Some(entry) if entry.key == *key => End::Value(Hash::new(entry.value)),
            Some(Entry { key, value }) => End::OtherKey {
                key: Hash::new(key),
                value: Hash::new(value),
            },
        };
        Path { end, siblings }
    }

    /// The entry of a subtree of the heap that has one.
    fn only_entry(&self, place: usize, depth: usize) -> Option<Entry> {
        let below = self.heap.depth() - depth;
        let first = (place << below) - (1 << self.heap.depth());
        self.buckets[first..first + (1 << below)]
            .iter()
            .flatten()
            .next()
            .copied()
    }

    /// Goes on inside a key's bucket, to the entry on its path.
    fn descend(&self, key: &RawHash, depth: usize, siblings: &mut Vec<Hash>) -> Option<Entry> {
        let mut entries = self.buckets[self.bucket_of(key)].as_slice();
        for depth in depth.. {
            if entries.len() < 2 {
                break;
            }
            let (left, right) = part(entries, depth);
            let (own, other) = if path_bit(key, depth) {
                (right, left)
            } else {
                (left, right)
            };
            siblings.push(Hash::new(subtree_root(other, depth + 1)));
            entries = own;
        }
        entries.first().copied()
    }
}

fn find(entries: &[Entry], key: &RawHash) -> Result<usize, usize> {
    entries.binary_search_by(|entry| entry.key.cmp(key))
}
