//! The protocol of words: one stream in each direction of a connection.
//!
//! Each side opens a stream and says [`Hello`] on it first. A session begins
//! once the own stream is open and the hello of the peer has been read and
//! found good; then come words, each in a frame, until the connection ends. A
//! stream that ends takes its connection with it.
//!
//! Two peers that dial each other at the same moment get two connections. Both
//! keep the same one: see [`Behaviour`].

mod behaviour;
mod frames;
mod handler;
mod hello;

pub(crate) use self::behaviour::{Behaviour, Event};
pub(crate) use self::handler::Failure;

pub use self::frames::{FrameError, frames};
pub use self::hello::{Hello, ValidatorProof};
