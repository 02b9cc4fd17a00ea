//! Peers of another network.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use pyralog_primitives::{GenesisHash, Hash};
use tempfile::tempdir;
use tokio::time::{sleep, timeout};

use crate::{
    Forward, PATIENCE, address, genesis, is_connected, peer, settings, start, start_again, until,
};

const MINUTE_MS: u64 = 60 * 1_000;

fn other_genesis() -> GenesisHash {
    // The same beginning, so that the protocols have the same names.
    let mut hash = *genesis().get().as_bytes();
    hash[31] ^= 1;
    GenesisHash::new(Hash::new(hash))
}

#[tokio::test]
async fn a_peer_of_another_network_is_refused_by_name_on_both_sides() {
    for other in [GenesisHash::new(Hash::new([0x77; 32])), other_genesis()] {
        let directory = tempdir().unwrap();
        let one = start(settings(1, directory.path())).await;
        let mut two = settings(2, directory.path());
        (two.chain, two.genesis) = ("other-2".to_owned(), other);
        two.bootstrap.push(address(&one));
        let two = start(two).await;
        for (node, who, chain, genesis) in [
            (&one, peer(2), "other-2", other),
            (&two, peer(1), "test-1", genesis()),
        ] {
            let handle = node.handle();
            let named = format!("chain {chain} with genesis {genesis}");
            until("named", || {
                let strangers = handle.strangers();
                strangers.iter().any(|stranger| stranger.network == named)
            })
            .await;
            assert_eq!(handle.strangers()[0].peer, who);
            assert!(handle.peers().is_empty() && handle.bans().is_empty());
        }
    }
}

/// Listens there once the place is free, and lets nobody in.
async fn knocked_at(at: SocketAddr) -> TcpListener {
    let listen = async {
        loop {
            match TcpListener::bind(at) {
                Ok(door) => return door,
                Err(_) => sleep(Duration::from_millis(10)).await,
            }
        }
    };
    let door = timeout(PATIENCE, listen).await.unwrap();
    door.set_nonblocking(true).unwrap();
    door
}

#[tokio::test]
async fn a_stranger_is_left_alone_until_it_may_have_changed() {
    let directory = tempdir().unwrap();
    let forward = Forward::default();
    let one = start(settings(1, directory.path())).await;
    let at = address(&one).at;
    let begin = |number| {
        let mut settings = settings(number, &directory.path().join("other"));
        settings.genesis = other_genesis();
        settings
    };
    let mut two = begin(2);
    two.clock = forward.still();
    two.bootstrap.push(address(&one));
    let two = start(two).await;
    let handle = two.handle();
    until("named", || !handle.strangers().is_empty()).await;
    one.handle().close().await;
    drop(one);

    // Another one is dialled, long after the stranger would have been. So who
    // knocked at its door would be heard by now.
    let door = knocked_at(at).await;
    forward.put_forward(9 * MINUTE_MS);
    let three = start(begin(3)).await;
    two.handle().add(address(&three)).unwrap();
    until("connected", || is_connected(&two, peer(3))).await;
    let knocked = door.accept().unwrap_err();
    assert_eq!(knocked.kind(), std::io::ErrorKind::WouldBlock);
    drop(door);

    // The same key at the same place, now in the network of the other.
    let mut one = begin(1);
    one.listen = vec![at];
    let one = start_again(one).await;
    forward.put_forward(2 * MINUTE_MS);
    until("connected", || is_connected(&one, peer(2))).await;
}
