//! A network inside one process.
//!
//! All who joined are connected to each other, but for those that were cut
//! apart. One lock guards the whole: it is held to move a message into a line
//! or out of one, never while anybody waits.

mod endpoint;
mod gossip;
mod hub;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use self::hub::Hub;
use crate::PeerId;

pub use self::endpoint::Endpoint;
pub use self::gossip::MemoryGossip;

/// A network inside one process. Clones are handles to the same network.
#[derive(Clone, Debug, Default)]
pub struct MemoryNetwork(Arc<Mutex<Hub>>);

impl MemoryNetwork {
    /// A network without peers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a place in the network. It is given up when the [`Endpoint`] is
    /// dropped, and can be taken again then: as a new connection, which hears
    /// nothing from before.
    pub fn join(&self, own: PeerId) -> Result<Endpoint, JoinError> {
        let wake = self.hub().join(own)?;
        Ok(Endpoint::new(self.clone(), own, wake))
    }

    /// Cuts two peers apart, until [`Self::heal`]. It holds for their places,
    /// also if they are not taken yet or taken again.
    ///
    /// The network remembers each pair that is cut: how many there are is for
    /// its owner to bound.
    pub fn cut(&self, one: PeerId, other: PeerId) {
        self.hub().cut(one, other);
    }

    /// Connects two peers again that were cut apart.
    pub fn heal(&self, one: PeerId, other: PeerId) {
        self.hub().heal(one, other);
    }

    /// Ends the network for good: all connections end, and then
    /// [`Network::next`](crate::Network::next) says so.
    pub fn end(&self) {
        self.hub().end();
    }

    fn hub(&self) -> MutexGuard<'_, Hub> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why nobody could join.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// Somebody has this place.
    #[error("peer {peer} has joined already; drop its endpoint first")]
    Taken {
        /// Whose place it is.
        peer: PeerId,
    },
    /// All places are taken.
    #[error("the network has {peer_count_max} peers, and no room for more; let one leave first")]
    Full {
        /// How many there are: [`PEER_COUNT_MAX`](crate::PEER_COUNT_MAX).
        peer_count_max: usize,
    },
    /// There is no network any more.
    #[error("the network has ended; make a new one")]
    Ended,
}
