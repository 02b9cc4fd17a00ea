//! Streams on one connection: Yamux, in bounded memory.
//!
//! Yamux lets a stream have more under way the longer the way is, as the peer
//! makes it seem: by the defaults up to a gibibyte on one connection, all of
//! which this node holds once it reads no further. libp2p's own wrapper leaves
//! no say in that; this one is as small as it can be.

use std::collections::VecDeque;
use std::future::{Ready, ready};
use std::io;
use std::iter;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures::{AsyncRead, AsyncWrite};
use libp2p::core::muxing::{StreamMuxer, StreamMuxerEvent};
use libp2p::core::upgrade::{InboundConnectionUpgrade, OutboundConnectionUpgrade, UpgradeInfo};
use yamux::{Connection, ConnectionError, Mode, Stream};

/// Streams of one connection. Lower, and questions to the hash table wait for
/// each other; higher, and each connection may hold a window for more of them.
pub(crate) const STREAMS_MAX: usize = 32;

/// What a peer may have sent on all streams of a connection, and this node not
/// read. Lower, and blocks come slowly over a long way; higher, and each
/// connection may hold as much memory.
pub(crate) const RECEIVED_BYTES_MAX: usize = 24 * 1024 * 1024;

const _: () = assert!(
    STREAMS_MAX * yamux::DEFAULT_CREDIT as usize <= RECEIVED_BYTES_MAX,
    "each stream has the window that the protocol begins with"
);

/// How two peers agree on Yamux.
#[derive(Clone, Debug)]
pub(crate) struct Config(yamux::Config);

impl Config {
    pub(crate) fn new() -> Self {
        let mut config = yamux::Config::default();
        // In this order: the defaults allow more streams than the second takes.
        config.set_max_num_streams(STREAMS_MAX);
        config.set_max_connection_receive_window(Some(RECEIVED_BYTES_MAX));
        Self(config)
    }

    fn muxer<C: AsyncRead + AsyncWrite + Unpin>(self, io: C, mode: Mode) -> Muxer<C> {
        Muxer {
            connection: Connection::new(io, self.0, mode),
            opened: VecDeque::new(),
            waker: None,
        }
    }
}

impl UpgradeInfo for Config {
    type Info = &'static str;
    type InfoIter = iter::Once<Self::Info>;

    fn protocol_info(&self) -> Self::InfoIter {
        iter::once("/yamux/1.0.0")
    }
}

impl<C: AsyncRead + AsyncWrite + Unpin> InboundConnectionUpgrade<C> for Config {
    type Output = Muxer<C>;
    type Error = io::Error;
    type Future = Ready<Result<Self::Output, Self::Error>>;

    fn upgrade_inbound(self, io: C, _: Self::Info) -> Self::Future {
        ready(Ok(self.muxer(io, Mode::Server)))
    }
}

impl<C: AsyncRead + AsyncWrite + Unpin> OutboundConnectionUpgrade<C> for Config {
    type Output = Muxer<C>;
    type Error = io::Error;
    type Future = Ready<Result<Self::Output, Self::Error>>;

    fn upgrade_outbound(self, io: C, _: Self::Info) -> Self::Future {
        ready(Ok(self.muxer(io, Mode::Client)))
    }
}

/// The streams of a connection.
pub(crate) struct Muxer<C> {
    connection: Connection<C>,
    /// Streams that the peer opened and nobody has taken: at most as many as
    /// there may be.
    opened: VecDeque<Stream>,
    /// Whoever waits for one.
    waker: Option<Waker>,
}

impl<C: AsyncRead + AsyncWrite + Unpin> Muxer<C> {
    /// Goes on with the connection, which does nothing but when it is asked for
    /// streams of the peer.
    fn poll_opened(&mut self, context: &mut Context<'_>) -> Poll<Result<Stream, ConnectionError>> {
        let opened = self.connection.poll_next_inbound(context);
        opened.map(|opened| opened.unwrap_or(Err(ConnectionError::Closed)))
    }
}

impl<C: AsyncRead + AsyncWrite + Unpin> StreamMuxer for Muxer<C> {
    type Substream = Stream;
    type Error = ConnectionError;

    fn poll_inbound(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Result<Stream, ConnectionError>> {
        if let Some(stream) = self.opened.pop_front() {
            return Poll::Ready(Ok(stream));
        }
        if let Poll::Ready(opened) = self.poll_opened(context) {
            return Poll::Ready(opened);
        }
        self.waker = Some(context.waker().clone());
        Poll::Pending
    }

    fn poll_outbound(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Result<Stream, ConnectionError>> {
        self.connection.poll_new_outbound(context)
    }

    fn poll_close(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), ConnectionError>> {
        self.connection.poll_close(context)
    }

    fn poll(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Result<StreamMuxerEvent, ConnectionError>> {
        let stream = match self.poll_opened(context) {
            Poll::Ready(opened) => opened?,
            Poll::Pending => return Poll::Pending,
        };
        // A stream beyond is closed by being dropped.
        if self.opened.len() < STREAMS_MAX {
            self.opened.push_back(stream);
            if let Some(waker) = self.waker.take() {
                waker.wake();
            }
        }
        // Others run before the next one.
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_made_with_the_limits_that_are_named() {
        let made = format!("{:?}", Config::new());
        for limit in [
            format!("max_connection_receive_window: Some({RECEIVED_BYTES_MAX})"),
            format!("max_num_streams: {STREAMS_MAX}"),
        ] {
            assert!(made.contains(&limit), "{made}");
        }
    }
}
