//! A place in a network over libp2p, and what its owner can ask and order.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use pyralog_p2p::{Event, Network, PeerId, Published, SendError};
use pyralog_primitives::{DurationMs, PublicKey, TimestampMs};
use tokio::task;

use crate::address::PeerAddress;
use crate::book::{Ban, Book, Direction, Finding, Reputation, Stranger, Weight};
use crate::file::{self, FileError};
use crate::names::{CHAIN_BYTES_MAX, printable};
use crate::settings::SwarmSettings;
use crate::shared::Shared;
use crate::spreading::SwarmGossip;
use crate::task::Task;
use crate::{behaviour, key};

/// A node's place in a network. Dropping it ends its connections.
#[derive(Debug)]
pub struct Swarm(SwarmHandle);

/// Asks and orders, while the [`Swarm`] itself is in use elsewhere. Clones are
/// handles to the same swarm. Nothing here waits, but [`Self::close`].
#[derive(Clone, Debug)]
pub struct SwarmHandle(Arc<Shared>);

/// A peer that is connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerInfo {
    /// Who.
    pub peer: PeerId,
    /// Where it is, or where it came from.
    pub at: SocketAddr,
    /// Who dialled.
    pub direction: Direction,
    /// Since when.
    pub since: TimestampMs,
    /// What it has lost by its behaviour.
    pub reputation: Reputation,
    /// The validator that it holds a proof for.
    pub validator: Option<PublicKey>,
    /// Name and version of its program, as it says.
    pub agent: String,
}

/// Why a swarm does not start. Nothing was started then.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The name of the chain cannot be told to peers.
    #[error("{chain:?} is no name of a chain; it has 1 to {CHAIN_BYTES_MAX} bytes and no space")]
    Chain {
        /// The name.
        chain: String,
    },
    /// The key makes no connection.
    #[error("the key of the node cannot be used; make another one")]
    Key,
    /// The proof is not for this node.
    #[error(
        "the proof of validator {validator} is not for this node in this network; have it signed for node {node}"
    )]
    FalseProof {
        /// Whose it should be.
        validator: PublicKey,
        /// What it should be for.
        node: PublicKey,
    },
    /// What is remembered of peers cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// Nobody can be heard there.
    #[error("cannot listen on {at}: {source}; choose another address, or end who has it")]
    Listen {
        /// Where.
        at: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// Why a peer is not dialled. Nothing was noted then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddError {
    /// Nobody is its own peer.
    #[error("this is the key of the node itself; give the address of another one")]
    Own,
    /// It may not connect.
    #[error("peer {} is banned ({}); end the ban first", .0.peer, .0.reason)]
    Banned(Ban),
}

impl Swarm {
    /// Starts a node on the tokio runtime that this is called on, and returns
    /// once it listens.
    pub async fn start(settings: SwarmSettings) -> Result<Self, StartError> {
        check(&settings)?;
        let own = PeerId::new(settings.node_key.public_key());
        let keypair = key::keypair(&settings.node_key).map_err(|_| StartError::Key)?;
        let book = book(&settings, own)?;
        let shared = Arc::new(Shared::of(&settings, own, book));
        let swarm = behaviour::build(&settings, &keypair, &shared)?;
        let mut task = Task::new(swarm, Arc::clone(&shared), settings);
        task.listen().await?;
        tokio::spawn(task.run());
        Ok(Self(SwarmHandle(shared)))
    }

    /// What it spreads and hears spread.
    pub fn gossip(&self) -> SwarmGossip {
        SwarmGossip::new(Arc::clone(&self.0.0))
    }

    /// A handle to it.
    pub fn handle(&self) -> SwarmHandle {
        self.0.clone()
    }
}

fn check(settings: &SwarmSettings) -> Result<(), StartError> {
    let chain = &settings.chain;
    let is_odd = |char: char| char.is_whitespace() || char.is_control();
    if chain.is_empty() || chain.len() > CHAIN_BYTES_MAX || chain.contains(is_odd) {
        let chain = printable(chain);
        return Err(StartError::Chain { chain });
    }
    let node = settings.node_key.public_key();
    if let Some(proof) = settings.proof
        && proof.verify(settings.genesis, PeerId::new(node)).is_err()
    {
        let validator = proof.validator;
        return Err(StartError::FalseProof { validator, node });
    }
    Ok(())
}

/// What is known from before, and from the operator.
fn book(settings: &SwarmSettings, own: PeerId) -> Result<Book, FileError> {
    let mut book = Book::default();
    if let Some(stored) = file::load(&settings.directory, settings.genesis)? {
        book.places.restore(stored.places.into_vec());
        book.bans.restore(stored.bans.into_vec());
    }
    let now = settings.clock.now();
    let given = settings.bootstrap.iter().map(|at| (at, Finding::Given));
    let kept = settings.persistent.iter().map(|at| (at, Finding::Kept));
    for (address, finding) in given.chain(kept).filter(|(at, _)| at.peer != own) {
        book.places.note(*address, finding, now);
    }
    Ok(book)
}

impl Network for Swarm {
    fn own(&self) -> PeerId {
        self.0.own()
    }

    fn send(&self, to: PeerId, bytes: Arc<[u8]>) -> Result<(), SendError> {
        self.0.0.lines.send(to, bytes)
    }

    fn publish(&self, bytes: Arc<[u8]>) -> Published {
        self.0.0.lines.publish(&bytes)
    }

    fn blame(&self, peer: PeerId, reason: &str) {
        self.0.0.blame(peer, None, Weight::Severe, reason);
    }

    async fn next(&mut self) -> Option<Event> {
        // A listener that always finds something lets others run too.
        task::consume_budget().await;
        self.0.0.lines.next().await
    }
}

impl Drop for Swarm {
    fn drop(&mut self) {
        self.0.0.stop();
    }
}

impl SwarmHandle {
    /// The node itself.
    pub fn own(&self) -> PeerId {
        self.0.own
    }

    /// Where the node listens, with the ports that it was given.
    pub fn listening(&self) -> Vec<SocketAddr> {
        self.0.listening().clone()
    }

    /// The address to show to people, and to whoever is to dial this node: the
    /// first external one; without one, the first where it listens and anyone
    /// can reach it, else its neighbours, else itself. `None` if it does not
    /// listen.
    pub fn address(&self) -> Option<PeerAddress> {
        let peer = self.own();
        self.0.address().map(|at| PeerAddress { peer, at })
    }

    /// All who are connected, in the order of their keys.
    pub fn peers(&self) -> Vec<PeerInfo> {
        let (book, now) = (self.0.book(), self.0.now());
        let peers = book.connected.iter().map(|(peer, known)| PeerInfo {
            peer: *peer,
            at: known.at,
            direction: known.direction,
            since: known.since,
            reputation: book.bans.reputation(*peer, now),
            validator: known.validator,
            agent: known.agent.clone(),
        });
        peers.collect()
    }

    /// Peers that turned out to be of another network.
    pub fn strangers(&self) -> Vec<Stranger> {
        self.0.book().strangers.all()
    }

    /// All bans in force, in the order of the keys.
    pub fn bans(&self) -> Vec<Ban> {
        self.0.book().bans.all(self.0.now())
    }

    /// Bans a peer for a while. Its connection ends. One that is banned for
    /// longer stays so.
    pub fn ban(&self, peer: PeerId, duration: DurationMs, reason: &str) {
        let now = self.0.now();
        // Its host is not to blame for what an operator decides.
        self.0.book().bans.ban(peer, None, duration, reason, now);
        self.0.wake();
    }

    /// Ends a ban and forgives the rest. Whether there was one.
    pub fn unban(&self, peer: PeerId) -> bool {
        let was_banned = self.0.book().bans.unban(peer);
        self.0.wake();
        was_banned
    }

    /// Says where a peer is; it is dialled as one to begin with: as soon as
    /// more peers are wanted, wherever it is, and although it belonged to another
    /// network before.
    pub fn add(&self, address: PeerAddress) -> Result<(), AddError> {
        if address.peer == self.own() {
            return Err(AddError::Own);
        }
        let now = self.0.now();
        let ban = self.0.book().bans.ban_of(address.peer, now);
        if let Some(ban) = ban {
            return Err(AddError::Banned(ban));
        }
        // Before the address is in the book: nobody is sent to a closed door.
        self.0.given().add(address.at);
        let mut book = self.0.book();
        book.strangers.forget(address.peer);
        book.places.note(address, Finding::Given, now);
        drop(book);
        self.0.wake();
        Ok(())
    }

    /// Says who the validators of today are. Peers that hold a proof for one of
    /// them are dialled first, and stay when there are too many.
    pub fn set_validators(&self, validators: BTreeSet<PublicKey>) {
        let now = self.0.now();
        let mut book = self.0.book();
        book.places.set_validators(validators);
        let connected = book.connected.iter();
        let proofs: Vec<_> = connected
            .map(|(peer, known)| (*peer, known.validator))
            .collect();
        for (peer, validator) in proofs {
            book.places.met(peer, validator, now);
        }
        self.0.wake();
    }

    /// Ends all connections, writes down what is to be remembered, and returns
    /// once that is done.
    pub async fn close(&self) {
        self.0.stop();
        self.0.ended().await;
    }
}
