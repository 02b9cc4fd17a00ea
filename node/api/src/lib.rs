//! What a node says and is asked, for servers and clients: one JSON-RPC
//! surface, declared once, from which come [`PyralogServer`] and [`PyralogClient`].
//!
//! Everything that is hashed or signed crosses in its canonical encoding, as
//! hex ([`Hex`]). JSON is only a view: numbers of 64 bits and more are strings,
//! addresses are bech32m.
//!
//! Invariants:
//! - every failure has a code, a word for programs that never changes its
//!   meaning, and says whether the same call may work later ([`Failure`]);
//! - sending a transaction twice is no error, and waiting for it is another
//!   call;
//! - what is told as final is durable on the node that tells it;
//! - whoever reads events goes on after a [`Cursor`] without gap or
//!   repetition, or is told what was missed;
//! - [`discover()`] names every method of the surface and no other; a test of the
//!   server compares.

mod aliases;
mod cursor;
mod discover;
mod events;
mod failure;
mod hex;
mod methods;
mod node_views;
mod peer_views;
mod state_views;
mod subject;
mod transaction_views;

pub use aliases::CometReadsServer;
pub use cursor::{Cursor, CursorError};
pub use discover::discover;
pub use events::{BlockItem, EventFilter, EventItem, Happened};
pub use failure::{Failure, FailureKind};
pub use hex::{Hex, HexValueError};
pub use methods::{PyralogClient, PyralogServer};
pub use node_views::{
    BlockView, GenesisView, Limits, NodeStatus, ReceiptView, ValidatorView, ValidatorsView,
};
pub use peer_views::{BanView, PeerView, PeersView, StrangerView};
pub use state_views::{AccountView, EntriesView, EntryView, StateView};
pub use subject::Subject;
pub use transaction_views::{
    PendingStanding, Simulated, SubmitOutcome, Submitted, TransactionStatus, WaitFor,
};
