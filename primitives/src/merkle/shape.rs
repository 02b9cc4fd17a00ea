//! The shape of the tree: which nodes stand where, for any hash.
//!
//! Nothing here knows BLAKE3. Hashes come in as closures, so the same lines
//! are tested against the SHA-256 vectors of Certificate Transparency.

use std::ops::Range;

/// A perfect tree of 2^level leaves, the index-th of its size from the left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) level: u32,
    pub(super) index: u64,
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
    // `place` and `last`: this subtree and the last one, at the same level.
    let (mut place, mut last) = (index, count - 1);
    let mut root = leaf;
    for sibling in path {
        if last == 0 {
            return None;
        }
        if place & 1 == 1 || place == last {
            root = parent(sibling, &root);
            // At the right edge some levels have no sibling.
            let skipped = place.trailing_zeros().min(u64::BITS - 1);
            place >>= skipped;
            last >>= skipped;
        } else {
            root = parent(&root, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(root)
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
    let (first, path) = path.split_first()?;
    if old == new {
        return path.is_empty().then(|| (first.clone(), first.clone()));
    }
    // Up to the lowest subtree that both trees share.
    let shared = (old - 1).trailing_ones();
    let (mut place, mut last) = (shr(old - 1, shared), shr(new - 1, shared));
    let (mut old_root, mut new_root) = (first.clone(), first.clone());
    for sibling in path {
        if last == 0 {
            return None;
        }
        if place & 1 == 1 || place == last {
            old_root = parent(sibling, &old_root);
            new_root = parent(sibling, &new_root);
            let skipped = place.trailing_zeros().min(u64::BITS - 1);
            place >>= skipped;
            last >>= skipped;
        } else {
            new_root = parent(&new_root, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    (last == 0).then_some((old_root, new_root))
}

fn shr(value: u64, by: u32) -> u64 {
    value.checked_shr(by).unwrap_or(0)
}
