//! `pyralog keys …`

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use pyralog_genesis::ChainId;
use pyralog_keys::{AccountIndex, Description};
use pyralog_primitives::Signature;

use super::PasswordSource;
use crate::input::Source;
use crate::key_name::{KeyName, Signer};

#[derive(Debug, Subcommand)]
pub(crate) enum KeysVerb {
    /// Make a key and show its mnemonic once
    #[command(after_help = "\
The mnemonic goes to standard output, on a line of its own: write it down, it
is the only way back when the file or its password is lost.

Examples:
  pyralog keys new alice
  pyralog keys new bob --words 12 --password-file bob.password")]
    New(NewKey),
    /// Add a key from its mnemonic or from a key file
    #[command(after_help = "\
The mnemonic is asked for on the terminal or read from standard input, and
never taken as an argument, which every user of the machine can read.

Examples:
  pyralog keys import alice
  pyralog keys import alice --keystore backup/alice.json
  pass show alice-mnemonic | pyralog keys import alice --password-file alice.password")]
    Import(ImportKey),
    /// List the keys that are here
    List,
    /// Show a key's public parts; asks for no password
    #[command(after_help = "\
Examples:
  pyralog keys show alice
  pyralog genesis add-account net.toml \"$(pyralog keys show alice --address)\" 500")]
    Show(ShowKey),
    /// Print a key's encrypted file, to back it up or move it
    #[command(after_help = "\
Examples:
  pyralog keys export alice > alice-backup.json
  pyralog keys export alice --unencrypted --yes")]
    Export(ExportKey),
    /// Sign a text or file
    #[command(after_help = "\
Every byte counts, also a line break at the end. The signature is for texts
only: it cannot be used as one of a transaction or vote.

Examples:
  pyralog keys sign alice \"I own this domain\"
  pyralog keys sign alice --file release.tar.gz
  git log -1 | pyralog keys sign alice -")]
    Sign(SignText),
    /// Check a signature over a text or file
    #[command(after_help = "\
Examples:
  pyralog keys verify alice $SIGNATURE \"I own this domain\"
  pyralog keys verify 3b6a27bc…29 $SIGNATURE --file release.tar.gz")]
    Verify(VerifyText),
    /// Prove for a genesis document that a validator holds its key
    #[command(after_help = "\
Run this where the key is, and give both values to whoever writes the genesis:
  pyralog keys possession alice --chain-id my-net
  pyralog genesis add-validator net.toml --name Alice --stake 1000 \\
      --public-key … --possession …")]
    Possession(Possession),
}

/// How many words a new mnemonic has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Words {
    /// 128 bits
    #[value(name = "12")]
    Twelve,
    /// 256 bits
    #[default]
    #[value(name = "24")]
    TwentyFour,
}

#[derive(Debug, Args)]
pub(crate) struct NewKey {
    /// Name of the new key: a-z, 0-9, '.', '_' and '-'
    pub(crate) name: KeyName,
    /// Words of the mnemonic
    #[arg(long, value_enum, default_value_t, value_name = "COUNT")]
    pub(crate) words: Words,
    #[command(flatten)]
    pub(crate) origin: KeyOrigin,
    #[command(flatten)]
    pub(crate) password: PasswordSource,
}

/// What a mnemonic leaves open about a key.
#[derive(Debug, Args)]
pub(crate) struct KeyOrigin {
    /// Which of the accounts under the mnemonic
    #[arg(long, value_parser = account, default_value = "0", value_name = "N")]
    pub(crate) account: AccountIndex,
    /// A line about the key; readable without the password
    #[arg(
        long,
        default_value = "",
        hide_default_value = true,
        value_name = "TEXT"
    )]
    pub(crate) description: Description,
}

fn account(text: &str) -> Result<AccountIndex, String> {
    let number = text.parse().map_err(|_| "not a number below 2³¹")?;
    AccountIndex::new(number).map_err(|error| error.to_string())
}

#[derive(Debug, Args)]
pub(crate) struct ImportKey {
    /// Name of the new key: a-z, 0-9, '.', '_' and '-'
    pub(crate) name: KeyName,
    /// Take the key from an encrypted key file, - for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["account", "description"])]
    pub(crate) keystore: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) origin: KeyOrigin,
    #[command(flatten)]
    pub(crate) password: PasswordSource,
}

#[derive(Debug, Args)]
pub(crate) struct ShowKey {
    /// Name of the key
    pub(crate) name: KeyName,
    /// Print only the public key
    #[arg(long)]
    pub(crate) public_key: bool,
    /// Print only the address
    #[arg(long, conflicts_with = "public_key")]
    pub(crate) address: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ExportKey {
    /// Name of the key
    pub(crate) name: KeyName,
    /// Print the secret seed in hex instead: whoever sees it owns the key
    #[arg(long)]
    pub(crate) unencrypted: bool,
    /// Confirm --unencrypted
    #[arg(long, requires = "unencrypted")]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) password: PasswordSource,
}

/// The text that is signed.
#[derive(Debug, Args)]
pub(crate) struct Payload {
    /// The text, - for standard input [default: standard input]
    pub(crate) text: Option<String>,
    /// Take the bytes of FILE, - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    pub(crate) file: Option<PathBuf>,
}

impl Payload {
    pub(crate) fn source(&self) -> Source<'_> {
        Source::new(self.text.as_deref(), self.file.as_deref())
    }
}

#[derive(Debug, Args)]
pub(crate) struct SignText {
    /// Name of the key
    pub(crate) name: KeyName,
    #[command(flatten)]
    pub(crate) payload: Payload,
    #[command(flatten)]
    pub(crate) password: PasswordSource,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyText {
    /// Public key, or name or address of a key that is here
    pub(crate) key: Signer,
    /// The signature, in hex
    pub(crate) signature: Signature,
    #[command(flatten)]
    pub(crate) payload: Payload,
}

#[derive(Debug, Args)]
pub(crate) struct Possession {
    /// Name of the key
    pub(crate) name: KeyName,
    /// The network that the validator is for
    #[arg(long, value_name = "ID")]
    pub(crate) chain_id: ChainId,
    #[command(flatten)]
    pub(crate) password: PasswordSource,
}
