//! The shape of the tree: which nodes stand where, for any hash.
//!
//! Nothing here knows BLAKE3. Hashes come in as closures, so the same lines
//! are tested against the SHA-256 vectors of Certificate Transparency.

use std::ops::Range;

/// A perfect tree of 2^level leaves, the index-th of its size from the left.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    borsh::BorshSerialize,
    borsh::BorshDeserialize,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub(super) level: u32,
    pub(super) index: u64,
}

impl Place {
    /// The parent, and whether this is its right child.
    pub(super) fn up(self) -> (Self, bool) {
        let parent = Self {
            level: self.level + 1,
            index: self.index >> 1,
        };
        (parent, self.index & 1 == 1)
    }
}

/// The perfect trees that make up the tree over these leaves, largest first.
/// `leaves` begins at a multiple of its own largest perfect tree, as all
/// subtrees of RFC 6962 do.
pub(super) fn mountains(leaves: Range<u64>) -> impl DoubleEndedIterator<Item = Place> {
    let count = leaves.end - leaves.start;
    (0..u64::BITS)
        .rev()
        .filter(move |level| count >> level & 1 == 1)
        .map(move |level| {
            // What stands to the left of this mountain: the larger ones.
            let left = count
                .checked_shr(level + 1)
                .unwrap_or(0)
                .checked_shl(level + 1)
                .unwrap_or(0);
            Place {
                level,
                index: (leaves.start + left) >> level,
            }
        })
}

/// The root over these leaves, from the roots of perfect trees.
pub(super) fn subtree_root<N>(
    leaves: Range<u64>,
    mut node: impl FnMut(Place) -> N,
    parent: impl Fn(&N, &N) -> N,
) -> Option<N> {
    let mut places = mountains(leaves).rev();
    let last = node(places.next()?);
    Some(places.fold(last, |right, place| parent(&node(place), &right)))
}

/// The largest power of two below `count`, which is at least 2.
fn left_count(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// The subtrees whose roots prove leaf `index` among `count`, lowest first
/// (RFC 6962, section 2.1.1).
pub(super) fn inclusion_subtrees(index: u64, count: u64) -> Vec<Range<u64>> {
    let mut path = Vec::new();
    let mut around = 0..count;
    while around.end - around.start > 1 {
        let border = around.start + left_count(around.end - around.start);
        if index < border {
            path.push(border..around.end);
            around.end = border;
        } else {
            path.push(around.start..border);
            around.start = border;
        }
    }
    path.reverse();
    path
}

/// The subtrees whose roots prove that the tree of `new` leaves began as the
/// tree of `old`, lowest first (RFC 6962, section 2.1.2). Unlike there, the
/// first is always the lowest common one, even where it is the whole old
/// tree: our verifier holds commitments, not the roots of trees.
pub(super) fn consistency_subtrees(old: u64, new: u64) -> Vec<Range<u64>> {
    let mut path = Vec::new();
    let mut around = 0..new;
    while around.end > old {
        let border = around.start + left_count(around.end - around.start);
        if old <= border {
            path.push(border..around.end);
            around.end = border;
        } else {
            path.push(around.start..border);
            around.start = border;
        }
    }
    path.push(around);
    path.reverse();
    path
}

/// The way up from a subtree to the root, seen by a verifier.
struct Climb {
    /// This subtree, and the last one of the tree, at the same level.
    place: u64,
    last: u64,
}

/// Where the sibling of a subtree stands.
enum Sibling {
    Left,
    Right,
}

impl Climb {
    /// From the subtree at `place` among those up to `last`, `levels` above
    /// the leaves.
    fn new(place: u64, last: u64, levels: u32) -> Self {
        let above = |leaf: u64| leaf.checked_shr(levels).unwrap_or(0);
        Self {
            place: above(place),
            last: above(last),
        }
    }

    /// One level up, past levels without a sibling; `None` at the top.
    fn step(&mut self) -> Option<Sibling> {
        if self.is_at_top() {
            return None;
        }
        let sibling = if self.place & 1 == 1 || self.place == self.last {
            // At the right edge some levels have no sibling.
            let skipped = self.place.trailing_zeros();
            self.place >>= skipped;
            self.last >>= skipped;
            Sibling::Left
        } else {
            Sibling::Right
        };
        self.place >>= 1;
        self.last >>= 1;
        Some(sibling)
    }

    fn is_at_top(&self) -> bool {
        self.last == 0
    }
}

/// The root that an inclusion path leads to; `None` if the path has not the
/// length that index and count demand.
pub(super) fn root_by_inclusion<N: Clone>(
    leaf: N,
    index: u64,
    count: u64,
    path: &[N],
    parent: impl Fn(&N, &N) -> N,
) -> Option<N> {
    if index >= count {
        return None;
    }
    let mut climb = Climb::new(index, count - 1, 0);
    let mut root = leaf;
    for sibling in path {
        root = match climb.step()? {
            Sibling::Left => parent(sibling, &root),
            Sibling::Right => parent(&root, sibling),
        };
    }
    climb.is_at_top().then_some(root)
}

/// The old and the new root that a consistency path leads to; `None` if it has
/// not the length that the counts demand.
pub(super) fn roots_by_consistency<N: Clone>(
    old: u64,
    new: u64,
    path: &[N],
    parent: impl Fn(&N, &N) -> N,
) -> Option<(N, N)> {
    if old == 0 || old > new {
        return None;
    }
    let (shared, path) = path.split_first()?;
    let (mut old_root, mut new_root) = (shared.clone(), shared.clone());
    if old == new {
        return path.is_empty().then_some((old_root, new_root));
    }
    // The lowest subtree that both trees share ends with the old tree's last
    // leaf, and is as high as that leaf is a last one.
    let mut climb = Climb::new(old - 1, new - 1, (old - 1).trailing_ones());
    for sibling in path {
        match climb.step()? {
            Sibling::Left => {
                old_root = parent(sibling, &old_root);
                new_root = parent(sibling, &new_root);
            }
            Sibling::Right => new_root = parent(&new_root, sibling),
        }
    }
    climb.is_at_top().then_some((old_root, new_root))
}
