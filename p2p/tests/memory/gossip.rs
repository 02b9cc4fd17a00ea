//! What is spread reaches those that nobody is cut from, once, if it is good.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use pyralog_p2p::{
    Endpoint, Gossip, MemoryGossip, MemoryNetwork, SPREAD_BYTES_MAX, Spread, SpreadError, SpreadId,
    UNJUDGED_COUNT_MAX, Verdict,
};

use crate::{bytes, joined, peer};

fn look(gossip: &mut MemoryGossip) -> Poll<Option<Spread>> {
    let next = pin!(gossip.next());
    next.poll(&mut Context::from_waker(Waker::noop()))
}

fn gossips<const COUNT: usize>(endpoints: &[Endpoint; COUNT]) -> [MemoryGossip; COUNT] {
    endpoints.each_ref().map(Endpoint::gossip)
}

fn spread(from: u8, text: &str) -> Poll<Option<Spread>> {
    let bytes = bytes(text);
    Poll::Ready(Some(Spread {
        from: peer(from),
        id: SpreadId::of(&bytes),
        bytes,
    }))
}

/// A line of three, of whom the ends are cut from each other.
#[test]
fn a_message_goes_on_once_it_was_judged_good_and_comes_once() {
    let network = MemoryNetwork::new();
    let endpoints: [Endpoint; 3] = joined(&network);
    let [one, mut two, mut three] = gossips(&endpoints);
    network.cut(peer(0), peer(2));
    for (text, verdict) in [
        ("good", Verdict::Accept),
        ("late", Verdict::Ignore),
        ("bad", Verdict::Reject),
    ] {
        let id = one.spread(bytes(text)).unwrap();
        assert_eq!(id, SpreadId::of(text.as_bytes()));
        assert_eq!(look(&mut two), spread(0, text));
        assert_eq!(look(&mut three), Poll::Pending);
        two.judge(id, verdict);
        let expected = if verdict == Verdict::Accept {
            spread(1, text)
        } else {
            Poll::Pending
        };
        assert_eq!(look(&mut three), expected);
        // Again, by anyone: nobody hears it twice.
        one.spread(bytes(text)).unwrap();
        three.judge(id, Verdict::Accept);
        two.judge(id, Verdict::Accept);
        for gossip in [&mut two, &mut three] {
            assert_eq!(look(gossip), Poll::Pending);
        }
    }
}

#[test]
fn who_says_it_does_not_hear_it_back() {
    let network = MemoryNetwork::new();
    let endpoints: [Endpoint; 3] = joined(&network);
    let [mut one, mut two, mut three] = gossips(&endpoints);
    let id = one.spread(bytes("round")).unwrap();
    for gossip in [&mut two, &mut three] {
        assert_eq!(look(gossip), spread(0, "round"));
        gossip.judge(id, Verdict::Accept);
    }
    for gossip in [&mut one, &mut two, &mut three] {
        assert_eq!(look(gossip), Poll::Pending);
    }
}

#[test]
fn what_is_not_judged_is_bounded_for_each_peer() {
    let network = MemoryNetwork::new();
    let endpoints: [Endpoint; 3] = joined(&network);
    let [one, two, mut three] = gossips(&endpoints);
    for number in 0..=UNJUDGED_COUNT_MAX {
        one.spread(bytes(&number.to_string())).unwrap();
    }
    two.spread(bytes("another")).unwrap();
    assert_eq!(look(&mut three), spread(0, "0"));
    assert_eq!(look(&mut three), spread(1, "another"));
    let left = std::iter::from_fn(|| match look(&mut three) {
        Poll::Ready(spread) => spread,
        Poll::Pending => None,
    });
    assert_eq!(left.count(), UNJUDGED_COUNT_MAX - 1);
}

#[test]
fn what_is_too_long_is_refused() {
    let network = MemoryNetwork::new();
    let endpoints: [Endpoint; 2] = joined(&network);
    let [one, mut two] = gossips(&endpoints);
    let long: Arc<[u8]> = vec![0; SPREAD_BYTES_MAX + 1].into();
    let refused = one.spread(long);
    assert!(matches!(refused, Err(SpreadError::TooLong { .. })));
    assert_eq!(look(&mut two), Poll::Pending);
    one.spread(vec![0; SPREAD_BYTES_MAX].into()).unwrap();
    assert!(look(&mut two).is_ready());
}

#[tokio::test]
async fn a_wait_ends_with_a_message_or_with_the_place() {
    let network = MemoryNetwork::new();
    let endpoints: [Endpoint; 2] = joined(&network);
    let [one, mut two] = gossips(&endpoints);
    let waiting = tokio::spawn(async move { (two.next().await, two.next().await) });
    tokio::task::yield_now().await;
    one.spread(bytes("woken")).unwrap();
    tokio::task::yield_now().await;
    let [kept, dropped] = endpoints;
    drop(dropped);
    let (first, then) = waiting.await.unwrap();
    assert_eq!(Poll::Ready(first), spread(0, "woken"));
    assert_eq!(then, None);
    drop(kept);
}

#[tokio::test]
async fn all_who_share_a_place_learn_of_its_end() {
    for ends_all in [true, false] {
        let network = MemoryNetwork::new();
        let endpoint = network.join(peer(0)).unwrap();
        let waiting: Vec<_> = (0..3)
            .map(|_| endpoint.gossip())
            .map(|mut gossip| tokio::spawn(async move { gossip.next().await }))
            .collect();
        tokio::task::yield_now().await;
        if ends_all {
            network.end();
        } else {
            drop(endpoint);
        }
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        for waiting in waiting {
            assert!(waiting.is_finished(), "nothing woke it");
            assert_eq!(waiting.await.unwrap(), None);
        }
    }
}
