//! Who is there: those who join, leave, are cut apart and find each other.

use std::task::Poll;

use pyralog_p2p::{
    Event, JoinError, MemoryNetwork, Network, PEER_COUNT_MAX, PeerId, Published, SendError,
};
use pyralog_primitives::PublicKey;

use crate::{all, bytes, heard, joined, look, peer};

#[test]
fn who_joins_learns_first_of_those_who_are_there() {
    let network = MemoryNetwork::new();
    let [one, mut two] = joined(&network);
    let mut late = network.join(peer(2)).unwrap();
    one.send(peer(2), bytes("welcome")).unwrap();
    assert_eq!(all(&mut two), [Event::Connected(peer(2))]);
    assert_eq!(
        all(&mut late),
        [
            Event::Connected(peer(0)),
            Event::Connected(peer(1)),
            heard(peer(0), "welcome"),
        ]
    );
}

#[test]
fn a_peer_that_was_dropped_is_gone_for_all() {
    let network = MemoryNetwork::new();
    let [mut one, mut two, gone] = joined(&network);
    drop(gone);
    let unknown = Err(SendError::Unknown { peer: peer(2) });
    assert_eq!(one.send(peer(2), bytes("hello")), unknown);
    assert_eq!(all(&mut one), [Event::Disconnected(peer(2))]);
    assert_eq!(all(&mut two), [Event::Disconnected(peer(2))]);
}

#[test]
fn a_place_is_taken_by_one_at_a_time() {
    let network = MemoryNetwork::new();
    let first = network.join(peer(0)).unwrap();
    let taken = network.join(peer(0)).unwrap_err();
    assert_eq!(taken, JoinError::Taken { peer: peer(0) });
    drop(first);
    network.join(peer(0)).unwrap();
}

#[test]
fn who_joins_again_hears_nothing_from_before() {
    let network = MemoryNetwork::new();
    let [mut one, two] = joined(&network);
    one.send(peer(1), bytes("to who was there")).unwrap();
    two.send(peer(0), bytes("from who was there")).unwrap();
    drop(two);
    let mut again = network.join(peer(1)).unwrap();
    one.send(peer(1), bytes("to who came back")).unwrap();
    again.send(peer(0), bytes("from who came back")).unwrap();
    assert_eq!(
        all(&mut again),
        [
            Event::Connected(peer(0)),
            heard(peer(0), "to who came back")
        ]
    );
    assert_eq!(
        all(&mut one),
        [
            Event::Disconnected(peer(1)),
            Event::Connected(peer(1)),
            heard(peer(1), "from who came back"),
        ]
    );
}

#[test]
fn a_peer_that_came_and_went_unseen_is_not_mentioned() {
    let network = MemoryNetwork::new();
    let mut listener = network.join(peer(0)).unwrap();
    for _ in 0..3 {
        let passing = network.join(peer(1)).unwrap();
        passing.send(peer(0), bytes("hello")).unwrap();
    }
    assert_eq!(look(&mut listener), Poll::Pending);
}

#[test]
fn a_cut_parts_two_and_nobody_else() {
    let network = MemoryNetwork::new();
    let [mut one, mut two, mut three] = joined(&network);
    network.cut(peer(1), peer(0));
    let unknown = Err(SendError::Unknown { peer: peer(1) });
    assert_eq!(one.send(peer(1), bytes("lost")), unknown);
    let published = Published { told: 1, missed: 0 };
    assert_eq!(two.publish(bytes("hello")), published);
    assert_eq!(all(&mut one), [Event::Disconnected(peer(1))]);
    assert_eq!(all(&mut two), [Event::Disconnected(peer(0))]);
    assert_eq!(all(&mut three), [heard(peer(1), "hello")]);

    network.heal(peer(0), peer(1));
    two.send(peer(0), bytes("found")).unwrap();
    assert_eq!(
        all(&mut one),
        [Event::Connected(peer(1)), heard(peer(1), "found")]
    );
    assert_eq!(all(&mut two), [Event::Connected(peer(0))]);
    assert_eq!(all(&mut three), []);
}

#[test]
fn cutting_or_healing_twice_is_doing_it_once() {
    let network = MemoryNetwork::new();
    let [mut one, mut two] = joined(&network);
    network.heal(peer(0), peer(1));
    network.cut(peer(0), peer(1));
    network.cut(peer(1), peer(0));
    assert_eq!(all(&mut one), [Event::Disconnected(peer(1))]);
    network.heal(peer(0), peer(1));
    network.heal(peer(0), peer(1));
    assert_eq!(all(&mut one), [Event::Connected(peer(1))]);
    let both = [Event::Disconnected(peer(0)), Event::Connected(peer(0))];
    assert_eq!(all(&mut two), both);
}

#[test]
fn nobody_can_be_cut_from_or_healed_to_itself() {
    let network = MemoryNetwork::new();
    let [mut one] = joined(&network);
    network.cut(peer(0), peer(0));
    network.heal(peer(0), peer(0));
    assert_eq!(look(&mut one), Poll::Pending);
    let unknown = Err(SendError::Unknown { peer: peer(0) });
    assert_eq!(one.send(peer(0), bytes("to myself")), unknown);
    assert_eq!(one.publish(bytes("to all")), Published::default());
}

#[test]
fn a_cut_outlasts_those_it_parts() {
    let network = MemoryNetwork::new();
    network.cut(peer(0), peer(1));
    let mut one = network.join(peer(0)).unwrap();
    for _ in 0..2 {
        let mut two = network.join(peer(1)).unwrap();
        assert_eq!(all(&mut two), []);
    }
    assert_eq!(all(&mut one), []);
    network.heal(peer(0), peer(1));
    let _two = network.join(peer(1)).unwrap();
    assert_eq!(all(&mut one), [Event::Connected(peer(1))]);
}

#[test]
fn a_full_network_takes_nobody_until_one_leaves() {
    let network = MemoryNetwork::new();
    let join = |number: usize| network.join(peer(u8::try_from(number).unwrap()));
    let mut endpoints: Vec<_> = (0..PEER_COUNT_MAX)
        .map(|number| join(number).unwrap())
        .collect();
    let mut key = [0; 32];
    key[31] = 1;
    let stranger = PeerId::new(PublicKey::new(key));
    let full = JoinError::Full {
        peer_count_max: PEER_COUNT_MAX,
    };
    assert_eq!(network.join(stranger).unwrap_err(), full);
    drop(endpoints.pop());
    network.join(stranger).unwrap();
}

#[test]
fn after_the_end_there_is_nothing_but_the_end() {
    let network = MemoryNetwork::new();
    let [mut one, two] = joined(&network);
    let _unseen = network.join(peer(2)).unwrap();
    two.send(peer(0), bytes("too late")).unwrap();
    network.end();
    let unknown = Err(SendError::Unknown { peer: peer(1) });
    assert_eq!(one.send(peer(1), bytes("too late")), unknown);
    network.cut(peer(0), peer(1));
    network.heal(peer(0), peer(1));
    let gone = Event::Disconnected(peer(1));
    assert_eq!(look(&mut one), Poll::Ready(Some(gone)));
    assert_eq!(look(&mut one), Poll::Ready(None));
    drop(two);
    assert_eq!(look(&mut one), Poll::Ready(None));
    assert_eq!(network.join(peer(3)).unwrap_err(), JoinError::Ended);
}
