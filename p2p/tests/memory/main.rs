//! What the network in memory promises to those who stand on it.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod gossip;
mod joining;
mod lines;
mod model;
mod waiting;

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use pyralog_p2p::{Endpoint, Event, MemoryNetwork, Network, PeerId};
use pyralog_primitives::PublicKey;

fn peer(number: u8) -> PeerId {
    PeerId::new(PublicKey::new([number; 32]))
}

/// Endpoints of the peers 0, 1, 2 and so on, who have heard of each other.
fn joined<const COUNT: usize>(network: &MemoryNetwork) -> [Endpoint; COUNT] {
    let mut endpoints = std::array::from_fn(|number| {
        let number = u8::try_from(number).unwrap();
        network.join(peer(number)).unwrap()
    });
    for endpoint in &mut endpoints {
        assert_eq!(all(endpoint).len(), COUNT - 1);
    }
    endpoints
}

fn bytes(text: &str) -> Arc<[u8]> {
    text.as_bytes().into()
}

fn heard(from: PeerId, text: &str) -> Event {
    let bytes = bytes(text);
    Event::Heard { from, bytes }
}

/// Looks once, without waiting.
fn look(endpoint: &mut Endpoint) -> Poll<Option<Event>> {
    let next = pin!(endpoint.next());
    next.poll(&mut Context::from_waker(Waker::noop()))
}

/// All that there is to hear now.
fn all(endpoint: &mut Endpoint) -> Vec<Event> {
    let mut events = Vec::new();
    while let Poll::Ready(event) = look(endpoint) {
        events.push(event.expect("the network has not ended"));
    }
    events
}
