//! How many connections there may be, and for whom that does not hold.

use pyralog_p2p::{Event, Network};
use tempfile::tempdir;

use crate::raw::{Happened, RawPeer};
use crate::{address, bytes, heard, is_connected, next, pair, peer, settings, start, start_again};

/// How many of `count` raw peers are let in by a node with these settings.
async fn let_in(settings: pyralog_swarm::SwarmSettings, count: u8) -> usize {
    let one = start(settings).await;
    let mut raws = Vec::new();
    let mut connected = 0;
    for number in 0..count {
        let mut raw = RawPeer::dial(10 + number, &address(&one), 1);
        loop {
            match raw.happened().await {
                // The stream opens only once the node has let it in.
                Happened::Accepted => {
                    connected += 1;
                    break;
                }
                Happened::Closed | Happened::Refused => break,
                Happened::Connected | Happened::Opened(_) => {}
            }
        }
        raws.push(raw);
    }
    connected
}

#[tokio::test]
async fn more_connections_than_allowed_from_one_host_are_refused() {
    let directory = tempdir().unwrap();
    let mut settings = settings(1, directory.path());
    settings.limits.per_host_max = 3;
    assert_eq!(let_in(settings, 6).await, 3);
}

/// From the host from which two others talk all the while.
#[tokio::test]
async fn a_flood_of_connections_keeps_nobody_from_talking() {
    let directory = tempdir().unwrap();
    let (mut one, mut two) = pair(&directory).await;
    let address = address(&one);
    let mut raws = Vec::new();
    for number in 0..200 {
        // Each dials, and says nothing; some are let in, for a while.
        raws.push(RawPeer::dial(3 + number, &address, 0));
        two.send(peer(1), bytes("a word")).unwrap();
        assert_eq!(next(&mut one).await, heard(peer(2), "a word"));
        one.send(peer(2), bytes("an answer")).unwrap();
        assert_eq!(next(&mut two).await, heard(peer(1), "an answer"));
    }
    drop(raws);
    let mut late = settings(250, directory.path());
    late.bootstrap.push(address);
    let mut late = start(late).await;
    assert_eq!(next(&mut late).await, Event::Connected(peer(1)));
}

#[tokio::test]
async fn more_connections_than_allowed_from_one_subnet_are_refused() {
    let directory = tempdir().unwrap();
    let mut settings = settings(1, directory.path());
    settings.limits.per_subnet_max = 2;
    assert_eq!(let_in(settings, 4).await, 2);
}

#[tokio::test]
async fn more_connections_than_allowed_in_all_are_refused_but_for_some_peers() {
    let directory = tempdir().unwrap();
    let mut limited = settings(1, directory.path());
    limited.limits.inbound_max = 2;
    assert_eq!(let_in(limited.clone(), 5).await, 2);
    limited.unconditional = [peer(13), peer(14)].into();
    limited.directory = directory.path().join("again");
    assert_eq!(let_in(limited, 5).await, 4);
}

#[tokio::test]
async fn a_node_dials_as_many_as_it_wants_and_those_it_must() {
    let directory = tempdir().unwrap();
    let begin = |number| {
        let mut settings = settings(number, directory.path());
        settings.discovers = false;
        settings
    };
    let mut others = Vec::new();
    for number in 2..=5 {
        others.push(start(begin(number)).await);
    }
    let persistent = start(begin(6)).await;
    let at = address(&persistent);
    persistent.handle().close().await;
    drop(persistent);

    let mut one = begin(1);
    one.limits.outbound_target = 2;
    one.bootstrap = others.iter().map(address).collect();
    one.persistent = vec![at];
    let mut one = start(one).await;
    for _ in 0..2 {
        assert!(matches!(next(&mut one).await, Event::Connected(_)));
    }
    // There are enough without the persistent peer. It comes all the same, and
    // of those that may come none does meanwhile.
    assert!(!is_connected(&one, peer(6)));
    let mut persistent = begin(6);
    persistent.listen = vec![at.at];
    let _persistent = start_again(persistent).await;
    assert_eq!(next(&mut one).await, Event::Connected(peer(6)));
    assert_eq!(one.handle().peers().len(), 3);
}
