//! Peers of another network.

use pyralog_primitives::{GenesisHash, Hash};
use tempfile::tempdir;

use crate::{Forward, address, genesis, peer, settings, start, until};

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

#[tokio::test]
async fn a_stranger_is_left_alone_until_it_may_have_changed() {
    let directory = tempdir().unwrap();
    let forward = Forward::default();
    let one = start(settings(1, directory.path())).await;
    let at = address(&one).at;
    let mut two = settings(2, directory.path());
    two.genesis = other_genesis();
    two.clock = forward.clock();
    two.bootstrap.push(address(&one));
    let two = start(two).await;
    let handle = two.handle();
    until("named", || !handle.strangers().is_empty()).await;
    one.handle().close().await;
    drop(one);

    // The same key at the same place, now in the network of the other.
    let mut one = settings(1, &directory.path().join("again"));
    one.genesis = other_genesis();
    one.listen = vec![at];
    let mut started = pyralog_swarm::Swarm::start(one.clone()).await;
    while started.is_err() {
        // The port is free once the old connections are gone.
        tokio::task::yield_now().await;
        started = pyralog_swarm::Swarm::start(one.clone()).await;
    }
    let one = started.unwrap();
    assert!(!crate::is_connected(&one, peer(2)));
    forward.put_forward(11 * 60 * 1_000);
    until("connected", || crate::is_connected(&one, peer(2))).await;
}
