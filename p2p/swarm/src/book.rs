//! What a node knows of others: who may connect, where they are, and who they
//! turned out to be.
//!
//! The time comes in, and so does chance. Bans, places, strangers and who
//! spreads what is useless have a named most. Those who are connected are as many as there are connections:
//! the limits say how many, and who is free from them. The validators of today
//! are as many as the caller names.

mod bans;
mod places;
mod strangers;
mod useless;

use std::collections::BTreeMap;

use pyralog_p2p::PeerId;
use pyralog_primitives::{PublicKey, TimestampMs};

pub(crate) use self::bans::{BANS_MAX, Bans, REASON_BYTES_MAX, StoredBan, Weight};
pub use self::bans::{Ban, Reputation};
pub(crate) use self::places::{Finding, PLACES_MAX, Places, StoredPlace};
pub use self::strangers::Stranger;
pub(crate) use self::strangers::Strangers;
pub(crate) use self::useless::Useless;

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) bans: Bans,
    pub(crate) places: Places,
    pub(crate) strangers: Strangers,
    pub(crate) useless: Useless,
    /// Bounded by the connections.
    pub(crate) connected: BTreeMap<PeerId, Acquaintance>,
}

/// A peer that is connected and has greeted.
#[derive(Clone, Debug)]
pub(crate) struct Acquaintance {
    pub(crate) connection: libp2p::swarm::ConnectionId,
    pub(crate) direction: Direction,
    pub(crate) at: std::net::SocketAddr,
    pub(crate) since: TimestampMs,
    pub(crate) validator: Option<PublicKey>,
    pub(crate) agent: String,
}

/// Who dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The peer did.
    Inbound,
    /// This node did.
    Outbound,
}

impl Book {
    /// Whether the peer holds a proof for a validator of today.
    pub(crate) fn is_validator(&self, peer: PeerId) -> bool {
        let proven = match self.connected.get(&peer) {
            Some(acquaintance) => acquaintance.validator,
            None => self.places.validator(peer),
        };
        self.places.is_validator(proven)
    }
}
