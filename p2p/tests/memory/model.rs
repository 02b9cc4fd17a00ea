//! Any life of a network, beside a plain account of it.
//!
//! The account numbers connections. For each listener it keeps which of them
//! the listener knows of, and what was said over the present one; so it can
//! tell of each event whether it may come, and when none comes, whether none
//! was due. Every look is dropped at once, as in a `select!` that is lost.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, LazyLock};
use std::task::Poll;

use proptest::prelude::*;
use pyralog_p2p::{
    Endpoint, Event, JoinError, LINE_BYTES_MAX, LINE_COUNT_MAX, MESSAGE_BYTES_MAX, MemoryNetwork,
    Network, PeerId, Published, SendError,
};

use crate::{look, peer};

/// Few, so that they meet often.
const PEERS: u8 = 4;

#[derive(Clone, Debug)]
enum Act {
    Join(u8),
    Leave(u8),
    Cut(u8, u8),
    Heal(u8, u8),
    Send(u8, u8, Size),
    /// So many small ones.
    Chatter(u8, u8, usize),
    Publish(u8, Size),
    /// So many looks, or fewer if there is nothing more.
    Hear(u8, usize),
}

#[derive(Clone, Copy, Debug)]
enum Size {
    Small,
    /// Two fit into a line, a third does not.
    Large,
    Longest,
    TooLong,
}

impl Size {
    /// A message like no other, or one of those that are too large to make
    /// many of.
    fn message(self, next: &mut u64) -> Arc<[u8]> {
        static LARGE: LazyLock<Arc<[u8]>> = LazyLock::new(|| zeros(LINE_BYTES_MAX / 3 + 1));
        static LONGEST: LazyLock<Arc<[u8]>> = LazyLock::new(|| zeros(MESSAGE_BYTES_MAX));
        static TOO_LONG: LazyLock<Arc<[u8]>> = LazyLock::new(|| zeros(MESSAGE_BYTES_MAX + 1));
        match self {
            Self::Small => {
                *next += 1;
                next.to_be_bytes().as_slice().into()
            }
            Self::Large => Arc::clone(&LARGE),
            Self::Longest => Arc::clone(&LONGEST),
            Self::TooLong => Arc::clone(&TOO_LONG),
        }
    }
}

fn zeros(length: usize) -> Arc<[u8]> {
    vec![0; length].into()
}

fn acts() -> impl Strategy<Value = Act> {
    let one = || 0..PEERS;
    let size = || {
        prop_oneof![
            8 => Just(Size::Small),
            2 => Just(Size::Large),
            1 => Just(Size::Longest),
            1 => Just(Size::TooLong),
        ]
    };
    prop_oneof![
        4 => one().prop_map(Act::Join),
        1 => one().prop_map(Act::Leave),
        1 => (one(), one()).prop_map(|(one, other)| Act::Cut(one, other)),
        2 => (one(), one()).prop_map(|(one, other)| Act::Heal(one, other)),
        8 => (one(), one(), size()).prop_map(|(from, to, size)| Act::Send(from, to, size)),
        1 => (one(), one(), 0..LINE_COUNT_MAX)
            .prop_map(|(from, to, count)| Act::Chatter(from, to, count)),
        6 => (one(), size()).prop_map(|(from, size)| Act::Publish(from, size)),
        6 => (one(), 1..12usize).prop_map(|(listener, looks)| Act::Hear(listener, looks)),
    ]
}

/// What is true, and what each listener knows of it.
#[derive(Default)]
struct Account {
    here: BTreeSet<PeerId>,
    cuts: BTreeSet<(PeerId, PeerId)>,
    /// By both ends, in both orders: the number of the connection.
    connections: BTreeMap<(PeerId, PeerId), u64>,
    /// By listener and peer: the connection that the listener knows of.
    known: BTreeMap<(PeerId, PeerId), u64>,
    /// By listener and peer: what the listener has not heard.
    unheard: BTreeMap<(PeerId, PeerId), VecDeque<Arc<[u8]>>>,
    /// By listener and peer: events of others since one of this peer is due.
    passed: BTreeMap<(PeerId, PeerId), usize>,
    last_connection: u64,
}

/// All pairs of a peer and another one, in both orders.
fn pairs() -> impl Iterator<Item = (PeerId, PeerId)> {
    (0..PEERS)
        .flat_map(|one| (0..PEERS).map(move |other| (peer(one), peer(other))))
        .filter(|(one, other)| one != other)
}

impl Account {
    fn join(&mut self, own: PeerId) {
        self.here.insert(own);
        self.connect();
    }

    fn leave(&mut self, own: PeerId) {
        self.here.remove(&own);
        self.known.retain(|(listener, _), _| *listener != own);
        self.connect();
    }

    fn cut(&mut self, one: PeerId, other: PeerId) {
        self.cuts.extend([(one, other), (other, one)]);
        self.connect();
    }

    fn heal(&mut self, one: PeerId, other: PeerId) {
        self.cuts.remove(&(one, other));
        self.cuts.remove(&(other, one));
        self.connect();
    }

    /// Lets connections be where they should.
    fn connect(&mut self) {
        for pair @ (one, other) in pairs() {
            let both_here = self.here.contains(&one) && self.here.contains(&other);
            if !both_here || self.cuts.contains(&pair) {
                self.connections.remove(&pair);
                self.unheard.remove(&pair);
            } else if !self.connections.contains_key(&pair) {
                self.last_connection += 1;
                self.connections.insert(pair, self.last_connection);
            }
        }
        self.passed = pairs()
            .filter(|(listener, peer)| self.is_due(*listener, *peer))
            .map(|pair| (pair, self.passed.get(&pair).copied().unwrap_or(0)))
            .collect();
    }

    fn send(&mut self, from: PeerId, to: PeerId, bytes: &Arc<[u8]>) -> Result<(), SendError> {
        if !self.connections.contains_key(&(to, from)) {
            return Err(SendError::Unknown { peer: to });
        }
        if bytes.len() > MESSAGE_BYTES_MAX {
            let count = |length| pyralog_primitives::ByteCount::new(u64::try_from(length).unwrap());
            return Err(SendError::TooLong {
                bytes: count(bytes.len()),
                bytes_max: count(MESSAGE_BYTES_MAX),
            });
        }
        let line = self.unheard.entry((to, from)).or_default();
        let sum: usize = line.iter().map(|said| said.len()).sum();
        if line.len() == LINE_COUNT_MAX || sum + bytes.len() > LINE_BYTES_MAX {
            return Err(SendError::Full { peer: to });
        }
        line.push_back(Arc::clone(bytes));
        Ok(())
    }

    fn publish(&mut self, from: PeerId, bytes: &Arc<[u8]>) -> Published {
        let mut published = Published::default();
        for to in (0..PEERS).map(peer).filter(|to| *to != from) {
            match self.send(from, to, bytes) {
                Ok(()) => published.told += 1,
                Err(SendError::Unknown { .. }) => {}
                Err(_) => published.missed += 1,
            }
        }
        published
    }

    /// Whether the listener has something to hear of the peer.
    fn is_due(&self, listener: PeerId, peer: PeerId) -> bool {
        let pair = (listener, peer);
        let has_said = self.unheard.get(&pair).is_some_and(|line| !line.is_empty());
        has_said || self.known.get(&pair) != self.connections.get(&pair)
    }

    /// Checks what a listener was given, and takes note of it.
    fn hear(&mut self, listener: PeerId, event: &Event) {
        let peer = match event {
            Event::Connected(peer) | Event::Disconnected(peer) => *peer,
            Event::Heard { from, .. } => *from,
        };
        let pair = (listener, peer);
        let due: Vec<PeerId> = (0..PEERS)
            .map(crate::peer)
            .filter(|other| *other != listener && self.is_due(listener, *other))
            .collect();
        let present = self.connections.get(&pair).copied();
        let known = self.known.get(&pair).copied();
        match event {
            Event::Connected(_) => {
                assert_eq!(known, None, "connected twice");
                self.known
                    .insert(pair, present.expect("connected to nobody"));
            }
            Event::Disconnected(_) => {
                assert!(known.is_some(), "disconnected twice");
                assert_ne!(known, present, "still connected");
                self.known.remove(&pair);
            }
            Event::Heard { bytes, .. } => {
                assert!(known.is_some(), "heard before it connected");
                assert_eq!(known, present, "heard after its connection ended");
                let line = self.unheard.get_mut(&pair);
                let said = line
                    .and_then(VecDeque::pop_front)
                    .expect("never said, or twice");
                assert!(Arc::ptr_eq(&said, bytes), "another message was due");
            }
        }
        self.note_turn(listener, peer, &due);
    }

    /// Each peer of whom something is due has its turn before any has two.
    fn note_turn(&mut self, listener: PeerId, served: PeerId, due: &[PeerId]) {
        for other in due.iter().filter(|other| **other != served) {
            let passed = self.passed.entry((listener, *other)).or_default();
            *passed += 1;
            assert!(*passed <= usize::from(PEERS) - 2, "passed over");
        }
        self.passed.remove(&(listener, served));
    }

    /// Checks that nothing was due to a listener who was given nothing.
    fn hear_nothing(&self, listener: PeerId) {
        for other in (0..PEERS).map(peer).filter(|other| *other != listener) {
            assert!(
                !self.is_due(listener, other),
                "something of {other} is lost"
            );
        }
    }
}

/// The network and the account of it.
#[derive(Default)]
struct World {
    network: MemoryNetwork,
    endpoints: BTreeMap<u8, Endpoint>,
    account: Account,
    next_message: u64,
}

impl World {
    fn apply(&mut self, act: &Act) {
        match *act {
            Act::Join(own) => self.join(own),
            Act::Leave(own) => {
                self.endpoints.remove(&own);
                self.account.leave(peer(own));
            }
            Act::Cut(one, other) => {
                self.network.cut(peer(one), peer(other));
                self.account.cut(peer(one), peer(other));
            }
            Act::Heal(one, other) => {
                self.network.heal(peer(one), peer(other));
                self.account.heal(peer(one), peer(other));
            }
            Act::Send(from, to, size) => self.send(from, to, size),
            Act::Chatter(from, to, count) => {
                for _ in 0..count {
                    self.send(from, to, Size::Small);
                }
            }
            Act::Publish(from, size) => self.publish(from, size),
            Act::Hear(listener, looks) => self.hear(listener, looks),
        }
    }

    fn join(&mut self, own: u8) {
        match self.network.join(peer(own)) {
            Ok(endpoint) => {
                assert_eq!(endpoint.own(), peer(own));
                assert!(self.endpoints.insert(own, endpoint).is_none());
                self.account.join(peer(own));
            }
            Err(error) => {
                assert!(self.endpoints.contains_key(&own));
                assert_eq!(error, JoinError::Taken { peer: peer(own) });
            }
        }
    }

    fn send(&mut self, from: u8, to: u8, size: Size) {
        let Some(endpoint) = self.endpoints.get(&from) else {
            return;
        };
        let message = size.message(&mut self.next_message);
        let expected = self.account.send(peer(from), peer(to), &message);
        assert_eq!(endpoint.send(peer(to), message), expected);
    }

    fn publish(&mut self, from: u8, size: Size) {
        let Some(endpoint) = self.endpoints.get(&from) else {
            return;
        };
        let message = size.message(&mut self.next_message);
        let expected = self.account.publish(peer(from), &message);
        assert_eq!(endpoint.publish(message), expected);
    }

    fn hear(&mut self, listener: u8, looks: usize) {
        let Some(endpoint) = self.endpoints.get_mut(&listener) else {
            return;
        };
        for _ in 0..looks {
            match look(endpoint) {
                Poll::Ready(Some(event)) => self.account.hear(peer(listener), &event),
                Poll::Ready(None) => panic!("nobody has ended the network"),
                Poll::Pending => return self.account.hear_nothing(peer(listener)),
            }
        }
    }

    /// Everybody hears all there is to hear, and then the end.
    fn end(mut self) {
        for listener in 0..PEERS {
            self.hear(listener, usize::MAX);
        }
        self.network.end();
        for (listener, endpoint) in &mut self.endpoints {
            while let Poll::Ready(Some(event)) = look(endpoint) {
                let Event::Disconnected(gone) = event else {
                    panic!("{event:?} after the end");
                };
                let known = self.account.known.remove(&(peer(*listener), gone));
                assert!(known.is_some(), "disconnected twice");
            }
            assert_eq!(look(endpoint), Poll::Ready(None));
        }
        assert!(self.account.known.is_empty(), "an end was not told");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_network_does_what_the_account_of_it_says(acts in prop::collection::vec(acts(), 1..120)) {
        let mut world = World::default();
        for act in acts {
            world.apply(&act);
        }
        world.end();
    }
}
