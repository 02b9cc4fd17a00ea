//! The bytes of one connection: how long they may take out, and when none are
//! taken in.
//!
//! While the node runs, a caller that takes something is waited for anew. Once it
//! stops, there is one end to the waiting, whatever the caller takes.

use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use jsonrpsee::server::StopHandle;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::line::Line;

/// A caller that takes nothing of its answer for so long is given up. Shorter,
/// and a line that is down for a moment loses its answer; longer, and who never
/// reads holds a place among the connections.
pub(super) const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// What is read of a `WebSocket` at once. Messages have 7 bytes at least, and
/// each that is read is begun with. Lower, and long ones take many turns; higher,
/// and more are begun with than [`Line`] allows.
const PIECE_BYTES: usize = 2048;

type Waiting = Pin<Box<dyn Future<Output = ()> + Send>>;

/// How long one waits for a caller to read.
pub(super) struct Patience {
    /// While the node runs, for each thing that is taken.
    pub(super) time: Duration,
    /// Once it stops, for all.
    pub(super) after_stop: Duration,
    pub(super) stop: StopHandle,
}

impl Patience {
    /// Waits until the node stops, and then until nobody is waited for.
    async fn end(self) {
        self.stop.shutdown().await;
        tokio::time::sleep(self.after_stop).await;
    }
}

/// A connection that bounds who does not read.
pub(super) struct Stream<Io> {
    io: Io,
    line: Arc<Line>,
    /// How long a caller that takes nothing is waited for.
    time: Duration,
    /// Until nothing more is written, since the node stops.
    stopping: Waiting,
    /// Until more may be read.
    room: Option<Waiting>,
    /// Until the caller that does not read is given up.
    giving_up: Option<Waiting>,
    is_given_up: bool,
}

impl<Io> Stream<Io> {
    pub(super) fn new(io: Io, line: Arc<Line>, patience: Patience) -> Self {
        Self {
            io,
            line,
            time: patience.time,
            stopping: Box::pin(patience.end()),
            room: None,
            giving_up: None,
            is_given_up: false,
        }
    }

    fn poll_room(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.room.is_none() && !self.line.has_room() {
            self.room = Some(Box::pin(Arc::clone(&self.line).room()));
        }
        if let Some(room) = &mut self.room {
            ready!(room.as_mut().poll(context));
            self.room = None;
        }
        Poll::Ready(())
    }

    /// What became of an attempt to write, unless there were too many in vain or
    /// it comes too late.
    fn poll_written<T>(
        &mut self,
        context: &mut Context<'_>,
        attempt: Poll<Result<T>>,
    ) -> Poll<Result<T>> {
        if !self.is_given_up {
            if self.stopping.as_mut().poll(context).is_pending() {
                if attempt.is_ready() {
                    self.giving_up = None;
                    return attempt;
                }
                let time = self.time;
                let giving_up = self
                    .giving_up
                    .get_or_insert_with(|| Box::pin(tokio::time::sleep(time)));
                ready!(giving_up.as_mut().poll(context));
            }
            self.giving_up = None;
            self.is_given_up = true;
        }
        let message = "the caller does not read its answers";
        Poll::Ready(Err(Error::new(ErrorKind::TimedOut, message)))
    }
}

impl<Io: AsyncRead + Unpin> AsyncRead for Stream<Io> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        if !self.line.is_socket() {
            return Pin::new(&mut self.io).poll_read(context, buffer);
        }
        ready!(self.poll_room(context));
        let count = buffer.remaining().min(PIECE_BYTES);
        let mut piece = ReadBuf::new(buffer.initialize_unfilled_to(count));
        ready!(Pin::new(&mut self.io).poll_read(context, &mut piece))?;
        let read = piece.filled().len();
        buffer.advance(read);
        self.line.note_read(read);
        Poll::Ready(Ok(()))
    }
}

impl<Io: AsyncWrite + Unpin> AsyncWrite for Stream<Io> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        let attempt = Pin::new(&mut self.io).poll_write(context, bytes);
        self.poll_written(context, attempt)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let attempt = Pin::new(&mut self.io).poll_write_vectored(context, pieces);
        self.poll_written(context, attempt)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
