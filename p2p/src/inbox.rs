//! What one listener has not heard yet: a line for each peer, served in turn.
//!
//! Each network keeps one for each listener, so that all of them promise the
//! same. It knows nothing of where messages come from, and never waits.
//!
//! Invariants:
//! - a peer has a turn if, and only if, there is something to hear of it, and
//!   never more than one;
//! - a peer has a line while it is connected, or until the listener knows that
//!   it no longer is. So there are at most as many lines as peers, now and when
//!   the listener last looked.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::{Event, LINE_BYTES_MAX, LINE_COUNT_MAX, MESSAGE_BYTES_MAX, PeerId};

/// The lines of all peers to one listener.
#[derive(Debug, Default)]
pub struct Inbox {
    lines: BTreeMap<PeerId, Line>,
    /// Peers of which there is something to hear, in the order of their turns.
    turns: VecDeque<PeerId>,
}

/// From one peer to one listener.
#[derive(Debug)]
struct Line {
    news: News,
    /// What was said over the connection there is.
    said: VecDeque<Arc<[u8]>>,
    /// The bytes of that.
    bytes: usize,
}

/// How the connection differs from what the listener knows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum News {
    /// It does not.
    None,
    /// There is one.
    Begun,
    /// There is none any more.
    Ended,
    /// There is another one.
    Renewed,
}

/// Why a message found no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missed {
    /// There is no connection to the peer.
    #[error("the peer is not connected")]
    Unconnected,
    /// No line takes it.
    #[error("the message is longer than any may be")]
    TooLong,
    /// The line holds too much already.
    #[error("the line of the peer is full")]
    Full,
}

impl Inbox {
    /// A connection begins, unless there is one.
    pub fn begin(&mut self, peer: PeerId) {
        match self.lines.get_mut(&peer) {
            None => {
                self.lines.insert(peer, Line::new());
                self.turns.push_back(peer);
            }
            Some(line) if line.news == News::Ended => line.news = News::Renewed,
            Some(_) => {}
        }
    }

    /// The connection ends, if there is one, and takes with it what was not
    /// heard.
    pub fn end(&mut self, peer: PeerId) {
        let Some(line) = self.lines.get_mut(&peer) else {
            return;
        };
        if line.news == News::Begun {
            // The listener never knew of it.
            self.lines.remove(&peer);
            self.turns.retain(|turn| *turn != peer);
            return;
        }
        if line.is_quiet() {
            self.turns.push_back(peer);
        }
        *line = Line {
            news: News::Ended,
            ..Line::new()
        };
    }

    /// All connections end.
    pub fn end_all(&mut self) {
        let peers: Vec<PeerId> = self.lines.keys().copied().collect();
        for peer in peers {
            self.end(peer);
        }
    }

    /// Whether the line of a peer takes a message of so many bytes now. It will
    /// until something is put there: hearing only makes room.
    pub fn check_room(&self, from: PeerId, bytes_count: usize) -> Result<(), Missed> {
        let line = self.lines.get(&from).ok_or(Missed::Unconnected)?;
        if line.news == News::Ended {
            return Err(Missed::Unconnected);
        }
        if bytes_count > MESSAGE_BYTES_MAX {
            return Err(Missed::TooLong);
        }
        if line.said.len() >= LINE_COUNT_MAX || bytes_count > LINE_BYTES_MAX - line.bytes {
            return Err(Missed::Full);
        }
        Ok(())
    }

    /// Puts what a connected peer says into its line.
    pub fn put(&mut self, from: PeerId, bytes: Arc<[u8]>) -> Result<(), Missed> {
        self.check_room(from, bytes.len())?;
        let line = self.lines.get_mut(&from).ok_or(Missed::Unconnected)?;
        if line.is_quiet() {
            self.turns.push_back(from);
        }
        line.bytes += bytes.len();
        line.said.push_back(bytes);
        Ok(())
    }

    /// Takes one thing to hear, of the peer whose turn it is.
    pub fn take(&mut self) -> Option<Event> {
        let peer = self.turns.pop_front()?;
        let line = self
            .lines
            .get_mut(&peer)
            .expect("who has a turn has a line: they are taken away together");
        let event = match line.news {
            News::Ended => {
                self.lines.remove(&peer);
                return Some(Event::Disconnected(peer));
            }
            News::Renewed => {
                line.news = News::Begun;
                Event::Disconnected(peer)
            }
            News::Begun => {
                line.news = News::None;
                Event::Connected(peer)
            }
            News::None => line.hear(peer),
        };
        if !line.is_quiet() {
            self.turns.push_back(peer);
        }
        Some(event)
    }
}

impl Line {
    /// That of a connection that begins.
    fn new() -> Self {
        Self {
            news: News::Begun,
            said: VecDeque::new(),
            bytes: 0,
        }
    }

    /// Whether there is nothing to hear of the peer.
    fn is_quiet(&self) -> bool {
        self.news == News::None && self.said.is_empty()
    }

    fn hear(&mut self, from: PeerId) -> Event {
        let bytes = self
            .said
            .pop_front()
            .expect("a peer without news has a turn because it said something");
        self.bytes -= bytes.len();
        Event::Heard { from, bytes }
    }
}
