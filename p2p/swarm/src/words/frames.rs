//! Words as frames on a stream: four bytes of length, least significant first,
//! then the word.
//!
//! A frame that announces more than it may is refused at once. Memory is taken
//! as bytes arrive, not as they are announced, and no word is begun before its
//! line has room for all of it: so a peer holds at most one line, whatever part
//! of it has arrived.

mod reader;
mod writer;

pub(crate) use self::reader::Reader;
pub(crate) use self::writer::Writer;

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Bytes of the length of a frame.
const HEADER_BYTES: usize = 4;

/// What ended the words of a peer.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The peer ended them.
    #[error("the peer ended its words")]
    Ended,
    /// The connection broke.
    #[error(transparent)]
    Broken(#[from] io::Error),
    /// The peer announced a frame that may not be.
    #[error("a frame of {announced} bytes was announced; {bytes_max} may be")]
    TooLong {
        /// How long.
        announced: u32,
        /// How long it may be.
        bytes_max: usize,
    },
    /// This node has another connection to the peer.
    #[error("the connection was replaced")]
    Over,
}

/// The frames of a peer that says these bytes and no more, each of at most
/// `bytes_max`, and what ended them. A connection reads the same way, but as
/// bytes arrive; this is for whoever has all of them.
pub fn frames(bytes: &[u8], bytes_max: usize) -> (Vec<Arc<[u8]>>, FrameError) {
    let mut reader = Reader::new(bytes);
    let mut context = Context::from_waker(Waker::noop());
    let mut frames = Vec::new();
    loop {
        match reader.poll_frame(&mut context, bytes_max, |_, _| Poll::Ready(Ok(()))) {
            Poll::Ready(Ok(frame)) => frames.push(frame),
            Poll::Ready(Err(error)) => return (frames, error),
            // Bytes in memory are there at once.
            Poll::Pending => return (frames, FrameError::Ended),
        }
    }
}

#[cfg(test)]
mod tests;
