//! How nodes find each other, and what is not told.

use futures::StreamExt;
use libp2p::identity::Keypair;
use libp2p::kad::store::MemoryStore;
use libp2p::swarm::SwarmEvent;
use libp2p::{PeerId as LibPeerId, kad};
use pyralog_p2p::{Network, PeerId};
use pyralog_swarm::Swarm;
use tempfile::tempdir;
use tokio::time::timeout;

use crate::raw::{multiaddr, protocol, raw_swarm};
use crate::{PATIENCE, address, is_connected, peer, settings, start, until};

#[tokio::test]
async fn a_third_finds_the_second_through_the_first() {
    let directory = tempdir().unwrap();
    let one = start(settings(1, directory.path())).await;
    let mut others = Vec::new();
    for number in 2..=4 {
        let mut settings = settings(number, directory.path());
        settings.bootstrap.push(address(&one));
        others.push(start(settings).await);
    }
    for (index, node) in others.iter().enumerate() {
        for other in others.iter().enumerate() {
            if other.0 != index {
                until("found", || is_connected(node, other.1.own())).await;
            }
        }
    }
}

#[tokio::test]
async fn a_restarted_node_finds_its_peers_again_without_being_told() {
    let directory = tempdir().unwrap();
    let one = start(settings(1, directory.path())).await;
    let mut two = settings(2, directory.path());
    two.bootstrap.push(address(&one));
    let two = start(two).await;
    until("connected", || is_connected(&two, peer(1))).await;
    until("connected", || is_connected(&one, peer(2))).await;
    two.handle().close().await;
    drop(two);
    until("gone", || !is_connected(&one, peer(2))).await;

    let mut again = settings(2, directory.path());
    again.discovers = false;
    let two = start(again).await;
    until("connected again", || is_connected(&two, peer(1))).await;
}

/// Whom a node tells of, when it is asked for those around `place`.
async fn told_of(node: &Swarm, place: PeerId) -> Vec<LibPeerId> {
    let at = address(node);
    let mut asker = raw_swarm(Keypair::generate_ed25519(), |key| {
        let own = key.public().to_peer_id();
        let config = kad::Config::new(protocol("kad"));
        kad::Behaviour::with_config(own, MemoryStore::new(own), config)
    });
    let behaviour = asker.behaviour_mut();
    behaviour.add_address(&lib_peer(at.peer), multiaddr(&at));
    behaviour.get_closest_peers(lib_peer(place));
    let answer = async {
        loop {
            if let SwarmEvent::Behaviour(kad::Event::OutboundQueryProgressed {
                result: kad::QueryResult::GetClosestPeers(Ok(closest)),
                ..
            }) = asker.select_next_some().await
            {
                return closest.peers.into_iter().map(|info| info.peer_id).collect();
            }
        }
    };
    timeout(PATIENCE, answer).await.unwrap()
}

fn lib_peer(peer: PeerId) -> LibPeerId {
    let prefix = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];
    LibPeerId::from_bytes(&[&prefix[..], peer.get().as_bytes()].concat()).unwrap()
}

#[tokio::test]
async fn a_private_peer_is_not_told_to_others() {
    let directory = tempdir().unwrap();
    let mut sentry = settings(1, directory.path());
    sentry.private.insert(peer(2));
    let sentry = start(sentry).await;
    let mut others = Vec::new();
    for number in [2, 3] {
        let mut settings = settings(number, directory.path());
        settings.bootstrap.push(address(&sentry));
        // It may be found by the private one, and whoever asks, asks it too.
        settings.private.insert(peer(2));
        others.push(start(settings).await);
        until("connected", || is_connected(&sentry, peer(number))).await;
    }
    // The one came before the other, and only the other is told of.
    loop {
        let told = told_of(&sentry, peer(2)).await;
        assert!(!told.contains(&lib_peer(peer(2))));
        if told.contains(&lib_peer(peer(3))) {
            break;
        }
    }
    assert!(is_connected(&sentry, peer(2)));
}
