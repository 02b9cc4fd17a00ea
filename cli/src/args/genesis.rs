//! `pyralog genesis …`

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use pyralog_genesis::{ChainId, ConsensusKind, ValidatorName};
use pyralog_primitives::{Address, Amount, PublicKey, Signature};

use super::PasswordSource;
use crate::key_name::KeyName;

#[derive(Debug, Subcommand)]
pub(crate) enum GenesisVerb {
    /// Write a document with every default as a comment
    #[command(after_help = "\
Examples:
  pyralog genesis new --chain-id my-net net.toml
  pyralog genesis new --chain-id dev-local --consensus solo | less")]
    New(NewGenesis),
    /// Check a document and list all its mistakes
    #[command(after_help = "\
Examples:
  pyralog genesis validate net.toml
  pyralog genesis validate --output json - < net.toml")]
    Validate(ReadGenesis),
    /// Print the hash that names the network
    #[command(after_help = "\
All participants must get the same hash. Comments, order and bootstrap peers do
not change it.

Examples:
  pyralog genesis hash net.toml")]
    Hash(ReadGenesis),
    /// Give an account tokens at the beginning
    #[command(after_help = "\
Examples:
  pyralog genesis add-account net.toml \"$(pyralog keys show alice --address)\" 500
  pyralog genesis add-account net.toml pyr1… 0.25")]
    AddAccount(AddAccount),
    /// Let a validator vote from the beginning
    #[command(after_help = "\
The stake comes on top of the balance of any account. With --key the proof that
the validator holds its key is made here; with --public-key and --possession it
was made elsewhere by `pyralog keys possession`.

Examples:
  pyralog genesis add-validator net.toml --name Alice --key alice --stake 1000
  pyralog genesis add-validator net.toml --name Bob --stake 1000 \\
      --public-key … --possession …")]
    AddValidator(AddValidator),
    /// Write the document that a node has
    #[command(after_help = "\
The hash names the network: compare it with one that you have from people whom
you trust, for the node could give you any document.

Examples:
  pyralog genesis fetch net.toml
  pyralog genesis fetch --node http://198.51.100.7:26657 | less")]
    Fetch(FetchGenesis),
}

#[derive(Debug, Args)]
pub(crate) struct NewGenesis {
    /// Name of the network: 3 to 32 of a-z, 0-9 and '-'
    #[arg(long, value_name = "ID")]
    pub(crate) chain_id: ChainId,
    /// What decides which block is next
    #[arg(long, value_parser = consensus(), default_value = "tendermint", value_name = "KIND")]
    pub(crate) consensus: ConsensusKind,
    /// When the network begins, such as 2026-11-21T00:00:00Z [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) time: Option<String>,
    /// Where to write [default: standard output]
    pub(crate) file: Option<PathBuf>,
    /// Replace FILE if it exists
    #[arg(long, requires = "file")]
    pub(crate) force: bool,
}

fn consensus() -> impl TypedValueParser<Value = ConsensusKind> {
    PossibleValuesParser::new(ConsensusKind::ALL.map(ConsensusKind::as_str)).map(|text| {
        ConsensusKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .expect("the parser admits only names of kinds")
    })
}

#[derive(Debug, Args)]
pub(crate) struct ReadGenesis {
    /// The document, - for standard input
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct AddAccount {
    /// The document; - reads standard input and writes standard output
    pub(crate) file: PathBuf,
    /// Whose account it is, pyr1…
    pub(crate) address: Address,
    /// How many tokens, such as 500 or 0.25
    #[arg(value_name = "TOKENS")]
    pub(crate) balance: Amount,
}

#[derive(Debug, Args)]
pub(crate) struct AddValidator {
    /// The document; - reads standard input and writes standard output
    pub(crate) file: PathBuf,
    /// What people call the validator
    #[arg(long)]
    pub(crate) name: ValidatorName,
    /// Tokens that it binds: one vote for each whole token
    #[arg(long, value_name = "TOKENS")]
    pub(crate) stake: Amount,
    /// The validator's key, by the name it has here
    #[arg(
        long,
        value_name = "NAME",
        required_unless_present = "public_key",
        conflicts_with_all = ["public_key", "possession"],
    )]
    pub(crate) key: Option<KeyName>,
    /// The validator's public key, if its secret is elsewhere
    #[arg(long, value_name = "HEX", requires = "possession")]
    pub(crate) public_key: Option<PublicKey>,
    /// The proof that the validator holds the secret
    #[arg(long, value_name = "HEX", requires = "public_key")]
    pub(crate) possession: Option<Signature>,
    #[command(flatten)]
    pub(crate) password: PasswordSource,
}

#[derive(Debug, Args)]
pub(crate) struct FetchGenesis {
    /// Where to write [default: standard output]
    pub(crate) file: Option<PathBuf>,
    /// Replace FILE if it exists
    #[arg(long, requires = "file")]
    pub(crate) force: bool,
}
