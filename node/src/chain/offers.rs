//! Transactions that peers tell of, on their way to the pool.
//!
//! Each offer is answered with what of it found no room now, so that who made it
//! neither tells what is known nor leaves out what got lost.
//!
//! Invariants:
//! - of each peer at most [`OFFER_COUNT_MAX`] offers wait, of at most
//!   [`OFFER_BYTES_MAX`] each, and one is being handed over: what is beyond is
//!   dropped without an answer. Who keeps to that many without an answer loses
//!   nothing; nobody who keeps the rules makes a longer one;
//! - what is handed over fits into the peer's line in the pool, and half of that
//!   line is refilled while the other half is examined.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use pyralog_driver::{OFFERED_BYTES_MAX, OfferNumber, OfferPlace, Word};
use pyralog_p2p::PeerId;
use pyralog_primitives::ByteCount;
use pyralog_primitives::codec::List;
use pyralog_primitives::transaction::{TRANSACTION_BYTES_MAX, Transaction};
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};

use crate::pool::{Answer, PoolHandle, Refused, source_of};

/// Offers of one peer that wait for the pool. Fewer, and a short rush is lost;
/// more are memory.
pub(super) const OFFER_COUNT_MAX: usize = 16;
/// Bytes of one offer: whoever makes it stops once it has enough, and not before.
const OFFER_BYTES_MAX: u64 = OFFERED_BYTES_MAX.get() + TRANSACTION_BYTES_MAX as u64;
/// Transactions, and bytes of them, that are handed over together: with the
/// memory that each takes, half of a line in the pool. Fewer, and the pool is
/// asked more often; more, and some find no place in the line.
const PORTION_COUNT_MAX: usize = 192;
const PORTION_BYTES_MAX: u64 = 64 * 1024;
/// Portions in the pool at one time.
const PORTIONS_MAX: usize = 2;
/// How long a pool that has no room for anybody is left alone.
const BUSY_SPAN: Duration = Duration::from_millis(5);
/// How often it is asked again. More often, and a pool that is flooded is kept
/// busy by what it cannot take.
const TRY_COUNT_MAX: usize = 200;
/// Answers on their way out. Fewer, and peers wait for each other.
const TOOK_COUNT_MAX: usize = 64;

/// An answer, and whose offer it answers.
pub(super) type Took = (PeerId, Word);

/// An offer is longer than anybody makes it who keeps the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an offer of {bytes} bytes; {OFFER_BYTES_MAX} may be")]
pub(super) struct TooLong {
    bytes: ByteCount,
}

/// The ways of peers to the pool.
pub(super) struct Offers {
    pool: PoolHandle,
    by_peer: BTreeMap<PeerId, mpsc::Sender<Offered>>,
    took: mpsc::Sender<Took>,
}

/// An offer.
struct Offered {
    number: OfferNumber,
    transactions: Vec<Transaction>,
}

impl Offers {
    /// With the place where answers come out.
    pub(super) fn new(pool: PoolHandle) -> (Self, mpsc::Receiver<Took>) {
        let (took, answers) = mpsc::channel(TOOK_COUNT_MAX);
        let by_peer = BTreeMap::new();
        let offers = Self {
            pool,
            by_peer,
            took,
        };
        (offers, answers)
    }

    /// Hands transactions of a peer to the pool, in their order.
    pub(super) fn take(
        &mut self,
        from: PeerId,
        number: OfferNumber,
        transactions: Vec<Transaction>,
    ) -> Result<(), TooLong> {
        let bytes = bytes(&transactions);
        if bytes.get() > OFFER_BYTES_MAX {
            return Err(TooLong { bytes });
        }
        let way = self.by_peer.entry(from).or_insert_with(|| {
            let (way, offers) = mpsc::channel(OFFER_COUNT_MAX);
            let hand_over = HandOver {
                pool: self.pool.clone(),
                from,
                took: self.took.clone(),
                answered: 0,
                open: VecDeque::new(),
                waiting: VecDeque::new(),
                portions: JoinSet::new(),
            };
            tokio::spawn(hand_over.run(offers));
            way
        });
        let _ = way.try_send(Offered {
            number,
            transactions,
        });
        Ok(())
    }

    /// A peer has gone; what it told of is still handed over.
    pub(super) fn forget(&mut self, peer: PeerId) {
        self.by_peer.remove(&peer);
    }
}

/// Hands over what one peer tells of.
struct HandOver {
    pool: PoolHandle,
    from: PeerId,
    took: mpsc::Sender<Took>,
    /// Offers that were answered.
    answered: u64,
    /// Those that came after them, in their order.
    open: VecDeque<Open>,
    waiting: VecDeque<(Place, Transaction)>,
    portions: JoinSet<Vec<(Place, Fate)>>,
}

/// An offer that is being looked at.
struct Open {
    number: OfferNumber,
    left: usize,
    missed: Vec<OfferPlace>,
}

#[derive(Clone, Copy)]
struct Place {
    /// Counted here: a peer may give two offers the same number.
    offer: u64,
    at: OfferPlace,
}

/// What became of a transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is known, or will never be taken as it is.
    Settled,
    /// It may be taken later.
    Missed,
}

impl HandOver {
    /// Until nothing comes any more and all is handed over.
    async fn run(mut self, mut offers: mpsc::Receiver<Offered>) {
        let (mut tries, mut is_over) = (0, false);
        loop {
            while self.portions.len() < PORTIONS_MAX && !self.waiting.is_empty() {
                let (count, bytes) = self.portion();
                if !self.pool.has_room(bytes) && tries < TRY_COUNT_MAX {
                    break;
                }
                tries = 0;
                let (places, transactions) = self.waiting.drain(..count).unzip();
                let portion = (places, transactions, bytes);
                let submitted = submit(self.pool.clone(), self.from, portion);
                self.portions.spawn(submitted);
            }
            let is_shut = !self.waiting.is_empty() && self.portions.len() < PORTIONS_MAX;
            tokio::select! {
                Some(portion) = self.portions.join_next() => self.settle(portion).await,
                offered = offers.recv(), if self.waiting.is_empty() && !is_over => match offered {
                    Some(offered) => self.take(offered).await,
                    None => is_over = true,
                },
                () = tokio::time::sleep(BUSY_SPAN), if is_shut => tries += 1,
                else => return,
            }
        }
    }

    async fn take(&mut self, offered: Offered) {
        let offer = self.answered + self.open.len() as u64;
        self.open.push_back(Open {
            number: offered.number,
            left: offered.transactions.len(),
            missed: Vec::new(),
        });
        let places = OfferPlace::all().map(|at| Place { offer, at });
        self.waiting.extend(places.zip(offered.transactions));
        self.answer().await;
    }

    /// How much of what waits is handed over together.
    fn portion(&self) -> (usize, ByteCount) {
        let (mut count, mut bytes) = (0, 0);
        for (_, transaction) in self.waiting.iter().take(PORTION_COUNT_MAX) {
            if bytes >= PORTION_BYTES_MAX {
                break;
            }
            count += 1;
            bytes += transaction.encoded_bytes().get();
        }
        (count, ByteCount::new(bytes))
    }

    async fn settle(&mut self, portion: Result<Vec<(Place, Fate)>, JoinError>) {
        // A pool that has ended answers, and nothing here panics.
        let portion = portion.unwrap_or_default();
        for (place, fate) in portion {
            let offer = usize::try_from(place.offer - self.answered).unwrap_or(usize::MAX);
            if let Some(open) = self.open.get_mut(offer) {
                open.left -= 1;
                if fate == Fate::Missed {
                    open.missed.push(place.at);
                }
            }
        }
        self.answer().await;
    }

    /// Answers the offers of which nothing is left.
    async fn answer(&mut self) {
        while let Some(open) = self.open.pop_front_if(|open| open.left == 0) {
            self.answered += 1;
            if open.number == OfferNumber::UNANSWERED {
                continue;
            }
            let mut missed = open.missed;
            missed.sort_unstable();
            let missed = List::new(missed).expect("there are no more than were offered");
            let number = open.number;
            // Nobody answers any more once the driver has stopped.
            let _ = self
                .took
                .send((self.from, Word::Took { number, missed }))
                .await;
        }
    }
}

fn bytes(transactions: &[Transaction]) -> ByteCount {
    let bytes = transactions.iter().map(Transaction::encoded_bytes);
    ByteCount::new(bytes.map(ByteCount::get).sum())
}

async fn submit(
    pool: PoolHandle,
    from: PeerId,
    (places, transactions, bytes): (Vec<Place>, Vec<Transaction>, ByteCount),
) -> Vec<(Place, Fate)> {
    let submitted = pool.submit(source_of(from), transactions, bytes);
    match submitted.await {
        Ok(answers) => places.into_iter().zip(answers.iter().map(fate)).collect(),
        Err(_crowded) => places.into_iter().map(|at| (at, Fate::Missed)).collect(),
    }
}

fn fate(answer: &Answer) -> Fate {
    match answer {
        Answer::Refused(Refused::Rejected(why)) if why.retryable() => Fate::Missed,
        Answer::Refused(Refused::Busy) => Fate::Missed,
        Answer::Taken { .. }
        | Answer::Refused(Refused::Rejected(_) | Refused::Unchecked | Refused::Stopping) => {
            Fate::Settled
        }
    }
}

#[cfg(test)]
mod tests {
    use pyralog_primitives::{PublicKey, TransactionId};

    use super::*;
    use crate::chain::telling::tests::transfer;
    use crate::pool::{Novelty, answering};

    const TAKEN: Answer = Answer::Taken {
        id: TransactionId::ZERO,
        novelty: Novelty::News,
    };

    fn peer(number: u8) -> PeerId {
        PeerId::new(PublicKey::new([number; 32]))
    }

    fn transfers(nonces: std::ops::Range<u64>) -> Vec<Transaction> {
        nonces.map(transfer).collect()
    }

    /// Busy for each third, forged for each fifth of the others.
    fn answer(transaction: &Transaction) -> Answer {
        match transaction.body.nonce.get() {
            nonce if nonce.is_multiple_of(3) => Answer::Refused(Refused::Busy),
            nonce if nonce.is_multiple_of(5) => Answer::Refused(Refused::Unchecked),
            _ => TAKEN,
        }
    }

    #[tokio::test]
    async fn an_offer_is_answered_with_what_may_be_taken_later() {
        let pool = answering(|given| given.iter().map(answer).collect());
        let (mut offers, mut took) = Offers::new(pool);
        let mut number = OfferNumber::UNANSWERED;
        for first in [0, 1_000] {
            number = number.next();
            let offered = transfers(first..first + 300);
            offers.take(peer(1), number, offered).unwrap();
            let (to, word) = took.recv().await.unwrap();
            assert_eq!(to, peer(1));
            let busy = OfferPlace::all().zip(first..first + 300);
            let busy = busy.filter(|(_, nonce)| nonce.is_multiple_of(3));
            let missed = List::new(busy.map(|(at, _)| at).collect()).unwrap();
            assert_eq!(word, Word::Took { number, missed });
        }
    }

    #[tokio::test]
    async fn offers_of_one_number_are_answered_each_and_those_of_none_not() {
        let pool = answering(|given| vec![TAKEN; given.len()]);
        let (mut offers, mut took) = Offers::new(pool);
        let one = OfferNumber::UNANSWERED.next();
        for number in [OfferNumber::UNANSWERED, one, one, one.next()] {
            offers.take(peer(1), number, transfers(0..300)).unwrap();
        }
        offers.take(peer(1), one.next(), Vec::new()).unwrap();
        for number in [one, one, one.next(), one.next()] {
            let missed = List::default();
            let word = Word::Took { number, missed };
            assert_eq!(took.recv().await, Some((peer(1), word)));
        }
        drop(offers);
        assert_eq!(took.recv().await, None);
    }

    #[tokio::test]
    async fn an_offer_that_is_too_long_is_not_handed_over() {
        let pool = answering(|given| vec![TAKEN; given.len()]);
        let (mut offers, mut took) = Offers::new(pool);
        let one = OfferNumber::UNANSWERED.next();
        let bytes = bytes(&transfers(0..1)).get();
        let fitting = OFFER_BYTES_MAX / bytes;
        let long = transfers(0..fitting + 1);
        let bytes = ByteCount::new(bytes * (fitting + 1));
        assert_eq!(offers.take(peer(1), one, long), Err(TooLong { bytes }));
        let long = transfers(0..fitting);
        assert_eq!(offers.take(peer(1), one.next(), long), Ok(()));
        let (number, missed) = (one.next(), List::default());
        let word = Word::Took { number, missed };
        assert_eq!(took.recv().await, Some((peer(1), word)));
    }
}
