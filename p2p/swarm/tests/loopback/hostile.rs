//! Peers that break the rules are blamed, banned, and stay so for a while.

use futures::AsyncWriteExt;
use pyralog_p2p::{Event, LINE_BYTES_MAX, MESSAGE_BYTES_MAX, Network, SendError};
use pyralog_primitives::{DurationMs, Signature};
use pyralog_swarm::Swarm;
use tempfile::tempdir;
use tokio::task::yield_now;

use crate::raw::{Happened, RawPeer, hello, write_frame};
use crate::{
    Forward, address, bytes, genesis, heard, is_connected, key, next, pair, peer, settings, start,
    until,
};

const HOUR_MS: u64 = 60 * 60 * 1_000;

/// A raw peer that has greeted as it should.
async fn greeted(swarm: &mut Swarm, number: u8, streams: usize) -> (RawPeer, libp2p::Stream) {
    let mut raw = RawPeer::dial(number, &address(swarm), streams);
    let mut stream = raw.stream().await;
    write_frame(&mut stream, &hello()).await;
    assert_eq!(next(swarm).await, Event::Connected(peer(number)));
    (raw, stream)
}

async fn is_banned(swarm: &Swarm, number: u8, reason: &str) {
    let handle = swarm.handle();
    until("banned", || !handle.bans().is_empty()).await;
    let bans = handle.bans();
    assert_eq!(bans[0].peer, peer(number));
    assert!(bans[0].reason.contains(reason), "{}", bans[0].reason);
}

#[tokio::test]
async fn who_keeps_the_rules_by_hand_is_heard() {
    let directory = tempdir().unwrap();
    let mut one = start(settings(1, directory.path())).await;
    let (_raw, mut stream) = greeted(&mut one, 9, 1).await;
    write_frame(&mut stream, b"by hand").await;
    assert_eq!(next(&mut one).await, heard(peer(9), "by hand"));
}

#[tokio::test]
async fn a_frame_that_is_too_long_is_a_ban() {
    let directory = tempdir().unwrap();
    let mut one = start(settings(1, directory.path())).await;
    let (mut raw, mut stream) = greeted(&mut one, 9, 1).await;
    let length = u32::try_from(MESSAGE_BYTES_MAX + 1).unwrap();
    stream.write_all(&length.to_le_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    raw.gone().await;
    assert_eq!(next(&mut one).await, Event::Disconnected(peer(9)));
    is_banned(&one, 9, "a frame of 16908289 bytes").await;
}

#[tokio::test]
async fn garbage_in_place_of_a_hello_is_a_ban() {
    for garbage in [&b""[..], b"GET / HTTP/1.1", &[0xff; 100]] {
        let directory = tempdir().unwrap();
        let one = start(settings(1, directory.path())).await;
        let mut raw = RawPeer::dial(9, &address(&one), 1);
        let mut stream = raw.stream().await;
        write_frame(&mut stream, garbage).await;
        raw.gone().await;
        is_banned(&one, 9, "no hello").await;
    }
}

#[tokio::test]
async fn a_second_stream_of_words_is_a_ban() {
    let directory = tempdir().unwrap();
    let one = start(settings(1, directory.path())).await;
    let mut raw = RawPeer::dial(9, &address(&one), 2);
    raw.gone().await;
    is_banned(&one, 9, "second stream").await;
}

#[tokio::test]
async fn a_false_proof_is_a_ban() {
    let directory = tempdir().unwrap();
    let one = start(settings(1, directory.path())).await;
    let mut raw = RawPeer::dial(9, &address(&one), 1);
    let mut stream = raw.stream().await;
    let validator = key(50).public_key();
    let signature = Signature::new([7; 64]);
    let head = [&[0][..], genesis().get().as_bytes(), &[1]].concat();
    let proof = [&head[..], validator.as_bytes(), signature.as_bytes()].concat();
    write_frame(&mut stream, &proof).await;
    raw.gone().await;
    is_banned(&one, 9, "proof").await;
}

#[tokio::test]
async fn who_announces_much_and_sends_little_keeps_nobody_from_being_heard() {
    let directory = tempdir().unwrap();
    let (mut one, two) = pair(&directory).await;
    let (_raw, mut stream) = greeted(&mut one, 9, 1).await;
    let length = u32::try_from(MESSAGE_BYTES_MAX).unwrap();
    stream.write_all(&length.to_le_bytes()).await.unwrap();
    stream.write_all(&[1; 1_000]).await.unwrap();
    stream.flush().await.unwrap();
    for _ in 0..100 {
        two.send(peer(1), bytes("a word")).unwrap();
        assert_eq!(next(&mut one).await, heard(peer(2), "a word"));
    }
    assert!(is_connected(&one, peer(9)));
}

#[tokio::test]
async fn who_never_reads_fills_its_line_and_nobody_elses() {
    let directory = tempdir().unwrap();
    let (mut one, mut two) = pair(&directory).await;
    let (_raw, _stream) = greeted(&mut one, 9, 1).await;
    let word: std::sync::Arc<[u8]> = vec![0; 100_000].into();
    let (mut told, mut is_full_for) = (0, 0);
    while is_full_for < 300 {
        match one.send(peer(9), std::sync::Arc::clone(&word)) {
            Ok(()) => (told, is_full_for) = (told + word.len(), 0),
            Err(SendError::Full { .. }) => {
                is_full_for += 1;
                one.send(peer(2), bytes("a word")).unwrap();
                assert_eq!(next(&mut two).await, heard(peer(1), "a word"));
            }
            Err(error) => panic!("{error}"),
        }
        yield_now().await;
    }
    assert!(told < LINE_BYTES_MAX + 16 * 1024 * 1024, "{told}");
}

#[tokio::test]
async fn who_is_there_and_reads_nothing_loses_its_place_and_reputation() {
    let directory = tempdir().unwrap();
    let mut short = settings(1, directory.path());
    short.limits.silence_max = DurationMs::new(500);
    let mut one = start(short).await;
    let (mut raw, _stream) = greeted(&mut one, 9, 1).await;
    let word: std::sync::Arc<[u8]> = vec![0; 100_000].into();
    while one.send(peer(9), std::sync::Arc::clone(&word)).is_ok() {}
    raw.gone().await;
    assert_eq!(next(&mut one).await, Event::Disconnected(peer(9)));
    // Twice it may happen.
    assert!(one.handle().bans().is_empty());
    let (_raw, _stream) = greeted(&mut one, 9, 1).await;
    assert!((-20..=-15).contains(&one.handle().peers()[0].reputation.get()));
}

#[tokio::test]
async fn a_ban_outlasts_a_restart_and_then_ends() {
    let directory = tempdir().unwrap();
    let forward = Forward::default();
    let begin = || {
        let mut settings = settings(1, directory.path());
        settings.clock = forward.clock();
        start(settings)
    };
    let mut one = begin().await;
    let (mut raw, _stream) = greeted(&mut one, 9, 1).await;
    one.blame(peer(9), "lies");
    one.blame(peer(9), "lies");
    assert!(one.handle().bans().is_empty());
    assert_eq!(one.handle().peers()[0].reputation.get(), -40);
    one.blame(peer(9), "a block that is none");
    raw.gone().await;
    is_banned(&one, 9, "a block that is none").await;
    one.handle().close().await;

    let one = begin().await;
    is_banned(&one, 9, "a block that is none").await;
    let mut raw = RawPeer::dial(9, &address(&one), 1);
    raw.gone().await;
    forward.put_forward(12 * HOUR_MS + 1);
    assert!(one.handle().bans().is_empty());
    let mut one = one;
    let (_raw, _stream) = greeted(&mut one, 9, 1).await;
}

#[tokio::test]
async fn an_operator_bans_and_forgives() {
    let directory = tempdir().unwrap();
    let (mut one, mut two) = pair(&directory).await;
    let day = DurationMs::new(24 * HOUR_MS);
    one.handle().ban(peer(2), day, "by hand");
    assert_eq!(next(&mut one).await, Event::Disconnected(peer(2)));
    assert_eq!(next(&mut two).await, Event::Disconnected(peer(1)));
    assert_eq!(one.handle().bans()[0].reason, "by hand");
    assert!(one.handle().unban(peer(2)));
    // The other dials again, after a while.
    assert_eq!(next(&mut one).await, Event::Connected(peer(2)));
    assert_eq!(next(&mut two).await, Event::Connected(peer(1)));
}

#[tokio::test]
async fn who_says_nothing_at_all_loses_its_place() {
    let directory = tempdir().unwrap();
    let one = start(settings(1, directory.path())).await;
    let mut raw = RawPeer::dial(9, &address(&one), 0);
    while !matches!(raw.happened().await, Happened::Connected) {}
    raw.gone().await;
    assert!(one.handle().bans().is_empty());
}
