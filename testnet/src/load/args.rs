//! What is loaded, and how.

use std::path::PathBuf;

use clap::Args;
use pyralog_testnet::net::NetName;

/// What is loaded, and how.
#[derive(Clone, Debug, Args)]
pub(crate) struct LoadArgs {
    /// Where one node listens
    #[arg(
        long,
        value_name = "URL",
        default_value = "http://127.0.0.1:26657",
        conflicts_with = "net"
    )]
    pub(crate) node: String,
    /// A net that runs, instead of one node: all its validators
    #[arg(long, value_name = "NAME")]
    pub(crate) net: Option<NetName>,
    #[arg(
        long,
        value_name = "DIR",
        requires = "net",
        help = "Directory of nets [default: pyralog/testnets in $XDG_STATE_HOME or ~/.local/state]"
    )]
    pub(crate) base: Option<PathBuf>,
    /// Nodes of the net that are offered transfers, such as validator-0
    #[arg(value_name = "NODE", requires = "net")]
    pub(crate) nodes: Vec<String>,
    /// Offer so many transfers in a second, and do not look for what can be
    /// taken
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) rate: Option<u32>,
    /// What is offered by the clock, in percent of what becomes final by
    /// answers
    #[arg(
        long,
        value_name = "PERCENT,…",
        value_delimiter = ',',
        default_values_t = [100, 200],
        conflicts_with = "rate",
        value_parser = clap::value_parser!(u32).range(1..=1000)
    )]
    pub(crate) levels: Vec<u32>,
    /// How long each phase by the clock is measured
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub(crate) seconds: u64,
    /// Callers that wait for their answers, to find what can be taken
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub(crate) callers: u32,
    /// Accounts that send, in all
    #[arg(long, default_value_t = 40_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) accounts: u32,
    /// Transfers in one call, at most
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(crate) batch: u32,
    /// Transfers that are signed ahead of one phase, at most
    #[arg(long, default_value_t = 600_000, value_parser = clap::value_parser!(u32).range(1..=2_000_000))]
    pub(crate) transfers: u32,
    /// The process of the one node, if it is on this machine: its memory and
    /// its share of the cores are looked at
    #[arg(long, conflicts_with = "net")]
    pub(crate) pid: Option<u32>,
}
