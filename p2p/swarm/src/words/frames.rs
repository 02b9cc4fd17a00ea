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

/// Bytes of the length of a frame.
const HEADER_BYTES: usize = 4;

/// What ended the words of a peer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FrameError {
    /// The peer ended them.
    #[error("the peer ended its words")]
    Ended,
    /// The connection broke.
    #[error(transparent)]
    Broken(#[from] io::Error),
    /// The peer announced a frame that may not be.
    #[error("a frame of {announced} bytes was announced; {bytes_max} may be")]
    TooLong { announced: u32, bytes_max: usize },
    /// This node has another connection to the peer.
    #[error("the connection was replaced")]
    Over,
}

#[cfg(test)]
mod tests;
