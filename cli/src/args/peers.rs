//! `pyralog peers …`

use clap::{Args, Subcommand};
use pyralog_primitives::PublicKey;

#[derive(Debug, Subcommand)]
pub(crate) enum PeersVerb {
    /// Show whom the node is connected with, and whom it keeps away from
    List,
    /// Keep a peer away for a while
    #[command(after_help = "\
Works only on the machine of the node.

Examples:
  pyralog peers ban 5f0c… --hours 48 --reason \"sends nothing but noise\"")]
    Ban(BanPeer),
    /// End a ban
    Unban(UnbanPeer),
    /// Say where a peer is
    #[command(after_help = "\
Works only on the machine of the node. What its banner calls `peer` is what
other nodes are told here.

Examples:
  pyralog peers add 5f0c…@203.0.113.7:26656")]
    Add(AddPeer),
}

#[derive(Debug, Args)]
pub(crate) struct BanPeer {
    /// The key of the peer, as `pyralog peers list` shows it
    pub(crate) peer: PublicKey,
    /// For how many hours
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u64).range(1..=8_760))]
    pub(crate) hours: u64,
    /// Why, for those who look later
    #[arg(long, default_value = "banned by the operator")]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct UnbanPeer {
    /// The key of the peer
    pub(crate) peer: PublicKey,
}

#[derive(Debug, Args)]
pub(crate) struct AddPeer {
    /// Where it is: KEY@IP:PORT
    pub(crate) address: String,
}
