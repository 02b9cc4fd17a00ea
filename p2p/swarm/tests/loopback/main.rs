//! Whole nodes on loopback addresses.
//!
//! Each test waits for what must come, and gives up long after it should have.
//! Where what is said may be lost, it is said again after a pause; and a peer
//! that falls silent is waited for as long as the settings say.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod finding;
mod gossip;
mod hostile;
mod limits;
mod meeting;
mod raw;
mod strangers;
mod validators;
mod words;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use pyralog_p2p::{Event, Network, PeerId};
use pyralog_primitives::{GenesisHash, Hash, SecretKey, TimestampMs};
use pyralog_swarm::{Clock, Limits, PeerAddress, StartError, Swarm, SwarmSettings};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

/// Far more than anything here takes.
const PATIENCE: Duration = Duration::from_mins(4);

fn genesis() -> GenesisHash {
    GenesisHash::new(Hash::new([0x1d; 32]))
}

fn key(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; SecretKey::SEED_BYTES])
}

fn peer(number: u8) -> PeerId {
    PeerId::new(key(number).public_key())
}

/// A node that listens on a free port of 127.0.0.1 and knows nobody.
fn settings(number: u8, directory: &Path) -> SwarmSettings {
    SwarmSettings {
        node_key: key(number),
        chain: "test-1".to_owned(),
        genesis: genesis(),
        proof: None,
        agent: format!("test/{number}"),
        listen: vec!["127.0.0.1:0".parse().unwrap()],
        external: Vec::new(),
        bootstrap: Vec::new(),
        persistent: Vec::new(),
        private: BTreeSet::new(),
        unconditional: BTreeSet::new(),
        allows_private_addresses: true,
        discovers: true,
        limits: Limits {
            per_host_max: 64,
            per_subnet_max: 64,
            ..Limits::default()
        },
        directory: directory.join(number.to_string()),
        clock: Clock::system(),
    }
}

/// A clock that can be put forward.
#[derive(Clone, Default)]
struct Forward(Arc<AtomicU64>);

impl Forward {
    /// It stands still else.
    fn still(&self) -> Clock {
        let ahead = Arc::clone(&self.0);
        Clock::new(move || TimestampMs::new(ahead.load(Ordering::SeqCst)))
    }

    /// It runs.
    fn clock(&self) -> Clock {
        let (system, ahead) = (Clock::system(), Arc::clone(&self.0));
        Clock::new(move || TimestampMs::new(system.now().get() + ahead.load(Ordering::SeqCst)))
    }

    fn put_forward(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

async fn start(settings: SwarmSettings) -> Swarm {
    Swarm::start(settings).await.unwrap()
}

/// Starts a node where another one was: its port is free once the connections
/// from there are gone.
async fn start_again(settings: SwarmSettings) -> Swarm {
    let start = async {
        loop {
            match Swarm::start(settings.clone()).await {
                Err(StartError::Listen { .. }) => sleep(Duration::from_millis(10)).await,
                started => return started.unwrap(),
            }
        }
    };
    let started = timeout(PATIENCE, start).await;
    started.expect("the port is free at last")
}

/// Where a node can be reached.
fn address(swarm: &Swarm) -> PeerAddress {
    let handle = swarm.handle();
    PeerAddress {
        peer: handle.own(),
        at: handle.listening()[0],
    }
}

async fn next(swarm: &mut Swarm) -> Event {
    let next = timeout(PATIENCE, swarm.next()).await;
    next.expect("something comes").expect("it has not ended")
}

/// Waits until `is_so`.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    let wait = async {
        while !is_so() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(timeout(PATIENCE, wait).await.is_ok(), "never {what}");
}

fn is_connected(swarm: &Swarm, peer: PeerId) -> bool {
    let peers = swarm.handle().peers();
    peers.iter().any(|known| known.peer == peer)
}

/// Two nodes that have heard of each other.
async fn pair(directory: &TempDir) -> (Swarm, Swarm) {
    let mut one = start(settings(1, directory.path())).await;
    let mut two = settings(2, directory.path());
    two.bootstrap.push(address(&one));
    let mut two = start(two).await;
    assert_eq!(next(&mut one).await, Event::Connected(peer(2)));
    assert_eq!(next(&mut two).await, Event::Connected(peer(1)));
    (one, two)
}

fn bytes(text: &str) -> Arc<[u8]> {
    text.as_bytes().into()
}

fn heard(from: PeerId, text: &str) -> Event {
    let bytes = bytes(text);
    Event::Heard { from, bytes }
}
