//! A peer that is spoken for by hand: it dials from an address of its own, and
//! says what it is told to.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::{AsyncReadExt, AsyncWriteExt, StreamExt};
use libp2p::core::transport::{PortUse, Transport};
use libp2p::core::upgrade::{ReadyUpgrade, Version as UpgradeVersion};
use libp2p::core::{Endpoint, Multiaddr};
use libp2p::gossipsub;
use libp2p::identity::Keypair;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::swarm::handler::{ConnectionEvent, FullyNegotiatedInbound, FullyNegotiatedOutbound};
use libp2p::swarm::{
    ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm,
    NetworkBehaviour, SubstreamProtocol, SwarmEvent, THandler, THandlerInEvent, THandlerOutEvent,
    ToSwarm,
};
use libp2p::{PeerId as LibPeerId, Stream, StreamProtocol, Swarm, noise, yamux};
use pyralog_p2p::{MESSAGE_BYTES_MAX, SPREAD_BYTES_MAX};
use pyralog_primitives::codec::{Canonical, Version};
use pyralog_primitives::{GenesisHash, PublicKey, SecretKey};
use pyralog_swarm::Hello;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::host::FromHost;

/// How long a node may take to answer by hand. Lower, and a busy machine is
/// taken for a node that refuses; higher, and an attack on one that is silent
/// takes long.
const ANSWER_MAX: Duration = Duration::from_secs(20);
/// What happened and was not looked at. What is beyond is forgotten: streams
/// that the node opens are closed then.
const HAPPENED_MAX: usize = 64;
/// Messages that wait to be spread. The attack waits for room.
const SPREAD_COUNT_MAX: usize = 64;
/// What libp2p writes around a message of gossip.
const AROUND_BYTES: usize = 64 * 1024;

type Upgrade = ReadyUpgrade<StreamProtocol>;

/// Who an attacker is, and what it wants.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    pub(crate) key: SecretKey,
    /// Where it comes from.
    pub(crate) from: Ipv4Addr,
    pub(crate) genesis: GenesisHash,
    /// Streams of words that it opens: one, by the rules.
    pub(crate) streams: usize,
    /// Whether it takes part in gossip.
    pub(crate) spreads: bool,
}

impl Who {
    pub(crate) fn peer(&self) -> PublicKey {
        self.key.public_key()
    }
}

/// Why an attacker says no more: what the node did, or what its system did.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Gone {
    #[error("the node refused it")]
    Refused,
    #[error("the node closed its connection")]
    Closed,
    #[error("the node did not answer")]
    Silent,
}

impl From<std::io::Error> for Gone {
    fn from(_: std::io::Error) -> Self {
        Self::Closed
    }
}

enum Happened {
    Opened(Stream),
    Accepted(Stream),
    Closed,
    Refused,
}

/// A peer with one connection.
pub(crate) struct RawPeer {
    who: Who,
    happened: mpsc::Receiver<Happened>,
    spread: mpsc::Sender<Vec<u8>>,
    task: JoinHandle<()>,
    /// Streams that nobody has asked for. One that is given up ends, and the
    /// node would hear of that before it has read what it is to be blamed for.
    kept: Vec<Stream>,
}

/// Its words to the node, and those of the node to it.
pub(crate) struct Words {
    pub(crate) to_node: Stream,
    pub(crate) of_node: Stream,
}

impl RawPeer {
    /// Dials a node.
    pub(crate) fn dial(who: Who, at: SocketAddrV4) -> Self {
        let (sender, happened) = mpsc::channel(HAPPENED_MAX);
        let (spread, to_spread) = mpsc::channel(SPREAD_COUNT_MAX);
        let swarm = swarm(&who, sender.clone());
        let task = tokio::spawn(run(swarm, at, to_spread, sender, who.genesis));
        Self {
            who,
            happened,
            spread,
            task,
            kept: Vec::new(),
        }
    }

    async fn happened(&mut self) -> Result<Happened, Gone> {
        let happened = timeout(ANSWER_MAX, self.happened.recv()).await;
        match happened.map_err(|_| Gone::Silent)?.ok_or(Gone::Closed)? {
            Happened::Refused => Err(Gone::Refused),
            Happened::Closed => Err(Gone::Closed),
            happened => Ok(happened),
        }
    }

    /// The next stream of words that it has opened itself.
    pub(crate) async fn stream(&mut self) -> Result<Stream, Gone> {
        loop {
            match self.happened().await? {
                Happened::Opened(stream) => return Ok(stream),
                other => self.keep(other),
            }
        }
    }

    /// Greets as it should, and waits until the node has opened its own stream.
    pub(crate) async fn greet(&mut self) -> Result<Words, Gone> {
        let hello = Hello {
            version: Version::V1,
            genesis: self.who.genesis,
            proof: None,
        };
        let (mut to_node, mut of_node) = (None, None);
        loop {
            match self.happened().await? {
                Happened::Opened(mut stream) => {
                    say(&mut stream, &hello.encode()).await?;
                    to_node = Some(stream);
                }
                Happened::Accepted(stream) => of_node = Some(stream),
                Happened::Closed | Happened::Refused => return Err(Gone::Closed),
            }
            if to_node.is_some() && of_node.is_some() {
                break;
            }
        }
        match to_node.zip(of_node) {
            Some((to_node, of_node)) => Ok(Words { to_node, of_node }),
            None => Err(Gone::Silent),
        }
    }

    /// Spreads a message by gossip, once there is room.
    pub(crate) async fn spread(&self, bytes: Vec<u8>) -> Result<(), Gone> {
        self.spread.send(bytes).await.map_err(|_| Gone::Closed)
    }

    /// Waits until the node has ended the connection.
    pub(crate) async fn ended(&mut self) -> Gone {
        loop {
            match self.happened().await {
                Ok(happened) => self.keep(happened),
                Err(gone) => return gone,
            }
        }
    }

    fn keep(&mut self, happened: Happened) {
        match happened {
            Happened::Opened(stream) | Happened::Accepted(stream) => self.kept.push(stream),
            Happened::Closed | Happened::Refused => {}
        }
    }

    /// Whether the node has ended the connection.
    pub(crate) fn has_ended(&mut self) -> bool {
        loop {
            match self.happened.try_recv() {
                Ok(Happened::Closed | Happened::Refused)
                | Err(mpsc::error::TryRecvError::Disconnected) => return true,
                Ok(stream) => self.keep(stream),
                Err(mpsc::error::TryRecvError::Empty) => return false,
            }
        }
    }
}

impl Drop for RawPeer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A word as it is said.
pub(crate) fn frame(word: &[u8]) -> Vec<u8> {
    let length = u32::try_from(word.len()).unwrap_or(u32::MAX);
    [&length.to_le_bytes(), word].concat()
}

/// Says a frame.
pub(crate) async fn say(stream: &mut Stream, word: &[u8]) -> Result<(), Gone> {
    shout(stream, &frame(word)).await
}

/// Says bytes, whatever they are. A node that does not read them in time is
/// silent.
pub(crate) async fn shout(stream: &mut Stream, bytes: &[u8]) -> Result<(), Gone> {
    let write = async {
        stream.write_all(bytes).await?;
        stream.flush().await
    };
    let written = timeout(ANSWER_MAX, write).await;
    Ok(written.map_err(|_| Gone::Silent)??)
}

/// Hears a frame.
pub(crate) async fn hear(stream: &mut Stream) -> Result<Vec<u8>, Gone> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).await?;
    let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
    if length > MESSAGE_BYTES_MAX {
        return Err(Gone::Closed);
    }
    let mut word = vec![0; length];
    stream.read_exact(&mut word).await?;
    Ok(word)
}

/// A protocol of the network, as `docs/src/spec/network.md` names it.
fn protocol(genesis: GenesisHash, name: &str) -> StreamProtocol {
    let genesis = genesis.to_string();
    let name = format!("/pyralog/{}/{name}/1", &genesis[..16]);
    StreamProtocol::try_from_owned(name).expect("it begins with a slash")
}

fn topic(genesis: GenesisHash) -> gossipsub::IdentTopic {
    gossipsub::IdentTopic::new(protocol(genesis, "transactions").as_ref())
}

fn multiaddr(at: SocketAddrV4) -> Multiaddr {
    Multiaddr::from(*at.ip()).with(Protocol::Tcp(at.port()))
}

fn swarm(who: &Who, sender: mpsc::Sender<Happened>) -> Swarm<Behaviour> {
    let keypair = Keypair::ed25519_from_bytes(*who.key.to_seed()).expect("any seed is a key");
    let words = Speaking {
        protocol: protocol(who.genesis, "words"),
        sender,
        streams: who.streams,
    };
    let gossip = who.spreads.then(|| gossip(who.genesis));
    let behaviour = Behaviour {
        words,
        gossip: gossip.into(),
    };
    let own = keypair.public().to_peer_id();
    let noise = noise::Config::new(&keypair).expect("the key is one of Noise");
    let transport = FromHost(who.from)
        .upgrade(UpgradeVersion::V1Lazy)
        .authenticate(noise)
        .multiplex(yamux::Config::default())
        .timeout(ANSWER_MAX)
        .boxed();
    let config = libp2p::swarm::Config::with_tokio_executor();
    Swarm::new(transport, behaviour, own, config)
}

fn gossip(genesis: GenesisHash) -> gossipsub::Behaviour {
    let config = gossipsub::ConfigBuilder::default()
        .protocol_id_prefix(protocol(genesis, "gossip").as_ref().to_owned())
        .validation_mode(gossipsub::ValidationMode::Anonymous)
        .max_transmit_size(SPREAD_BYTES_MAX + AROUND_BYTES)
        // Without authors and numbers, only the content tells messages apart.
        .message_id_fn(|message| blake3::hash(&message.data).as_bytes().to_vec().into())
        .build()
        .expect("the settings agree");
    let authenticity = gossipsub::MessageAuthenticity::Anonymous;
    let mut gossip = gossipsub::Behaviour::new(authenticity, config).expect("the settings agree");
    gossip
        .subscribe(&topic(genesis))
        .expect("any topic may be subscribed to");
    gossip
}

/// Dials, and spreads what it is given.
async fn run(
    mut swarm: Swarm<Behaviour>,
    at: SocketAddrV4,
    mut to_spread: mpsc::Receiver<Vec<u8>>,
    sender: mpsc::Sender<Happened>,
    genesis: GenesisHash,
) {
    let topic = topic(genesis);
    if swarm.dial(multiaddr(at)).is_err() {
        return;
    }
    loop {
        tokio::select! {
            event = swarm.select_next_some() => {
                let happened = match event {
                    SwarmEvent::ConnectionClosed { .. } => Happened::Closed,
                    SwarmEvent::OutgoingConnectionError { .. } => Happened::Refused,
                    _ => continue,
                };
                // Whatever follows, nobody is connected any more.
                let _ = sender.send(happened).await;
                return;
            }
            Some(bytes) = to_spread.recv() => {
                if let Some(gossip) = swarm.behaviour_mut().gossip.as_mut() {
                    // What the own lines have no room for is lost, as it is for
                    // anybody who spreads too much.
                    let _ = gossip.publish(topic.clone(), bytes);
                }
            }
        }
    }
}

#[derive(NetworkBehaviour)]
struct Behaviour {
    words: Speaking,
    gossip: Toggle<gossipsub::Behaviour>,
}

/// Opens streams of words, and accepts those of the node.
struct Speaking {
    protocol: StreamProtocol,
    sender: mpsc::Sender<Happened>,
    streams: usize,
}

struct Handler {
    protocol: StreamProtocol,
    sender: mpsc::Sender<Happened>,
    left: usize,
}

impl Speaking {
    fn handler(&self) -> Handler {
        Handler {
            protocol: self.protocol.clone(),
            sender: self.sender.clone(),
            left: self.streams,
        }
    }
}

impl NetworkBehaviour for Speaking {
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
        let happened = match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound {
                protocol, ..
            }) => Happened::Accepted(protocol),
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound {
                protocol, ..
            }) => Happened::Opened(protocol),
            _ => return,
        };
        // Whoever has not looked for so long wants no more streams.
        let _ = self.sender.try_send(happened);
    }
}
