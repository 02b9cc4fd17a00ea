//! A peer that speaks the protocol of words by hand, well or badly.

use std::convert::Infallible;
use std::task::{Context, Poll};

use futures::{AsyncWriteExt, StreamExt};
use libp2p::core::transport::PortUse;
use libp2p::core::upgrade::ReadyUpgrade;
use libp2p::core::{Endpoint, Multiaddr};
use libp2p::identity::Keypair;
use libp2p::swarm::handler::{ConnectionEvent, FullyNegotiatedInbound, FullyNegotiatedOutbound};
use libp2p::swarm::{
    ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm,
    NetworkBehaviour, SubstreamProtocol, SwarmEvent, THandler, THandlerInEvent, THandlerOutEvent,
    ToSwarm,
};
use libp2p::{
    PeerId as LibPeerId, Stream, StreamProtocol, Swarm as LibSwarm, SwarmBuilder, noise, tcp, yamux,
};
use pyralog_swarm::PeerAddress;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::{PATIENCE, genesis, key};

type Upgrade = ReadyUpgrade<StreamProtocol>;

/// What happens on the connection.
pub(crate) enum Happened {
    Opened(Stream),
    Accepted,
    Connected,
    Closed,
    Refused,
}

/// A peer with one connection.
pub(crate) struct RawPeer {
    happened: mpsc::Receiver<Happened>,
    task: JoinHandle<()>,
}

impl RawPeer {
    /// Dials, and opens so many streams of words.
    pub(crate) fn dial(number: u8, address: &PeerAddress, streams: usize) -> Self {
        let keypair = Keypair::ed25519_from_bytes(*key(number).to_seed()).unwrap();
        let (sender, happened) = mpsc::channel(64);
        let behaviour = Behaviour {
            protocol: protocol("words"),
            sender: sender.clone(),
            streams,
        };
        let mut swarm = raw_swarm(keypair, |_| behaviour);
        swarm.dial(multiaddr(address)).unwrap();
        let task = tokio::spawn(async move {
            loop {
                let happened = match swarm.select_next_some().await {
                    SwarmEvent::ConnectionEstablished { .. } => Happened::Connected,
                    SwarmEvent::ConnectionClosed { .. } => Happened::Closed,
                    SwarmEvent::OutgoingConnectionError { .. } => Happened::Refused,
                    _ => continue,
                };
                if sender.send(happened).await.is_err() {
                    return;
                }
            }
        });
        Self { happened, task }
    }

    pub(crate) async fn happened(&mut self) -> Happened {
        let happened = timeout(PATIENCE, self.happened.recv()).await;
        happened.expect("something happens").unwrap()
    }

    /// The next stream that it opened.
    pub(crate) async fn stream(&mut self) -> Stream {
        loop {
            if let Happened::Opened(stream) = self.happened().await {
                return stream;
            }
        }
    }

    /// Waits until there is no connection. Fails if it never is.
    pub(crate) async fn gone(&mut self) {
        while !matches!(self.happened().await, Happened::Closed | Happened::Refused) {}
    }
}

impl Drop for RawPeer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A protocol of the network.
pub(crate) fn protocol(name: &str) -> StreamProtocol {
    let genesis = genesis().to_string();
    StreamProtocol::try_from_owned(format!("/pyralog/{}/{name}/1", &genesis[..16])).unwrap()
}

/// Where a node listens, as libp2p writes it.
pub(crate) fn multiaddr(address: &PeerAddress) -> Multiaddr {
    let at = address.at;
    format!("/ip4/{}/tcp/{}", at.ip(), at.port())
        .parse()
        .unwrap()
}

/// A swarm that does nothing but what `behave` makes it do.
pub(crate) fn raw_swarm<B: NetworkBehaviour>(
    keypair: Keypair,
    behave: impl FnOnce(&Keypair) -> B,
) -> LibSwarm<B> {
    let builder = SwarmBuilder::with_existing_identity(keypair)
        .with_tokio()
        .with_tcp(
            tcp::Config::default(),
            noise::Config::new,
            yamux::Config::default,
        )
        .unwrap();
    builder.with_behaviour(behave).unwrap().build()
}

/// A hello without a proof.
pub(crate) fn hello() -> Vec<u8> {
    [&[0][..], genesis().get().as_bytes(), &[0]].concat()
}

pub(crate) async fn write_frame(stream: &mut Stream, word: &[u8]) {
    let length = u32::try_from(word.len()).unwrap();
    stream.write_all(&length.to_le_bytes()).await.unwrap();
    stream.write_all(word).await.unwrap();
    stream.flush().await.unwrap();
}

struct Behaviour {
    protocol: StreamProtocol,
    sender: mpsc::Sender<Happened>,
    streams: usize,
}

struct Handler {
    protocol: StreamProtocol,
    sender: mpsc::Sender<Happened>,
    left: usize,
    accepted: Vec<Stream>,
}

impl Behaviour {
    fn handler(&self) -> Handler {
        Handler {
            protocol: self.protocol.clone(),
            sender: self.sender.clone(),
            left: self.streams,
            accepted: Vec::new(),
        }
    }
}

impl NetworkBehaviour for Behaviour {
    type ConnectionHandler = Handler;
    type ToSwarm = Infallible;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: LibPeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(self.handler())
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: LibPeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(self.handler())
    }

    fn on_swarm_event(&mut self, _: FromSwarm<'_>) {}

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

impl ConnectionHandler for Handler {
    type FromBehaviour = Infallible;
    type ToBehaviour = Infallible;
    type InboundProtocol = Upgrade;
    type OutboundProtocol = Upgrade;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = ();

    fn listen_protocol(&self) -> SubstreamProtocol<Upgrade> {
        SubstreamProtocol::new(ReadyUpgrade::new(self.protocol.clone()), ())
    }

    fn connection_keep_alive(&self) -> bool {
        true
    }

    fn poll(
        &mut self,
        _: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Upgrade, (), Infallible>> {
        if self.left == 0 {
            return Poll::Pending;
        }
        self.left -= 1;
        let protocol = self.listen_protocol();
        Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol })
    }

    fn on_behaviour_event(&mut self, event: Infallible) {
        match event {}
    }

    fn on_connection_event(&mut self, event: ConnectionEvent<'_, Upgrade, Upgrade>) {
        match event {
            // Kept, and never read.
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound {
                protocol, ..
            }) => {
                self.accepted.push(protocol);
                self.sender.try_send(Happened::Accepted).unwrap();
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound {
                protocol, ..
            }) => self.sender.try_send(Happened::Opened(protocol)).unwrap(),
            _ => {}
        }
    }
}
