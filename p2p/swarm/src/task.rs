//! The task that drives the swarm: hears what happens, and keeps house.
//!
//! It never waits for a peer, nor for the disk while it runs. What it knows of
//! others stands in the book; here is only what belongs to connections.

mod dialling;
mod gossip;
mod keeper;
mod links;
mod meeting;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use libp2p::swarm::{ConnectionId, DialError, SwarmEvent};
use libp2p::{PeerId as LibPeerId, Swarm as LibSwarm, ping};
use pyralog_p2p::PeerId;
use tokio::time::{MissedTickBehavior, interval, timeout};

use self::keeper::Keeper;
use self::links::Link;
use self::meeting::Walk;
use crate::address::{is_public, multiaddr_of, socket_of};
use crate::behaviour::{Behaviour, BehaviourEvent};
use crate::book::{Direction, Finding};
use crate::key::peer_of;
use crate::settings::SwarmSettings;
use crate::shared::Shared;
use crate::swarm::StartError;
use crate::words;

/// How often the house is kept. Longer, and peers are dialled later than they
/// could be.
const TICK: Duration = Duration::from_millis(250);

/// How long it may take until a node listens.
const LISTEN_WITHIN: Duration = Duration::from_secs(10);

/// The state of the task.
pub(crate) struct Task {
    swarm: LibSwarm<Behaviour>,
    shared: Arc<Shared>,
    settings: SwarmSettings,
    /// Bounded by the limits of connections.
    links: BTreeMap<ConnectionId, Link>,
    /// Peers that are being dialled from here; bounded likewise.
    dialling: BTreeSet<LibPeerId>,
    walk: Walk,
    /// Nodes of validators, for whom the limits do not hold.
    freed: BTreeSet<PeerId>,
    keeper: Keeper,
}

/// Says that the swarm has ended, however the task did.
struct EndOnDrop(Arc<Shared>);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Task {
    pub(crate) fn new(
        swarm: LibSwarm<Behaviour>,
        shared: Arc<Shared>,
        settings: SwarmSettings,
    ) -> Self {
        let keeper = Keeper::new(settings.directory.clone(), settings.genesis);
        Self {
            swarm,
            shared,
            settings,
            links: BTreeMap::new(),
            dialling: BTreeSet::new(),
            walk: Walk::default(),
            freed: BTreeSet::new(),
            keeper,
        }
    }

    /// Listens everywhere it should, or says where it cannot.
    pub(crate) async fn listen(&mut self) -> Result<(), StartError> {
        for at in self.settings.external.clone() {
            self.swarm.add_external_address(multiaddr_of(at));
        }
        for at in self.settings.listen.clone() {
            let listened = timeout(LISTEN_WITHIN, self.listen_on(at)).await;
            let timed_out = || Err(std::io::ErrorKind::TimedOut.into());
            let source = listened.unwrap_or_else(|_| timed_out()).err();
            if let Some(source) = source {
                return Err(StartError::Listen { at, source });
            }
        }
        Ok(())
    }

    async fn listen_on(&mut self, at: SocketAddr) -> std::io::Result<()> {
        // libp2p would share a port with another process that lets it.
        drop(std::net::TcpListener::bind(at)?);
        let begun = self.swarm.listen_on(multiaddr_of(at));
        let listener = begun.map_err(|error| std::io::Error::other(error.to_string()))?;
        loop {
            match self.swarm.select_next_some().await {
                SwarmEvent::NewListenAddr {
                    listener_id,
                    address,
                } => {
                    self.listens(&address);
                    if listener_id == listener {
                        return Ok(());
                    }
                }
                SwarmEvent::ListenerClosed {
                    listener_id,
                    reason,
                    ..
                } if listener_id == listener => return reason,
                // Who comes this early is heard of like all others.
                event => self.on_event(event),
            }
        }
    }

    /// Runs until it is told to stop.
    pub(crate) async fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        let _end = EndOnDrop(Arc::clone(&shared));
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !shared.is_stopping() {
            tokio::select! {
                event = self.swarm.select_next_some() => self.on_event(event),
                () = shared.woken() => {
                    self.spread();
                    self.close_banned();
                }
                _ = tick.tick() => self.keep_house(),
            }
        }
        let stored = self.keeper.to_stored(&self.shared);
        self.keeper.finish(stored).await;
    }

    fn keep_house(&mut self) {
        let now = Instant::now();
        for id in links::overdue(&self.links, now) {
            self.swarm.close_connection(id);
        }
        self.close_banned();
        self.free_validators();
        self.prune(now);
        self.dial();
        self.look_around(now);
        self.keeper.keep(&self.shared, now);
    }

    fn close_banned(&mut self) {
        let (now, book) = (self.shared.now(), self.shared.book());
        let is_banned = |link: &Link| book.bans.ban_of(link.peer, now).is_some();
        let banned = self.links.iter().filter(|(_, link)| is_banned(link));
        let banned: Vec<ConnectionId> = banned.map(|(id, _)| *id).collect();
        let told_of = self.walk.table();
        let told_of: Vec<PeerId> = told_of
            .filter(|peer| book.bans.ban_of(*peer, now).is_some())
            .collect();
        drop(book);
        for id in banned {
            self.swarm.close_connection(id);
        }
        for peer in told_of {
            self.drop_from_table(peer);
        }
    }

    fn on_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(event) => self.on_behaviour_event(event),
            SwarmEvent::ConnectionEstablished {
                peer_id,
                connection_id,
                endpoint,
                ..
            } => {
                self.dialling.remove(&peer_id);
                let at = socket_of(endpoint.get_remote_address());
                let direction = if endpoint.is_dialer() {
                    Direction::Outbound
                } else {
                    Direction::Inbound
                };
                if let (Some(peer), Some(at)) = (peer_of(&peer_id), at) {
                    let link = Link::new(peer, at, direction);
                    self.links.insert(connection_id, link);
                }
            }
            SwarmEvent::ConnectionClosed { connection_id, .. } => self.closed(connection_id),
            SwarmEvent::OutgoingConnectionError {
                peer_id: Some(peer),
                error,
                ..
            } => self.not_reached(peer, &error),
            SwarmEvent::IncomingConnectionError {
                send_back_addr,
                error,
                ..
            } => {
                tracing::debug!(from = %send_back_addr, %error, "a connection was refused");
            }
            SwarmEvent::NewListenAddr { address, .. } => self.listens(&address),
            SwarmEvent::ListenerError { error, .. } => {
                tracing::warn!(%error, "a listener failed");
            }
            _ => {}
        }
    }

    fn on_behaviour_event(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Identify(event) => self.on_identify(event),
            BehaviourEvent::Ping(event) => {
                // The second question without an answer is told as one that
                // could not be asked, not as a timeout.
                let is_gone = event
                    .result
                    .is_err_and(|error| !matches!(error, ping::Failure::Unsupported));
                if is_gone {
                    self.swarm.close_connection(event.connection);
                }
            }
            BehaviourEvent::Words(words::Event::Begun {
                peer,
                connection,
                validator,
            }) => self.greeted(peer, connection, validator),
            BehaviourEvent::Words(words::Event::Failed {
                peer,
                connection,
                failure,
            }) => self.failed(peer, connection, &failure),
            BehaviourEvent::Kad(event) => self.on_kad(event),
            BehaviourEvent::Gossip(event) => self.on_gossip(event),
        }
    }

    fn closed(&mut self, id: ConnectionId) {
        let Some(link) = self.links.remove(&id) else {
            return;
        };
        let mut book = self.shared.book();
        let connected = book.connected.get(&link.peer);
        if connected.is_some_and(|known| known.connection == id) {
            book.connected.remove(&link.peer);
        }
        drop(book);
        if self.links.values().any(|other| other.peer == link.peer) {
            return; // Another connection took its place.
        }
        self.shared.spreading.forget(link.peer);
        let mut book = self.shared.book();
        let now = self.shared.now();
        if link.has_lasted() {
            book.places.parted(link.peer, chance(), now);
        } else {
            book.places.failed(link.peer, chance(), now);
        }
    }

    fn not_reached(&mut self, peer: LibPeerId, error: &DialError) {
        // Else another attempt is on its way, and will say how it ended.
        if matches!(error, DialError::DialPeerConditionFalse(_)) {
            return;
        }
        let was_ours = self.dialling.remove(&peer);
        if let (true, Some(peer)) = (was_ours, peer_of(&peer)) {
            tracing::debug!(%peer, %error, "a peer was not reached");
            let now = self.shared.now();
            self.shared.book().places.failed(peer, chance(), now);
        }
    }

    fn listens(&mut self, address: &libp2p::Multiaddr) {
        let Some(at) = socket_of(address) else {
            return;
        };
        tracing::info!(%at, "listening for peers");
        if is_public(at.ip()) && self.settings.external.is_empty() {
            self.swarm.add_external_address(address.clone());
        }
        let mut listening = self.shared.listening();
        if !listening.contains(&at) {
            listening.push(at);
        }
    }

    fn is_exempt(&self, peer: PeerId) -> bool {
        let book = self.shared.book();
        let is_kept = book.places.finding(peer) == Some(Finding::Kept);
        is_kept || book.is_validator(peer) || self.settings.unconditional.contains(&peer)
    }
}

/// A number by chance, to spread what would else happen at one moment. If the
/// system has none, nothing is spread, and nothing is lost.
fn chance() -> u32 {
    getrandom::u32().unwrap_or(0)
}
