//! What others ask the pool.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pyralog_chain::mempool::{BlockSpace, Checked, Rejection, Source, Status};
use pyralog_driver::FoundTransaction;
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::{
    Address, Amount, ByteCount, Height, Nonce, SignedTransactionId, TransactionId,
};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::SUBMITTED_BYTES_MAX;
use super::thread::FollowedBlock;

/// What callers ask.
pub(super) enum Ordinary {
    Submit {
        source: Source,
        transactions: Vec<Transaction>,
        /// Given back once all are answered, whether or not the caller is
        /// still there.
        room: OwnedSemaphorePermit,
        reply: oneshot::Sender<Vec<Answer>>,
    },
    Status {
        id: TransactionId,
        reply: oneshot::Sender<Status>,
    },
    NextNonce {
        address: Address,
        reply: oneshot::Sender<Nonce>,
    },
    Counts {
        reply: oneshot::Sender<PoolCounts>,
    },
}

/// What the chain says and asks.
pub(super) enum Urgent {
    Candidates {
        base_fee: Amount,
        space: BlockSpace,
        reply: oneshot::Sender<Vec<Checked>>,
    },
    Find {
        transactions: Vec<SignedTransactionId>,
        reply: oneshot::Sender<Vec<Option<FoundTransaction>>>,
    },
    Follow(FollowedBlock),
    Durable(Height),
}

/// What became of one transaction.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// It is pending, or in a block.
    Taken { id: TransactionId, novelty: Novelty },
    /// It is not.
    Refused(Refused),
}

/// What the pool knew before of a transaction that it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Novelty {
    /// Nothing.
    News,
    /// It is pending, or has not been in a block for long.
    Known,
    /// It has been in a block for longer than transactions travel.
    Spent,
}

/// All callers together have too much in line, so that nothing of a submission
/// was examined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Crowded;

/// Why a transaction was not taken.
#[derive(Clone, Debug)]
pub(crate) enum Refused {
    /// It breaks a rule, or there is no room for it.
    Rejected(Box<Rejection>),
    /// The caller has too much in line, or too many callers have something.
    Busy,
    /// The caller sent a forgery before it, so it was not examined.
    Unchecked,
    /// The pool has ended.
    Stopping,
}

/// How much the pool holds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PoolCounts {
    pub(crate) transactions: u64,
    pub(crate) bytes: u64,
    /// What has left it for blocks that are final and not yet in the store.
    pub(crate) settling: u64,
}

/// The way to the pool. All copies lead to the same one.
#[derive(Clone)]
pub(crate) struct PoolHandle {
    ordinary: mpsc::Sender<Ordinary>,
    urgent: mpsc::Sender<Urgent>,
    room: Arc<Semaphore>,
    offers: Arc<Offers>,
}

/// Whether something waits for a block, for the driver.
#[derive(Default)]
pub(super) struct Offers {
    waiting: AtomicBool,
    arrived: Notify,
}

impl Offers {
    pub(super) fn set(&self, waiting: bool) {
        if !self.waiting.swap(waiting, Ordering::AcqRel) && waiting {
            self.arrived.notify_one();
        }
    }
}

impl PoolHandle {
    pub(super) fn new(
        ordinary: mpsc::Sender<Ordinary>,
        urgent: mpsc::Sender<Urgent>,
        offers: Arc<Offers>,
    ) -> Self {
        let room = usize::try_from(SUBMITTED_BYTES_MAX.get()).unwrap_or(usize::MAX);
        Self {
            ordinary,
            urgent,
            room: Arc::new(Semaphore::new(room)),
            offers,
        }
    }

    /// Offers transactions of so many bytes together, and waits for what
    /// becomes of each: not longer than their signatures take.
    pub(crate) async fn submit(
        &self,
        source: Source,
        transactions: Vec<Transaction>,
        bytes: ByteCount,
    ) -> Result<Vec<Answer>, Crowded> {
        let count = transactions.len();
        let stopping = || vec![Answer::Refused(Refused::Stopping); count];
        // What is longer than all room needs all of it: else it would be told
        // for ever to come back.
        let bytes = bytes.min(SUBMITTED_BYTES_MAX);
        let permits = u32::try_from(bytes.get()).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room);
        let room = room.try_acquire_many_owned(permits).map_err(|_| Crowded)?;
        let (reply, answers) = oneshot::channel();
        let request = Ordinary::Submit {
            source,
            transactions,
            room,
            reply,
        };
        if self.ordinary.send(request).await.is_err() {
            return Ok(stopping());
        }
        Ok(answers.await.unwrap_or_else(|_| stopping()))
    }

    /// Whether transactions of so many bytes together would be examined now.
    pub(crate) fn has_room(&self, bytes: ByteCount) -> bool {
        let bytes = bytes.min(SUBMITTED_BYTES_MAX);
        self.room.available_permits() as u64 >= bytes.get()
    }

    /// What is known of a transaction; none if the pool has ended.
    pub(crate) async fn status(&self, id: TransactionId) -> Option<Status> {
        self.ask(|reply| Ordinary::Status { id, reply }).await
    }

    /// The nonce after all that is pending.
    pub(crate) async fn next_nonce(&self, address: Address) -> Option<Nonce> {
        self.ask(|reply| Ordinary::NextNonce { address, reply })
            .await
    }

    /// How much the pool holds.
    pub(crate) async fn counts(&self) -> Option<PoolCounts> {
        self.ask(|reply| Ordinary::Counts { reply }).await
    }

    async fn ask<T>(&self, question: impl FnOnce(oneshot::Sender<T>) -> Ordinary) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.ordinary.send(question(reply)).await.ok()?;
        answer.await.ok()
    }

    /// What should go into the next block, the best first.
    pub(crate) async fn candidates(&self, base_fee: Amount, space: BlockSpace) -> Vec<Checked> {
        let (reply, candidates) = oneshot::channel();
        let question = Urgent::Candidates {
            base_fee,
            space,
            reply,
        };
        if self.urgent.send(question).await.is_err() {
            return Vec::new();
        }
        candidates.await.unwrap_or_default()
    }

    /// Those of these transactions that are pending here, or stand in line.
    pub(crate) async fn find(
        &self,
        transactions: Vec<SignedTransactionId>,
    ) -> Vec<Option<FoundTransaction>> {
        let count = transactions.len();
        let (reply, found) = oneshot::channel();
        let question = Urgent::Find {
            transactions,
            reply,
        };
        if self.urgent.send(question).await.is_err() {
            return vec![None; count];
        }
        found.await.unwrap_or_else(|_| vec![None; count])
    }

    /// A block has become final.
    pub(crate) async fn follow(&self, block: FollowedBlock) {
        // Nobody follows once the pool has ended; the node is stopping then.
        let _ = self.urgent.send(Urgent::Follow(block)).await;
    }

    /// Blocks up to this height are durable.
    pub(crate) fn durable(&self, height: Height) {
        let _ = self.urgent.blocking_send(Urgent::Durable(height));
    }

    /// Whether something waits for a block.
    pub(crate) fn has_offers(&self) -> bool {
        self.offers.waiting.load(Ordering::Acquire)
    }

    /// Waits until something waits for a block where nothing did.
    pub(crate) async fn offered(&self) {
        self.offers.arrived.notified().await;
    }
}

/// The way to something that answers as a pool would.
#[cfg(test)]
pub(crate) fn answering(
    mut answer: impl FnMut(Vec<Transaction>) -> Vec<Answer> + Send + 'static,
) -> PoolHandle {
    let (ordinary_in, mut ordinary) = mpsc::channel(4);
    let (urgent_in, _) = mpsc::channel(1);
    tokio::spawn(async move {
        while let Some(request) = ordinary.recv().await {
            if let Ordinary::Submit {
                transactions,
                reply,
                ..
            } = request
            {
                let _ = reply.send(answer(transactions));
            }
        }
    });
    PoolHandle::new(ordinary_in, urgent_in, Arc::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handle() -> (PoolHandle, mpsc::Receiver<Ordinary>) {
        let (ordinary_in, ordinary) = mpsc::channel(4);
        let (urgent_in, _) = mpsc::channel(1);
        let handle = PoolHandle::new(ordinary_in, urgent_in, Arc::default());
        (handle, ordinary)
    }

    async fn submit(handle: PoolHandle, bytes: u64) -> Result<usize, Crowded> {
        let answers = handle.submit(Source::new(0), Vec::new(), ByteCount::new(bytes));
        answers.await.map(|answers| answers.len())
    }

    type Heard = (OwnedSemaphorePermit, oneshot::Sender<Vec<Answer>>);

    async fn hear(lane: &mut mpsc::Receiver<Ordinary>) -> Heard {
        match lane.recv().await {
            Some(Ordinary::Submit { room, reply, .. }) => (room, reply),
            _ => panic!("the pool hears of each submission that has room"),
        }
    }

    fn answer((room, reply): Heard) {
        drop(room);
        reply.send(Vec::new()).unwrap();
    }

    #[tokio::test]
    async fn what_has_no_room_is_shed_and_the_pool_hears_nothing_of_it() {
        let (handle, mut lane) = handle();
        let all = SUBMITTED_BYTES_MAX.get();
        let first = tokio::spawn(submit(handle.clone(), all));
        let heard = hear(&mut lane).await;
        assert!(!handle.has_room(ByteCount::new(1)));
        assert_eq!(submit(handle.clone(), 1).await, Err(Crowded));
        assert!(lane.try_recv().is_err());
        // The room comes back with the answer.
        answer(heard);
        assert_eq!(first.await.unwrap(), Ok(0));
        let second = tokio::spawn(submit(handle, 1));
        answer(hear(&mut lane).await);
        assert_eq!(second.await.unwrap(), Ok(0));
    }

    #[tokio::test]
    async fn a_submission_above_all_room_is_taken_when_it_is_alone() {
        let (handle, mut lane) = handle();
        assert!(handle.has_room(ByteCount::new(SUBMITTED_BYTES_MAX.get() + 1)));
        let large = tokio::spawn(submit(handle, SUBMITTED_BYTES_MAX.get() + 1));
        answer(hear(&mut lane).await);
        assert_eq!(large.await.unwrap(), Ok(0));
    }

    #[tokio::test]
    async fn what_a_caller_that_has_gone_sent_keeps_its_room_until_it_is_answered() {
        let (handle, mut lane) = handle();
        let gone = tokio::spawn(submit(handle.clone(), SUBMITTED_BYTES_MAX.get()));
        let heard = hear(&mut lane).await;
        gone.abort();
        assert!(gone.await.unwrap_err().is_cancelled());
        assert_eq!(submit(handle.clone(), 1).await, Err(Crowded));
        drop(heard);
        let next = tokio::spawn(submit(handle, 1));
        answer(hear(&mut lane).await);
        assert_eq!(next.await.unwrap(), Ok(0));
    }
}
