//! The roots of many buckets at once.
//!
//! Each bucket's inner nodes are few, so they cannot fill the lanes alone. The
//! nodes of equal height of many buckets can.

use pyralog_primitives::Domain;
use pyralog_primitives::kernel::{RawHash, RawPair, hash_pairs, join};

use crate::bucket::{EMPTY, Entry, part};

/// Buckets hashed together: enough to fill the lanes on every level, few
/// enough to stay in the cache.
const TOGETHER: usize = 1024;

/// Room for the nodes of a group of buckets.
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

/// The roots of buckets at `depth`, each a sorted list of entries.
pub(crate) fn bucket_roots(buckets: &[&[Entry]], depth: usize) -> Vec<RawHash> {
    let mut roots = Vec::with_capacity(buckets.len());
    let mut forest = Forest::default();
    for group in buckets.chunks(TOGETHER) {
        forest.hash(group, depth, &mut roots);
    }
    roots
}

impl Forest {
    fn hash(&mut self, buckets: &[&[Entry]], depth: usize, roots: &mut Vec<RawHash>) {
        self.hash_leaves(buckets);
        self.steps.iter_mut().for_each(Vec::clear);
        let mut first_leaf = 1;
        let mut numbers = Vec::with_capacity(buckets.len());
        for entries in buckets {
            numbers.push(self.plan(entries, first_leaf, depth).0);
            first_leaf += entries.len();
        }
        self.hash_steps();
        roots.extend(numbers.into_iter().map(|number| self.nodes[number]));
    }

    fn hash_leaves(&mut self, buckets: &[&[Entry]]) {
        let entries = buckets.iter().flat_map(|entries| entries.iter());
        let pairs: Vec<RawPair> = entries
            .map(|entry| join(&entry.key, &entry.value))
            .collect();
        self.nodes.clear();
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
        let mut hashes = Vec::new();
        for steps in &self.steps {
            let pair = |step: &Step| join(&self.nodes[step.left], &self.nodes[step.right]);
            let pairs: Vec<RawPair> = steps.iter().map(pair).collect();
            hashes.clear();
            hashes.resize(pairs.len(), EMPTY);
            hash_pairs(Domain::StateNode, &pairs, &mut hashes);
            for (step, hash) in steps.iter().zip(&hashes) {
                self.nodes[step.node] = *hash;
            }
        }
    }
}
