//! All connections: which of them carries the words of a peer.
//!
//! Of two connections between the same peers, both ends must keep the same one
//! without asking each other. If they dialled each other at about the same
//! moment, it is the one that the lower key dialled; else it is the younger
//! one: who dials again has lost the older.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use libp2p::core::transport::PortUse;
use libp2p::core::{Endpoint, Multiaddr};
use libp2p::swarm::behaviour::ConnectionClosed;
use libp2p::swarm::{
    CloseConnection, ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler,
    THandlerInEvent, THandlerOutEvent, ToSwarm,
};
use libp2p::{PeerId as LibPeerId, StreamProtocol};
use pyralog_p2p::PeerId;
use pyralog_primitives::PublicKey;
use pyralog_primitives::codec::Canonical;

use super::handler::{Common, Handler, Told};
use super::{Failure, Hello};
use crate::key::{lib_peer_of, peer_of};
use crate::lines::{Lines, Session};

/// Connections between the same peers that begin within this time were dialled
/// without knowing of each other. Longer, and who has lost a connection, but is
/// dialled by the other in general, waits so long for a new one; shorter, and
/// the two ends of slow connections may decide differently, and then both are
/// closed.
const CROSSED_WITHIN: Duration = Duration::from_secs(10);

/// What becomes of the words of peers.
#[derive(Debug)]
pub(crate) enum Event {
    /// Words go to and fro.
    Begun {
        peer: PeerId,
        connection: ConnectionId,
        /// For whom the peer holds a proof.
        validator: Option<PublicKey>,
    },
    /// They no longer do, or never will.
    Failed {
        peer: PeerId,
        connection: ConnectionId,
        failure: Failure,
    },
}

/// The protocol of words on all connections.
pub(crate) struct Behaviour {
    own: PeerId,
    common: Arc<Common>,
    connections: BTreeMap<ConnectionId, Connection>,
    /// Which connection carries the words of a peer.
    current: BTreeMap<PeerId, ConnectionId>,
    /// Bounded by the connections: each adds three at most.
    events: VecDeque<ToSwarm<Event, Infallible>>,
    waker: Option<Waker>,
}

struct Connection {
    peer: PeerId,
    session: Arc<Session>,
    dialler: PeerId,
    since: Instant,
}

impl Connection {
    /// Whether this one is kept, of two to the same peer, and not `other`. The
    /// lower of both keys is `lower`.
    fn is_preferred(&self, other: &Self, lower: PeerId) -> bool {
        let apart = self.since.max(other.since) - self.since.min(other.since);
        if self.dialler != other.dialler && apart < CROSSED_WITHIN {
            return self.dialler == lower;
        }
        self.since >= other.since
    }
}

/// A key of a kind that Pyralog does not have.
#[derive(Debug, thiserror::Error)]
#[error("peer {0} has no ed25519 key")]
struct ForeignKey(LibPeerId);

impl Behaviour {
    pub(crate) fn new(
        own: PeerId,
        protocol: StreamProtocol,
        hello: &Hello,
        lines: Arc<Lines>,
        deaf_after: Duration,
    ) -> Self {
        let common = Common {
            protocol,
            genesis: hello.genesis,
            lines,
            deaf_after,
            hello: hello.encode().into(),
        };
        Self {
            own,
            common: Arc::new(common),
            connections: BTreeMap::new(),
            current: BTreeMap::new(),
            events: VecDeque::new(),
            waker: None,
        }
    }

    fn connect(
        &mut self,
        id: ConnectionId,
        peer: LibPeerId,
        is_dialled: bool,
    ) -> Result<Handler, ConnectionDenied> {
        let peer = peer_of(&peer).ok_or_else(|| ConnectionDenied::new(ForeignKey(peer)))?;
        let session = Arc::new(Session::default());
        let connection = Connection {
            peer,
            session: Arc::clone(&session),
            dialler: if is_dialled { self.own } else { peer },
            since: Instant::now(),
        };
        self.connections.insert(id, connection);
        Ok(Handler::new(Arc::clone(&self.common), peer, session))
    }

    /// The peer has greeted on a connection: it carries the words from now on,
    /// unless another one does that both ends prefer.
    fn greeted(&mut self, id: ConnectionId, validator: Option<PublicKey>) {
        let Some(connection) = self.connections.get(&id) else {
            return;
        };
        let peer = connection.peer;
        if let Some(other_id) = self.current.get(&peer).copied()
            && let Some(other) = self.connections.get(&other_id)
        {
            let lower = self.own.min(peer);
            if connection.is_preferred(other, lower) {
                self.close(peer, other_id);
            } else {
                return self.close(peer, id);
            }
        }
        let Some(connection) = self.connections.get(&id) else {
            return;
        };
        self.current.insert(peer, id);
        self.common.lines.begin(peer, &connection.session);
        self.push(ToSwarm::GenerateEvent(Event::Begun {
            peer,
            connection: id,
            validator,
        }));
    }

    fn close(&mut self, peer: PeerId, id: ConnectionId) {
        self.push(ToSwarm::CloseConnection {
            peer_id: lib_peer_of(peer),
            connection: CloseConnection::One(id),
        });
    }

    fn push(&mut self, event: ToSwarm<Event, Infallible>) {
        self.events.push_back(event);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl NetworkBehaviour for Behaviour {
    type ConnectionHandler = Handler;
    type ToSwarm = Event;

    fn handle_established_inbound_connection(
        &mut self,
        id: ConnectionId,
        peer: LibPeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.connect(id, peer, false)
    }

    fn handle_established_outbound_connection(
        &mut self,
        id: ConnectionId,
        peer: LibPeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.connect(id, peer, true)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionClosed(ConnectionClosed { connection_id, .. }) => {
                let Some(gone) = self.connections.remove(&connection_id) else {
                    return;
                };
                self.common.lines.end(gone.peer, &gone.session);
                if self.current.get(&gone.peer) == Some(&connection_id) {
                    self.current.remove(&gone.peer);
                }
            }
            // One that another behaviour denied is never closed.
            FromSwarm::ListenFailure(failure) => {
                self.connections.remove(&failure.connection_id);
            }
            FromSwarm::DialFailure(failure) => {
                self.connections.remove(&failure.connection_id);
            }
            _ => {}
        }
    }

    fn on_connection_handler_event(
        &mut self,
        _: LibPeerId,
        id: ConnectionId,
        told: THandlerOutEvent<Self>,
    ) {
        match told {
            Told::Greeted(validator) => self.greeted(id, validator),
            Told::Failed(failure) => {
                let Some(connection) = self.connections.get(&id) else {
                    return;
                };
                let peer = connection.peer;
                self.common.lines.end(peer, &connection.session);
                // Before both have greeted, the peer may be of another network,
                // and is yet to say and hear of which.
                if failure.is_offence() || self.current.get(&peer) == Some(&id) {
                    self.close(peer, id);
                }
                self.push(ToSwarm::GenerateEvent(Event::Failed {
                    peer,
                    connection: id,
                    failure,
                }));
            }
        }
    }

    fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        if let Some(event) = self.events.pop_front() {
            return Poll::Ready(event);
        }
        self.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(dialler: u8, since: Instant) -> Connection {
        Connection {
            peer: PeerId::new(PublicKey::new([2; 32])),
            session: Arc::default(),
            dialler: PeerId::new(PublicKey::new([dialler; 32])),
            since,
        }
    }

    #[test]
    fn both_ends_keep_the_same_of_two_connections() {
        let begin = Instant::now();
        let lower = PeerId::new(PublicKey::new([1; 32]));
        let seconds = |seconds| begin + Duration::from_secs(seconds);
        // Who dialled each and when, and whether the first is kept. Each end
        // may see them in either order.
        for (first, second, is_first) in [
            ((1, 0), (2, 1), true),
            ((2, 0), (1, 1), false),
            ((1, 0), (2, 11), false),
            ((2, 0), (1, 11), false),
            ((1, 0), (1, 1), false),
            ((2, 0), (2, 20), false),
        ] {
            let first = connection(first.0, seconds(first.1));
            let second = connection(second.0, seconds(second.1));
            assert_eq!(first.is_preferred(&second, lower), is_first);
            assert_eq!(second.is_preferred(&first, lower), !is_first);
        }
    }
}
