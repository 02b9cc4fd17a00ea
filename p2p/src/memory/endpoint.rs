//! A place in the network in memory.

use std::sync::Arc;
use std::task::Poll;

use tokio::sync::Notify;
use tokio::task;

use super::MemoryNetwork;
use crate::{Event, Network, PeerId, Published, SendError};

/// A place in a [`MemoryNetwork`]. Dropping it ends its connections.
#[derive(Debug)]
pub struct Endpoint {
    pub(super) network: MemoryNetwork,
    pub(super) own: PeerId,
    /// Told whenever there is something to hear.
    wake: Arc<Notify>,
}

impl Endpoint {
    pub(super) fn new(network: MemoryNetwork, own: PeerId, wake: Arc<Notify>) -> Self {
        Self { network, own, wake }
    }
}

impl Network for Endpoint {
    fn own(&self) -> PeerId {
        self.own
    }

    fn send(&self, to: PeerId, bytes: Arc<[u8]>) -> Result<(), SendError> {
        self.network.hub().send(self.own, to, bytes)
    }

    fn publish(&self, bytes: Arc<[u8]>) -> Published {
        self.network.hub().publish(self.own, &bytes)
    }

    /// In one process nobody is kept out.
    fn blame(&self, _peer: PeerId, _reason: &str) {}

    async fn next(&mut self) -> Option<Event> {
        // A listener that always finds something lets others run too.
        task::consume_budget().await;
        loop {
            // Nothing is awaited between taking an event and returning it.
            let next = self.network.hub().next(self.own);
            if let Poll::Ready(event) = next {
                return event;
            }
            // What comes between the look and the wait leaves a permit behind.
            self.wake.notified().await;
        }
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.network.hub().leave(self.own);
    }
}
