//! Pages: what the tree is made of.
//!
//! An inner page covers three levels of the tree. Its places are numbered as
//! in a heap: place 1 is its top, below place *p* lie 2*p* and 2*p* + 1, and
//! the row from 8 to 15 is the last. A place is either a *fork*, with both
//! places below it in use, or a *link* hangs there: nothing, a leaf page, or,
//! in the last row only, a further inner page.

use std::sync::Arc;

use pyralog_primitives::kernel::RawHash;
use pyralog_primitives::state_proof::path_bit;

use crate::entry::Entry;

/// Entries in a leaf page. More, and a change hashes and copies more of its
/// neighbours; fewer, and the pages above weigh more than the entries.
pub(crate) const LEAF_ENTRY_COUNT_MAX: usize = 8;
/// Levels of the tree in one inner page.
const LEVELS: usize = 3;
/// Links in an inner page: the length of the last row, and its first place.
pub(crate) const WIDTH: usize = 1 << LEVELS;
/// The top of an inner page.
pub(crate) const TOP: usize = 1;

/// What hangs at a place. Its hash lies in the page above.
#[derive(Clone, Default)]
pub(crate) enum Link {
    /// A subtree of no entries.
    #[default]
    Empty,
    /// One of at most [`LEAF_ENTRY_COUNT_MAX`].
    Leaf(Arc<Leaf>),
    /// One of more.
    Inner(Arc<Inner>),
}

impl Link {
    /// The entries of a subtree that has few; none of an inner page.
    pub(crate) fn entries(&self) -> &[Entry] {
        match self {
            Self::Leaf(leaf) => leaf.entries(),
            Self::Empty | Self::Inner(_) => &[],
        }
    }
}

/// A few entries in the order of their keys. Their inner nodes are not kept.
pub(crate) struct Leaf {
    count: usize,
    entries: [Entry; LEAF_ENTRY_COUNT_MAX],
}

impl Default for Leaf {
    fn default() -> Self {
        Self {
            count: 0,
            entries: [Entry::BLANK; LEAF_ENTRY_COUNT_MAX],
        }
    }
}

impl Leaf {
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries[..self.count]
    }

    pub(crate) fn put(&mut self, entries: &[Entry]) {
        self.entries[..entries.len()].copy_from_slice(entries);
        self.count = entries.len();
    }
}

/// Places of an inner page, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Places(u16);

impl Places {
    /// The places in the row that begins with `first`.
    pub(crate) fn row(first: usize) -> Self {
        Self(((1 << first) - 1) << first)
    }

    pub(crate) fn contains(self, place: usize) -> bool {
        self.0 >> place & 1 == 1
    }

    pub(crate) fn insert(&mut self, place: usize) {
        self.0 |= 1 << place;
    }

    pub(crate) fn remove(&mut self, place: usize) {
        self.0 &= !(1 << place);
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The places in ascending order.
    pub(crate) fn each(self) -> impl Iterator<Item = usize> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let place = left.trailing_zeros() as usize;
            left &= left.wrapping_sub(1);
            (place < 2 * WIDTH).then_some(place)
        })
    }
}

/// Three levels of forks, with the hashes of their nodes.
#[derive(Default)]
pub(crate) struct Inner {
    pub(crate) forks: Places,
    /// Places whose hash is to be found yet. None outside of an update.
    pub(crate) dirty: Places,
    nodes: [RawHash; 2 * WIDTH - 1],
    pub(crate) links: [Link; WIDTH],
}

/// The borrowed parts of an inner page that hashing needs at once.
pub(crate) struct Parts<'p> {
    /// Dirty places with a link.
    pub(crate) ends: Places,
    /// Dirty forks.
    pub(crate) forks: Places,
    pub(crate) nodes: Nodes<'p>,
    pub(crate) links: &'p mut [Link; WIDTH],
}

/// The hashes of an inner page, by place.
pub(crate) struct Nodes<'p>(&'p mut [RawHash; 2 * WIDTH - 1]);

impl Nodes<'_> {
    pub(crate) fn get(&self, place: usize) -> &RawHash {
        &self.0[place - TOP]
    }

    pub(crate) fn set(&mut self, place: usize, hash: &RawHash) {
        self.0[place - TOP] = *hash;
    }
}

impl Inner {
    /// Becomes a page of nothing.
    pub(crate) fn clear(&mut self) {
        (self.forks, self.dirty) = (Places::default(), Places::default());
    }

    /// Becomes a copy of a page.
    pub(crate) fn copy(&mut self, other: &Self) {
        (self.forks, self.dirty) = (other.forks, other.dirty);
        self.nodes = other.nodes;
        self.links.clone_from(&other.links);
    }

    /// The hash of a place.
    pub(crate) fn node(&self, place: usize) -> &RawHash {
        &self.nodes[place - TOP]
    }

    pub(crate) fn set_node(&mut self, place: usize, hash: &RawHash) {
        self.nodes[place - TOP] = *hash;
    }

    /// Whether both places below this one are in use.
    pub(crate) fn is_fork(&self, place: usize) -> bool {
        self.forks.contains(place)
    }

    /// The link at a place that is no fork.
    pub(crate) fn link(&self, place: usize) -> &Link {
        &self.links[slot(place)]
    }

    pub(crate) fn link_mut(&mut self, place: usize) -> &mut Link {
        &mut self.links[slot(place)]
    }

    /// The place where the way to a key leaves the page, whose top is at
    /// `depth`.
    pub(crate) fn end(&self, key: &RawHash, depth: usize) -> usize {
        let mut place = TOP;
        while self.is_fork(place) {
            place = below(place, key, depth);
        }
        place
    }

    /// What waits to be hashed, and no longer does then.
    pub(crate) fn take_dirty(&mut self) -> Parts<'_> {
        let dirty = std::mem::take(&mut self.dirty);
        Parts {
            ends: dirty.without(self.forks),
            forks: dirty.and(self.forks),
            nodes: Nodes(&mut self.nodes),
            links: &mut self.links,
        }
    }
}

/// Where the link of a place lies: where the first place of the last row below
/// it has its own.
pub(crate) fn slot(place: usize) -> usize {
    (place << (LEVELS - level(place))) - WIDTH
}

/// How far below the top of its page a place lies.
pub(crate) fn level(place: usize) -> usize {
    place.ilog2() as usize
}

/// The next place on the way to a key, below a fork of a page at `depth`.
pub(crate) fn below(place: usize, key: &RawHash, depth: usize) -> usize {
    2 * place + usize::from(path_bit(key, depth + level(place)))
}
