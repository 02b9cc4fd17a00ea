//! Frames that go out.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures::AsyncWrite;

use super::FrameError;

/// Bytes of short words that are written together. Lower, and each vote costs
/// an encrypted packet of its own; higher, and more of them are copied.
const TOGETHER_BYTES_MAX: usize = 16 * 1024;

/// The frames that go out next.
#[derive(Debug)]
pub(crate) struct Writer<S> {
    stream: S,
    /// Headers and short words.
    together: Vec<u8>,
    /// A word that is too long to be copied; it follows them.
    long: Option<Arc<[u8]>>,
    /// How much of both is written.
    written: usize,
    is_flushed: bool,
    /// Bytes that the stream has taken since it was opened.
    taken: u64,
}

impl<S: AsyncWrite + Unpin> Writer<S> {
    /// Writes `first` before anything else.
    pub(crate) fn new(stream: S, first: &Arc<[u8]>) -> Self {
        let mut writer = Self {
            stream,
            together: Vec::new(),
            long: None,
            written: 0,
            is_flushed: true,
            taken: 0,
        };
        writer.add(first);
        writer
    }

    /// How many bytes the stream has taken.
    pub(crate) const fn taken(&self) -> u64 {
        self.taken
    }

    /// Whether there is something that the stream has not taken.
    pub(crate) fn is_waiting(&self) -> bool {
        self.long.is_some() || self.written < self.together.len()
    }

    /// Writes what `poll_next` gives. Ends with an error only.
    pub(crate) fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        mut poll_next: impl FnMut(&mut Context<'_>) -> Poll<Result<Arc<[u8]>, FrameError>>,
    ) -> Poll<FrameError> {
        loop {
            let polled = match self.poll_pending(context) {
                Poll::Ready(Ok(())) => self.poll_refill(context, &mut poll_next),
                Poll::Ready(Err(error)) => Poll::Ready(Err(error.into())),
                Poll::Pending => return Poll::Pending,
            };
            match polled {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(error),
                Poll::Pending if self.is_flushed => return Poll::Pending,
                Poll::Pending => match ready!(Pin::new(&mut self.stream).poll_flush(context)) {
                    Ok(()) => self.is_flushed = true,
                    Err(error) => return Poll::Ready(error.into()),
                },
            }
        }
    }

    /// Writes what is there.
    fn poll_pending(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let long = self.long.as_deref().unwrap_or_default();
            let rest = match self.together.get(self.written..) {
                Some(rest) if !rest.is_empty() => rest,
                _ => &long[self.written - self.together.len()..],
            };
            if rest.is_empty() {
                self.together.clear();
                self.long = None;
                self.written = 0;
                return Poll::Ready(Ok(()));
            }
            let count = ready!(Pin::new(&mut self.stream).poll_write(context, rest))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += count;
            self.taken += u64::try_from(count).unwrap_or(u64::MAX);
            self.is_flushed = false;
        }
    }

    /// Takes as many short words as are written together, or one long one.
    fn poll_refill(
        &mut self,
        context: &mut Context<'_>,
        poll_next: &mut impl FnMut(&mut Context<'_>) -> Poll<Result<Arc<[u8]>, FrameError>>,
    ) -> Poll<Result<(), FrameError>> {
        while self.long.is_none() && self.together.len() < TOGETHER_BYTES_MAX {
            match poll_next(context) {
                Poll::Ready(Ok(word)) => self.add(&word),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending if self.together.is_empty() => return Poll::Pending,
                Poll::Pending => break,
            }
        }
        Poll::Ready(Ok(()))
    }

    fn add(&mut self, word: &Arc<[u8]>) {
        let bytes_count = u32::try_from(word.len()).expect("no line takes a word that long");
        self.together.extend(bytes_count.to_le_bytes());
        if word.len() <= TOGETHER_BYTES_MAX {
            self.together.extend_from_slice(word);
        } else {
            self.long = Some(Arc::clone(word));
        }
    }
}
