//! Peers that do not answer as they should, or at all.

use std::time::Duration;

use pyralog_api::PyralogClient;
use pyralog_driver::{FINAL_COUNT_MAX, FinalBlock, Word};
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::codec::{Canonical, List};
use pyralog_primitives::{BlockCount, Height};
use tokio::time::{Instant, timeout};

use super::frames::each;
use crate::net::attack::raw::{Gone, RawPeer, Words, hear, say};
use crate::net::attack::watch::Watch;
use crate::net::attack::{Attack, Done, Targets};

/// Questions of one that reads no answers.
const QUESTIONS: usize = 2_000;
/// How long a slow reader is watched at most, if it is not to be banned.
const SLOW_SHORT: Duration = Duration::from_mins(1);
/// Answers with lies that a node may ask for: it asks again after ten seconds.
const LIES_MAX: Duration = Duration::from_mins(1);
/// How far ahead a liar says that it is.
const AHEAD: BlockCount = BlockCount::new(1_000);

/// Asks every node for all blocks, over and over, and reads nothing.
pub(super) async fn slow_reading(targets: &Targets) -> Done {
    let mut done = Done::default();
    let who = targets.who(Attack::SlowReading, 0);
    let is_long = targets.strength.is_full();
    let time = targets.strength.time;
    let end = Instant::now() + if is_long { time } else { time.min(SLOW_SHORT) };
    let nodes = targets.nodes.iter().map(|node| {
        let who = who.clone();
        async move {
            let mut ended = 0;
            loop {
                let mut peer = RawPeer::dial(who.clone(), *node);
                let Ok(words) = ask_much(&mut peer).await else {
                    return (ended, None);
                };
                let rest = end.saturating_duration_since(Instant::now());
                match timeout(rest, peer_ends(&mut peer)).await {
                    Ok(()) => ended += 1,
                    // Still there when the nodes are looked at.
                    Err(_) => return (ended, Some((peer, words))),
                }
            }
        }
    });
    let mut ends = 0;
    for (ended, held) in futures::future::join_all(nodes).await {
        ends += ended;
        done.held.extend(held);
    }
    let held = done.held.len();
    done.sent.push(format!(
        "{QUESTIONS} questions for blocks to each node, and no answer read: {ends} connections \
         were ended by the nodes, {held} are held"
    ));
    done.attackers.insert(who.peer());
    if is_long {
        done.to_be_banned.push((who.peer(), "reads nothing"));
    }
    done
}

async fn ask_much(peer: &mut RawPeer) -> Result<Words, Gone> {
    let mut words = peer.greet().await?;
    let question = Word::WantFinal {
        from: Height::FIRST,
        count: BlockCount::new(FINAL_COUNT_MAX as u64),
    }
    .encode();
    for _ in 0..QUESTIONS {
        say(&mut words.to_node, &question).await?;
    }
    Ok(words)
}

/// Waits for the end of the connection, however long the node is silent.
async fn peer_ends(peer: &mut RawPeer) {
    while matches!(peer.ended().await, Gone::Silent) {}
}

/// Says that it is far ahead, and gives blocks that no validator has signed when
/// it is asked for those that are to come.
pub(super) async fn lying_sync(targets: &Targets, watch: &Watch) -> Done {
    let mut done = Done::default();
    let who = targets.who(Attack::LyingSync, 0);
    let Ok(status) = watch.client().node_status().await else {
        done.sent
            .push("nothing: no node says how it stands".to_owned());
        return done;
    };
    let ahead = status.height.after(AHEAD).unwrap_or(status.height);
    let lie = each(targets, &who, async |mut peer| {
        let mut words = peer.greet().await?;
        let truth = first_block(&mut words).await?;
        let tip = Word::Tip { height: ahead };
        say(&mut words.to_node, &tip.encode()).await?;
        loop {
            let heard = hear(&mut words.of_node).await?;
            if let Ok(Word::WantFinal { from, .. }) = Word::decode(&heard) {
                let lie = List::new(vec![forged(&truth, from)]).expect("one is few");
                say(&mut words.to_node, &Word::Final(lie).encode()).await?;
            }
        }
    });
    let told = timeout(LIES_MAX, lie).await.unwrap_or_default();
    let what = "blocks that nobody signed, for whoever asks";
    done.say(what, &who, &told, Some("certificate that does not hold"));
    done
}

/// A block as it should be, to make others of.
async fn first_block(words: &mut Words) -> Result<FinalBlock, Gone> {
    let question = Word::WantFinal {
        from: Height::FIRST,
        count: BlockCount::new(1),
    };
    say(&mut words.to_node, &question.encode()).await?;
    loop {
        let heard = hear(&mut words.of_node).await?;
        if let Ok(Word::Final(blocks)) = Word::decode(&heard)
            && let Some(first) = blocks.into_vec().into_iter().next()
        {
            return Ok(first);
        }
    }
}

/// The block as if it were of another height, under the signatures that it has.
fn forged(truth: &FinalBlock, height: Height) -> FinalBlock {
    let mut lie = truth.clone();
    lie.block.header.height = height;
    let value = lie.block.id();
    match &mut lie.certificate {
        Certificate::Solo {
            height: at,
            value: block,
            ..
        }
        | Certificate::Quorum {
            height: at,
            value: block,
            ..
        } => (*at, *block) = (height, value),
    }
    lie
}
