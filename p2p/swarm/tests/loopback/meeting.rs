//! Connections come, go, cross and come back.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pyralog_p2p::{Event, Network};
use pyralog_primitives::DurationMs;
use pyralog_swarm::{AddError, Direction, PeerAddress, StartError, Swarm};
use tempfile::tempdir;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::{
    address, bytes, heard, is_connected, next, pair, peer, settings, start, start_again, until,
};

#[tokio::test]
async fn peers_say_who_they_are_and_how_they_came() {
    let directory = tempdir().unwrap();
    let (one, two) = pair(&directory).await;
    let (one, two) = (one.handle(), two.handle());
    until("said", || {
        let agents = [one.peers(), two.peers()].map(|peers| peers[0].agent.clone());
        agents == ["test/2", "test/1"]
    })
    .await;
    assert_eq!(one.peers()[0].direction, Direction::Inbound);
    let known = &two.peers()[0];
    assert_eq!(known.direction, Direction::Outbound);
    assert_eq!((known.peer, known.at), (peer(1), one.listening()[0]));
    assert_eq!(known.reputation.get(), 0);
    assert_eq!(known.validator, None);
}

#[tokio::test]
async fn a_peer_that_comes_back_is_disconnected_then_connected() {
    let directory = tempdir().unwrap();
    let (mut one, two) = pair(&directory).await;
    one.send(peer(2), bytes("to who was there")).unwrap();
    two.handle().close().await;
    drop(two);
    let mut again = settings(2, directory.path());
    again.bootstrap.push(address(&one));
    let mut two = start(again).await;
    assert_eq!(next(&mut one).await, Event::Disconnected(peer(2)));
    assert_eq!(next(&mut one).await, Event::Connected(peer(2)));
    assert_eq!(next(&mut two).await, Event::Connected(peer(1)));
    one.send(peer(2), bytes("to who came back")).unwrap();
    assert_eq!(next(&mut two).await, heard(peer(1), "to who came back"));
}

/// Also one that only its neighbours can reach, in a node that believes no such
/// address of others.
#[tokio::test]
async fn an_address_that_is_added_while_a_node_runs_is_dialled() {
    let directory = tempdir().unwrap();
    let mut one = start(settings(1, directory.path())).await;
    let mut two = settings(2, directory.path());
    two.allows_private_addresses = false;
    let mut two = start(two).await;
    two.handle().add(address(&one)).unwrap();
    assert_eq!(next(&mut two).await, Event::Connected(peer(1)));
    assert_eq!(next(&mut one).await, Event::Connected(peer(2)));
}

#[tokio::test]
async fn who_cannot_be_added_is_refused_by_name() {
    let directory = tempdir().unwrap();
    let one = start(settings(1, directory.path())).await;
    let handle = one.handle();
    assert_eq!(handle.add(address(&one)), Err(AddError::Own));
    let mut other = address(&one);
    other.peer = peer(2);
    handle.ban(other.peer, DurationMs::new(100_000), "by hand");
    let ban = handle.bans()[0].clone();
    assert_eq!(handle.add(other), Err(AddError::Banned(ban)));
    handle.unban(other.peer);
    handle.add(other).unwrap();
}

#[tokio::test]
async fn a_node_shows_where_it_is_reached() {
    let directory = tempdir().unwrap();
    let mut settings = settings(1, directory.path());
    let one = start(settings.clone()).await;
    assert_eq!(one.handle().address(), Some(address(&one)));
    one.handle().close().await;
    let external = "8.8.8.8:7".parse().unwrap();
    settings.external.push(external);
    let one = start(settings).await;
    let shown = one.handle().address().unwrap();
    assert_eq!((shown.peer, shown.at), (peer(1), external));
}

#[tokio::test]
async fn a_persistent_peer_is_dialled_again_once_it_is_back() {
    let directory = tempdir().unwrap();
    let one = start(settings(1, directory.path())).await;
    let at = address(&one);
    let mut two = settings(2, directory.path());
    two.persistent.push(at);
    let mut two = start(two).await;
    assert_eq!(next(&mut two).await, Event::Connected(peer(1)));
    one.handle().close().await;
    drop(one);
    assert_eq!(next(&mut two).await, Event::Disconnected(peer(1)));
    let mut again = settings(1, directory.path());
    again.listen = vec![at.at];
    let mut one = start_again(again).await;
    assert_eq!(next(&mut one).await, Event::Connected(peer(2)));
    assert_eq!(next(&mut two).await, Event::Connected(peer(1)));
}

/// Each tells the other where it is at the same moment, again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_dial_each_other_keep_one_connection() {
    for round in 0..10 {
        let directory = tempdir().unwrap();
        let mut one = start(settings(1 + round, directory.path())).await;
        let mut two = start(settings(101 + round, directory.path())).await;
        let (at_one, at_two) = (address(&one), address(&two));
        one.handle().add(at_two).unwrap();
        two.handle().add(at_one).unwrap();
        until("connected", || {
            is_connected(&one, at_two.peer) && is_connected(&two, at_one.peer)
        })
        .await;
        // Said again until it is heard over a connection that both keep.
        for (from, to) in [(true, at_two.peer), (false, at_one.peer)] {
            let (speaker, listener) = if from {
                (&mut one, &mut two)
            } else {
                (&mut two, &mut one)
            };
            loop {
                let _ = speaker.send(to, bytes("kept"));
                let event =
                    tokio::time::timeout(std::time::Duration::from_millis(200), listener.next());
                if let Ok(Some(Event::Heard { bytes, .. })) = event.await {
                    assert_eq!(*bytes, *b"kept");
                    break;
                }
            }
        }
        for swarm in [&one, &two] {
            assert_eq!(swarm.handle().peers().len(), 1);
            assert!(swarm.handle().bans().is_empty());
        }
    }
}

/// Where a relay listens, and how often somebody came there.
struct Relay {
    at: SocketAddr,
    comers: Arc<AtomicUsize>,
}

/// Passes on what two peers say, until it is told to be silent; then it holds
/// both connections and passes on nothing.
async fn relay(to: SocketAddr, mut is_silent: watch::Receiver<bool>) -> Relay {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let comers = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&comers);
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((mut from, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            if !*is_silent.borrow() {
                let mut to = TcpStream::connect(to).await.unwrap();
                tokio::select! {
                    _ = copy_bidirectional(&mut from, &mut to) => {}
                    _ = is_silent.wait_for(|silent| *silent) => {}
                }
                held.push(to);
            }
            held.push(from);
        }
    });
    Relay { at, comers }
}

#[tokio::test]
async fn a_peer_that_falls_silent_is_disconnected() {
    let directory = tempdir().unwrap();
    let with = |number| {
        let mut settings = settings(number, directory.path());
        settings.limits.silence_max = DurationMs::new(1_000);
        settings.discovers = false;
        settings
    };
    let mut one = with(1);
    one.limits.outbound_target = 0;
    let mut one = start(one).await;
    let (silence, is_silent) = watch::channel(false);
    let mut at = address(&one);
    at.at = relay(at.at, is_silent).await.at;
    let mut two = with(2);
    two.limits.outbound_target = 1;
    two.bootstrap.push(at);
    let mut two = start(two).await;
    assert_eq!(next(&mut one).await, Event::Connected(peer(2)));
    assert_eq!(next(&mut two).await, Event::Connected(peer(1)));
    two.send(peer(1), bytes("a word")).unwrap();
    assert_eq!(next(&mut one).await, heard(peer(2), "a word"));
    silence.send_replace(true);
    assert_eq!(next(&mut one).await, Event::Disconnected(peer(2)));
    assert_eq!(next(&mut two).await, Event::Disconnected(peer(1)));
}

#[tokio::test]
async fn an_address_leads_to_its_key_or_nowhere() {
    let directory = tempdir().unwrap();
    let mut one = start(settings(1, directory.path())).await;
    let (_loud, is_silent) = watch::channel(false);
    let relay = relay(address(&one).at, is_silent).await;
    let mut two = settings(2, directory.path());
    two.bootstrap = vec![PeerAddress {
        peer: peer(77),
        at: relay.at,
    }];
    two.discovers = false;
    let mut two = start(two).await;
    // Who comes again was not let in before.
    until("tried again", || relay.comers.load(Ordering::SeqCst) >= 2).await;
    assert!(one.handle().peers().is_empty() && two.handle().peers().is_empty());
    let peer = peer(1);
    let at = relay.at;
    two.handle().add(PeerAddress { peer, at }).unwrap();
    assert_eq!(next(&mut two).await, Event::Connected(peer));
    assert_eq!(next(&mut one).await, Event::Connected(two.own()));
}

#[tokio::test]
async fn what_cannot_be_started_says_why() {
    let directory = tempdir().unwrap();
    let one = start(settings(1, directory.path())).await;
    let mut taken = settings(2, directory.path());
    taken.listen = one.handle().listening();
    let error = Swarm::start(taken).await.unwrap_err();
    assert!(matches!(error, StartError::Listen { .. }), "{error}");
    assert!(error.to_string().contains("in use"), "{error}");
    for chain in ["", "two words", &"x".repeat(65)] {
        let mut odd = settings(2, directory.path());
        odd.chain = chain.to_owned();
        let error = Swarm::start(odd).await.unwrap_err();
        assert!(matches!(error, StartError::Chain { .. }), "{error}");
    }
    std::fs::create_dir_all(directory.path().join("3")).unwrap();
    std::fs::write(directory.path().join("3/peers"), b"no peers").unwrap();
    let error = Swarm::start(settings(3, directory.path()))
        .await
        .unwrap_err();
    assert!(matches!(error, StartError::File(_)), "{error}");
}
