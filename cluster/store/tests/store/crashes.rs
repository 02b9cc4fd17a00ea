//! Power cuts: whatever is on the disk then, the store opens at a height that
//! was committed, not below what it acknowledged, and is whole.

use std::path::Path;

use pyralog_crashes::{Image, Journal, Mark, Recording, Scratch, Seed};
use pyralog_primitives::{BlockId, Height};
use pyralog_store::{Options, Store};

use crate::chain::{Chain, SMALL, genesis, open};
use crate::history::{Depth, compare};

/// What the store may be found to be.
struct Moment {
    chain: Chain,
    oldest: Height,
    /// Whether there is a state at all.
    has_state: bool,
}

impl Moment {
    fn is_found(&self, store: &Store) -> bool {
        let Some(head) = store.head() else {
            return !self.has_state;
        };
        let block = self
            .chain
            .commits
            .last()
            .map_or(BlockId::ZERO, |last| last.block.id());
        self.has_state
            && (head.height, head.block) == (self.chain.head(), block)
            && store.oldest() == self.oldest
    }
}

/// A store that lives, and the moments of its life.
struct Life {
    recording: Recording,
    moments: Vec<Moment>,
    chain: Chain,
    oldest: Height,
}

impl Life {
    /// What was done last is acknowledged.
    fn acknowledge(&mut self, has_state: bool) {
        self.moments.push(Moment {
            chain: self.chain.clone(),
            oldest: self.oldest,
            has_state,
        });
        self.recording.mark(Mark::new(self.moments.len() as u64));
    }

    fn commit(&mut self, store: &Store, count: u64) {
        for _ in 0..count {
            store.commit(&self.chain.next()).unwrap();
            self.acknowledge(true);
        }
    }
}

/// Lives through all that a store does, and records it.
fn record(seed: u64, scratch: &Scratch) -> Record {
    let mut life = Life {
        recording: Recording::of(scratch.path()).unwrap(),
        moments: Vec::new(),
        chain: Chain::new(seed, SMALL),
        oldest: Height::new(0),
    };
    let dir = scratch.path().join(STORE);
    let store = open(&dir);
    life.acknowledge(false);
    let (writes, root) = life.chain.first();
    store.initialize(&writes, root).unwrap();
    life.acknowledge(true);
    life.commit(&store, 12);
    let to = Height::new(7);
    life.chain.roll_back(to);
    store.rollback(to).unwrap();
    life.acknowledge(true);
    life.commit(&store, 6);
    life.oldest = Height::new(5);
    store.prune(life.oldest).unwrap();
    life.acknowledge(true);
    store.close().unwrap();
    let store = open(&dir);
    life.commit(&store, 3);
    store.checkpoint(&scratch.path().join(COPY)).unwrap();
    life.acknowledge(true);
    let copied = life.moments.len();
    life.commit(&store, 3);
    drop(store);
    let store = open(&dir);
    life.oldest = Height::new(14);
    store.prune(life.oldest).unwrap();
    life.acknowledge(true);
    life.commit(&store, 3);
    drop(store);
    Record {
        journal: life.recording.finish().unwrap(),
        moments: life.moments,
        copied,
    }
}

/// Where the store of a life lies, and its copy.
const STORE: &str = "store";
const COPY: &str = "copy";

/// A life, as far as the disk has seen it.
struct Record {
    journal: Journal,
    moments: Vec<Moment>,
    /// The mark of the copy.
    copied: usize,
}

/// How many images are tried: set `PYRALOG_CRASHES` for more.
fn image_count() -> usize {
    let asked = std::env::var("PYRALOG_CRASHES");
    asked.map_or(1_000, |count| count.parse().expect("a count of images"))
}

#[test]
fn a_power_cut_loses_nothing_acknowledged() {
    let live = Scratch::new().unwrap();
    let record = record(1, &live);
    let after = Scratch::new().unwrap();
    let images = record.journal.crashes(image_count(), Seed::new(1));
    for (number, image) in images.enumerate() {
        after.clear().unwrap();
        image.write_to(after.path()).unwrap();
        let depth = match number % 8 {
            0 => Depth::All,
            _ => Depth::Head,
        };
        check(&record, &after, &image, depth);
    }
}

fn check(record: &Record, after: &Scratch, image: &Image, depth: Depth) {
    let promised = image.last_mark().map_or(0, |mark| mark.get() as usize);
    let store = open_after(&after.path().join(STORE), image);
    let mut moments = record.moments.iter().enumerate();
    let Some((place, moment)) = moments.rfind(|(_, moment)| moment.is_found(&store)) else {
        // Before the first one there is nothing, and nothing is made of it.
        assert!(
            promised == 0 && store.head().is_none(),
            "no such moment: {image}"
        );
        return;
    };
    assert!(place + 1 >= promised, "{} < {promised}: {image}", place + 1);
    if moment.has_state {
        if depth == Depth::All {
            // A pruning that was broken off goes on, and leaves nothing over.
            store.prune(moment.oldest).unwrap();
        }
        compare(&store, &moment.chain, moment.oldest, depth);
    }
    let copy = after.path().join(COPY);
    // It is there, whole, when that was said, or earlier.
    if promised >= record.copied || copy.join("data").exists() {
        let moment = &record.moments[record.copied - 1];
        compare(
            &open_after(&copy, image),
            &moment.chain,
            moment.oldest,
            depth,
        );
    }
}

fn open_after(dir: &Path, image: &Image) -> Store {
    let store = Store::open(dir, genesis(), Options::default());
    store.unwrap_or_else(|error| panic!("{error}: {image}"))
}
