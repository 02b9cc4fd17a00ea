//! What one says is heard by the other: whole, in order, within bounds.

use std::sync::Arc;

use pyralog_p2p::{
    Event, LINE_BYTES_MAX, LINE_COUNT_MAX, MESSAGE_BYTES_MAX, Network, Published, SendError,
};
use tempfile::tempdir;
use tokio::task::yield_now;

use crate::{address, bytes, heard, next, pair, peer, settings, start};

#[tokio::test]
async fn two_find_each_other_and_talk_both_ways_in_order() {
    let directory = tempdir().unwrap();
    let (mut one, mut two) = pair(&directory).await;
    assert_eq!((one.own(), two.own()), (peer(1), peer(2)));
    for number in 0..500 {
        one.send(peer(2), bytes(&format!("to two {number}")))
            .unwrap();
        let published = two.publish(bytes(&format!("to all {number}")));
        assert_eq!(published, Published { told: 1, missed: 0 });
    }
    for number in 0..500 {
        let said = heard(peer(1), &format!("to two {number}"));
        assert_eq!(next(&mut two).await, said);
        let said = heard(peer(2), &format!("to all {number}"));
        assert_eq!(next(&mut one).await, said);
    }
    let unknown = Err(SendError::Unknown { peer: peer(3) });
    assert_eq!(one.send(peer(3), bytes("nobody")), unknown);
}

#[tokio::test]
async fn the_longest_message_arrives_and_a_longer_one_is_refused() {
    let directory = tempdir().unwrap();
    let (one, mut two) = pair(&directory).await;
    let pattern = |index: usize| u8::try_from(index % 251).unwrap();
    let longest: Arc<[u8]> = (0..MESSAGE_BYTES_MAX).map(pattern).collect();
    let longer: Arc<[u8]> = vec![0; MESSAGE_BYTES_MAX + 1].into();
    let refused = one.send(peer(2), longer);
    assert!(matches!(refused, Err(SendError::TooLong { .. })));
    one.send(peer(2), bytes("")).unwrap();
    one.send(peer(2), Arc::clone(&longest)).unwrap();
    one.send(peer(2), bytes("after")).unwrap();
    assert_eq!(next(&mut two).await, heard(peer(1), ""));
    let Event::Heard { from, bytes: said } = next(&mut two).await else {
        panic!("a word was said");
    };
    assert!(from == peer(1) && said == longest);
    assert_eq!(next(&mut two).await, heard(peer(1), "after"));
}

/// The listener takes nothing, so its line, what is under way, and the line of
/// the speaker fill; and then all that was said is heard, in order.
#[tokio::test]
async fn who_reads_slowly_fills_its_own_lines_and_nobody_elses() {
    let directory = tempdir().unwrap();
    let (mut one, mut two) = pair(&directory).await;
    let mut three = settings(3, directory.path());
    three.bootstrap.push(address(&one));
    three.discovers = false;
    let mut three = start(three).await;
    assert_eq!(next(&mut one).await, Event::Connected(peer(3)));
    assert_eq!(next(&mut three).await, Event::Connected(peer(1)));

    let mut said = 0;
    let mut is_full_for = 0;
    // Full for good: it stays so while others are served a thousand times.
    while is_full_for < 1_000 {
        let word: Arc<[u8]> = [&u32::to_le_bytes(said)[..], &vec![0; 60_000]]
            .concat()
            .into();
        match one.send(peer(2), word) {
            Ok(()) => (said, is_full_for) = (said + 1, 0),
            Err(SendError::Full { .. }) => {
                is_full_for += 1;
                one.send(peer(3), bytes("question")).unwrap();
                assert_eq!(next(&mut three).await, heard(peer(1), "question"));
                three.send(peer(1), bytes("answer")).unwrap();
                assert_eq!(next(&mut one).await, heard(peer(3), "answer"));
            }
            Err(error) => panic!("{error}"),
        }
        yield_now().await;
    }
    let bytes_said = usize::try_from(said).unwrap() * 60_004;
    // Two lines, and some on the way.
    assert!(bytes_said > LINE_BYTES_MAX, "{bytes_said}");
    assert!(
        bytes_said < 2 * LINE_BYTES_MAX + 32 * 1024 * 1024,
        "{bytes_said}"
    );
    for number in 0..said {
        let Event::Heard { bytes, .. } = next(&mut two).await else {
            panic!("only words are left");
        };
        assert_eq!(bytes[..4], u32::to_le_bytes(number));
    }
}

#[tokio::test]
async fn floods_of_short_words_in_both_directions_arrive_whole_and_in_order() {
    const SAID: usize = 8 * LINE_COUNT_MAX;
    let directory = tempdir().unwrap();
    let (one, two) = pair(&directory).await;
    let mut ends = [(one, peer(2), 0, 0), (two, peer(1), 0, 0)];
    while ends.iter().any(|(_, _, _, heard)| *heard < SAID) {
        for (swarm, other, said, _) in &mut ends {
            while *said < SAID && swarm.send(*other, bytes(&said.to_string())).is_ok() {
                *said += 1;
            }
        }
        for (swarm, _, _, heard) in &mut ends {
            if *heard < SAID {
                let Event::Heard { bytes, .. } = next(swarm).await else {
                    panic!("only words are left");
                };
                assert_eq!(*bytes, *heard.to_string().as_bytes());
                *heard += 1;
            }
        }
    }
}

#[tokio::test]
async fn a_late_listener_learns_where_things_stand() {
    let directory = tempdir().unwrap();
    let mut one = start(settings(1, directory.path())).await;
    for _ in 0..3 {
        let mut two = settings(2, directory.path());
        two.bootstrap.push(address(&one));
        let mut two = start(two).await;
        assert_eq!(next(&mut two).await, Event::Connected(peer(1)));
        two.handle().close().await;
        let told = next(&mut two).await;
        assert_eq!(told, Event::Disconnected(peer(1)));
        assert_eq!(two.next().await, None);
        crate::until("is gone", || !crate::is_connected(&one, peer(2))).await;
    }
    let mut three = settings(3, directory.path());
    three.bootstrap.push(address(&one));
    let _three = start(three).await;
    // Who came and went is not mentioned.
    assert_eq!(next(&mut one).await, Event::Connected(peer(3)));
}
