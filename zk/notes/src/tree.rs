//! The tree of notes: commitments in the order in which they came.
//!
//! Invariant: a place once taken keeps its commitment, and the root is that of a
//! tree of depth 32 in which all places behind are zero. No commitment is zero
//! but by a chance that nobody finds.

use ark_bn254::Fr;
use ark_ff::AdditiveGroup;
use pyralog_zk::poseidon::{Poseidon, Purpose};
use pyralog_zk::transfer::TREE_DEPTH;

/// Higher, and a tree in memory takes more than 64 MB (64 bytes for each note);
/// lower, and a busy network fills it soon.
pub const NOTE_COUNT_MAX: usize = 1 << 20;

/// Where a note is in the tree, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotePlace(usize);

impl NotePlace {
    /// The place with this number.
    pub const fn new(raw: usize) -> Self {
        Self(raw)
    }

    /// The number.
    pub const fn get(self) -> usize {
        self.0
    }
}

/// The operator must begin another tree, or give this one more memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the tree holds {NOTE_COUNT_MAX} notes; no more fit in memory")]
pub struct TreeFull;

/// For each level from the leaf: whether the node is the right child, and the
/// other child.
pub(crate) type Way = (Vec<bool>, Vec<Fr>);

/// All commitments, with the nodes above them.
pub struct NoteTree {
    /// From the leaves to the root; what is behind the last node of a level is
    /// empty.
    levels: Vec<Vec<Fr>>,
    /// The node of each level under which nothing is.
    empty: Vec<Fr>,
    node: Poseidon,
}

impl Default for NoteTree {
    fn default() -> Self {
        let mut node = Poseidon::new(Purpose::TreeNode);
        let mut empty = vec![Fr::ZERO];
        for level in 0..TREE_DEPTH {
            empty.push(parent(&mut node, empty[level], empty[level]));
        }
        Self {
            levels: vec![Vec::new(); TREE_DEPTH + 1],
            empty,
            node,
        }
    }
}

impl NoteTree {
    /// Notes in the tree.
    pub fn len(&self) -> usize {
        self.levels[0].len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Notes for which there is room.
    pub fn room(&self) -> usize {
        NOTE_COUNT_MAX - self.len()
    }

    /// The root.
    pub fn root(&self) -> Fr {
        self.at(TREE_DEPTH, 0)
    }

    /// Adds a commitment.
    pub fn append(&mut self, commitment: Fr) -> Result<NotePlace, TreeFull> {
        let place = self.len();
        if place >= NOTE_COUNT_MAX {
            return Err(TreeFull);
        }
        self.levels[0].push(commitment);
        let mut index = place;
        for level in 0..TREE_DEPTH {
            index /= 2;
            let (left, right) = (self.at(level, 2 * index), self.at(level, 2 * index + 1));
            let node = parent(&mut self.node, left, right);
            let above = &mut self.levels[level + 1];
            if index < above.len() {
                above[index] = node;
            } else {
                above.push(node);
            }
        }
        Ok(NotePlace(place))
    }

    /// The way from a note to the root; `None` if there is none at that place.
    pub(crate) fn way(&self, place: NotePlace) -> Option<Way> {
        if place.0 >= self.len() {
            return None;
        }
        let sides = (0..TREE_DEPTH).map(|level| place.0 >> level & 1 == 1);
        let siblings = (0..TREE_DEPTH).map(|level| self.at(level, place.0 >> level ^ 1));
        Some((sides.collect(), siblings.collect()))
    }

    fn at(&self, level: usize, index: usize) -> Fr {
        let node = self.levels[level].get(index);
        *node.unwrap_or(&self.empty[level])
    }
}

fn parent(node: &mut Poseidon, left: Fr, right: Fr) -> Fr {
    node.hash(&[left, right]).expect("a node has two children")
}

#[cfg(test)]
mod tests {
    use pyralog_zk::transfer::{NoteHashes, Spent, Units};

    use super::*;

    #[test]
    fn each_way_leads_from_its_note_to_the_root() {
        let mut tree = NoteTree::default();
        let mut hashes = NoteHashes::default();
        assert!(tree.is_empty() && tree.way(NotePlace(0)).is_none());
        let mut roots = vec![tree.root()];
        for note in 1..8u64 {
            tree.append(Fr::from(note)).unwrap();
            assert!(!roots.contains(&tree.root()));
            roots.push(tree.root());
        }
        for place in 0..7 {
            let (sides, siblings) = tree.way(NotePlace(place)).unwrap();
            let spent = Spent {
                amount: Units::new(0),
                blinding: Fr::ZERO,
                sides,
                siblings,
            };
            let root = hashes.root(Fr::from(place as u64 + 1), &spent);
            assert_eq!(root, tree.root());
            let other = hashes.root(Fr::from(place as u64 + 2), &spent);
            assert_ne!(other, tree.root());
        }
        assert!(tree.way(NotePlace(7)).is_none());
    }
}
