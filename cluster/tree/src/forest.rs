//! The roots of many leaf pages at once.
//!
//! The nodes of one leaf page are few, so they cannot fill the lanes alone.
//! The nodes of equal height of many leaf pages can.

use pyralog_primitives::Domain;
use pyralog_primitives::kernel::{RawHash, RawPair, hash_pairs, join};

use crate::entry::{EMPTY, Entry, part};

/// The sorted entries of a subtree at some depth.
pub(crate) struct Grove<'p> {
    pub(crate) entries: &'p [Entry],
    pub(crate) depth: usize,
}

/// Room for the nodes of groves.
#[derive(Default)]
struct Forest {
    /// Nodes by number; number 0 is the empty subtree, then come the leaves.
    nodes: Vec<RawHash>,
    /// What to hash, by height above the leaves.
    steps: Vec<Vec<Step>>,
}

/// A node with the numbers of its children.
struct Step {
    node: usize,
    left: usize,
    right: usize,
}

/// The roots of groves.
pub(crate) fn grove_roots(groves: &[Grove<'_>]) -> Vec<RawHash> {
    let mut forest = Forest::default();
    forest.hash_leaves(groves);
    let mut first_leaf = 1;
    let mut numbers = Vec::with_capacity(groves.len());
    for Grove { entries, depth } in groves {
        numbers.push(forest.plan(entries, first_leaf, *depth).0);
        first_leaf += entries.len();
    }
    forest.hash_steps();
    numbers
        .into_iter()
        .map(|number| forest.nodes[number])
        .collect()
}

impl Forest {
    fn hash_leaves(&mut self, groves: &[Grove<'_>]) {
        let entries = groves.iter().flat_map(|grove| grove.entries);
        let pairs: Vec<RawPair> = entries
            .map(|entry| join(&entry.key, &entry.value))
            .collect();
        self.nodes.resize(1 + pairs.len(), EMPTY);
        hash_pairs(Domain::StateLeaf, &pairs, &mut self.nodes[1..]);
    }

    /// Numbers the nodes of a subtree. Returns its root's number and height.
    fn plan(&mut self, entries: &[Entry], first_leaf: usize, depth: usize) -> (usize, usize) {
        match entries.len() {
            0 => (0, 0),
            1 => (first_leaf, 0),
            _ => {
                let (left, right) = part(entries, depth);
                let middle = first_leaf + left.len();
                let (left, left_height) = self.plan(left, first_leaf, depth + 1);
                let (right, right_height) = self.plan(right, middle, depth + 1);
                let height = left_height.max(right_height);
                if self.steps.len() == height {
                    self.steps.push(Vec::new());
                }
                let node = self.nodes.len();
                self.nodes.push(EMPTY);
                self.steps[height].push(Step { node, left, right });
                (node, height + 1)
            }
        }
    }

    fn hash_steps(&mut self) {
        let (mut pairs, mut hashes) = (Vec::new(), Vec::new());
        for steps in &self.steps {
            let pair = |step: &Step| join(&self.nodes[step.left], &self.nodes[step.right]);
            pairs.clear();
            pairs.extend(steps.iter().map(pair));
            hashes.resize(pairs.len(), EMPTY);
            hash_pairs(Domain::StateNode, &pairs, &mut hashes);
            for (step, hash) in steps.iter().zip(&hashes) {
                self.nodes[step.node] = *hash;
            }
        }
    }
}
