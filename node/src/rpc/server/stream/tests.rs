use std::collections::VecDeque;
use std::future::poll_fn;

use jsonrpsee::server::{ServerHandle, stop_channel};

use super::*;

const SOON: Duration = Duration::from_millis(1);
const NEVER: Duration = Duration::from_hours(24);

/// The far end of a connection: what it takes of each attempt to write.
struct Peer(VecDeque<Poll<Result<usize>>>);

impl AsyncWrite for Peer {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<Result<usize>> {
        self.0.pop_front().unwrap_or(Poll::Pending)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn stream(
    time: Duration,
    after_stop: Duration,
    takes: impl IntoIterator<Item = Poll<Result<usize>>>,
) -> (Stream<Peer>, ServerHandle) {
    let (stop, handle) = stop_channel();
    let patience = Patience {
        time,
        after_stop,
        stop,
    };
    let peer = Peer(takes.into_iter().collect());
    (Stream::new(peer, Line::new(), patience), handle)
}

async fn write(stream: &mut Stream<Peer>) -> Result<usize> {
    poll_fn(|context| Pin::new(&mut *stream).poll_write(context, b"answer")).await
}

fn poll_write(stream: &mut Stream<Peer>) -> Poll<Result<usize>> {
    let context = &mut Context::from_waker(std::task::Waker::noop());
    Pin::new(stream).poll_write(context, b"answer")
}

#[tokio::test]
async fn a_caller_that_does_not_read_is_given_up() {
    let (mut deaf, _node) = stream(SOON, NEVER, []);
    for _ in 0..2 {
        let error = write(&mut deaf).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }
}

#[tokio::test]
async fn a_caller_that_reads_a_little_is_waited_for_anew() {
    let takes = [Poll::Pending, Poll::Ready(Ok(1))];
    let (mut slow, _node) = stream(NEVER, NEVER, takes);
    assert!(poll_write(&mut slow).is_pending());
    assert!(slow.giving_up.is_some());
    assert!(matches!(poll_write(&mut slow), Poll::Ready(Ok(1))));
    assert!(slow.giving_up.is_none());
}

#[tokio::test]
async fn a_node_that_stops_waits_no_longer_for_who_does_not_read() {
    let (mut deaf, node) = stream(NEVER, SOON, []);
    assert!(poll_write(&mut deaf).is_pending());
    node.stop().unwrap();
    let error = write(&mut deaf).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}
