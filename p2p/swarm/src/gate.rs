//! Who is let in: before anything else is done with a connection.
//!
//! First among the behaviours, so that a connection that is refused here costs
//! the others nothing. How many connections there may be in all is the matter
//! of libp2p's own limits, which follow.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use libp2p::PeerId as LibPeerId;
use libp2p::core::transport::PortUse;
use libp2p::core::{Endpoint, Multiaddr};
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent,
    THandlerOutEvent, ToSwarm, dummy,
};

use crate::address::{Host, Subnet, socket_of};
use crate::book::Ban;
use crate::key::peer_of;
use crate::settings::Limits;
use crate::shared::Shared;

/// Why a connection was refused.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error("too many connections come from {0}")]
    Host(IpAddr),
    #[error("too many connections come from the network of {0}")]
    Subnet(IpAddr),
    #[error("several peers that came from {0} are banned")]
    ClosedHost(IpAddr),
    #[error("it is banned: {}", .0.reason)]
    Banned(Ban),
    #[error("it belongs to {0}")]
    Stranger(String),
}

/// The gate of one swarm.
pub(crate) struct Gate {
    shared: Arc<Shared>,
    per_host_max: usize,
    per_subnet_max: usize,
    /// Hosts of peers that the limits do not hold for.
    exempt: BTreeSet<Host>,
    /// Connections of others, from their first byte to their end. Bounded by
    /// the limits that follow.
    inbound: BTreeMap<ConnectionId, IpAddr>,
}

impl Gate {
    pub(crate) fn new(shared: Arc<Shared>, limits: &Limits, exempt: BTreeSet<Host>) -> Self {
        let count = |limit: u32| usize::try_from(limit).unwrap_or(usize::MAX);
        Self {
            shared,
            per_host_max: count(limits.per_host_max),
            per_subnet_max: count(limits.per_subnet_max),
            exempt,
            inbound: BTreeMap::new(),
        }
    }

    fn check_place(&self, ip: IpAddr) -> Result<(), Refused> {
        let (host, subnet) = (Host::of(ip), Subnet::of(ip));
        if self.shared.book().bans.is_closed(host, self.shared.now()) {
            return Err(Refused::ClosedHost(ip));
        }
        if self.exempt.contains(&host) {
            return Ok(());
        }
        let places = || self.inbound.values().copied();
        if places().filter(|ip| Host::of(*ip) == host).count() >= self.per_host_max {
            return Err(Refused::Host(ip));
        }
        if places().filter(|ip| Subnet::of(*ip) == subnet).count() >= self.per_subnet_max {
            return Err(Refused::Subnet(ip));
        }
        Ok(())
    }

    fn check_peer(&self, peer: LibPeerId) -> Result<(), Refused> {
        let Some(peer) = peer_of(&peer) else {
            return Ok(()); // The words refuse it.
        };
        let (book, now) = (self.shared.book(), self.shared.now());
        if let Some(ban) = book.bans.ban_of(peer, now) {
            return Err(Refused::Banned(ban));
        }
        if let Some(stranger) = book.strangers.get(peer, now) {
            return Err(Refused::Stranger(stranger.network.clone()));
        }
        Ok(())
    }
}

impl NetworkBehaviour for Gate {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = Infallible;

    fn handle_pending_inbound_connection(
        &mut self,
        id: ConnectionId,
        _: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        if let Some(at) = socket_of(remote) {
            self.check_place(at.ip()).map_err(ConnectionDenied::new)?;
            self.inbound.insert(id, at.ip());
        }
        Ok(())
    }

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        peer: LibPeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.check_peer(peer).map_err(ConnectionDenied::new)?;
        Ok(dummy::ConnectionHandler)
    }

    fn handle_pending_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: Option<LibPeerId>,
        _: &[Multiaddr],
        _: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        if let Some(peer) = peer {
            self.check_peer(peer).map_err(ConnectionDenied::new)?;
        }
        Ok(Vec::new())
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: LibPeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.check_peer(peer).map_err(ConnectionDenied::new)?;
        Ok(dummy::ConnectionHandler)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionClosed(closed) => {
                self.inbound.remove(&closed.connection_id);
            }
            FromSwarm::ListenFailure(failure) => {
                self.inbound.remove(&failure.connection_id);
            }
            _ => {}
        }
    }

    fn on_connection_handler_event(
        &mut self,
        _: LibPeerId,
        _: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use pyralog_p2p::PeerId;
    use pyralog_primitives::{DurationMs, PublicKey, TimestampMs};

    use super::*;
    use crate::book::Book;
    use crate::key::lib_peer_of;
    use crate::settings::Clock;

    fn peer(number: u8) -> PeerId {
        PeerId::new(PublicKey::new([number; 32]))
    }

    fn gate(book: Book, exempt: BTreeSet<Host>) -> Gate {
        let clock = Clock::new(|| TimestampMs::new(5));
        let shared = Shared::new(peer(0), clock, book);
        let limits = Limits {
            per_host_max: 2,
            per_subnet_max: 3,
            ..Limits::default()
        };
        Gate::new(Arc::new(shared), &limits, exempt)
    }

    #[test]
    fn the_banned_and_strangers_are_refused_and_nobody_else() {
        let (mut book, now) = (Book::default(), TimestampMs::new(5));
        let host = Host::of([10, 0, 0, 1].into());
        for number in 1..=5 {
            let duration = DurationMs::new(1);
            book.bans.ban(peer(number), Some(host), duration, "", now);
        }
        book.strangers.note(peer(6), "another".to_owned(), now);
        let gate = gate(book, BTreeSet::from([host]));
        let check = |number| gate.check_peer(lib_peer_of(peer(number)));
        assert!(matches!(check(1), Err(Refused::Banned(_))));
        assert!(matches!(check(6), Err(Refused::Stranger(_))));
        assert!(check(7).is_ok());
        let place = gate.check_place([10, 0, 0, 1].into());
        assert!(matches!(place, Err(Refused::ClosedHost(_))));
        assert!(gate.check_place([10, 0, 0, 2].into()).is_ok());
    }

    #[test]
    fn places_are_counted_by_host_and_by_subnet() {
        let exempt = BTreeSet::from([Host::of([10, 0, 0, 9].into())]);
        let mut gate = gate(Book::default(), exempt);
        let mut comes = |last: u8| {
            let ip = IpAddr::from([10, 0, 0, last]);
            let id = ConnectionId::new_unchecked(gate.inbound.len());
            gate.check_place(ip).map(|()| gate.inbound.insert(id, ip))
        };
        assert!(comes(1).is_ok() && comes(1).is_ok());
        assert!(matches!(comes(1), Err(Refused::Host(_))));
        assert!(comes(2).is_ok());
        assert!(matches!(comes(3), Err(Refused::Subnet(_))));
        assert!(comes(9).is_ok());
    }
}
