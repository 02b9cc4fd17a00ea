//! Transactions that came to this node first, on their way to its peers.
//!
//! Each peer is offered all of them, in their order, and answers each offer with
//! what it had no room for. So a peer that is slow is told slowly, and nothing
//! is lost on the way: a proposer that stays must hear of everything from others.
//!
//! Invariants:
//! - a peer has at most [`OPEN_COUNT_MAX`] offers that it has not answered, and is
//!   made no more while they have [`OPEN_BYTES_MAX`];
//! - what is pending here is offered to each peer until it has taken it, or had
//!   no room for it [`TRY_COUNT_MAX`] times; what has left the pool meanwhile is
//!   offered to nobody;
//! - at most [`OUTBOX_COUNT_MAX`] wait to be offered. Beyond that the oldest are
//!   forgotten, and told of when the pool hands them over again.
//!
//! Failure model: a peer that does not answer is told the same again after a
//! while, and costs no more than that. One that says that it lacks what it has
//! costs as much. A connection that ends takes all that is known of the peer with
//! it; the next one begins with all that is pending.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use pyralog_chain::mempool::{Checked, WeakChecked};
use pyralog_driver::{OFFERED_BYTES_MAX, OFFERED_COUNT_MAX, OfferNumber, OfferPlace};
use pyralog_p2p::PeerId;
use pyralog_primitives::TimestampMs;

/// Offers that a peer has not answered. Fewer, and short ones wait for each
/// other; more than it keeps in line ([`super::offers::OFFER_COUNT_MAX`]) are
/// lost there.
const OPEN_COUNT_MAX: usize = super::offers::OFFER_COUNT_MAX;
/// Bytes of them. Fewer, and a peer far away waits for each; more, and it is
/// told of what is in a block by the time it looks.
const OPEN_BYTES_MAX: u64 = 256 * 1024;
/// After so long, what a peer had no room for is offered again. Sooner, and it
/// has no room yet; later, and its blocks lack it.
const AGAIN_SPAN: Duration = Duration::from_millis(250);
/// How often, with the first time. More, and a transaction that does not suit a
/// peer is told of for nothing.
const TRY_COUNT_MAX: u32 = 16;
/// An offer that has no answer by then is made again. Sooner, and a busy peer is
/// given more to do; later, and what got lost is missed for longer.
const ANSWER_PATIENCE: Duration = Duration::from_secs(10);
/// Transactions that wait to be offered, or were and are pending. Fewer than a
/// pool holds, and a new peer is not told of the oldest; each takes some 300
/// bytes once it has left the pool.
const OUTBOX_COUNT_MAX: usize = 65_536;

/// More offers in a millisecond are never made.
const OFFERS_PER_MS_BITS: u32 = 16;

/// The number of a transaction in the order in which they came.
type Position = u64;

/// An offer to be made.
pub(super) struct Offer {
    pub(super) to: Vec<PeerId>,
    pub(super) number: OfferNumber,
    pub(super) transactions: Vec<Checked>,
}

/// What was told to whom.
pub(super) struct Telling {
    outbox: Outbox,
    lines: BTreeMap<PeerId, Line>,
    /// That of the last offer.
    number: OfferNumber,
}

#[derive(Default)]
struct Outbox {
    first: Position,
    entries: VecDeque<WeakChecked>,
}

/// How far one peer is.
struct Line {
    /// The first that it was never offered.
    next: Position,
    /// When that may be offered.
    next_at: Option<Instant>,
    open: VecDeque<Open>,
    open_bytes: u64,
    /// What it had no room for.
    again: VecDeque<Told>,
    /// When that may be offered.
    again_at: Option<Instant>,
}

/// An offer without an answer.
#[derive(Clone)]
struct Open {
    number: OfferNumber,
    told: Vec<Told>,
    bytes: u64,
    until: Instant,
}

#[derive(Clone, Copy)]
struct Told {
    position: Position,
    /// How often it was told before.
    tries: u32,
}

impl Telling {
    /// Begins at a time. Offers of a process that begins later have other
    /// numbers, so that it takes no answer to an earlier one for its own; if the
    /// clock was set back, it may, and tells of some again a second later.
    pub(super) fn new(now: TimestampMs) -> Self {
        Self {
            outbox: Outbox::default(),
            lines: BTreeMap::new(),
            number: OfferNumber::new(now.get() << OFFERS_PER_MS_BITS),
        }
    }

    /// A peer is there.
    pub(super) fn connected(&mut self, peer: PeerId) {
        let line = Line {
            next: self.outbox.first,
            next_at: None,
            open: VecDeque::new(),
            open_bytes: 0,
            again: VecDeque::new(),
            again_at: None,
        };
        self.lines.insert(peer, line);
    }

    /// It is gone.
    pub(super) fn disconnected(&mut self, peer: PeerId) {
        self.lines.remove(&peer);
    }

    /// Transactions are to be told of.
    pub(super) fn add(&mut self, news: &[Checked]) {
        self.outbox.add(news);
    }

    /// A peer has answered. Answers to what it was not asked say nothing.
    pub(super) fn took(
        &mut self,
        peer: PeerId,
        number: OfferNumber,
        missed: &[OfferPlace],
        now: Instant,
    ) {
        let Some(line) = self.lines.get_mut(&peer) else {
            return;
        };
        let Some(open) = line.close(number) else {
            return;
        };
        let missed = missed.iter().filter_map(|at| open.told.get(at.index()));
        let missed: Vec<Told> = missed.copied().collect();
        let is_full = missed.len() * 2 > open.told.len();
        line.put_back(&missed, is_full, now);
    }

    /// A peer was not told: its line takes no more now.
    pub(super) fn untold(&mut self, peer: PeerId, number: OfferNumber, now: Instant) {
        if let Some(line) = self.lines.get_mut(&peer)
            && let Some(open) = line.close(number)
        {
            line.put_back(&open.told, true, now);
        }
    }

    /// The next offer that is due, to all peers that are equally far. It counts
    /// as made.
    pub(super) fn next(&mut self, now: Instant) -> Option<Offer> {
        for line in self.lines.values_mut() {
            line.give_up(now);
        }
        let peers: Vec<PeerId> = self.lines.keys().copied().collect();
        peers.into_iter().find_map(|peer| {
            let again = self.again(peer, now);
            again.or_else(|| self.news(peer, now))
        })
    }

    /// When the next one is due, if no peer answers before.
    pub(super) fn wake(&self) -> Option<Instant> {
        let end = self.outbox.end();
        self.lines.values().filter_map(|line| line.wake(end)).min()
    }

    /// What one peer had no room for.
    fn again(&mut self, peer: PeerId, now: Instant) -> Option<Offer> {
        let line = self.lines.get_mut(&peer)?;
        if !line.has_room() || line.again_at.is_some_and(|at| at > now) {
            return None;
        }
        let mut portion = Portion::default();
        while let Some(told) = line.again.pop_front_if(|_| portion.has_room()) {
            portion.push(told, self.outbox.get(told.position));
        }
        self.make(portion, vec![peer], now)
    }

    /// What a peer was never offered, and with it all that are as far.
    fn news(&mut self, peer: PeerId, now: Instant) -> Option<Offer> {
        let (end, first) = (self.outbox.end(), self.outbox.first);
        let line = self.lines.get(&peer).filter(|line| line.is_due(end, now))?;
        let from = line.next;
        let mut portion = Portion::default();
        let mut next = from.max(first);
        while next < end && portion.has_room() {
            let told = Told {
                position: next,
                tries: 0,
            };
            portion.push(told, self.outbox.get(next));
            next += 1;
        }
        let equal = self.lines.iter_mut();
        let equal = equal.filter(|(_, line)| line.next == from && line.is_due(end, now));
        let to = equal.map(|(peer, line)| {
            line.next = next;
            *peer
        });
        let to = to.collect();
        self.make(portion, to, now)
    }

    fn make(&mut self, portion: Portion, to: Vec<PeerId>, now: Instant) -> Option<Offer> {
        if portion.transactions.is_empty() {
            return None;
        }
        self.number = self.number.next();
        let open = Open {
            number: self.number,
            told: portion.told,
            bytes: portion.bytes,
            until: now + ANSWER_PATIENCE,
        };
        for peer in &to {
            if let Some(line) = self.lines.get_mut(peer) {
                line.open_bytes += open.bytes;
                line.open.push_back(open.clone());
            }
        }
        Some(Offer {
            to,
            number: self.number,
            transactions: portion.transactions,
        })
    }
}

impl Outbox {
    fn end(&self) -> Position {
        self.first + self.entries.len() as u64
    }

    fn add(&mut self, news: &[Checked]) {
        self.entries.extend(news.iter().map(Checked::downgrade));
        let is_over = |outbox: &Self| {
            let is_gone = |entry: &WeakChecked| entry.upgrade().is_none();
            outbox.entries.len() > OUTBOX_COUNT_MAX || outbox.entries.front().is_some_and(is_gone)
        };
        while is_over(self) {
            self.entries.pop_front();
            self.first += 1;
        }
    }

    /// One that is pending.
    fn get(&self, position: Position) -> Option<Checked> {
        let place = position.checked_sub(self.first)?;
        self.entries.get(usize::try_from(place).ok()?)?.upgrade()
    }
}

impl Line {
    fn has_room(&self) -> bool {
        self.open.len() < OPEN_COUNT_MAX && self.open_bytes < OPEN_BYTES_MAX
    }

    fn is_due(&self, end: Position, now: Instant) -> bool {
        self.next < end && self.has_room() && self.next_at.is_none_or(|at| at <= now)
    }

    fn close(&mut self, number: OfferNumber) -> Option<Open> {
        let place = self.open.iter().position(|open| open.number == number)?;
        let open = self.open.remove(place)?;
        self.open_bytes -= open.bytes;
        Some(open)
    }

    /// Offers again what a peer had no room for; and nothing else before, if it
    /// had none at all.
    fn put_back(&mut self, missed: &[Told], is_full: bool, now: Instant) {
        if missed.is_empty() {
            return;
        }
        let again = missed.iter().map(|told| Told {
            tries: told.tries + 1,
            ..*told
        });
        self.again
            .extend(again.filter(|told| told.tries < TRY_COUNT_MAX));
        let at = Some(now + AGAIN_SPAN);
        self.again_at = at;
        if is_full {
            self.next_at = at;
        }
    }

    /// Offers that have no answer are made again.
    fn give_up(&mut self, now: Instant) {
        while let Some(open) = self.open.pop_front_if(|open| open.until <= now) {
            self.open_bytes -= open.bytes;
            self.put_back(&open.told, true, now);
        }
    }

    fn wake(&self, end: Position) -> Option<Instant> {
        let unanswered = self.open.front().map(|open| open.until);
        let has_room = self.has_room();
        let again = self.again_at.filter(|_| has_room && !self.again.is_empty());
        let next = self.next_at.filter(|_| has_room && self.next < end);
        [unanswered, again, next].into_iter().flatten().min()
    }
}

/// Transactions for one offer.
#[derive(Default)]
struct Portion {
    told: Vec<Told>,
    transactions: Vec<Checked>,
    bytes: u64,
}

impl Portion {
    fn has_room(&self) -> bool {
        self.told.len() < OFFERED_COUNT_MAX && self.bytes < OFFERED_BYTES_MAX.get()
    }

    fn push(&mut self, told: Told, pending: Option<Checked>) {
        if let Some(pending) = pending {
            self.bytes += pending.bytes().get();
            self.told.push(told);
            self.transactions.push(pending);
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
