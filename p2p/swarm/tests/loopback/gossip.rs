//! What is spread is passed on if it is good, and blamed if it is bad.

use std::sync::Arc;
use std::time::Duration;

use pyralog_p2p::{Gossip, Network, SPREAD_BYTES_MAX, Spread, SpreadId, Verdict};
use pyralog_swarm::{Swarm, SwarmGossip};
use tempfile::tempdir;
use tokio::time::timeout;

use crate::{PATIENCE, address, is_connected, peer, settings, start, until};

/// Three in a line: the ends do not know of each other.
async fn line(directory: &tempfile::TempDir) -> [Swarm; 3] {
    let begin = |number, known: Option<&Swarm>| {
        let mut settings = settings(number, directory.path());
        settings.discovers = false;
        settings.bootstrap = known.map(address).into_iter().collect();
        start(settings)
    };
    let two = begin(2, None).await;
    let one = begin(1, Some(&two)).await;
    let three = begin(3, Some(&two)).await;
    for node in [&one, &three] {
        until("connected", || is_connected(node, peer(2))).await;
        until("connected", || is_connected(&two, node.own())).await;
    }
    [one, two, three]
}

/// Spreads ever new messages until one is heard: peers pass on once they have
/// told each other that they want to hear.
async fn heard_first(speaker: &SwarmGossip, listener: &mut SwarmGossip) -> Spread {
    for number in 0.. {
        speaker
            .spread(format!("hello {number}").as_bytes().into())
            .unwrap();
        let next = timeout(Duration::from_millis(200), listener.next());
        if let Ok(spread) = next.await {
            return spread.unwrap();
        }
        assert!(number < 500, "nobody hears");
    }
    unreachable!("the loop ends by itself");
}

async fn next(gossip: &mut SwarmGossip) -> Spread {
    let next = timeout(PATIENCE, gossip.next()).await;
    next.expect("something is heard").unwrap()
}

/// All greetings are judged good, then `bytes` is spread from one end. Gives
/// what the middle hears of it.
async fn through_the_middle(gossips: &mut [SwarmGossip; 3], bytes: &Arc<[u8]>) -> Spread {
    let [one, two, _] = gossips;
    let first = heard_first(one, two).await;
    two.judge(first.id, Verdict::Accept);
    one.spread(Arc::clone(bytes)).unwrap();
    loop {
        let spread = next(two).await;
        if spread.bytes == *bytes {
            return spread;
        }
        two.judge(spread.id, Verdict::Accept);
    }
}

#[tokio::test]
async fn a_good_message_goes_on_with_the_greatest_length_too() {
    let directory = tempdir().unwrap();
    let nodes = line(&directory).await;
    let mut gossips = nodes.each_ref().map(Swarm::gossip);
    let longest: Arc<[u8]> = vec![7; SPREAD_BYTES_MAX].into();
    let spread = through_the_middle(&mut gossips, &longest).await;
    assert_eq!(spread.from, peer(1));
    assert_eq!(spread.id, SpreadId::of(&longest));
    let [_, two, three] = &mut gossips;
    two.judge(spread.id, Verdict::Accept);
    loop {
        let spread = next(three).await;
        assert_eq!(spread.from, peer(2));
        if spread.bytes == longest {
            break;
        }
        three.judge(spread.id, Verdict::Ignore);
    }
    assert!(nodes.iter().all(|node| node.handle().bans().is_empty()));
}

#[tokio::test]
async fn bad_messages_do_not_go_on_and_cost_reputation() {
    let directory = tempdir().unwrap();
    let nodes = line(&directory).await;
    let mut gossips = nodes.each_ref().map(Swarm::gossip);
    let bad: Arc<[u8]> = b"bad".as_slice().into();
    let spread = through_the_middle(&mut gossips, &bad).await;
    let [one, two, three] = &mut gossips;
    two.judge(spread.id, Verdict::Reject);
    let handle = nodes[1].handle();
    until("blamed", || {
        let peers = handle.peers();
        peers.iter().any(|known| known.reputation.get() < -10)
    })
    .await;
    // What is spread after it arrives; it does not.
    let last: Arc<[u8]> = b"last".as_slice().into();
    one.spread(Arc::clone(&last)).unwrap();
    loop {
        let spread = next(two).await;
        two.judge(spread.id, Verdict::Accept);
        if spread.bytes == last {
            break;
        }
    }
    loop {
        let spread = next(three).await;
        assert_ne!(spread.bytes, bad);
        if spread.bytes == last {
            break;
        }
    }
    for worse in ["worse", "worst"] {
        one.spread(worse.as_bytes().into()).unwrap();
        let spread = next(two).await;
        two.judge(spread.id, Verdict::Reject);
    }
    until("banned", || !handle.bans().is_empty()).await;
    assert_eq!(handle.bans()[0].peer, peer(1));
}

#[tokio::test]
async fn the_end_of_the_network_is_heard() {
    let directory = tempdir().unwrap();
    let one = start(settings(1, directory.path())).await;
    let mut gossips = [one.gossip(), one.gossip()];
    one.handle().close().await;
    for gossip in &mut gossips {
        assert_eq!(gossip.next().await, None);
    }
}
