//! Bytes that mean nothing, and too many of them.

use std::time::Duration;

use pyralog_p2p::MESSAGE_BYTES_MAX;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::net::attack::raw::{Gone, RawPeer, Who, say, shout};
use crate::net::attack::sockets::{End, OPENINGS, Opening, try_one};
use crate::net::attack::{Attack, Done, Targets};

/// Words of an attacker that is to be banned for them: each costs it 20 of 50
/// points, and it comes back if its connection ends before.
pub(super) const WORDS: usize = 8;
/// How long a node may take to end a connection on which nothing sensible was
/// said: longer than it gives others to say who they are.
const CLOSED_WITHIN: Duration = Duration::from_secs(15);
/// Messages of gossip that are none, at most; those before the node has said
/// that it listens reach nobody.
const SPREAD_COUNT: u32 = 2_000;
const SPREAD_INTERVAL: Duration = Duration::from_millis(10);
/// As long as a hello may be.
const HELLO_BYTES: usize = 100;
/// The length of words that are none, if less is done than can be.
const SHORTER_BYTES: usize = 1024 * 1024;
/// What means nothing, as a word, a hello or transactions.
pub(super) const NONSENSE: [u8; 600] = [0xa7; 600];

/// On bare connections, in place of a hello, of a word, of transactions.
pub(super) async fn garbage(targets: &Targets) -> Done {
    let mut done = Done::default();
    let in_place = async {
        garbage_as_hello(targets, &mut done).await;
        garbage_as_words(targets, &mut done).await;
        garbage_as_gossip(targets, &mut done).await;
    };
    let (bare, ()) = tokio::join!(bare(targets), in_place);
    done.sent.push(bare);
    done
}

async fn garbage_as_hello(targets: &Targets, done: &mut Done) {
    let who = targets.who(Attack::Garbage, 0);
    let told = each(targets, &who, async |mut peer| {
        let mut stream = peer.stream().await?;
        say(&mut stream, &NONSENSE[..HELLO_BYTES]).await?;
        Err(peer.ended().await)
    })
    .await;
    done.say("a hello that is none", &who, &told, Some("no hello"));
}

async fn garbage_as_words(targets: &Targets, done: &mut Done) {
    let who = targets.who(Attack::Garbage, 1);
    let told = each(targets, &who, async |mut peer| {
        let mut said = peer.greet().await?;
        for _ in 0..WORDS {
            say(&mut said.to_node, &NONSENSE).await?;
        }
        Err(peer.ended().await)
    })
    .await;
    let what = format!("{WORDS} words that are none");
    done.say(&what, &who, &told, Some("no word of ours"));
}

async fn garbage_as_gossip(targets: &Targets, done: &mut Done) {
    let who = Who {
        spreads: true,
        ..targets.who(Attack::Garbage, 2)
    };
    let told = each(targets, &who, async |mut peer| {
        let _said = peer.greet().await?;
        for number in 0..SPREAD_COUNT {
            if peer.has_ended() {
                return Err(Gone::Closed);
            }
            let message = [&NONSENSE[..], &u32::to_le_bytes(number)].concat();
            peer.spread(message).await?;
            sleep(SPREAD_INTERVAL).await;
        }
        Ok(())
    })
    .await;
    let what = "gossip that is none";
    done.say(what, &who, &told, Some("anybody could see is bad"));
}

/// Every opening on a bare connection to every node.
async fn bare(targets: &Targets) -> String {
    let mut tries = JoinSet::new();
    for node in targets.nodes.clone() {
        for bytes in OPENINGS {
            let from = targets.host(Attack::Garbage, 2);
            tries.spawn(try_one(from, node, Opening::Bytes(bytes, CLOSED_WITHIN)));
        }
    }
    let ends = tries.join_all().await;
    let held = ends.iter().filter(|end| **end == End::Held).count();
    let count = ends.len();
    format!("{count} connections that begin with garbage: {held} were not ended")
}

/// Frames that announce too much, words as long as may be that are none, and a
/// second stream.
pub(super) async fn oversize(targets: &Targets) -> Done {
    let mut done = Done::default();
    let by = |number| targets.who(Attack::Oversize, number);
    let longest = u32::try_from(MESSAGE_BYTES_MAX).expect("a message is shorter than 4 GiB");
    for (number, announced) in [(0, u32::MAX), (1, longest + 1)] {
        let who = by(number);
        let told = each(targets, &who, async |mut peer| {
            let mut said = peer.greet().await?;
            shout(&mut said.to_node, &announced.to_le_bytes()).await?;
            Err(peer.ended().await)
        })
        .await;
        let what = format!("a frame that announces {announced} bytes");
        done.say(&what, &who, &told, Some("was announced"));
    }
    let long = by(2);
    let bytes = if targets.strength.is_full() {
        MESSAGE_BYTES_MAX
    } else {
        SHORTER_BYTES
    };
    let nonsense = vec![0xa7; bytes];
    let told = each(targets, &long, async |mut peer| {
        let mut said = peer.greet().await?;
        for _ in 0..WORDS {
            say(&mut said.to_node, &nonsense).await?;
        }
        Err(peer.ended().await)
    })
    .await;
    let what = format!("{WORDS} words of {bytes} bytes that are none");
    done.say(&what, &long, &told, Some("no word of ours"));
    let streams = Who {
        streams: 2,
        ..by(3)
    };
    let told = each(targets, &streams, async |mut peer| Err(peer.ended().await)).await;
    done.say(
        "two streams of words",
        &streams,
        &told,
        Some("second stream"),
    );
    done
}

/// Does the same to every node at once, as one attacker. How each ended.
pub(super) async fn each(
    targets: &Targets,
    who: &Who,
    deed: impl AsyncFn(RawPeer) -> Result<(), Gone>,
) -> Vec<Result<(), Gone>> {
    let nodes = targets.nodes.iter();
    let deeds = nodes.map(|node| deed(RawPeer::dial(who.clone(), *node)));
    futures::future::join_all(deeds).await
}
