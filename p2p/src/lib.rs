//! Who is there, and what they say.
//!
//! A node meets others through one [`Network`]: it learns who comes and goes,
//! hears what they say, and tells one of them or all. What the bytes mean, and
//! whether they are worth anything, is for the caller to find out: every peer
//! is hostile until what it said has been decoded and checked.
//!
//! What is for everybody and passed on by all, such as transactions, is spread
//! through [`Gossip`], which stands beside it.
//!
//! [`MemoryNetwork`] is a network inside one process, for several nodes that
//! are tested together: they can join, leave and be cut off from each other.
//!
//! ```
//! use pyralog_p2p::{Event, MemoryNetwork, Network, PeerId};
//! use pyralog_primitives::PublicKey;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (one, other) = (PublicKey::new([1; 32]), PublicKey::new([2; 32]));
//! let network = MemoryNetwork::new();
//! let speaker = network.join(PeerId::new(one))?;
//! let mut listener = network.join(PeerId::new(other))?;
//! speaker.send(listener.own(), b"hello".as_slice().into())?;
//!
//! let from = speaker.own();
//! assert_eq!(listener.next().await, Some(Event::Connected(from)));
//! let bytes = b"hello".as_slice().into();
//! assert_eq!(listener.next().await, Some(Event::Heard { from, bytes }));
//! drop(speaker);
//! assert_eq!(listener.next().await, Some(Event::Disconnected(from)));
//! # Ok(())
//! # }
//! ```
//!
//! Invariants, for each two who are connected:
//! - what one says arrives at the other once, unchanged and in order, or not
//!   at all. It does not if the line between them is full, and then the sender
//!   is told so at once, or if the connection ends before it was heard;
//! - telling never waits. What a listener has not heard yet stands in a line
//!   for each peer, which holds at most [`LINE_COUNT_MAX`] messages and
//!   [`LINE_BYTES_MAX`] bytes, and the lines are served in turn: a loud peer
//!   fills its own, and takes neither room nor time from another;
//! - nothing is heard of a peer before [`Event::Connected`], nor after
//!   [`Event::Disconnected`], and the one always follows the other;
//! - neither of them is lost: they need no room in the line. A listener that
//!   is late learns where things stand, not each step on the way: a peer that
//!   came and went since the last look is not mentioned, and one that went and
//!   came back is disconnected, then connected. So what is kept for the
//!   listener is bounded, however often others come and go;
//! - a connection that begins anew knows nothing of the one before: what was
//!   said over that one and not heard is gone.
//!
//! Failure model: anything may be lost with a connection, and a peer that
//! does not listen misses things. Whoever stands on a network asks again for
//! what it needs. That a peer is the holder of its key is the network's word;
//! that a message is what it claims to be is not.
//!
//! Nothing here draws randomness or reads a clock: in memory, equal orders
//! give equal networks.

mod gossip;
mod inbox;
mod memory;
mod network;
mod peer;
mod unjudged;

pub use gossip::{Gossip, SPREAD_BYTES_MAX, Spread, SpreadError, SpreadId, Verdict, check_length};
pub use inbox::{Inbox, Missed};
pub use memory::{Endpoint, JoinError, MemoryGossip, MemoryNetwork};
pub use network::{
    Event, LINE_BYTES_MAX, LINE_COUNT_MAX, MESSAGE_BYTES_MAX, Network, PEER_COUNT_MAX, Published,
    SendError,
};
pub use peer::PeerId;
pub use unjudged::{UNJUDGED_BYTES_MAX, UNJUDGED_COUNT_MAX, Unjudged};
