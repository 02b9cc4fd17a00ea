//! The command line, one group of verbs for each file.

mod following;
mod genesis;
mod keys;
mod peers;
mod proofs;
mod queries;
mod transactions;
mod validator;
mod zk;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

pub(crate) use following::{FollowEvents, WaitApi};
pub(crate) use genesis::{AddAccount, AddValidator, FetchGenesis, GenesisVerb, NewGenesis};
pub(crate) use keys::{
    ExportKey, ImportKey, KeyOrigin, KeysVerb, NewKey, Payload, Possession, ShowKey, SignText,
    VerifyText, Words,
};
pub(crate) use peers::{AddPeer, BanPeer, PeersVerb, UnbanPeer};
pub(crate) use proofs::{LightVerb, ProofSubject, ProofTarget, ProofVerb, VerifyProof};
pub(crate) use queries::{
    At, QueryAccount, QueryAttendance, QueryBlock, QueryEntries, QueryEntry, QueryJournal,
    QueryJournalEntry, QueryNotarization, QueryReceipt, QueryVerb,
};
pub(crate) use transactions::{Document, Sending, TransactionWait, TxVerb};
pub(crate) use validator::{ExportGuard, GuardVerb, ImportGuard, ShowGuard, ValidatorVerb};
pub(crate) use zk::{ListStatements, ProveClaim, SetUp, VerifyClaim, ZkVerb};

use crate::endpoint::NodeUrl;
use crate::output::Format;

/// The command line of Pyralog, a decentralized autonomous database.
#[derive(Debug, Parser)]
#[command(
    name = "pyralog",
    version,
    arg_required_else_help = true,
    after_help = "\
Examples:
  pyralog status                             ask the node on this machine
  pyralog tx transfer dev-1 5 --from dev-0 --wait
  pyralog query account dev-1
  pyralog proof save account dev-1 dev-1.proof
  pyralog genesis fetch net.toml
  pyralog light verify dev-1.proof --genesis net.toml
  pyralog events --name transfer
  pyralog keys new alice                     make a key
  pyralog genesis new --chain-id my-net net.toml

Exit codes: 0 done, 1 it did not work, 2 wrong usage, 69 no node answers, 73
another process has the file, 74 reading or writing failed or a file is
damaged, 78 the genesis document is wrong; 130 interrupted by Ctrl-C."
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What every verb understands.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        help = "Directory of keys and data [default: $PYRALOG_HOME, else pyralog in \
                $XDG_DATA_HOME or ~/.local/share]"
    )]
    pub(crate) home: Option<PathBuf>,
    #[arg(
        long,
        global = true,
        value_name = "URL",
        help = "Node to ask, http://… or ws://… [default: $PYRALOG_NODE, else what a running \
                node has written to endpoint in the directory, else http://127.0.0.1:26657]"
    )]
    pub(crate) node: Option<NodeUrl>,
    /// Form of the data on standard output
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORM")]
    pub(crate) output: Format,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Make, list and use keys
    #[command(subcommand)]
    Keys(KeysVerb),
    /// Write and check the document that begins a network
    #[command(subcommand)]
    Genesis(GenesisVerb),
    /// Send transactions and learn what became of them
    #[command(subcommand)]
    Tx(TxVerb),
    /// Ask a node what is on the chain
    #[command(subcommand)]
    Query(QueryVerb),
    /// Follow what happens on the chain
    #[command(after_help = "\
Each line begins with a cursor, the place of the event. After a lost connection
it goes on behind the last one; to go on later, give it with --after.

Examples:
  pyralog events
  pyralog events --name transfer --address alice
  pyralog events --after 7.0.2 --output json")]
    Events(FollowEvents),
    /// Get proofs that convince whoever has the genesis document
    #[command(subcommand)]
    Proof(ProofVerb),
    /// Check proofs without asking anybody
    #[command(subcommand)]
    Light(LightVerb),
    /// Prove statements and check such proofs, over files
    #[command(subcommand)]
    Zk(ZkVerb),
    /// Care for a validator's key
    #[command(subcommand)]
    Validator(ValidatorVerb),
    /// Care for the peers of a node
    #[command(subcommand)]
    Peers(PeersVerb),
    /// Show how a node stands
    Status,
    /// Wait until a node answers
    #[command(after_help = "\
Examples:
  pyralog-node --dev & pyralog wait-api && pyralog status")]
    WaitApi(WaitApi),
    /// Print completions for a shell
    #[command(after_help = "\
Examples:
  pyralog completions bash > ~/.local/share/bash-completion/completions/pyralog
  pyralog completions zsh > ~/.zfunc/_pyralog
  pyralog completions fish > ~/.config/fish/completions/pyralog.fish")]
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Where the password of a key comes from.
#[derive(Debug, clap::Args)]
pub(crate) struct PasswordSource {
    /// Read the password from the first line of FILE, - for standard input
    /// [default: ask on the terminal]
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }
}
