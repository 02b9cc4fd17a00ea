//! One connection: greets, then carries words to and from the lines.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use libp2p::Stream;
use libp2p::StreamProtocol;
use libp2p::core::upgrade::ReadyUpgrade;
use libp2p::swarm::handler::{
    ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound,
};
use libp2p::swarm::{
    ConnectionHandler, ConnectionHandlerEvent, StreamUpgradeError, SubstreamProtocol,
};
use pyralog_p2p::{MESSAGE_BYTES_MAX, PeerId};
use pyralog_primitives::codec::{Canonical, DecodeError};
use pyralog_primitives::{BadSignature, GenesisHash, PublicKey};
use tokio::time::{Sleep, sleep};

use super::Hello;
use super::frames::{FrameError, Reader, Writer};
use crate::book::Weight;
use crate::lines::{Lines, Over, Session};

/// What all connections of a node have in common.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) protocol: StreamProtocol,
    pub(super) genesis: GenesisHash,
    pub(super) lines: Arc<Lines>,
    /// How long a peer may take nothing of what waits for it.
    pub(super) deaf_after: Duration,
    /// The own [`Hello`].
    pub(super) hello: Arc<[u8]>,
}

/// What a connection says of its peer.
#[derive(Debug)]
pub(crate) enum Told {
    /// Both have greeted. The peer holds a proof for this validator.
    Greeted(Option<PublicKey>),
    /// There will be no word any more.
    Failed(Failure),
}

/// Why a connection carries no words.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The peer speaks no words of this network.
    #[error("the peer does not speak of this network")]
    Unspoken,
    /// The stream ended or broke.
    #[error("the words ended: {0}")]
    Ended(String),
    /// The peer announced a frame that may not be.
    #[error("{0}")]
    TooLong(String),
    /// The first frame was no hello.
    #[error("the first frame is no hello: {0}")]
    NoHello(#[source] DecodeError),
    /// The hello names another network.
    #[error("the hello is of the network {0}")]
    OtherGenesis(GenesisHash),
    /// The proof is not the validator's.
    #[error("the proof of a validator does not verify")]
    FalseProof(#[source] BadSignature),
    /// A second stream.
    #[error("the peer opened a second stream of words")]
    SecondStream,
    /// It is there, and takes nothing.
    #[error("the peer reads nothing of what it is told")]
    Deaf,
}

impl Failure {
    /// Whether only a peer that breaks the rules brings it about.
    pub(crate) fn is_offence(&self) -> bool {
        match self {
            Self::Unspoken | Self::Ended(_) | Self::OtherGenesis(_) | Self::Deaf => false,
            Self::TooLong(_) | Self::NoHello(_) | Self::FalseProof(_) | Self::SecondStream => true,
        }
    }

    /// How much the peer is to blame.
    pub(crate) fn weight(&self) -> Option<Weight> {
        match self {
            Self::Deaf => Some(Weight::Severe),
            _ => self.is_offence().then_some(Weight::Fatal),
        }
    }
}

impl From<FrameError> for Failure {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::TooLong { .. } => Self::TooLong(error.to_string()),
            FrameError::Ended | FrameError::Broken(_) | FrameError::Over => {
                Self::Ended(error.to_string())
            }
        }
    }
}

impl From<Over> for FrameError {
    fn from(Over: Over) -> Self {
        Self::Over
    }
}

/// How far the peers are in greeting each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Greeting {
    /// The peer has not said its hello.
    Awaited,
    /// It has; the own stream is not open yet.
    Heard(Option<PublicKey>),
    /// Both have, and words may come.
    Done,
}

/// Handles one connection.
#[derive(Debug)]
pub(crate) struct Handler {
    common: Arc<Common>,
    peer: PeerId,
    session: Arc<Session>,
    is_requested: bool,
    writer: Option<Writer<Stream>>,
    reader: Option<Reader<Stream>>,
    greeting: Greeting,
    /// Runs while the peer takes nothing of what waits for it.
    deaf: Option<Pin<Box<Sleep>>>,
    /// At most two: the greeting, and the failure that ends it all.
    told: VecDeque<Told>,
    is_failed: bool,
}

impl Handler {
    pub(super) fn new(common: Arc<Common>, peer: PeerId, session: Arc<Session>) -> Self {
        Self {
            common,
            peer,
            session,
            is_requested: false,
            writer: None,
            reader: None,
            greeting: Greeting::Awaited,
            deaf: None,
            told: VecDeque::new(),
            is_failed: false,
        }
    }

    fn fail(&mut self, failure: Failure) {
        if !self.is_failed {
            self.is_failed = true;
            self.writer = None;
            self.reader = None;
            self.told.push_back(Told::Failed(failure));
        }
    }

    /// Writes until there is nothing to write, or no room.
    fn write(&mut self, context: &mut Context<'_>) {
        let (Some(writer), session) = (&mut self.writer, &self.session) else {
            return;
        };
        let next = |context: &mut Context<'_>| session.poll_take(context).map_err(Into::into);
        let before = writer.taken();
        if let Poll::Ready(error) = writer.poll_write(context, next) {
            return self.fail(error.into());
        }
        if writer.taken() > before || !writer.is_waiting() {
            self.deaf = None;
        }
        if writer.is_waiting() {
            let deaf_after = self.common.deaf_after;
            let deaf = self.deaf.get_or_insert_with(|| Box::pin(sleep(deaf_after)));
            if deaf.as_mut().poll(context).is_ready() {
                self.fail(Failure::Deaf);
            }
        }
    }

    /// Reads until there is nothing to read, or no room.
    fn read(&mut self, context: &mut Context<'_>) {
        while let Some(reader) = &mut self.reader {
            let polled = match self.greeting {
                Greeting::Awaited => read_hello(reader, self.common.genesis, self.peer, context)
                    .map_ok(|validator| self.greeting = Greeting::Heard(validator)),
                Greeting::Heard(_) => return,
                Greeting::Done => read_word(
                    reader,
                    &self.common.lines,
                    self.peer,
                    &self.session,
                    context,
                ),
            };
            match polled {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(failure)) => return self.fail(failure),
                Poll::Pending => return,
            }
            self.greet();
        }
    }

    fn greet(&mut self) {
        if self.writer.is_some()
            && let Greeting::Heard(validator) = self.greeting
        {
            self.greeting = Greeting::Done;
            self.told.push_back(Told::Greeted(validator));
        }
    }
}

fn read_hello(
    reader: &mut Reader<Stream>,
    genesis: GenesisHash,
    peer: PeerId,
    context: &mut Context<'_>,
) -> Poll<Result<Option<PublicKey>, Failure>> {
    let room = |_, _: &mut Context<'_>| Poll::Ready(Ok(()));
    reader
        .poll_frame(context, Hello::ENCODED_BYTES_MAX, room)
        .map(|frame| {
            let hello = Hello::decode(&frame?).map_err(Failure::NoHello)?;
            if hello.genesis != genesis {
                return Err(Failure::OtherGenesis(hello.genesis));
            }
            let Some(proof) = hello.proof else {
                return Ok(None);
            };
            proof.verify(genesis, peer).map_err(Failure::FalseProof)?;
            Ok(Some(proof.validator))
        })
}

fn read_word(
    reader: &mut Reader<Stream>,
    lines: &Lines,
    peer: PeerId,
    session: &Arc<Session>,
    context: &mut Context<'_>,
) -> Poll<Result<(), Failure>> {
    let room = |bytes_count, context: &mut Context<'_>| {
        let room = lines.poll_room(peer, session, bytes_count, context);
        room.map_err(Into::into)
    };
    reader
        .poll_frame(context, MESSAGE_BYTES_MAX, room)
        .map(|word| {
            let put = lines.put(peer, session, word?);
            put.map_err(|over| FrameError::from(over).into())
        })
}

type Upgrade = ReadyUpgrade<StreamProtocol>;

impl ConnectionHandler for Handler {
    type FromBehaviour = Infallible;
    type ToBehaviour = Told;
    type InboundProtocol = Upgrade;
    type OutboundProtocol = Upgrade;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = ();

    fn listen_protocol(&self) -> SubstreamProtocol<Upgrade> {
        SubstreamProtocol::new(ReadyUpgrade::new(self.common.protocol.clone()), ())
    }

    /// The swarm closes what is no longer wanted, not a lack of words.
    fn connection_keep_alive(&self) -> bool {
        true
    }

    fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Upgrade, (), Told>> {
        if !self.is_requested {
            self.is_requested = true;
            let protocol = self.listen_protocol();
            return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol });
        }
        self.write(context);
        self.read(context);
        match self.told.pop_front() {
            Some(told) => Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(told)),
            None => Poll::Pending,
        }
    }

    fn on_behaviour_event(&mut self, event: Infallible) {
        match event {}
    }

    fn on_connection_event(&mut self, event: ConnectionEvent<'_, Upgrade, Upgrade>) {
        match event {
            // What comes after the end is for nobody.
            _ if self.is_failed => {}
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound {
                protocol: stream,
                ..
            }) => {
                if self.reader.is_some() {
                    self.fail(Failure::SecondStream);
                } else {
                    self.reader = Some(Reader::new(stream));
                }
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound {
                protocol: stream,
                ..
            }) => {
                self.writer = Some(Writer::new(stream, &self.common.hello));
                self.greet();
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError { error, .. }) => {
                self.fail(match error {
                    StreamUpgradeError::NegotiationFailed => Failure::Unspoken,
                    error => Failure::Ended(error.to_string()),
                });
            }
            _ => {}
        }
    }
}
