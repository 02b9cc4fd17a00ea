//! What is well formed, and of no use to anybody.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use libp2p::Stream;
use pyralog_api::PyralogClient;
use pyralog_driver::{OfferNumber, Word};
use pyralog_primitives::codec::{Canonical, List};
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::{Amount, Height, Nonce};
use tokio::time::{Instant, sleep};

use super::frames::each;
use crate::Account;
use crate::net::attack::raw::{Gone, Who, Words, frame, hear, shout};
use crate::net::attack::watch::Watch;
use crate::net::attack::{Attack, Done, Targets};
use crate::net::status::since;

/// Messages of gossip in a second: as many as the network is made for.
const SPREAD_INTERVAL: Duration = Duration::from_millis(5);
/// How long useless gossip goes on if nobody ends it.
const SPREAD_MAX: Duration = Duration::from_secs(40);
/// What has been in a block for so long travels no more: nodes say after half a
/// minute.
const SPENT_AFTER: Duration = Duration::from_secs(33);
/// Transactions of one message that says the same again, at most.
const SPENT_COUNT_MAX: usize = 512;
/// What is remembered of validators, to be said again.
const HEARD_MAX: usize = 8;
/// How often it is said again before it is looked whether there is more.
const REPEATED: usize = 32;
/// How long that goes on if nobody ends it: also until there is something.
const REPEAT_MAX: Duration = Duration::from_mins(1);

/// Payments of an account that has nothing, each signed, each another one.
pub(super) async fn useless_gossip(targets: &Targets, watch: &Watch) -> Done {
    let mut done = Done::default();
    let who = Who {
        spreads: true,
        ..targets.who(Attack::UselessGossip, 0)
    };
    let Ok(status) = watch.client().node_status().await else {
        done.sent
            .push("nothing: no node says how it stands".to_owned());
        return done;
    };
    let poor = Account::of(targets.who(Attack::UselessGossip, 1).key);
    let told = spread(targets, &who, |count| {
        let amount = Amount::new(count as u128);
        vec![poor.pay(&status, Nonce::new(0), poor.address(), amount)]
    })
    .await;
    let what = "payments by gossip of an account that has nothing";
    done.say(what, &who, &told, Some("of no use"));
    done
}

/// A payment that has long been in a block, in as many messages as there are ways
/// to say it once more.
pub(super) async fn spent_gossip(targets: &Targets, watch: &Watch) -> Done {
    let mut done = Done::default();
    let who = Who {
        spreads: true,
        ..targets.who(Attack::SpentGossip, 0)
    };
    let Some(payment) = spent(watch).await else {
        let nothing = "nothing: no node shows a transaction";
        done.sent.push(nothing.to_owned());
        return done;
    };
    let told = spread(targets, &who, |count| {
        vec![payment.clone(); count.min(SPENT_COUNT_MAX)]
    })
    .await;
    let what = "a payment by gossip that has long been made";
    done.say(what, &who, &told, Some("of no use"));
    done
}

/// A transaction that was in a block long ago, or will have been.
async fn spent(watch: &Watch) -> Option<Transaction> {
    // Whether this one is made final is looked at when all is over.
    let _ = watch.pay(0).await;
    let client = watch.client();
    let status = client.node_status().await.ok()?;
    let mut height = status.oldest.max(Height::FIRST);
    while height <= status.height {
        let view = client.block(Some(height)).await.ok()?;
        if let Some(transaction) = view.block.transactions.first() {
            let age = since(SystemTime::now(), view.block.header.time);
            sleep(SPENT_AFTER.saturating_sub(age)).await;
            return Some(transaction.clone());
        }
        height = height.next()?;
    }
    None
}

/// Spreads to each node what is to be said for the first time, the second and so
/// on, until somebody ends it.
async fn spread(
    targets: &Targets,
    who: &Who,
    say: impl Fn(usize) -> Vec<Transaction>,
) -> Vec<Result<(), Gone>> {
    let end = Instant::now() + SPREAD_MAX;
    each(targets, who, async |mut peer| {
        let _said = peer.greet().await?;
        let mut count = 0;
        while Instant::now() < end {
            if peer.has_ended() {
                return Err(Gone::Closed);
            }
            count += 1;
            let offer = Word::Offer {
                number: OfferNumber::UNANSWERED,
                transactions: List::new(say(count)).expect("they are few"),
            };
            peer.spread(offer.encode()).await?;
            sleep(SPREAD_INTERVAL).await;
        }
        Ok(())
    })
    .await
}

/// Hears what validators say while payments are made, and says the last of it
/// again, as fast as it is taken.
pub(super) async fn replayed_votes(targets: &Targets, watch: &Watch) -> Done {
    let mut done = Done::default();
    let who = targets.who(Attack::ReplayedVotes, 0);
    let deed = each(targets, &who, async |mut peer| {
        let Words {
            mut to_node,
            mut of_node,
        } = peer.greet().await?;
        let heard = RefCell::new(VecDeque::new());
        tokio::select! {
            gone = listen(&mut of_node, &heard) => gone,
            told = repeat(&mut to_node, &heard) => told,
        }
    });
    let payments = async {
        for by in 0..3 {
            // Whether they are made final is looked at when it is over.
            let _ = watch.pay(by).await;
        }
    };
    let (told, ()) = tokio::join!(deed, payments);
    let what = format!("the last {HEARD_MAX} messages of each validator, again and again");
    done.say(&what, &who, &told, Some("more messages"));
    done
}

/// Remembers the last that the node has said as a validator.
async fn listen(of_node: &mut Stream, heard: &RefCell<VecDeque<Vec<u8>>>) -> Result<(), Gone> {
    loop {
        let word = hear(of_node).await?;
        if matches!(Word::decode(&word), Ok(Word::Consensus(_))) {
            let mut heard = heard.borrow_mut();
            heard.push_back(frame(&word));
            if heard.len() > HEARD_MAX {
                heard.pop_front();
            }
        }
    }
}

/// Says it again.
async fn repeat(to_node: &mut Stream, heard: &RefCell<VecDeque<Vec<u8>>>) -> Result<(), Gone> {
    let end = Instant::now() + REPEAT_MAX;
    while Instant::now() < end {
        let frames = heard
            .borrow()
            .iter()
            .flatten()
            .copied()
            .collect::<Vec<u8>>();
        if frames.is_empty() {
            sleep(SPREAD_INTERVAL).await;
        } else {
            shout(to_node, &frames.repeat(REPEATED)).await?;
        }
    }
    Ok(())
}
