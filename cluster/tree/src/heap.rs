//! The nodes above the buckets.
//!
//! Node 1 is the root; the children of node `i` are `2i` and `2i + 1`; the
//! buckets are the last row.

use pyralog_primitives::Domain;
use pyralog_primitives::kernel::{RawHash, RawPair, hash_pairs, join};

use crate::bucket::EMPTY;

/// How many entries a subtree has, as far as its shape depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Population {
    None,
    One,
    Many,
}

impl Population {
    pub(crate) fn of(count: usize) -> Self {
        match count {
            0 => Self::None,
            1 => Self::One,
            _ => Self::Many,
        }
    }

    fn with(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, one) | (one, Self::None) => one,
            _ => Self::Many,
        }
    }
}

/// A complete binary tree over 2^depth buckets.
pub(crate) struct Heap {
    depth: usize,
    nodes: Vec<RawHash>,
    populations: Vec<Population>,
}

impl Heap {
    pub(crate) fn new(depth: usize) -> Self {
        let count = 2 << depth;
        let (nodes, populations) = (vec![EMPTY; count], vec![Population::None; count]);
        Self {
            depth,
            nodes,
            populations,
        }
    }

    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    pub(crate) fn node(&self, place: usize) -> RawHash {
        self.nodes[place]
    }

    pub(crate) fn population(&self, place: usize) -> Population {
        self.populations[place]
    }

    /// The place of a bucket.
    pub(crate) fn place(&self, bucket: usize) -> usize {
        (1 << self.depth) + bucket
    }

    /// Gives buckets, in ascending order, new roots, and hashes what is above.
    pub(crate) fn set(&mut self, buckets: impl Iterator<Item = (usize, RawHash, Population)>) {
        let mut places = Vec::new();
        for (bucket, root, population) in buckets {
            let place = self.place(bucket);
            self.nodes[place] = root;
            self.populations[place] = population;
            places.push(place);
        }
        for _ in 0..self.depth {
            for place in &mut places {
                *place /= 2;
            }
            places.dedup();
            self.hash_row(&places);
        }
    }

    /// Hashes nodes whose children are right.
    fn hash_row(&mut self, places: &[usize]) {
        let mut pairs: Vec<RawPair> = Vec::with_capacity(places.len());
        let mut pair_places = Vec::with_capacity(places.len());
        for place in places.iter().copied() {
            let (left, right) = (2 * place, 2 * place + 1);
            let population = self.populations[left].with(self.populations[right]);
            self.populations[place] = population;
            if population == Population::Many {
                pairs.push(join(&self.nodes[left], &self.nodes[right]));
                pair_places.push(place);
            } else {
                // A subtree of one entry is that entry's leaf, wherever it is.
                let child = if self.nodes[left] == EMPTY {
                    right
                } else {
                    left
                };
                self.nodes[place] = self.nodes[child];
            }
        }
        let mut hashes = vec![EMPTY; pairs.len()];
        hash_pairs(Domain::StateNode, &pairs, &mut hashes);
        for (place, hash) in pair_places.into_iter().zip(hashes) {
            self.nodes[place] = hash;
        }
    }
}
