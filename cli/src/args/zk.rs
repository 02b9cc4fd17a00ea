//! `pyralog zk …`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use pyralog_genesis::ChainId;

use crate::zk::catalog::Known;

#[derive(Debug, Subcommand)]
pub(crate) enum ZkVerb {
    /// Prove a claim
    #[command(after_help = "\
The claim is what everybody may know; the witness shows that it is so. Both are
JSON documents that name the statement. What the claim leaves out and follows
from the witness is filled in, and written with --save-claim.

Proving takes from a second to minutes, and one core. Ctrl-C ends it, with exit
code 130; files appear when they are whole.

Examples:
  pyralog zk prove bid.proof --claim bid.json --witness bid.secret.json \\
    --key bid.key --save-claim bid.claim.json
  pyralog zk prove batch.proof --claim batch.json --witness records.json")]
    Prove(ProveClaim),
    /// Check a proof of a claim
    #[command(after_help = "\
Bring the claim yourself, or read it before you believe it: a proof says that
the claim is so, and nothing of what you had in mind. What stays yours to check
is printed with each proof that holds.

Examples:
  pyralog zk verify batch.proof --claim batch.claim.json
  pyralog zk verify bid.proof --claim bid.claim.json \\
    --verifying-key bid.vk.json --genesis net.toml")]
    Verify(VerifyClaim),
    /// List what can be proved
    #[command(after_help = "\
Examples:
  pyralog zk statements
  pyralog zk statements sealed-bid
  pyralog zk statements --output json")]
    Statements(ListStatements),
    /// Make the key of a statement for development: UNSAFE
    #[command(after_help = "\
The key is made from a public seed: everybody has the same one, and everybody
forges proofs for it. Only networks whose chain id begins with dev- take it.
Statements that are proved by STARKs need no key.

Examples:
  pyralog zk setup sealed-bid --key bid.key --verifying-key bid.vk.json")]
    Setup(SetUp),
}

#[derive(Debug, Args)]
pub(crate) struct ProveClaim {
    /// Where to write the proof, - for standard output
    #[arg(value_name = "PROOF")]
    pub(crate) proof: PathBuf,
    /// What is claimed, - for standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) claim: PathBuf,
    /// What shows it, - for standard input; keep it to yourself
    #[arg(long, value_name = "FILE")]
    pub(crate) witness: PathBuf,
    /// The proving key, if the statement needs one
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// Where to write the claim, complete
    #[arg(long, value_name = "FILE")]
    pub(crate) save_claim: Option<PathBuf>,
    /// Replace files that exist
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyClaim {
    /// The file of the proof, - for standard input
    #[arg(value_name = "PROOF")]
    pub(crate) proof: PathBuf,
    /// What is claimed, - for standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) claim: PathBuf,
    /// The verifying key, if the statement needs one
    #[arg(long, value_name = "FILE")]
    pub(crate) verifying_key: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) network: Network,
}

/// The network for which a proof is checked.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct Network {
    /// The genesis document of the network for which it is checked
    #[arg(long, value_name = "FILE")]
    pub(crate) genesis: Option<PathBuf>,
    /// The chain id alone; then nobody compares which network the claim names
    #[arg(long, value_name = "ID")]
    pub(crate) chain_id: Option<ChainId>,
}

#[derive(Debug, Args)]
pub(crate) struct ListStatements {
    /// Only this one
    #[arg(value_enum)]
    pub(crate) statement: Option<Known>,
}

#[derive(Debug, Args)]
pub(crate) struct SetUp {
    /// The statement
    #[arg(value_enum)]
    pub(crate) statement: Known,
    /// Where to write the proving key
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Where to write its verifying half
    #[arg(long, value_name = "FILE")]
    pub(crate) verifying_key: PathBuf,
    /// Replace files that exist
    #[arg(long)]
    pub(crate) force: bool,
}
