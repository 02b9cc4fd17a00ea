//! Who is next, and who goes first: the queues in order of what matters.
//!
//! Each queue stands in each order at most once, so that a change of a queue
//! costs a few steps down a tree, whatever the size of the pool.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use pyralog_primitives::{Address, Amount, ByteCount};

use super::priority::Priority;
use super::queue::{Arrival, Head, Marks, Tail};
use super::status::Standing;

/// The last to come is the first to go among equals.
type Youngest = Reverse<Arrival>;

/// A head by what it is worth; the first to come is the first among equals.
pub(super) type HeadKey = (Reverse<Priority>, Arrival);

#[derive(Clone, Debug)]
pub(super) struct Indexes {
    base_fee: Amount,
    /// Heads that cover the base fee, best first.
    offered: BTreeMap<HeadKey, Address>,
    /// All heads, by the base fee that they cover.
    heads: BTreeMap<(Amount, Arrival), (Priority, Address)>,
    /// Ends without gaps, by what they are worth.
    tails_by_priority: BTreeMap<(Priority, Youngest), Address>,
    /// The same, by the base fee that they cover.
    tails_by_limit: BTreeMap<(Amount, Youngest), Address>,
    /// Ends behind gaps, by what they are worth.
    gapped: BTreeMap<(Priority, Youngest), Address>,
    gapped_weight: u64,
}

/// The next to go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cheapest {
    pub(super) sender: Address,
    pub(super) standing: Standing,
    pub(super) priority: Priority,
}

impl Indexes {
    pub(super) fn new(base_fee: Amount) -> Self {
        Self {
            base_fee,
            offered: BTreeMap::new(),
            heads: BTreeMap::new(),
            tails_by_priority: BTreeMap::new(),
            tails_by_limit: BTreeMap::new(),
            gapped: BTreeMap::new(),
            gapped_weight: 0,
        }
    }

    pub(super) fn base_fee(&self) -> Amount {
        self.base_fee
    }

    pub(super) fn gapped_weight(&self) -> ByteCount {
        ByteCount::new(self.gapped_weight)
    }

    pub(super) fn offered(&self) -> &BTreeMap<HeadKey, Address> {
        &self.offered
    }

    /// Moves the heads between the old base fee and the new one, and no others.
    pub(super) fn set_base_fee(&mut self, base_fee: Amount) {
        let before = std::mem::replace(&mut self.base_fee, base_fee);
        let edge = |base_fee| (base_fee, Arrival(0));
        for (&(_, arrival), &(priority, sender)) in self
            .heads
            .range(edge(before.min(base_fee))..edge(before.max(base_fee)))
        {
            let key = (Reverse(priority), arrival);
            if base_fee < before {
                self.offered.insert(key, sender);
            } else {
                self.offered.remove(&key);
            }
        }
    }

    pub(super) fn update(&mut self, sender: Address, before: &Marks, after: &Marks) {
        if before.head != after.head {
            before.head.iter().for_each(|head| self.remove_head(head));
            after
                .head
                .iter()
                .for_each(|head| self.insert_head(head, sender));
        }
        if before.ready_tail != after.ready_tail {
            if let Some(tail) = &before.ready_tail {
                self.tails_by_priority.remove(&by_priority(tail));
                self.tails_by_limit.remove(&by_limit(tail));
            }
            if let Some(tail) = &after.ready_tail {
                self.tails_by_priority.insert(by_priority(tail), sender);
                self.tails_by_limit.insert(by_limit(tail), sender);
            }
        }
        if before.gapped_tail != after.gapped_tail {
            if let Some(tail) = &before.gapped_tail {
                self.gapped.remove(&by_priority(tail));
            }
            if let Some(tail) = &after.gapped_tail {
                self.gapped.insert(by_priority(tail), sender);
            }
        }
        self.gapped_weight -= before.gapped_weight.get();
        self.gapped_weight += after.gapped_weight.get();
    }

    fn insert_head(&mut self, head: &Head, sender: Address) {
        let place = (head.base_fee_limit, head.arrival);
        self.heads.insert(place, (head.priority, sender));
        if head.base_fee_limit >= self.base_fee {
            let key = (Reverse(head.priority), head.arrival);
            self.offered.insert(key, sender);
        }
    }

    fn remove_head(&mut self, head: &Head) {
        self.heads.remove(&(head.base_fee_limit, head.arrival));
        self.offered.remove(&(Reverse(head.priority), head.arrival));
    }

    /// The end of a queue that goes first: behind a gap; else what is furthest
    /// from covering the base fee; else what is worth least.
    pub(super) fn cheapest(&self) -> Option<Cheapest> {
        if let Some(gapped) = self.cheapest_gapped() {
            return Some(gapped);
        }
        let (standing, sender) = match self.tails_by_limit.first_key_value() {
            Some(((limit, _), &sender)) if *limit < self.base_fee => (Standing::Held, sender),
            _ => (
                Standing::Offered,
                *self.tails_by_priority.first_key_value()?.1,
            ),
        };
        let priority = self.tails_by_priority.first_key_value()?.0.0;
        Some(Cheapest {
            sender,
            standing,
            priority,
        })
    }

    pub(super) fn cheapest_gapped(&self) -> Option<Cheapest> {
        let (&(priority, _), &sender) = self.gapped.first_key_value()?;
        Some(Cheapest {
            sender,
            standing: Standing::Gapped,
            priority,
        })
    }
}

fn by_priority(tail: &Tail) -> (Priority, Youngest) {
    (tail.priority, Reverse(tail.arrival))
}

fn by_limit(tail: &Tail) -> (Amount, Youngest) {
    (tail.base_fee_limit, Reverse(tail.arrival))
}
