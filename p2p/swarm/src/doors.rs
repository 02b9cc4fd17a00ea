//! Which doors this node knocks at.
//!
//! Addresses come from peers, also in answers of the distributed hash table
//! that are dialled without a look. So the look is here, below all of it: what
//! only the neighbours of this node can reach is dialled only if the operator
//! said so.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use libp2p::Multiaddr;
use libp2p::core::transport::{
    DialOpts, ListenerId, PortUse, Transport, TransportError, TransportEvent,
};

use crate::address::{is_public, socket_of};

/// A transport that dials only where it may.
pub(crate) struct Doors<T> {
    pub(crate) inner: T,
    /// Whether all addresses may be dialled.
    pub(crate) allows_private: bool,
    /// What the operator gave.
    pub(crate) given: BTreeSet<SocketAddr>,
}

impl<T> Doors<T> {
    fn may_dial(&self, address: &Multiaddr) -> bool {
        let Some(at) = socket_of(address) else {
            return false;
        };
        self.allows_private || is_public(at.ip()) || self.given.contains(&at)
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
    use super::*;

    #[test]
    fn doors_inside_are_opened_for_the_operator_alone() {
        let address = |text: &str| text.parse::<Multiaddr>().unwrap();
        let mut doors = Doors {
            inner: (),
            allows_private: false,
            given: BTreeSet::from(["10.0.0.1:7".parse().unwrap()]),
        };
        assert!(doors.may_dial(&address("/ip4/8.8.8.8/tcp/1")));
        assert!(doors.may_dial(&address("/ip4/10.0.0.1/tcp/7")));
        assert!(!doors.may_dial(&address("/ip4/10.0.0.1/tcp/8")));
        assert!(!doors.may_dial(&address("/ip4/127.0.0.1/tcp/22")));
        doors.allows_private = true;
        assert!(doors.may_dial(&address("/ip4/127.0.0.1/tcp/22")));
        assert!(!doors.may_dial(&address("/dns4/localhost/tcp/22")));
    }
}
