//! What the task of the swarm, its gate and the handles of the caller share.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyralog_p2p::PeerId;
use pyralog_primitives::TimestampMs;
use tokio::sync::{Notify, watch};

use crate::address::{Host, is_public};
use crate::book::{Book, Weight};
use crate::doors::Given;
use crate::lines::Lines;
use crate::names::printable;
use crate::settings::{Clock, SwarmSettings};
use crate::spreading::Spreading;

/// Shared by all parts of one swarm.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) own: PeerId,
    pub(crate) lines: Arc<Lines>,
    pub(crate) spreading: Spreading,
    pub(crate) clock: Clock,
    pub(crate) private: BTreeSet<PeerId>,
    /// Where others reach the node, as the operator says.
    pub(crate) external: Vec<SocketAddr>,
    /// Where the operator said that peers are.
    pub(crate) given: Mutex<Given>,
    /// Where the node listens, in the order in which the system said so. More
    /// may come while it runs, if the machine is given more addresses.
    pub(crate) listening: Mutex<Vec<SocketAddr>>,
    book: Mutex<Book>,
    /// Wakes the task: the book was changed, or it is to stop.
    wake: Notify,
    is_stopping: AtomicBool,
    has_ended: watch::Sender<bool>,
}

impl Shared {
    /// Of a node with these settings.
    pub(crate) fn of(settings: &SwarmSettings, own: PeerId, book: Book) -> Self {
        let given = settings.bootstrap.iter().chain(&settings.persistent);
        let given = Given::new(given.map(|address| address.at));
        Self {
            private: settings.private.clone(),
            external: settings.external.clone(),
            given: Mutex::new(given),
            ..Self::new(own, settings.clock.clone(), book)
        }
    }

    /// Of a node that was told nothing.
    pub(crate) fn new(own: PeerId, clock: Clock, book: Book) -> Self {
        Self {
            own,
            lines: Arc::default(),
            spreading: Spreading::default(),
            clock,
            private: BTreeSet::new(),
            external: Vec::new(),
            given: Mutex::default(),
            listening: Mutex::default(),
            book: Mutex::new(book),
            wake: Notify::new(),
            is_stopping: AtomicBool::new(false),
            has_ended: watch::Sender::new(false),
        }
    }

    /// Held for a look or a note, never while anybody waits, and without any
    /// other lock.
    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Held for a look or a note, like the book.
    pub(crate) fn given(&self) -> MutexGuard<'_, Given> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Held for a look or a note, like the book.
    pub(crate) fn listening(&self) -> MutexGuard<'_, Vec<SocketAddr>> {
        self.listening
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The one address that others are told who ask for one: what the operator
    /// says, else the one that most can reach.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        let listening = self.listening();
        let is_seen_from_all = |at: &&SocketAddr| is_public(at.ip());
        let is_seen_from_some = |at: &&SocketAddr| !at.ip().to_canonical().is_loopback();
        let said = self.external.first();
        let said = said.or_else(|| listening.iter().find(is_seen_from_all));
        let said = said.or_else(|| listening.iter().find(is_seen_from_some));
        said.or(listening.first()).copied()
    }

    pub(crate) fn now(&self) -> TimestampMs {
        self.clock.now()
    }

    /// Blames a peer. If it is banned for that, the task ends its connection.
    /// Without a `host`, it is the one where the peer is connected.
    pub(crate) fn blame(&self, peer: PeerId, host: Option<Host>, weight: Weight, reason: &str) {
        let now = self.now();
        let mut book = self.book();
        let connected = book.connected.get(&peer);
        let host = host.or(connected.map(|known| Host::of(known.at.ip())));
        if book.bans.blame(peer, host, weight, reason, now) {
            tracing::warn!(%peer, ?host, reason = %printable(reason), "a peer is banned");
            self.wake();
        }
    }

    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    pub(crate) async fn woken(&self) {
        self.wake.notified().await;
    }

    pub(crate) fn stop(&self) {
        self.is_stopping.store(true, Ordering::SeqCst);
        self.wake();
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::SeqCst)
    }

    /// Says that the task has ended.
    pub(crate) fn end(&self) {
        self.lines.end_all();
        self.spreading.end();
        self.has_ended.send_replace(true);
    }

    /// Waits for that.
    pub(crate) async fn ended(&self) {
        let mut has_ended = self.has_ended.subscribe();
        // It fails only once the sender is gone, which is held here.
        let _ = has_ended.wait_for(|ended| *ended).await;
    }
}

#[cfg(test)]
mod tests {
    use pyralog_primitives::PublicKey;

    use super::*;

    fn address(external: &[&str], listening: &[&str]) -> Option<String> {
        let parse = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        let own = PeerId::new(PublicKey::new([1; 32]));
        let shared = Shared {
            external: parse(external),
            listening: Mutex::new(parse(listening)),
            ..Shared::new(own, Clock::system(), Book::default())
        };
        shared.address().map(|at| at.to_string())
    }

    #[test]
    fn the_address_that_is_shown_is_the_one_that_most_can_reach() {
        let listening = ["127.0.0.1:1", "10.0.0.1:1", "8.8.8.8:1", "9.9.9.9:1"];
        let shown = |external, count| address(external, &listening[..count]);
        assert_eq!(
            shown(&["10.0.0.9:9", "1.1.1.1:1"], 4).unwrap(),
            "10.0.0.9:9"
        );
        assert_eq!(shown(&[], 4).unwrap(), "8.8.8.8:1");
        assert_eq!(shown(&[], 2).unwrap(), "10.0.0.1:1");
        assert_eq!(shown(&[], 1).unwrap(), "127.0.0.1:1");
        assert_eq!(shown(&["1.1.1.1:1"], 0).unwrap(), "1.1.1.1:1");
        assert_eq!(shown(&[], 0), None);
    }
}
