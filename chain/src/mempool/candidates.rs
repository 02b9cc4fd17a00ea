//! What goes into the next block: the best first, each sender in order of
//! nonce, as long as there is room.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, btree_map};
use std::iter::Peekable;

use pyralog_primitives::block::BLOCK_TRANSACTION_COUNT_MAX;
use pyralog_primitives::{Address, Amount, ByteCount, Compute};

use super::checked::Checked;
use super::index::HeadKey;
use super::pool::Mempool;
use super::queue::{Entry, Queue};

/// So many senders whose next transaction does not fit are passed over; then
/// the block is full. Lower, and large transactions leave blocks half empty;
/// higher, and a full block costs a look at the whole pool.
pub const MISFIT_COUNT_MAX: usize = 256;

/// The room of a block for transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockSpace {
    /// Bytes of their encodings together.
    pub bytes: ByteCount,
    /// Their `compute_max` together.
    pub compute: Compute,
}

/// Transactions for a block, each in its turn. See [`Mempool::candidates`].
#[derive(Debug)]
pub struct Candidates<'a> {
    pool: &'a Mempool,
    heads: Peekable<btree_map::Iter<'a, HeadKey, Address>>,
    /// The next ones of senders whose first one was taken.
    followers: BinaryHeap<Cursor<'a>>,
    base_fee: Amount,
    left: BlockSpace,
    count_left: usize,
    misfits: usize,
}

impl Mempool {
    /// The transactions to put into a block with this base fee, in order: by
    /// priority, each sender's by nonce, equals by arrival. Where the next one
    /// of a sender does not fit, the rest of that sender's waits. Nothing is
    /// taken out, but the pool goes by this base fee from now on.
    pub fn candidates(&mut self, base_fee: Amount, space: BlockSpace) -> Candidates<'_> {
        self.indexes.set_base_fee(base_fee);
        Candidates {
            pool: self,
            heads: self.indexes.offered().iter().peekable(),
            followers: BinaryHeap::new(),
            base_fee,
            left: space,
            count_left: BLOCK_TRANSACTION_COUNT_MAX,
            misfits: 0,
        }
    }
}

impl<'a> Iterator for Candidates<'a> {
    type Item = &'a Checked;

    fn next(&mut self) -> Option<&'a Checked> {
        while self.count_left > 0 && self.misfits < MISFIT_COUNT_MAX {
            let cursor = self.best()?;
            let checked = &cursor.entry().checked;
            if self.reserve(checked) {
                self.follow(&cursor);
                return Some(checked);
            }
            self.misfits += 1;
        }
        None
    }
}

impl<'a> Candidates<'a> {
    /// The best of all heads and followers.
    fn best(&mut self) -> Option<Cursor<'a>> {
        let follower = self.followers.peek().map(Cursor::key);
        match self.heads.peek() {
            Some((head, _)) if follower.is_none_or(|follower| **head < follower) => {
                let (_, sender) = self.heads.next()?;
                let queue = self.pool.senders.get(sender)?;
                Some(Cursor { queue, place: 0 })
            }
            _ => self.followers.pop(),
        }
    }

    /// Puts the one after it in line, if it can run.
    fn follow(&mut self, cursor: &Cursor<'a>) {
        let next = Cursor {
            queue: cursor.queue,
            place: cursor.place + 1,
        };
        let is_ready = next.place < next.queue.marks.ready;
        if is_ready && next.entry().checked.base_fee_limit() >= self.base_fee {
            self.followers.push(next);
        }
    }

    fn reserve(&mut self, checked: &Checked) -> bool {
        let bytes = self.left.bytes.get().checked_sub(checked.bytes().get());
        let compute_max = checked.body().compute_max;
        let compute = self.left.compute.get().checked_sub(compute_max.get());
        let Some((bytes, compute)) = bytes.zip(compute) else {
            return false;
        };
        self.left = BlockSpace {
            bytes: ByteCount::new(bytes),
            compute: Compute::new(compute),
        };
        self.count_left -= 1;
        true
    }
}

/// A place in a queue.
#[derive(Debug)]
struct Cursor<'a> {
    queue: &'a Queue,
    place: usize,
}

impl<'a> Cursor<'a> {
    fn entry(&self) -> &'a Entry {
        &self.queue.entries()[self.place]
    }

    fn key(&self) -> HeadKey {
        let entry = self.entry();
        (Reverse(entry.checked.priority()), entry.arrival)
    }
}

impl Ord for Cursor<'_> {
    /// The best is the greatest.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.key().cmp(&self.key())
    }
}

impl PartialOrd for Cursor<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Cursor<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Cursor<'_> {}
