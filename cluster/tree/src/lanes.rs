//! Hashing what an update has marked.
//!
//! One page cannot fill the lanes of BLAKE3. So all dirty pages are collected
//! by how far they lie below the first one, and hashed row by row from the
//! deepest up, each row across all of its pages.

use pyralog_primitives::Domain;
use pyralog_primitives::kernel::{RawHash, RawPair, hash_pairs, join};

use crate::entry::EMPTY;
use crate::forest::{Grove, grove_roots};
use crate::page::{Inner, Link, Nodes, Parts, Places, TOP, WIDTH, level, slot};
use crate::spare::unshared;

/// A page whose links have their hashes, or will have.
struct Job<'p> {
    /// Dirty forks.
    forks: Places,
    nodes: Nodes<'p>,
    /// The index of the page above, and the place where this one hangs.
    parent: usize,
    place: usize,
}

/// A leaf page whose root is wanted: where its hash goes.
struct Target {
    layer: usize,
    job: usize,
    place: usize,
}

/// Dirty pages by how far they lie below the first.
#[derive(Default)]
struct Layers<'p> {
    jobs: Vec<Vec<Job<'p>>>,
    groves: Vec<Grove<'p>>,
    targets: Vec<Target>,
}

/// Hashes what is dirty in and below a page whose top is at `depth`. Returns
/// the root of the page.
pub(crate) fn hash_page(page: &mut Inner, depth: usize) -> RawHash {
    let mut layers = Layers::default();
    layers.collect(page, depth, (0, 0, TOP));
    layers.hash_leaf_pages();
    layers.hash_layers();
    *page.node(TOP)
}

impl<'p> Layers<'p> {
    /// Adds a page and the dirty ones below. `at` is its layer, and the index
    /// and place above it.
    fn collect(&mut self, page: &'p mut Inner, depth: usize, at: (usize, usize, usize)) {
        let (layer, parent, place) = at;
        if self.jobs.len() == layer {
            self.jobs.push(Vec::new());
        }
        let job = self.jobs[layer].len();
        let Parts {
            ends,
            forks,
            nodes,
            links,
        } = page.take_dirty();
        self.jobs[layer].push(Job {
            forks,
            nodes,
            parent,
            place,
        });
        let mut links = links.each_mut().map(Some);
        for place in ends.each() {
            let depth = depth + level(place);
            let link = links[slot(place)].take();
            match link.expect("each link hangs at one place") {
                Link::Empty => self.jobs[layer][job].nodes.set(place, &EMPTY),
                Link::Leaf(leaf) => {
                    self.targets.push(Target { layer, job, place });
                    let entries = leaf.entries();
                    self.groves.push(Grove { entries, depth });
                }
                Link::Inner(page) => self.collect(unshared(page), depth, (layer + 1, job, place)),
            }
        }
    }

    fn hash_leaf_pages(&mut self) {
        let roots = grove_roots(&self.groves);
        for (target, root) in self.targets.iter().zip(&roots) {
            let job = &mut self.jobs[target.layer][target.job];
            job.nodes.set(target.place, root);
        }
    }

    fn hash_layers(&mut self) {
        let mut row = Row::default();
        while let Some(mut jobs) = self.jobs.pop() {
            for first in [WIDTH / 2, WIDTH / 4, TOP] {
                row.hash(&mut jobs, Places::row(first));
            }
            if let Some(above) = self.jobs.last_mut() {
                for job in &jobs {
                    above[job.parent].nodes.set(job.place, job.nodes.get(TOP));
                }
            }
        }
    }
}

/// Room for one row of forks across many pages.
#[derive(Default)]
struct Row {
    pairs: Vec<RawPair>,
    hashes: Vec<RawHash>,
}

impl Row {
    fn hash(&mut self, jobs: &mut [Job<'_>], row: Places) {
        self.pairs.clear();
        for job in &*jobs {
            let pair = |place| join(job.nodes.get(2 * place), job.nodes.get(2 * place + 1));
            self.pairs.extend(job.forks.and(row).each().map(pair));
        }
        self.hashes.resize(self.pairs.len(), EMPTY);
        hash_pairs(Domain::StateNode, &self.pairs, &mut self.hashes);
        let mut hashes = self.hashes.iter();
        for job in jobs {
            for (place, hash) in job.forks.and(row).each().zip(&mut hashes) {
                job.nodes.set(place, hash);
            }
        }
    }
}
