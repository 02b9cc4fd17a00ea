//! `pyralog validator …`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use pyralog_primitives::GenesisHash;

use crate::party::Party;

#[derive(Debug, Subcommand)]
pub(crate) enum ValidatorVerb {
    /// What keeps a key from signing two things in one place
    #[command(subcommand)]
    Guard(GuardVerb),
}

#[derive(Debug, Subcommand)]
pub(crate) enum GuardVerb {
    /// Show up to where keys have signed
    #[command(after_help = "\
Examples:
  pyralog validator guard show
  pyralog validator guard show alice --output json")]
    Show(ShowGuard),
    /// Write down what a key has signed, to take it to another machine
    #[command(after_help = "\
Stop the node that signs with the key first, and never start it with this key
again: what it signs after the export, the other machine does not know.

Examples:
  pyralog validator guard export alice alice.guard.json
  pyralog validator guard export alice | ssh elsewhere pyralog validator guard import alice -")]
    Export(ExportGuard),
    /// Take in what a key has signed on another machine
    #[command(after_help = "\
What is known here already stays: an import only ever raises the place below
which nothing is signed.

Examples:
  pyralog validator guard import alice alice.guard.json")]
    Import(ImportGuard),
}

#[derive(Debug, Args)]
pub(crate) struct ShowGuard {
    /// Only of this key: its name or its address, pyr1…
    pub(crate) key: Option<Party>,
}

#[derive(Debug, Args)]
pub(crate) struct ExportGuard {
    /// The key: its name or its address, pyr1…
    pub(crate) key: Party,
    /// Where to write [default: standard output]
    pub(crate) file: Option<PathBuf>,
    /// The network, if the key validates on several
    #[arg(long, value_name = "HASH")]
    pub(crate) genesis: Option<GenesisHash>,
    /// Replace FILE if it exists
    #[arg(long, requires = "file")]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ImportGuard {
    /// The key: its name or its address, pyr1…
    pub(crate) key: Party,
    /// What was exported, - for standard input
    pub(crate) file: PathBuf,
}
