//! What subscribers are sent.

use pyralog_primitives::action::Name;
use pyralog_primitives::block::Header;
use pyralog_primitives::receipt::Event;
use pyralog_primitives::{Address, BlockId, Height, TransactionId};
use serde::{Deserialize, Serialize};

use crate::cursor::Cursor;

/// Which events are wanted. What is not said, any event fits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EventFilter {
    /// Events of this name, such as `transfer`.
    pub name: Option<Name>,
    /// Events in which this address has a part.
    pub address: Option<Address>,
}

/// An event, and where it happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happened {
    /// Where; a reader that comes back goes on after it.
    pub cursor: Cursor,
    /// In which transaction.
    pub transaction: TransactionId,
    /// What.
    pub event: Event,
}

/// What a subscriber of events is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventItem {
    /// Something happened.
    Event(Happened),
    /// What happened from one height up to another is no longer kept here. It
    /// goes on after.
    Lagged {
        /// The first height that is missing.
        from: Height,
        /// The last one.
        to: Height,
    },
    /// Nothing more comes. The subscriber may ask again with its cursor.
    Ended {
        /// Why: a word for programs.
        reason: String,
    },
}

/// What a subscriber of blocks is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockItem {
    /// A block is final and durable.
    Block {
        /// Its id.
        id: BlockId,
        /// What it commits to.
        header: Box<Header>,
        /// How many transactions it holds.
        transactions: u32,
    },
    /// Blocks from one height up to another are no longer kept here. It goes
    /// on after.
    Lagged {
        /// The first height that is missing.
        from: Height,
        /// The last one.
        to: Height,
    },
    /// Nothing more comes.
    Ended {
        /// Why: a word for programs.
        reason: String,
    },
}
