//! What is said: in order, within bounds, and everybody in turn.

use std::sync::Arc;

use pyralog_p2p::{
    Event, LINE_BYTES_MAX, LINE_COUNT_MAX, MESSAGE_BYTES_MAX, MemoryNetwork, Network, Published,
    SendError,
};
use pyralog_primitives::ByteCount;

use crate::{all, bytes, heard, joined, look, peer};

fn zeros(length: usize) -> Arc<[u8]> {
    vec![0; length].into()
}

fn byte_count(length: usize) -> ByteCount {
    ByteCount::new(u64::try_from(length).unwrap())
}

#[test]
fn what_is_said_arrives_once_and_in_order() {
    let network = MemoryNetwork::new();
    let [one, mut two] = joined(&network);
    for text in ["a", "b", ""] {
        one.send(peer(1), bytes(text)).unwrap();
    }
    one.publish(bytes("c"));
    let expected = ["a", "b", "", "c"].map(|text| heard(peer(0), text));
    assert_eq!(all(&mut two), expected);
}

#[test]
fn a_line_is_full_by_count_until_one_is_heard() {
    let network = MemoryNetwork::new();
    let [one, mut two, mut three] = joined(&network);
    for number in 0..LINE_COUNT_MAX {
        one.send(peer(1), bytes(&number.to_string())).unwrap();
    }
    let full = Err(SendError::Full { peer: peer(1) });
    assert_eq!(one.send(peer(1), bytes("lost")), full);
    let published = Published { told: 1, missed: 1 };
    assert_eq!(one.publish(bytes("lost to one")), published);
    assert_eq!(all(&mut three), [heard(peer(0), "lost to one")]);

    assert!(look(&mut two).is_ready());
    one.send(peer(1), bytes("last")).unwrap();
    let events = all(&mut two);
    let numbers = (1..LINE_COUNT_MAX).map(|number| heard(peer(0), &number.to_string()));
    let expected: Vec<Event> = numbers.chain([heard(peer(0), "last")]).collect();
    assert_eq!(events, expected);
}

#[test]
fn a_line_is_full_by_bytes_until_one_is_heard() {
    let network = MemoryNetwork::new();
    let [one, mut two] = joined(&network);
    let longest = zeros(MESSAGE_BYTES_MAX);
    let mut bytes_said = 0;
    while bytes_said + MESSAGE_BYTES_MAX <= LINE_BYTES_MAX {
        one.send(peer(1), Arc::clone(&longest)).unwrap();
        bytes_said += MESSAGE_BYTES_MAX;
    }
    one.send(peer(1), zeros(LINE_BYTES_MAX - bytes_said))
        .unwrap();
    let full = Err(SendError::Full { peer: peer(1) });
    assert_eq!(one.send(peer(1), zeros(1)), full);
    assert!(look(&mut two).is_ready());
    one.send(peer(1), longest).unwrap();
    assert_eq!(one.send(peer(1), zeros(1)), full);
}

#[test]
fn a_full_line_takes_nothing_from_others() {
    let network = MemoryNetwork::new();
    let [one, mut two, three] = joined(&network);
    while one.send(peer(1), bytes("noise")).is_ok() {}
    three.send(peer(1), bytes("a word")).unwrap();
    two.send(peer(0), bytes("an answer")).unwrap();
    let first: Vec<Event> = all(&mut two).into_iter().take(2).collect();
    assert_eq!(first, [heard(peer(0), "noise"), heard(peer(2), "a word")]);
}

#[test]
fn peers_are_heard_in_turn() {
    let network = MemoryNetwork::new();
    let [mut listener, one, two, three] = joined(&network);
    for text in ["a", "b", "c"] {
        one.send(peer(0), bytes(text)).unwrap();
    }
    for text in ["d", "e"] {
        two.send(peer(0), bytes(text)).unwrap();
    }
    three.send(peer(0), bytes("f")).unwrap();
    let expected = [(1, "a"), (2, "d"), (3, "f"), (1, "b"), (2, "e"), (1, "c")];
    assert_eq!(
        all(&mut listener),
        expected.map(|(from, text)| heard(peer(from), text))
    );
}

#[test]
fn who_comes_and_goes_is_told_of_through_a_full_line() {
    let network = MemoryNetwork::new();
    let [mut listener, loud] = joined(&network);
    while loud.send(peer(0), bytes("noise")).is_ok() {}
    let _new = network.join(peer(2)).unwrap();
    let next: Vec<_> = (0..2).map(|_| look(&mut listener)).collect();
    let connected = std::task::Poll::Ready(Some(Event::Connected(peer(2))));
    assert!(next.contains(&connected));
    drop(loud);
    assert_eq!(all(&mut listener), [Event::Disconnected(peer(1))]);
}

#[test]
fn what_is_not_heard_ends_with_its_connection() {
    let network = MemoryNetwork::new();
    let [mut one, two] = joined(&network);
    while two.send(peer(0), bytes("before")).is_ok() {}
    network.cut(peer(0), peer(1));
    network.heal(peer(0), peer(1));
    for number in 0..LINE_COUNT_MAX {
        two.send(peer(0), bytes(&number.to_string())).unwrap();
    }
    let events = all(&mut one);
    let (changes, said) = events.split_at(2);
    let renewed = [Event::Disconnected(peer(1)), Event::Connected(peer(1))];
    assert_eq!(changes, renewed);
    assert_eq!(said[0], heard(peer(1), "0"));
    assert_eq!(said.len(), LINE_COUNT_MAX);
}

#[test]
fn a_message_too_long_is_refused_with_both_lengths() {
    let network = MemoryNetwork::new();
    let [one, mut two] = joined(&network);
    let refused = one.send(peer(1), zeros(MESSAGE_BYTES_MAX + 1));
    let too_long = SendError::TooLong {
        bytes: byte_count(MESSAGE_BYTES_MAX + 1),
        bytes_max: byte_count(MESSAGE_BYTES_MAX),
    };
    assert_eq!(refused, Err(too_long));
    let published = Published { told: 0, missed: 1 };
    assert_eq!(one.publish(zeros(MESSAGE_BYTES_MAX + 1)), published);
    assert_eq!(all(&mut two), []);
    one.send(peer(1), zeros(MESSAGE_BYTES_MAX)).unwrap();
}

#[test]
fn all_who_hear_a_message_share_its_bytes() {
    let network = MemoryNetwork::new();
    let [one, mut two, mut three] = joined(&network);
    let said = bytes("once in memory");
    let published = Published { told: 2, missed: 0 };
    assert_eq!(one.publish(Arc::clone(&said)), published);
    for listener in [&mut two, &mut three] {
        let events = all(listener);
        let [Event::Heard { from, bytes }] = events.as_slice() else {
            panic!("{events:?}");
        };
        assert_eq!(*from, peer(0));
        assert!(Arc::ptr_eq(bytes, &said));
    }
}
