//! Which doors this node knocks at.
//!
//! Addresses come from peers, also in answers of the distributed hash table
//! that are dialled without a look. So the look is here, below all of it: what
//! only the neighbours of this node can reach is dialled only if the operator
//! said so.

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use libp2p::Multiaddr;
use libp2p::core::transport::{
    DialOpts, ListenerId, PortUse, Transport, TransportError, TransportEvent,
};

use crate::address::{is_public, socket_of};
use crate::shared::Shared;

/// Addresses that the operator gave while the node runs. The oldest gives way:
/// lower, and one that was given long ago is not knocked at any more; higher,
/// and a caller that never stops giving some takes more memory.
const ADDED_MAX: usize = 1_024;

/// Addresses that the operator gave.
#[derive(Debug, Default)]
pub(crate) struct Given {
    /// By the settings.
    at_start: BTreeSet<SocketAddr>,
    /// Since then.
    added: VecDeque<SocketAddr>,
}

impl Given {
    pub(crate) fn new(at_start: impl Iterator<Item = SocketAddr>) -> Self {
        Self {
            at_start: at_start.collect(),
            added: VecDeque::new(),
        }
    }

    /// One more.
    pub(crate) fn add(&mut self, at: SocketAddr) {
        if self.contains(at) {
            return;
        }
        if self.added.len() >= ADDED_MAX {
            self.added.pop_front();
        }
        self.added.push_back(at);
    }

    pub(crate) fn contains(&self, at: SocketAddr) -> bool {
        self.at_start.contains(&at) || self.added.contains(&at)
    }
}

/// A transport that dials only where it may.
pub(crate) struct Doors<T> {
    pub(crate) inner: T,
    /// Whether all addresses may be dialled.
    pub(crate) allows_private: bool,
    /// Knows what the operator gave.
    pub(crate) shared: Arc<Shared>,
}

impl<T> Doors<T> {
    fn may_dial(&self, address: &Multiaddr) -> bool {
        let Some(at) = socket_of(address) else {
            return false;
        };
        self.allows_private || is_public(at.ip()) || self.shared.given().contains(at)
    }
}

impl<T> Transport for Doors<T>
where
    T: Transport<Error = io::Error> + Unpin,
{
    type Output = T::Output;
    type Error = io::Error;
    type ListenerUpgrade = T::ListenerUpgrade;
    type Dial = T::Dial;

    fn listen_on(
        &mut self,
        id: ListenerId,
        address: Multiaddr,
    ) -> Result<(), TransportError<io::Error>> {
        self.inner.listen_on(id, address)
    }

    fn remove_listener(&mut self, id: ListenerId) -> bool {
        self.inner.remove_listener(id)
    }

    fn dial(
        &mut self,
        address: Multiaddr,
        mut options: DialOpts,
    ) -> Result<T::Dial, TransportError<io::Error>> {
        if !self.may_dial(&address) {
            return Err(TransportError::MultiaddrNotSupported(address));
        }
        // From the port of the listener, a connection that ended would stand in
        // the way of the next one between the same two.
        options.port_use = PortUse::New;
        self.inner.dial(address, options)
    }

    fn poll(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<TransportEvent<T::ListenerUpgrade, io::Error>> {
        Pin::new(&mut self.inner).poll(context)
    }
}

#[cfg(test)]
mod tests {
    use pyralog_p2p::PeerId;
    use pyralog_primitives::PublicKey;

    use super::*;
    use crate::book::Book;
    use crate::settings::Clock;

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_given_later_is_bounded_and_pushes_out_nothing_from_the_start() {
        let mut given = Given::new([at("10.0.0.1:7")].into_iter());
        let port = |port| SocketAddr::from(([10, 0, 0, 2], port));
        let count = u16::try_from(ADDED_MAX).unwrap();
        for number in 0..count {
            given.add(port(number));
            given.add(port(number));
        }
        assert!((0..count).all(|number| given.contains(port(number))));
        given.add(port(count));
        assert!(!given.contains(port(0)) && given.contains(port(count)));
        assert!(given.contains(at("10.0.0.1:7")));
        assert_eq!(given.added.len(), ADDED_MAX);
    }

    #[test]
    fn doors_inside_are_opened_for_the_operator_alone() {
        let address = |text: &str| text.parse::<Multiaddr>().unwrap();
        let own = PeerId::new(PublicKey::new([1; 32]));
        let mut shared = Shared::new(own, Clock::system(), Book::default());
        shared.given = Given::new([at("10.0.0.1:7")].into_iter()).into();
        let mut doors = Doors {
            inner: (),
            allows_private: false,
            shared: Arc::new(shared),
        };
        assert!(doors.may_dial(&address("/ip4/8.8.8.8/tcp/1")));
        assert!(doors.may_dial(&address("/ip4/10.0.0.1/tcp/7")));
        assert!(!doors.may_dial(&address("/ip4/10.0.0.1/tcp/8")));
        assert!(!doors.may_dial(&address("/ip4/127.0.0.1/tcp/22")));
        doors.shared.given().add(at("10.0.0.1:8"));
        assert!(doors.may_dial(&address("/ip4/10.0.0.1/tcp/8")));
        doors.allows_private = true;
        assert!(doors.may_dial(&address("/ip4/127.0.0.1/tcp/22")));
        assert!(!doors.may_dial(&address("/dns4/localhost/tcp/22")));
    }
}
