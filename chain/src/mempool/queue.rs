//! The pending transactions of one sender, in order of nonce.

use pyralog_primitives::state::AccountState;
use pyralog_primitives::{Amount, ByteCount, Nonce};

use super::checked::Checked;
use super::priority::Priority;
use super::status::Standing;

/// When a transaction came; no two have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arrival(pub(super) u64);

/// A transaction in its queue, with what its queue asks of it: each change of a
/// queue looks at all of it, and must not follow a pointer for each entry.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) checked: Checked,
    pub(super) arrival: Arrival,
    nonce: Nonce,
    priority: Priority,
    base_fee_limit: Amount,
    spends: Option<Amount>,
    weight: ByteCount,
}

impl Entry {
    pub(super) fn new(checked: Checked, arrival: Arrival) -> Self {
        Self {
            arrival,
            nonce: checked.nonce(),
            priority: checked.priority(),
            base_fee_limit: checked.base_fee_limit(),
            spends: checked.spends(),
            weight: checked.weight(),
            checked,
        }
    }
}

/// One sender's. A queue that is part of the pool is never empty.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    /// As a block last left it.
    pub(super) account: AccountState,
    /// Nonces ascend, without two that are equal.
    entries: Vec<Entry>,
    /// What the indexes hold of this queue.
    pub(super) marks: Marks,
}

/// What the indexes hold of a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// How many follow the account's nonce without a gap.
    pub(super) ready: usize,
    /// The first of those.
    pub(super) head: Option<Head>,
    /// The last of those, if nothing is behind a gap.
    pub(super) ready_tail: Option<Tail>,
    /// The last of what is behind a gap.
    pub(super) gapped_tail: Option<Tail>,
    /// What is behind a gap, as it counts in the pool.
    pub(super) gapped_weight: ByteCount,
}

/// What is offered first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) priority: Priority,
    pub(super) base_fee_limit: Amount,
    pub(super) arrival: Arrival,
}

/// What goes first. Nobody can have it without what is before it, so it is
/// worth as little as the least of those: else a high tip behind one that
/// never gets into a block would hold its place for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tail {
    pub(super) priority: Priority,
    pub(super) base_fee_limit: Amount,
    pub(super) arrival: Arrival,
}

impl Queue {
    pub(super) fn new(account: AccountState) -> Self {
        Self {
            account,
            entries: Vec::new(),
            marks: Marks::default(),
        }
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Where this nonce is, or where it would be.
    pub(super) fn place(&self, nonce: Nonce) -> Result<usize, usize> {
        self.entries
            .binary_search_by_key(&nonce, |entry| entry.nonce)
    }

    pub(super) fn get(&self, nonce: Nonce) -> Option<&Entry> {
        Some(&self.entries[self.place(nonce).ok()?])
    }

    pub(super) fn insert(&mut self, entry: Entry) {
        let place = self
            .place(entry.nonce)
            .expect_err("whoever inserts has seen that the nonce is free");
        self.entries.insert(place, entry);
    }

    pub(super) fn remove(&mut self, nonce: Nonce) -> Option<Entry> {
        let place = self.place(nonce).ok()?;
        Some(self.entries.remove(place))
    }

    /// The nonce of the last one.
    pub(super) fn last_nonce(&self) -> Option<Nonce> {
        Some(self.entries.last()?.nonce)
    }

    /// The first nonce at which nothing is pending.
    pub(super) fn next_nonce(&self) -> Nonce {
        Nonce::new(self.account.nonce.get() + self.marks.ready as u64)
    }

    /// What those before this nonce may take; always within the balance.
    pub(super) fn spent_before(&self, nonce: Nonce) -> Option<Amount> {
        let before = |entry: &&Entry| entry.nonce < nonce;
        self.entries
            .iter()
            .take_while(before)
            .try_fold(Amount::ZERO, |sum, entry| sum.checked_add(entry.spends?))
    }

    /// The first nonce that the balance no longer pays for. All that follow it
    /// are not paid for either.
    pub(super) fn first_unpayable(&self) -> Option<Nonce> {
        let mut left = self.account.balance;
        for entry in &self.entries {
            let spends = entry.spends;
            match spends.and_then(|spends| left.checked_sub(spends)) {
                Some(rest) => left = rest,
                None => return Some(entry.nonce),
            }
        }
        None
    }

    /// Where the transaction at `place` stands.
    pub(super) fn standing(&self, place: usize, base_fee: Amount) -> Standing {
        let covers = |entry: &Entry| entry.base_fee_limit >= base_fee;
        if place >= self.marks.ready {
            Standing::Gapped
        } else if self.entries[..=place].iter().all(covers) {
            Standing::Offered
        } else {
            Standing::Held
        }
    }

    /// What the indexes should hold.
    pub(super) fn current_marks(&self) -> Marks {
        let follows = |(place, entry): &(usize, &Entry)| {
            let ahead = entry.nonce.get().checked_sub(self.account.nonce.get());
            ahead == Some(*place as u64)
        };
        let ready = self.entries.iter().enumerate().take_while(follows).count();
        let (front, behind) = self.entries.split_at(ready);
        let weight = |entry: &Entry| entry.weight.get();
        Marks {
            ready,
            head: front.first().map(|entry| Head {
                priority: entry.priority,
                base_fee_limit: entry.base_fee_limit,
                arrival: entry.arrival,
            }),
            ready_tail: if behind.is_empty() { tail(front) } else { None },
            gapped_tail: tail(behind),
            gapped_weight: ByteCount::new(behind.iter().map(weight).sum()),
        }
    }
}

fn tail(entries: &[Entry]) -> Option<Tail> {
    let last = entries.last()?;
    Some(Tail {
        priority: entries.iter().map(|entry| entry.priority).min()?,
        base_fee_limit: entries.iter().map(|entry| entry.base_fee_limit).min()?,
        arrival: last.arrival,
    })
}
