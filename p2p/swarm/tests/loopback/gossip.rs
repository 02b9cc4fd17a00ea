//! What is spread is passed on if it is good, and blamed if it is bad.

use std::sync::Arc;
use std::time::Duration;

use pyralog_p2p::{Gossip, Network, SPREAD_BYTES_MAX, Spread, SpreadId, Verdict};
use pyralog_swarm::{Swarm, SwarmGossip};
use tempfile::tempdir;
use tokio::time::timeout;

use crate::{address, is_connected, pair, peer, settings, start, until};

/// Longer than what is on its way takes as a rule.
const PAUSE: Duration = Duration::from_millis(200);

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

/// Spreads ever new messages from one end, which the middle judges good, until
/// the other end hears one for which `is_it`. Gives all that it heard.
///
/// Ever new ones, because gossip promises of none that it arrives: one that the
/// middle passes on in the moment before it knows the other end is lost.
async fn carry(
    gossips: &mut [SwarmGossip; 3],
    make: impl Fn(u8) -> Arc<[u8]>,
    is_it: impl Fn(&[u8]) -> bool,
) -> Vec<Spread> {
    let [one, two, three] = gossips;
    let mut heard = Vec::new();
    for number in 0..=u8::MAX {
        one.spread(make(number)).unwrap();
        while let Ok(spread) = timeout(PAUSE, two.next()).await {
            two.judge(spread.unwrap().id, Verdict::Accept);
        }
        while let Ok(spread) = timeout(PAUSE, three.next()).await {
            heard.push(spread.unwrap());
        }
        if heard.iter().any(|spread| is_it(&spread.bytes)) {
            return heard;
        }
    }
    panic!("nothing arrives");
}

/// Spreads ever new messages until the next hears one.
async fn heard_next(one: &SwarmGossip, two: &mut SwarmGossip, what: &str) -> Spread {
    for number in 0..=u8::MAX {
        one.spread(format!("{what} {number}").as_bytes().into())
            .unwrap();
        while let Ok(spread) = timeout(PAUSE, two.next()).await {
            let spread = spread.unwrap();
            if spread.bytes.starts_with(what.as_bytes()) {
                return spread;
            }
            two.judge(spread.id, Verdict::Ignore);
        }
    }
    panic!("nothing arrives");
}

#[tokio::test]
async fn a_good_message_goes_on_with_the_greatest_length_too() {
    let directory = tempdir().unwrap();
    let nodes = line(&directory).await;
    let mut gossips = nodes.each_ref().map(Swarm::gossip);
    let longest = |number| vec![number; SPREAD_BYTES_MAX].into();
    let is_longest = |bytes: &[u8]| bytes.len() == SPREAD_BYTES_MAX;
    let heard = carry(&mut gossips, longest, is_longest).await;
    for spread in heard {
        assert_eq!(spread.from, peer(2), "who passed it on");
        assert_eq!(spread.id, SpreadId::of(&spread.bytes));
    }
    assert!(nodes.iter().all(|node| node.handle().bans().is_empty()));
}

#[tokio::test]
async fn who_passes_on_little_but_what_is_useless_loses_reputation() {
    let directory = tempdir().unwrap();
    let (one, two) = pair(&directory).await;
    let (mut listener, spreads) = (one.gossip(), two.gossip());
    let mut number = 0_u32;
    while one.handle().peers()[0].reputation.get() == 0 {
        number += 1;
        spreads
            .spread(number.to_be_bytes().as_slice().into())
            .unwrap();
        let heard = timeout(Duration::from_millis(500), listener.next()).await;
        if let Ok(Some(heard)) = heard {
            listener.judge(heard.id, Verdict::Useless);
        }
        assert!(number < 10_000, "nobody minds");
    }
    assert!((-20..=-15).contains(&one.handle().peers()[0].reputation.get()));
}

#[tokio::test]
async fn bad_messages_do_not_go_on_and_cost_reputation() {
    let directory = tempdir().unwrap();
    let nodes = line(&directory).await;
    let mut gossips = nodes.each_ref().map(Swarm::gossip);
    let good = |number| format!("good {number}").as_bytes().into();
    let is_good = |bytes: &[u8]| bytes.starts_with(b"good");
    carry(&mut gossips, good, is_good).await;
    let handle = nodes[1].handle();
    for (what, is_banned) in [("bad", false), ("worse", false), ("worst", true)] {
        let [one, two, three] = &mut gossips;
        let spread = heard_next(one, two, what).await;
        assert_eq!(spread.from, peer(1));
        two.judge(spread.id, Verdict::Reject);
        until("blamed", || {
            let peers = handle.peers();
            let known = peers.iter().find(|known| known.peer == peer(1));
            known.is_none_or(|known| known.reputation.get() < -10)
        })
        .await;
        while let Ok(heard) = timeout(PAUSE, three.next()).await {
            assert_ne!(heard.unwrap().id, spread.id, "it went on");
        }
        assert_eq!(!handle.bans().is_empty(), is_banned, "{what}");
    }
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
