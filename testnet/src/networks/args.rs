//! What the verbs are given.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use pyralog_genesis::ConsensusKind;
use pyralog_testnet::net::{Attack, NetName};

/// The word for every node.
pub(super) const ALL: &str = "all";

/// Which net.
#[derive(Clone, Debug, Args)]
pub(crate) struct Which {
    /// The net
    #[arg(long, value_name = "NAME", default_value = NetName::DEFAULT)]
    pub(crate) net: NetName,
    #[arg(
        long,
        value_name = "DIR",
        help = "Directory of nets [default: pyralog/testnets in $XDG_STATE_HOME or ~/.local/state]"
    )]
    pub(crate) base: Option<PathBuf>,
}

/// What a net is to be.
#[derive(Clone, Debug, Args)]
pub(crate) struct UpArgs {
    #[command(flatten)]
    pub(crate) which: Which,
    /// Nodes that vote
    #[arg(short = 'n', long, value_name = "N", default_value_t = 4)]
    pub(crate) validators: u8,
    /// Nodes that follow
    #[arg(long, value_name = "M", default_value_t = 0)]
    pub(crate) full_nodes: u8,
    /// What decides which block is next
    #[arg(long, default_value = ConsensusKind::Tendermint.as_str(), value_parser = engine())]
    pub(crate) engine: ConsensusKind,
    /// A setting for every node, such as log.filter=debug
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    #[arg(
        long,
        value_name = "FILE",
        help = "The program of a node [default: the pyralog-node beside this program, else the \
                one on the path]"
    )]
    pub(crate) program: Option<PathBuf>,
}

/// How one looks at a net.
#[derive(Clone, Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) which: Which,
    /// Look again each second, until Ctrl-C
    #[arg(long)]
    pub(crate) watch: bool,
}

/// Which nodes something is done to.
#[derive(Clone, Debug, Args)]
pub(crate) struct NodesArgs {
    #[command(flatten)]
    pub(crate) which: Which,
    /// Nodes, such as validator-0, or all
    #[arg(required = true, value_name = "NODE")]
    pub(crate) nodes: Vec<String>,
}

/// How a net is checked.
#[derive(Clone, Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) which: Which,
    /// How long nodes may take to reach the highest height, and again to pass
    /// it
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) seconds: u64,
}

/// How a net is attacked.
#[derive(Clone, Debug, Args)]
pub(crate) struct AttackArgs {
    #[command(flatten)]
    pub(crate) which: Which,
    /// One of the attacks; all of them if none is named
    #[arg(long, value_name = "NAME", value_parser = attack())]
    pub(crate) only: Vec<Attack>,
    /// Connections that are tried
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) connections: u32,
    /// Keys that come from one address
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) identities: u32,
    /// How long what has no count of its own goes on; from 360 on, who reads
    /// nothing must be banned
    #[arg(long, default_value_t = 360, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) seconds: u64,
    /// What keys and addresses of the attackers follow from; drawn if there is
    /// none
    #[arg(long)]
    pub(crate) seed: Option<u64>,
}

/// Whose log is read.
#[derive(Clone, Debug, Args)]
pub(crate) struct LogsArgs {
    #[command(flatten)]
    pub(crate) which: Which,
    /// The node, such as validator-0
    #[arg(value_name = "NODE")]
    pub(crate) node: String,
    /// Go on with what it says from now on, until Ctrl-C
    #[arg(long, short)]
    pub(crate) follow: bool,
}

/// How a net is ended.
#[derive(Clone, Debug, Args)]
pub(crate) struct DownArgs {
    #[command(flatten)]
    pub(crate) which: Which,
    /// Keep the directory: chains, keys and logs
    #[arg(long)]
    pub(crate) keep: bool,
}

fn engine() -> impl TypedValueParser<Value = ConsensusKind> {
    PossibleValuesParser::new(ConsensusKind::ALL.map(ConsensusKind::as_str)).map(|text| {
        ConsensusKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .expect("only the names of engines are possible")
    })
}

fn attack() -> impl TypedValueParser<Value = Attack> {
    PossibleValuesParser::new(Attack::ALL.map(Attack::as_str)).map(|text| {
        Attack::ALL
            .into_iter()
            .find(|attack| attack.as_str() == text)
            .expect("only the names of attacks are possible")
    })
}
