//! A network of nodes over libp2p.
//!
//! [`Swarm`] is the real network behind the seam of [`pyralog_p2p`]: strangers
//! find each other, greet, and tell each other words. It is a crate of its own
//! so that what needs only the seam does not build libp2p. The page
//! `docs/src/spec/network.md` says what goes over the wire.
//!
//! ```text
//! SwarmHandle ──▶ Shared ◀── Task ──▶ libp2p: gate, limits, identify, ping,
//!   asks, orders    book      drives           words, hash table,
//! SwarmGossip ──▶   spreading                  gossip
//! Swarm       ──▶   lines ◀──────────────────── words: one task a connection
//!   Network
//! ```
//!
//! Invariants, besides those of the seam:
//! - a peer is the holder of its key: all connections are encrypted and both
//!   ends proven (Noise). An address leads to one key or nowhere;
//! - a peer is told of, and heard, only after it has said that it is of the
//!   same network, by the whole genesis hash. Who is of another is told so, and
//!   both ends can say which two met;
//! - a connection holds no more memory than [`CONNECTION_BYTES_MAX`]: its lines
//!   ([`pyralog_p2p`]), its gossip, and what is under way on its streams; what
//!   is known of those who are not connected has a named most;
//! - what peers say about others never moves what the operator said, and leads
//!   this node to no address that only its neighbours can reach, unless the
//!   operator allows it;
//! - a ban ends all connections of the peer, refuses new ones until it ends,
//!   and outlasts the process once it is written down, which begins within a
//!   quarter of a second.
//!
//! Failure model: peers may do anything, and be many. A connection may end at
//! any time. The disk may fail: then this node forgets peers and bans at the
//! next start, and says so now. An attacker who holds all addresses that a new
//! node knows can keep the truth from it; one that has been in the network goes
//! back to those it was connected to.

mod address;
mod behaviour;
mod book;
mod doors;
mod file;
mod gate;
mod key;
mod lines;
mod muxer;
mod names;
mod settings;
mod shared;
mod spreading;
mod swarm;
mod task;
mod words;

pub use address::{NoPeerAddress, PeerAddress};
pub use book::{Ban, Direction, Reputation, Stranger};
pub use file::FileError;
pub use settings::{CONNECTION_BYTES_MAX, Clock, Limits, SwarmSettings};
pub use spreading::SwarmGossip;
pub use swarm::{AddError, PeerInfo, StartError, Swarm, SwarmHandle};
pub use words::{FrameError, Hello, ValidatorProof, frames};
