//! Frames that come in.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures::AsyncRead;

use super::{FrameError, HEADER_BYTES};

/// Bytes that are made room for at a time, before they have arrived. Lower,
/// and long words take many small reads; higher, and each peer can take so
/// much memory with an announcement alone.
const READ_BYTES_MAX: usize = 64 * 1024;

/// The frame that comes in next.
#[derive(Debug)]
pub(crate) struct Reader<S> {
    stream: S,
    state: State,
}

#[derive(Debug)]
enum State {
    Header {
        bytes: [u8; HEADER_BYTES],
        filled: usize,
    },
    Body {
        bytes_count: usize,
        /// What has arrived, and a little room for more. Empty until the line
        /// has room for all of it.
        bytes: Vec<u8>,
        filled: usize,
    },
}

impl State {
    const BEGIN: Self = Self::Header {
        bytes: [0; HEADER_BYTES],
        filled: 0,
    };
}

impl<S: AsyncRead + Unpin> Reader<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self {
            stream,
            state: State::BEGIN,
        }
    }

    /// Reads a frame of at most `bytes_max`, once `poll_room` says that there
    /// is room for one of its length.
    pub(crate) fn poll_frame(
        &mut self,
        context: &mut Context<'_>,
        bytes_max: usize,
        mut poll_room: impl FnMut(usize, &mut Context<'_>) -> Poll<Result<(), FrameError>>,
    ) -> Poll<Result<Arc<[u8]>, FrameError>> {
        loop {
            match &mut self.state {
                State::Header { bytes, filled } if *filled < HEADER_BYTES => {
                    let stream = Pin::new(&mut self.stream);
                    let count = ready!(stream.poll_read(context, &mut bytes[*filled..]))?;
                    if count == 0 && *filled == 0 {
                        return Poll::Ready(Err(FrameError::Ended));
                    }
                    *filled += some(count)?;
                }
                State::Header { bytes, .. } => {
                    let announced = u32::from_le_bytes(*bytes);
                    let bytes_count = usize::try_from(announced).unwrap_or(usize::MAX);
                    if bytes_count > bytes_max {
                        let error = FrameError::TooLong {
                            announced,
                            bytes_max,
                        };
                        return Poll::Ready(Err(error));
                    }
                    self.state = State::Body {
                        bytes_count,
                        bytes: Vec::new(),
                        filled: 0,
                    };
                }
                State::Body {
                    bytes_count,
                    bytes,
                    filled,
                } => {
                    if bytes.is_empty() {
                        ready!(poll_room(*bytes_count, context))?;
                    }
                    if filled == bytes_count {
                        let whole = std::mem::take(bytes).into();
                        self.state = State::BEGIN;
                        return Poll::Ready(Ok(whole));
                    }
                    // Only once all room is used: clearing it for each byte of
                    // a peer that sends them singly would cost more than it.
                    if bytes.len() == *filled {
                        bytes.resize((*bytes_count).min(*filled + READ_BYTES_MAX), 0);
                    }
                    let stream = Pin::new(&mut self.stream);
                    let count = ready!(stream.poll_read(context, &mut bytes[*filled..]))?;
                    *filled += some(count)?;
                }
            }
        }
    }
}

fn some(count: usize) -> io::Result<usize> {
    if count == 0 {
        Err(io::ErrorKind::UnexpectedEof.into())
    } else {
        Ok(count)
    }
}
