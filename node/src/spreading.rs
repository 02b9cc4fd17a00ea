//! Transactions that travel by gossip: those that came to a node which follows,
//! on their way to the validators, whoever of them it is connected with.
//!
//! Validators tell each other of theirs directly, which costs each of them one
//! message; gossip reaches who is not connected, and costs some duplicates.
//!
//! Invariants:
//! - nothing is passed on before this node has taken it into its own pool;
//! - who passes on what anybody could see to be wrong is blamed; what is known,
//!   or finds no room, is not passed on, and nobody is blamed; what no node has a
//!   use for that is where the chain is, as what has long been in a block, may
//!   happen, and who passes on little else is blamed by the network. A node that
//!   is behind knows too little to say so, and passes on nothing of its own.

use std::sync::Arc;

use pyralog_chain::mempool::{Checked, Rejection};
use pyralog_driver::{OfferNumber, Word};
use pyralog_p2p::{Gossip, SPREAD_BYTES_MAX, Spread, Verdict};
use pyralog_primitives::ByteCount;
use pyralog_primitives::codec::{Canonical, List};
use pyralog_primitives::transaction::Transaction;
use tokio::sync::{mpsc, watch};

use crate::pool::{Answer, Novelty, PoolHandle, Refused, source_of};
use crate::syncing::Syncing;

/// What a message has besides its transactions.
const AROUND_BYTES_MAX: usize = 512;
const _: () = assert!(
    AROUND_BYTES_MAX + pyralog_primitives::transaction::TRANSACTION_BYTES_MAX <= SPREAD_BYTES_MAX,
    "the longest transaction travels"
);

/// Hears and judges what is spread, and spreads what is admitted here, until the
/// node stops.
pub(crate) async fn spread<G: Gossip>(
    mut gossip: G,
    pool: PoolHandle,
    mut admitted: mpsc::Receiver<Vec<Checked>>,
    syncing: Arc<Syncing>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        tokio::select! {
            biased;
            () = stopped(&mut stop) => return,
            // The pool hands over again what is in no block once this node is
            // where the others are.
            Some(news) = admitted.recv() => if !syncing.is_syncing() {
                pass_on(&gossip, &news);
            },
            heard = gossip.next() => match heard {
                Some(heard) => {
                    let verdict = judge(&pool, &heard, &syncing).await;
                    gossip.judge(heard.id, verdict);
                }
                None => return,
            },
        }
    }
}

/// Also when whoever could say so is gone.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Spreads transactions, in as few messages as they fit into.
fn pass_on<G: Gossip>(gossip: &G, news: &[Checked]) {
    let mut rest = news.iter().map(Checked::transaction).peekable();
    while rest.peek().is_some() {
        let (mut portion, mut bytes) = (Vec::new(), AROUND_BYTES_MAX);
        while let Some(next) = rest.next_if(|next| fits(bytes, next)) {
            bytes += length(next);
            portion.push(next.clone());
        }
        let portion = List::new(portion);
        let offer = Word::Offer {
            number: OfferNumber::UNANSWERED,
            transactions: portion.expect("the pool hands over no more than a word takes"),
        };
        let bytes: Arc<[u8]> = offer.encode().into();
        if let Err(error) = gossip.spread(bytes) {
            // The pool hands it over again while it is in no block.
            tracing::debug!("transactions are not spread: {error}");
        }
    }
}

/// Whether it has room in a message beside so much. Alone each has.
fn fits(bytes: usize, next: &Transaction) -> bool {
    bytes + length(next) <= SPREAD_BYTES_MAX
}

fn length(transaction: &Transaction) -> usize {
    usize::try_from(transaction.encoded_bytes().get()).unwrap_or(usize::MAX)
}

/// What is to become of a message: this node passes on what it takes itself.
async fn judge(pool: &PoolHandle, heard: &Spread, syncing: &Syncing) -> Verdict {
    // Nobody answers what is spread, so there is one number that it may have.
    let Ok(Word::Offer {
        number: OfferNumber::UNANSWERED,
        transactions,
    }) = Word::decode(&heard.bytes)
    else {
        return Verdict::Reject;
    };
    let transactions = transactions.into_vec();
    let bytes = transactions.iter().map(Transaction::encoded_bytes);
    let bytes = ByteCount::new(bytes.map(ByteCount::get).sum());
    let submitted = pool.submit(source_of(heard.from), transactions, bytes);
    match submitted.await {
        Ok(answers) => match verdict(&answers) {
            Verdict::Useless if syncing.is_syncing() => Verdict::Ignore,
            verdict => verdict,
        },
        Err(_crowded) => Verdict::Ignore,
    }
}

fn verdict(answers: &[Answer]) -> Verdict {
    let is_wrong = |answer: &Answer| match answer {
        Answer::Refused(Refused::Rejected(why)) => matches!(**why, Rejection::Form(_)),
        _ => false,
    };
    let is_news = |answer: &Answer| match answer {
        Answer::Taken { novelty, .. } => *novelty == Novelty::News,
        Answer::Refused(_) => false,
    };
    if answers.iter().any(is_wrong) {
        Verdict::Reject
    } else if answers.iter().any(is_news) {
        Verdict::Accept
    } else if !answers.is_empty() && answers.iter().all(is_useless) {
        Verdict::Useless
    } else {
        Verdict::Ignore
    }
}

/// Whether every node says so, whatever it has in its pool; but for what has
/// only just become so, whichever of the last blocks it has seen.
fn is_useless(answer: &Answer) -> bool {
    let why = match answer {
        Answer::Taken { novelty, .. } => return *novelty == Novelty::Spent,
        Answer::Refused(Refused::Rejected(why)) => why,
        Answer::Refused(_) => return false,
    };
    matches!(
        **why,
        Rejection::TooLarge { .. }
            | Rejection::TooLittleCompute { .. }
            | Rejection::ComputeAboveBlock { .. }
            | Rejection::FeeTooLow { .. }
            | Rejection::BalanceTooLow { .. }
            | Rejection::Expired { .. }
            | Rejection::NonceUsed { .. }
    )
}

#[cfg(test)]
mod tests {
    use pyralog_primitives::transaction::TransactionError;
    use std::pin::pin;
    use std::task::{Context, Waker};

    use pyralog_p2p::{MemoryNetwork, PeerId, SpreadId};
    use pyralog_primitives::{Amount, Height, PublicKey, TransactionId};

    use super::*;
    use crate::chain::transfer;
    use crate::pool::answering;

    const NEWS: Answer = taken(Novelty::News);
    const KNOWN: Answer = taken(Novelty::Known);
    const SPENT: Answer = taken(Novelty::Spent);

    const fn taken(novelty: Novelty) -> Answer {
        Answer::Taken {
            id: TransactionId::ZERO,
            novelty,
        }
    }

    fn refused(why: Rejection) -> Answer {
        Answer::Refused(Refused::Rejected(Box::new(why)))
    }

    fn behind(is_behind: bool) -> Arc<Syncing> {
        let syncing = Syncing::default();
        syncing.note(Height::new(1), Height::new(9), is_behind);
        Arc::new(syncing)
    }

    fn peer(number: u8) -> PeerId {
        PeerId::new(PublicKey::new([number; 32]))
    }

    /// What becomes of a message whose transaction gets this answer.
    async fn judged(number: u64, answer: Answer, is_behind: bool) -> Verdict {
        let pool = answering(move |given| vec![answer.clone(); given.len()]);
        let offer = Word::Offer {
            number: OfferNumber::new(number),
            transactions: List::new(vec![transfer(0)]).unwrap(),
        };
        let bytes: Arc<[u8]> = offer.encode().into();
        let heard = Spread {
            from: peer(1),
            id: SpreadId::of(&bytes),
            bytes,
        };
        judge(&pool, &heard, &behind(is_behind)).await
    }

    #[tokio::test]
    async fn one_message_has_one_form_and_who_is_behind_says_of_nothing_that_it_is_useless() {
        assert_eq!(judged(0, NEWS, false).await, Verdict::Accept);
        assert_eq!(judged(1, NEWS, false).await, Verdict::Reject);
        assert_eq!(judged(0, SPENT, false).await, Verdict::Useless);
        assert_eq!(judged(0, SPENT, true).await, Verdict::Ignore);
    }

    #[tokio::test]
    async fn who_is_behind_spreads_nothing_of_its_own() {
        for (is_behind, expected) in [(true, 0), (false, 1)] {
            let network = MemoryNetwork::new();
            let own = network.join(peer(1)).unwrap();
            let other = network.join(peer(2)).unwrap();
            let (news, admitted) = mpsc::channel(1);
            let (stop, stopped) = watch::channel(false);
            let spreading = tokio::spawn(spread(
                own.gossip(),
                answering(|_| Vec::new()),
                admitted,
                behind(is_behind),
                stopped,
            ));
            for nonce in 0..2 {
                // The second is taken once the first was dealt with.
                let checked = Checked::from_block(transfer(nonce));
                news.send(vec![checked]).await.unwrap();
            }
            news.reserve().await.unwrap();
            stop.send(true).unwrap();
            spreading.await.unwrap();
            let mut heard = other.gossip();
            let mut next = pin!(heard.next());
            let mut context = Context::from_waker(Waker::noop());
            let count = usize::from(next.as_mut().poll(&mut context).is_ready());
            assert_eq!(count, expected);
        }
    }

    #[test]
    fn what_is_news_is_passed_on_and_what_anybody_could_see_to_be_wrong_is_blamed() {
        let wrong = || refused(Rejection::Form(TransactionError::NoAction));
        let late = || {
            refused(Rejection::Expired {
                valid_until: Height::new(1),
                height: Height::new(2),
            })
        };
        let poor = || {
            refused(Rejection::BalanceTooLow {
                needed: Amount::new(1),
                balance: Amount::ZERO,
            })
        };
        for (answers, expected) in [
            (vec![poor(), poor()], Verdict::Useless),
            (vec![poor(), late(), SPENT], Verdict::Useless),
            (vec![SPENT], Verdict::Useless),
            (vec![SPENT, KNOWN], Verdict::Ignore),
            (vec![SPENT, NEWS], Verdict::Accept),
            (vec![poor(), KNOWN], Verdict::Ignore),
            (vec![poor(), NEWS], Verdict::Accept),
            (vec![NEWS], Verdict::Accept),
            (vec![KNOWN, NEWS, late()], Verdict::Accept),
            (vec![KNOWN], Verdict::Ignore),
            (
                vec![late(), Answer::Refused(Refused::Busy)],
                Verdict::Ignore,
            ),
            (vec![], Verdict::Ignore),
            (vec![NEWS, wrong()], Verdict::Reject),
        ] {
            assert_eq!(verdict(&answers), expected, "{answers:?}");
        }
    }
}
