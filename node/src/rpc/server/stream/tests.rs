use std::future::poll_fn;
use std::iter::repeat_with;

use jsonrpsee::server::{ServerHandle, stop_channel};

use super::*;

const SOON: Duration = Duration::from_millis(1);
const NEVER: Duration = Duration::from_hours(24);

/// The far end of a connection: what it takes of each attempt to write.
struct Peer(Box<dyn Iterator<Item = Poll<Result<usize>>>>);

impl AsyncWrite for Peer {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<Result<usize>> {
        self.0.next().unwrap_or(Poll::Pending)
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
    takes: impl IntoIterator<Item = Poll<Result<usize>>> + 'static,
) -> (Stream<Peer>, ServerHandle) {
    let (stop, handle) = stop_channel();
    let patience = Patience {
        time,
        after_stop,
        stop,
    };
    let peer = Peer(Box::new(takes.into_iter()));
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

#[tokio::test]
async fn who_reads_a_byte_at_a_time_does_not_keep_a_node_from_stopping() {
    let takes = repeat_with(|| Poll::Ready(Ok(1)));
    let (mut slow, node) = stream(NEVER, SOON, takes);
    assert_eq!(write(&mut slow).await.unwrap(), 1);
    node.stop().unwrap();
    // Sees that the node stops.
    assert_eq!(write(&mut slow).await.unwrap(), 1);
    // Begun later, and no shorter: the time after the stop is over before.
    tokio::time::sleep(2 * SOON).await;
    for _ in 0..2 {
        let error = write(&mut slow).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }
}
