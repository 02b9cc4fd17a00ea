//! Transactions that peers tell of, on their way to the pool.
//!
//! Invariant: of each peer at most [`OFFER_COUNT_MAX`] words wait, two words'
//! worth is being handed over, and a line of the pool's; what is beyond is dropped, and comes again from whoever has it
//! pending, or with the block that holds it.

use std::collections::BTreeMap;
use std::time::Duration;

use pyralog_driver::OFFERED_COUNT_MAX;
use pyralog_p2p::PeerId;
use pyralog_primitives::ByteCount;
use pyralog_primitives::transaction::Transaction;
use tokio::sync::mpsc;

use crate::pool::{Answer, PoolHandle, Refused, source_of};

/// Words of one peer that wait for the pool. Fewer, and a short rush is lost;
/// more are memory.
const OFFER_COUNT_MAX: usize = 16;
/// How long a pool that is busy is left alone.
const BUSY_SPAN: Duration = Duration::from_millis(5);
/// How often it is asked again. More often, and a pool that is flooded is kept
/// busy by what it cannot take.
const TRY_COUNT_MAX: usize = 200;

/// The ways of peers to the pool.
pub(super) struct Offers {
    pool: PoolHandle,
    by_peer: BTreeMap<PeerId, mpsc::Sender<Vec<Transaction>>>,
}

impl Offers {
    pub(super) const fn new(pool: PoolHandle) -> Self {
        Self {
            pool,
            by_peer: BTreeMap::new(),
        }
    }

    /// Hands transactions of a peer to the pool, in their order.
    pub(super) fn take(&mut self, from: PeerId, transactions: Vec<Transaction>) {
        let way = self.by_peer.entry(from).or_insert_with(|| {
            let (way, offers) = mpsc::channel(OFFER_COUNT_MAX);
            tokio::spawn(hand_over(self.pool.clone(), from, offers));
            way
        });
        let _ = way.try_send(transactions);
    }

    /// A peer has gone; what it told of is still handed over.
    pub(super) fn forget(&mut self, peer: PeerId) {
        self.by_peer.remove(&peer);
    }
}

/// Hands over what a peer tells of, as much at a time as keeps its line full:
/// word by word, a line would be empty whenever the pool has answered, and who
/// sends short words would fall behind who sends long ones.
async fn hand_over(pool: PoolHandle, from: PeerId, mut offers: mpsc::Receiver<Vec<Transaction>>) {
    let (mut waiting, mut tries) = (Vec::new(), 0);
    loop {
        if waiting.is_empty() {
            match offers.recv().await {
                Some(transactions) => waiting = transactions,
                None => return,
            }
            tries = 0;
        }
        while waiting.len() < OFFERED_COUNT_MAX
            && let Ok(transactions) = offers.try_recv()
        {
            waiting.extend(transactions);
        }
        let count = waiting.len();
        waiting = submit(&pool, from, waiting).await;
        if waiting.len() == count {
            tries += 1;
            tokio::time::sleep(BUSY_SPAN).await;
        } else {
            tries = 0;
        }
        if tries == TRY_COUNT_MAX {
            waiting.clear();
        }
    }
}

/// Submits transactions, and gives back those that the pool had no time for.
async fn submit(
    pool: &PoolHandle,
    from: PeerId,
    transactions: Vec<Transaction>,
) -> Vec<Transaction> {
    let bytes = transactions.iter().map(Transaction::encoded_bytes);
    let bytes = ByteCount::new(bytes.map(ByteCount::get).sum());
    if !pool.has_room(bytes) {
        return transactions;
    }
    let submitted = pool.submit(source_of(from), transactions.clone(), bytes);
    let Ok(answers) = submitted.await else {
        return transactions;
    };
    let is_left = |answer: &Answer| matches!(answer, Answer::Refused(Refused::Busy));
    let answered = transactions.into_iter().zip(answers);
    let left = answered.filter(|(_, answer)| is_left(answer));
    left.map(|(transaction, _)| transaction).collect()
}
