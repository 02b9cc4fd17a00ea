use std::task::Waker;

use pyralog_p2p::{LINE_BYTES_MAX, LINE_COUNT_MAX, MESSAGE_BYTES_MAX};
use pyralog_primitives::PublicKey;

use super::*;

fn peer(number: u8) -> PeerId {
    PeerId::new(PublicKey::new([number; 32]))
}

fn session() -> Arc<Session> {
    Arc::new(Session::default())
}

fn bytes(text: &str) -> Arc<[u8]> {
    text.as_bytes().into()
}

fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

fn all(lines: &Lines) -> Vec<Event> {
    let mut events = Vec::new();
    while let Poll::Ready(Some(event)) = lines.take() {
        events.push(event);
    }
    events
}

#[test]
fn a_peer_is_told_things_from_the_beginning_of_its_session_to_its_end() {
    let (lines, session) = (Lines::default(), session());
    let unknown = Err(SendError::Unknown { peer: peer(1) });
    assert_eq!(lines.send(peer(1), bytes("early")), unknown);
    lines.begin(peer(1), &session);
    assert_eq!(lines.send(peer(1), bytes("a")), Ok(()));
    assert_eq!(lines.publish(&bytes("b")).told, 1);
    for text in ["a", "b"] {
        let taken = session.poll_take(&mut context());
        assert_eq!(taken, Poll::Ready(Ok(bytes(text))));
    }
    assert_eq!(session.poll_take(&mut context()), Poll::Pending);
    lines.end(peer(1), &session);
    assert_eq!(lines.send(peer(1), bytes("late")), unknown);
    assert_eq!(session.poll_take(&mut context()), Poll::Ready(Err(Over)));
}

#[test]
fn the_line_out_is_full_by_count_and_by_bytes() {
    let (lines, session) = (Lines::default(), session());
    lines.begin(peer(1), &session);
    for _ in 0..LINE_COUNT_MAX {
        lines.send(peer(1), bytes("")).unwrap();
    }
    let full = Err(SendError::Full { peer: peer(1) });
    assert_eq!(lines.send(peer(1), bytes("")), full);
    let mut longest: Arc<[u8]> = vec![0; MESSAGE_BYTES_MAX].into();
    let fresh = Arc::new(Session::default());
    lines.begin(peer(1), &fresh);
    for _ in 0..LINE_BYTES_MAX / MESSAGE_BYTES_MAX {
        lines.send(peer(1), Arc::clone(&longest)).unwrap();
    }
    assert_eq!(lines.send(peer(1), bytes("x")), full);
    assert_eq!(lines.publish(&bytes("x")).missed, 1);
    longest = vec![0; MESSAGE_BYTES_MAX + 1].into();
    let too_long = lines.send(peer(1), longest).unwrap_err();
    assert!(matches!(too_long, SendError::TooLong { .. }));
}

#[test]
fn what_belongs_to_a_session_that_was_replaced_is_not_heard() {
    let (lines, before, now) = (Lines::default(), session(), session());
    lines.begin(peer(1), &before);
    lines.put(peer(1), &before, bytes("a")).unwrap();
    assert_eq!(all(&lines).len(), 2);
    lines.put(peer(1), &before, bytes("b")).unwrap();
    lines.begin(peer(1), &now);
    assert_eq!(lines.put(peer(1), &before, bytes("c")), Err(Over));
    lines.end(peer(1), &before);
    lines.put(peer(1), &now, bytes("d")).unwrap();
    let heard = Event::Heard {
        from: peer(1),
        bytes: bytes("d"),
    };
    assert_eq!(
        all(&lines),
        [
            Event::Disconnected(peer(1)),
            Event::Connected(peer(1)),
            heard
        ]
    );
}

#[test]
fn there_is_no_room_before_the_beginning_nor_in_a_full_line() {
    let (lines, session) = (Lines::default(), session());
    let room = |bytes_count| lines.poll_room(peer(1), &session, bytes_count, &mut context());
    assert_eq!(room(0), Poll::Pending);
    lines.begin(peer(1), &session);
    assert_eq!(room(MESSAGE_BYTES_MAX), Poll::Ready(Ok(())));
    for _ in 0..LINE_COUNT_MAX {
        lines.put(peer(1), &session, bytes("")).unwrap();
    }
    assert_eq!(room(0), Poll::Pending);
    assert_eq!(lines.take(), Poll::Ready(Some(Event::Connected(peer(1)))));
    assert_eq!(room(0), Poll::Pending);
    assert!(lines.take().is_ready());
    assert_eq!(room(0), Poll::Ready(Ok(())));
    lines.end(peer(1), &session);
    assert_eq!(room(0), Poll::Ready(Err(Over)));
}

#[test]
fn the_end_comes_after_all_that_is_to_be_heard() {
    let (lines, session) = (Lines::default(), session());
    lines.begin(peer(1), &session);
    assert_eq!(lines.take(), Poll::Ready(Some(Event::Connected(peer(1)))));
    lines.end_all();
    let gone = Event::Disconnected(peer(1));
    assert_eq!(lines.take(), Poll::Ready(Some(gone)));
    assert_eq!(lines.take(), Poll::Ready(None));
    let late = Arc::new(Session::default());
    lines.begin(peer(2), &late);
    assert_eq!(lines.take(), Poll::Ready(None));
    assert_eq!(late.poll_take(&mut context()), Poll::Ready(Err(Over)));
}
