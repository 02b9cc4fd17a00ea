//! Waiting for what comes next: everything wakes, nothing is lost, nobody
//! keeps others from running.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;

use pyralog_p2p::{Endpoint, Event, LINE_COUNT_MAX, MemoryNetwork, Network, SendError};
use tokio::task::yield_now;

use crate::{bytes, heard, joined, look, peer};

/// Lets one who waits see what `act` brings.
async fn assert_wakes(
    network: &MemoryNetwork,
    act: impl FnOnce(&MemoryNetwork),
    expected: Option<Event>,
) {
    let mut waiting = network.join(peer(0)).unwrap();
    while look(&mut waiting).is_ready() {}
    let waiting = tokio::spawn(async move { waiting.next().await });
    yield_now().await;
    assert!(!waiting.is_finished());
    act(network);
    yield_now().await;
    assert!(
        waiting.is_finished(),
        "nothing woke who waits for {expected:?}"
    );
    assert_eq!(waiting.await.unwrap(), expected);
}

#[tokio::test]
async fn each_kind_of_event_wakes_one_who_waits() {
    let network = MemoryNetwork::new();
    let other = network.join(peer(1)).unwrap();
    let said = |text| Some(heard(peer(1), text));
    let send = |_: &MemoryNetwork| other.send(peer(0), bytes("to one")).unwrap();
    assert_wakes(&network, send, said("to one")).await;
    let publish = |_: &MemoryNetwork| assert_eq!(other.publish(bytes("to all")).told, 1);
    assert_wakes(&network, publish, said("to all")).await;

    let gone = Some(Event::Disconnected(peer(1)));
    let cut = |network: &MemoryNetwork| network.cut(peer(0), peer(1));
    assert_wakes(&network, cut, gone.clone()).await;
    let there = Some(Event::Connected(peer(1)));
    let heal = |network: &MemoryNetwork| network.heal(peer(0), peer(1));
    assert_wakes(&network, heal, there.clone()).await;
    assert_wakes(&network, |_| drop(other), gone).await;

    let mut other = None;
    let join = |network: &MemoryNetwork| other = Some(network.join(peer(1)).unwrap());
    assert_wakes(&network, join, there).await;
    drop(other);
    assert_wakes(&network, MemoryNetwork::end, None).await;
}

#[test]
fn a_wait_that_is_given_up_takes_nothing_with_it() {
    let network = MemoryNetwork::new();
    let [one, mut two] = joined(&network);
    {
        let mut given_up = pin!(two.next());
        let mut context = Context::from_waker(Waker::noop());
        assert!(given_up.as_mut().poll(&mut context).is_pending());
        one.send(peer(1), bytes("a")).unwrap();
        one.send(peer(1), bytes("b")).unwrap();
    }
    assert_eq!(look(&mut two), Poll::Ready(Some(heard(peer(0), "a"))));
    assert_eq!(look(&mut two), Poll::Ready(Some(heard(peer(0), "b"))));
}

#[tokio::test]
async fn one_of_two_waits_that_loses_the_race_hears_later() {
    let network = MemoryNetwork::new();
    let [one, mut two, mut three] = joined(&network);
    one.publish(bytes("a"));
    let mut heard_by_both = Vec::new();
    while heard_by_both.len() < 2 {
        tokio::select! {
            event = two.next() => heard_by_both.push((1, event.unwrap())),
            event = three.next() => heard_by_both.push((2, event.unwrap())),
        }
    }
    heard_by_both.sort_by_key(|(listener, _)| *listener);
    let said = heard(peer(0), "a");
    assert_eq!(heard_by_both, [(1, said.clone()), (2, said)]);
}

#[tokio::test]
async fn one_who_always_has_something_to_hear_lets_others_run() {
    let network = MemoryNetwork::new();
    let [one, mut two] = joined(&network);
    let has_run = Arc::new(AtomicBool::new(false));
    let other = Arc::clone(&has_run);
    tokio::spawn(async move { other.store(true, Ordering::SeqCst) });
    for _ in 0..10_000 {
        one.send(peer(1), bytes("more")).unwrap();
        two.next().await.unwrap();
    }
    assert!(has_run.load(Ordering::SeqCst));
}

#[tokio::test]
async fn speakers_on_other_threads_are_heard_whole_and_in_order() {
    const SPEAKERS: u8 = 3;
    /// More than a line holds, so that lines are full at times.
    const SAID: usize = 4 * LINE_COUNT_MAX;
    let network = MemoryNetwork::new();
    let mut listener = network.join(peer(0)).unwrap();
    let speakers: Vec<_> = (1..=SPEAKERS)
        .map(|number| {
            let speaker = network.join(peer(number)).unwrap();
            thread::spawn(move || {
                for index in 0..SAID {
                    let said = bytes(&index.to_string());
                    while let Err(error) = speaker.send(peer(0), Arc::clone(&said)) {
                        assert_eq!(error, SendError::Full { peer: peer(0) });
                        thread::yield_now();
                    }
                }
                speaker
            })
        })
        .collect();
    let mut counts = [0; SPEAKERS as usize];
    while counts.iter().any(|count| *count < SAID) {
        if let Event::Heard { from, bytes } = listener.next().await.unwrap() {
            let count = &mut counts[usize::from(from.get().as_bytes()[0] - 1)];
            assert_eq!(*bytes, *count.to_string().as_bytes());
            *count += 1;
        }
    }
    let speakers = speakers.into_iter().map(|speaker| speaker.join().unwrap());
    let _still_there: Vec<Endpoint> = speakers.collect();
    yield_now().await; // With a budget that was spent, a look would see nothing.
    assert_eq!(look(&mut listener), Poll::Pending);
}

/// If one is missed, both sides wait for good.
#[tokio::test]
async fn what_is_said_between_a_look_and_a_wait_is_not_missed() {
    const SAID: usize = 50_000;
    let network = MemoryNetwork::new();
    let [speaker, mut listener] = joined(&network);
    let heard = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&heard);
    let speaker = thread::spawn(move || {
        let said = bytes("next");
        for index in 0..SAID {
            let mut spins = 0;
            while seen.load(Ordering::SeqCst) < index {
                // In a hurry, to come in between; unless the other has no core.
                spins = (spins + 1) % 1_000;
                if spins == 0 {
                    thread::yield_now();
                }
            }
            speaker.send(peer(1), Arc::clone(&said)).unwrap();
        }
        speaker
    });
    for _ in 0..SAID {
        let event = listener.next().await.unwrap();
        assert!(matches!(event, Event::Heard { .. }));
        heard.fetch_add(1, Ordering::SeqCst);
    }
    speaker.join().unwrap();
}
