//! How a node sees its peers.

use pyralog_primitives::{PublicKey, TimestampMs};
use serde::{Deserialize, Serialize};

/// Whom a node knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeersView {
    /// Where others reach the node: `KEY@IP:PORT`; none if it meets nobody.
    pub address: Option<String>,
    /// Those it is connected with.
    pub connected: Vec<PeerView>,
    /// Those it keeps away from.
    pub banned: Vec<BanView>,
    /// Those it met that are of another network.
    pub strangers: Vec<StrangerView>,
}

/// A peer that is connected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerView {
    /// Its key.
    pub peer: PublicKey,
    /// Where it is, or where it came from.
    pub at: String,
    /// Whether this node dialled.
    pub outbound: bool,
    /// Since when.
    pub since: TimestampMs,
    /// Points: 0 is good, at -50 it is banned.
    pub reputation: i32,
    /// The key of the validator that it has proved to be.
    pub validator: Option<PublicKey>,
    /// Name and version of its program, as it says.
    pub agent: String,
}

/// A peer that is kept away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BanView {
    /// Its key.
    pub peer: PublicKey,
    /// Until when.
    pub until: TimestampMs,
    /// Why.
    pub reason: String,
}

/// A node of another network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StrangerView {
    /// Its key.
    pub peer: PublicKey,
    /// What it says it is of.
    pub network: String,
}
