//! Which peer is to be asked for which final blocks.
//!
//! A state machine without IO. What happens comes in: answers, what was found
//! when they were verified, peers who leave, and time. What is to be done comes
//! out: whom to ask for which heights, whose answer is to be verified, who is to
//! blame, and blocks, one height after the other.
//!
//! ```text
//!   next ▼                                                     ▼ what peers claim
//!        ├─ held ─┤├─ verified ─┤├─ asked ─┤├─ asked ─┤── gap ──┤
//!   take ◀┘          just now      of one     of another   ▲ the lowest is asked for
//! ```
//!
//! Invariants:
//! - a height is handed over once, after all that are lower, and only what was
//!   verified is;
//! - what is lowest has room and is asked for as long as anyone who can be asked
//!   claims to have it, however much is held of what comes after it;
//! - what is asked for, verified and held is bounded, of each peer and in all;
//! - an answer counts only if it was asked for, and as long as what is in it is
//!   lacking, be it late;
//! - a peer is blamed only for an answer that nobody gives who keeps the rules.
//!   Who is slow or busy, has nothing, or goes is passed over: others are asked, and it
//!   again once it has been left alone for a while.
//!
//! Failure model: peers may claim, answer and leave out what they like, in
//! whatever numbers. As long as one answers truly, all arrives: who has failed
//! less often is asked first.

use std::collections::BTreeMap;

use pyralog_consensus::Tick;
use pyralog_p2p::PeerId;
use pyralog_primitives::{BlockCount, ByteCount, Height};

use crate::peers::Peers;
use crate::word::{FINAL_COUNT_MAX, PORTION_BYTES_MAX};

/// How long a peer may take to answer before another one is asked for the same.
/// Its answer counts even then. Lower, and a slow link carries everything twice;
/// higher, and who does not answer holds up what comes after.
const ANSWER_MICROS: u64 = 1_000_000;
/// Questions that one peer is to answer. One, and the link stands still while
/// its answer is on the way; more, and one peer is waited for where others
/// could give.
pub const QUESTION_COUNT_MAX: usize = 2;
/// Questions to one peer whose time is over. Fewer, and what comes late from a
/// slow peer is lost; more are memory that silent peers take.
const LATE_COUNT_MAX: usize = 2;
/// Bytes that are asked for, being verified, or held until their turn comes; a
/// question counts as the longest answer of several blocks. Lower, and fewer
/// peers are asked at once; higher is memory.
const BYTES_MAX: u64 = 8 * PORTION_BYTES_MAX.get();
/// How far ahead of its turn a block may be. Lower, and small blocks are asked
/// of few peers at once; higher, and what peers give is memory for longer.
const AHEAD_COUNT_MAX: u64 = 2_048;
/// How long an answer should be. Lower, and more questions; much higher, and
/// fewer peers have their share of what is lacking.
const WANTED_BYTES: u64 = PORTION_BYTES_MAX.get() / 2;
/// What a block is thought to take until some have come.
const FIRST_GUESS_BYTES: u64 = WANTED_BYTES / 16;
/// What a block takes besides its transactions.
const OVERHEAD_BYTES: u64 = 2 * 1024;

/// A question that is to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ask {
    pub(crate) peer: PeerId,
    pub(crate) from: Height,
    pub(crate) count: BlockCount,
}

/// An answer that is being verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(u64);

/// What is to be done with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Nothing: nobody asked, or there is nothing in it, or all is here.
    Nothing,
    /// It is to be verified.
    Verify(Ticket),
    /// It is none to what was asked: its giver is to blame.
    Unlike,
}

/// The shape of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    /// The heights of its blocks, as they stand in it.
    pub(crate) heights: Vec<Height>,
    /// What the transactions of its blocks take.
    pub(crate) bytes: u64,
}

/// A verified block.
#[derive(Debug)]
pub(crate) struct Piece<T> {
    pub(crate) from: PeerId,
    pub(crate) block: T,
    bytes: u64,
}

/// A question that was asked.
#[derive(Debug)]
struct Question {
    peer: PeerId,
    from: Height,
    count: u64,
    deadline: Tick,
    is_late: bool,
}

/// An answer that is being verified.
#[derive(Debug)]
struct Verifying {
    peer: PeerId,
    from: Height,
    count: u64,
    asked: u64,
    bytes: u64,
}

/// What is lacking, from a height on.
struct Gap {
    from: Height,
    count: u64,
    /// More may be lacking behind it.
    is_cut: bool,
}

/// The planner. See the [module](self).
#[derive(Debug)]
pub(crate) struct Planner<T> {
    /// All that is lower has been handed over, or came another way.
    next: Height,
    questions: BTreeMap<u64, Question>,
    verifying: BTreeMap<Ticket, Verifying>,
    held: BTreeMap<Height, Piece<T>>,
    held_bytes: u64,
    /// What a block takes, as the last ones did.
    block_bytes: u64,
    /// Questions so far: each has its number.
    asked: u64,
}

impl<T> Default for Planner<T> {
    fn default() -> Self {
        Self {
            next: Height::FIRST,
            questions: BTreeMap::new(),
            verifying: BTreeMap::new(),
            held: BTreeMap::new(),
            held_bytes: 0,
            block_bytes: FIRST_GUESS_BYTES,
            asked: 0,
        }
    }
}

impl<T> Planner<T> {
    /// Whether the block of this height is here, or is just being verified.
    pub(crate) fn has(&self, height: Height) -> bool {
        height >= self.next && !self.lacks(height)
    }

    /// What is lower than this is lacking no more.
    pub(crate) fn advance(&mut self, next: Height) {
        self.next = self.next.max(next);
        while let Some(lowest) = self.held.first_entry()
            && *lowest.key() < self.next
        {
            self.held_bytes -= lowest.remove().bytes;
        }
    }

    /// Whom to ask for what now.
    pub(crate) fn plan(&mut self, peers: &mut Peers, now: Tick) -> Vec<Ask> {
        let mut asks = Vec::new();
        let Some(highest) = peers.highest(now) else {
            return asks;
        };
        while let Some(gap) = self.first_gap(highest)
            && self.has_room(&gap)
            && let Some((peer, tip)) = peers.to_ask(gap.from, now, |peer| self.open_count(peer))
        {
            let claimed = tip.get() - gap.from.get() + 1;
            let count = gap.count.min(self.wanted_count()).min(claimed);
            asks.push(self.ask(peer, (gap.from, count), now));
            peers.note_asked(peer, self.asked);
        }
        asks
    }

    fn ask(&mut self, peer: PeerId, (from, count): (Height, u64), now: Tick) -> Ask {
        // One answer comes after the other.
        let open = self.questions.values().filter(|one| one.is_open_of(&peer));
        let before = open.map(|one| one.deadline).max();
        let deadline = later(before.map_or(now, |before| before.max(now)));
        // Either of two answers to the same question is one to the last.
        self.questions
            .retain(|_, one| one.is_open_of(&peer) || (one.peer, one.from) != (peer, from));
        self.asked += 1;
        let question = Question {
            peer,
            from,
            count,
            deadline,
            is_late: false,
        };
        self.questions.insert(self.asked, question);
        let count = BlockCount::new(count);
        Ask { peer, from, count }
    }

    /// How many blocks make an answer of the length that is wanted.
    fn wanted_count(&self) -> u64 {
        let count = WANTED_BYTES / self.block_bytes.max(OVERHEAD_BYTES);
        count.clamp(1, FINAL_COUNT_MAX as u64)
    }

    /// Whether a question may be asked. What is lowest is, whatever is held.
    fn has_room(&self, gap: &Gap) -> bool {
        if gap.from == self.next {
            return true;
        }
        let is_worth_it = !gap.is_cut || gap.count >= self.wanted_count();
        is_worth_it && self.bytes() + PORTION_BYTES_MAX.get() <= BYTES_MAX
    }

    fn bytes(&self) -> u64 {
        let open = self.questions.values().filter(|one| !one.is_late).count();
        let verifying = self.verifying.values().map(|one| one.bytes);
        let asked = u64::try_from(open).unwrap_or(u64::MAX);
        let asked = asked.saturating_mul(PORTION_BYTES_MAX.get());
        asked + verifying.sum::<u64>() + self.held_bytes
    }

    fn open_count(&self, peer: &PeerId) -> usize {
        let open = self.questions.values().filter(|one| one.is_open_of(peer));
        open.count()
    }

    /// The lowest heights that are lacking and nobody was asked for.
    fn first_gap(&self, highest: Height) -> Option<Gap> {
        let open = self.questions.values().filter(|one| !one.is_late);
        let asked = open.map(|one| (one.from.get(), one.count));
        let verified = self.verifying.values();
        let verified = verified.map(|one| (one.from.get(), one.count));
        let mut covered: Vec<(u64, u64)> = asked.chain(verified).collect();
        covered.sort_unstable();
        let mut covered = covered.into_iter().peekable();
        let mut from = self.next.get();
        loop {
            if let Some((first, count)) = covered.next_if(|(first, _)| *first <= from) {
                from = from.max(first + count);
            } else if self.held.contains_key(&Height::new(from)) {
                from += 1;
            } else {
                break;
            }
        }
        let held = self.held.range(Height::new(from)..).next();
        let held = held.map(|(height, _)| height.get());
        let next_covered = covered.next().map(|(first, _)| first);
        let claimed = highest.get().saturating_add(1);
        let end = [held, next_covered].into_iter().flatten().min();
        let end = end.unwrap_or(u64::MAX).min(claimed);
        let window = self.next.get().saturating_add(AHEAD_COUNT_MAX);
        let count = end
            .min(window)
            .checked_sub(from)
            .filter(|count| *count > 0)?;
        Some(Gap {
            from: Height::new(from),
            count,
            is_cut: window < end,
        })
    }

    /// When to look whether somebody has not answered in time.
    pub(crate) fn next_deadline(&self) -> Option<Tick> {
        let open = self.questions.values().filter(|one| !one.is_late);
        open.map(|one| one.deadline).min()
    }

    /// Whether nothing is on its way: no answer, and none that is being verified.
    pub(crate) fn is_idle(&self) -> bool {
        self.next_deadline().is_none() && self.verifying.is_empty()
    }

    /// Passes over those who have not answered in time.
    pub(crate) fn expire(&mut self, peers: &mut Peers, now: Tick) {
        let mut silent = Vec::new();
        for question in self.questions.values_mut() {
            if !question.is_late && question.deadline <= now {
                question.is_late = true;
                silent.push(question.peer);
            }
        }
        silent.sort_unstable();
        silent.dedup();
        for peer in silent {
            peers.distrust(peer, now);
            self.give_up(peer);
        }
    }

    /// One that does not answer: others are asked for all that it was asked for.
    fn give_up(&mut self, peer: PeerId) {
        for question in self.questions.values_mut() {
            question.is_late |= question.peer == peer;
        }
        self.forget_late(peer);
    }

    /// Keeps the last few questions to a peer whose time is over.
    fn forget_late(&mut self, peer: PeerId) {
        let late = self.questions.iter();
        let late = late.filter(|(_, one)| one.peer == peer && one.is_late);
        let late: Vec<u64> = late.map(|(number, _)| *number).collect();
        let superfluous = late.len().saturating_sub(LATE_COUNT_MAX);
        for number in &late[..superfluous] {
            self.questions.remove(number);
        }
    }

    /// A peer is gone: no answer of it will come.
    pub(crate) fn lose(&mut self, peer: PeerId) {
        self.questions.retain(|_, question| question.peer != peer);
    }

    /// A peer gives final blocks.
    pub(crate) fn hear(
        &mut self,
        peers: &mut Peers,
        peer: PeerId,
        shape: &Shape,
        now: Tick,
    ) -> Heard {
        let mut theirs = self.questions.iter().filter(|(_, one)| one.peer == peer);
        let first = shape.heights.first();
        // Answers come in the order of the questions; some may be left out.
        let meant = match first {
            None => theirs.next(),
            Some(first) => theirs.find(|(_, one)| one.from == *first),
        };
        let meant = meant.map(|(number, _)| *number);
        let Some((number, question)) =
            meant.and_then(|number| Some((number, self.questions.remove(&number)?)))
        else {
            // It may be the answer to a question that was given up.
            return Heard::Nothing;
        };
        self.put_off(peer, number, now);
        let Some(first) = first else {
            peers.distrust(peer, now);
            self.give_up(peer);
            return Heard::Nothing;
        };
        if !shape.is_fair() {
            peers.distrust(peer, now);
            return Heard::Unlike;
        }
        let has_room = !question.is_late || self.bytes() <= BYTES_MAX;
        let is_lacking = shape.heights.iter().any(|height| self.lacks(*height));
        if !is_lacking || !(has_room || *first == self.next) {
            return Heard::Nothing;
        }
        let count = u64::try_from(shape.heights.len()).unwrap_or(u64::MAX);
        let ticket = Ticket(number);
        let verifying = Verifying {
            peer,
            from: *first,
            count,
            asked: question.count,
            bytes: shape.bytes + OVERHEAD_BYTES * count,
        };
        self.verifying.insert(ticket, verifying);
        Heard::Verify(ticket)
    }

    /// A peer answered this question. What it was asked before it has left out,
    /// and what it was asked after that begins to be waited for now.
    fn put_off(&mut self, peer: PeerId, answered: u64, now: Tick) {
        let mut deadline = now;
        for (number, question) in &mut self.questions {
            if question.is_open_of(&peer) && *number > answered {
                deadline = later(deadline);
                question.deadline = deadline;
            } else if question.peer == peer {
                question.is_late = true;
            }
        }
        self.forget_late(peer);
    }

    /// A peer gives nothing now of what it was asked for from this height on:
    /// others are asked.
    pub(crate) fn busy(&mut self, peers: &mut Peers, peer: PeerId, from: Height, now: Tick) {
        let mut asked = self.questions.iter();
        let asked = asked.find(|(_, one)| one.is_open_of(&peer) && one.from == from);
        if let Some(number) = asked.map(|(number, _)| *number) {
            self.questions.remove(&number);
            peers.rest(peer, now);
        }
    }

    /// Whether a block has not come, and its turn has not either.
    fn lacks(&self, height: Height) -> bool {
        let is_verified = |one: &Verifying| {
            let place = height.get().checked_sub(one.from.get());
            place.is_some_and(|place| place < one.count)
        };
        height >= self.next
            && !self.held.contains_key(&height)
            && !self.verifying.values().any(is_verified)
    }

    /// An answer was verified: these blocks of it are good, with what their
    /// transactions take; after them comes what is false, if anything is.
    pub(crate) fn verified(
        &mut self,
        peers: &mut Peers,
        ticket: Ticket,
        (good, is_false): (Vec<(Height, ByteCount, T)>, bool),
        now: Tick,
    ) -> Option<PeerId> {
        let verifying = self.verifying.remove(&ticket)?;
        let from = verifying.peer;
        let (mut count, mut sum) = (0, 0);
        for (height, bytes, block) in good {
            let bytes = bytes.get() + OVERHEAD_BYTES;
            (count, sum) = (count + 1, sum + bytes);
            if height >= self.next && !self.held.contains_key(&height) {
                self.held_bytes += bytes;
                let piece = Piece { from, block, bytes };
                self.held.insert(height, piece);
            }
        }
        if let Some(block_bytes) = sum.checked_div(count) {
            self.block_bytes = u64::midpoint(self.block_bytes, block_bytes);
        }
        if is_false {
            peers.distrust(from, now);
            self.give_up(from);
        } else if count < verifying.asked && sum < WANTED_BYTES / 2 {
            // One that has all that it claims gives more.
            peers.note_meagre(from);
        } else {
            peers.trust(from);
        }
        Some(from)
    }

    /// The block of this height, if it is here. It is handed over once.
    pub(crate) fn take(&mut self, height: Height) -> Option<Piece<T>> {
        self.advance(height);
        let piece = self.held.remove(&height)?;
        self.held_bytes -= piece.bytes;
        self.next = height.next().unwrap_or(height);
        Some(piece)
    }

    /// What was handed over turned out to be false: it is lacking again, and
    /// nothing that came from the same peer counts.
    pub(crate) fn refuse(&mut self, peers: &mut Peers, peer: PeerId, height: Height, now: Tick) {
        self.next = height;
        self.held.retain(|_, piece| piece.from != peer);
        self.held_bytes = self.held.values().map(|piece| piece.bytes).sum();
        self.verifying.retain(|_, one| one.peer != peer);
        peers.distrust(peer, now);
        self.give_up(peer);
    }
}

impl Question {
    fn is_open_of(&self, peer: &PeerId) -> bool {
        self.peer == *peer && !self.is_late
    }
}

impl Shape {
    /// Whether it is what one who keeps the rules answers: blocks one after the
    /// other, and no more than fit. There may be more of them than were asked
    /// for, because the same was asked for before, and more of it.
    fn is_fair(&self) -> bool {
        let mut pairs = self.heights.windows(2);
        let is_row = pairs.all(|pair| pair[0].next() == Some(pair[1]));
        is_row && (self.bytes <= PORTION_BYTES_MAX.get() || self.heights.len() == 1)
    }
}

const fn later(tick: Tick) -> Tick {
    Tick::new(tick.get().saturating_add(ANSWER_MICROS))
}

#[cfg(test)]
mod tests;
