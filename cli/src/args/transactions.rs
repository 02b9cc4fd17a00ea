//! `pyralog tx …`

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use pyralog_primitives::action::{Name, Writers};
use pyralog_primitives::{Amount, BlockCount, Hash, Nonce, TransactionId};

use super::PasswordSource;
use crate::describe::EntryKey;
use crate::input::Source;
use crate::party::Party;
use crate::timeout::Timeout;

/// What follows the examples of all verbs that send.
macro_rules! sends {
    ($examples:literal) => {
        concat!(
            $examples,
            "\n
Before anything is signed, the node tries the transaction out: what would fail
is not sent and costs nothing. With --dry-run that is all. A transaction pays
base fee × (bytes + compute) + tip. The fee limit is by default what that would
be at twice the present base fee, so that five full blocks in a row, which raise
it by an eighth each, may come first. What is not needed is not taken."
        )
    };
}

#[derive(Debug, Subcommand)]
pub(crate) enum TxVerb {
    /// Move tokens to an account
    #[command(after_help = sends!("\
Examples:
  pyralog tx transfer bob 12.5 --from alice --wait
  pyralog tx transfer pyr1… 0.25 --from alice --dry-run
  pyralog tx transfer dev-1 5 --from dev-0        on a network for development"))]
    Transfer(Transfer),
    /// Store a value under a key; who is first to write owns the namespace
    #[command(after_help = sends!("\
A key is text, or bytes in hex such as hex:00ff. Every byte of the value counts,
also a line break at the end.

Examples:
  pyralog tx put com.example order/1 '{\"total\":3}' --from alice
  pyralog tx put com.example logo --file logo.png --from alice --wait
  date | pyralog tx put com.example hex:00ff - --from alice"))]
    Put(Put),
    /// Remove a key and its value
    #[command(after_help = sends!("\
Examples:
  pyralog tx delete com.example order/1 --from alice"))]
    Delete(Delete),
    /// Begin an append-only list
    #[command(after_help = sends!("\
Examples:
  pyralog tx open-journal audit --from alice
  pyralog tx open-journal notice-board --writers anyone --from alice"))]
    OpenJournal(OpenJournal),
    /// Add an entry to a journal
    #[command(after_help = sends!("\
Examples:
  pyralog tx append audit \"door opened\" --from alice
  pyralog tx append audit --file report.json --from alice --wait --provable"))]
    Append(Append),
    /// Record that a document existed, by its hash; the document stays here
    #[command(after_help = sends!("\
The hash is plain BLAKE3 over the bytes of the document, which is what `b3sum`
prints. Give it, or the file itself.

Examples:
  pyralog tx notarize --file contract.pdf --from alice --wait --provable
  pyralog tx notarize $(b3sum --no-names contract.pdf) --from alice"))]
    Notarize(Notarize),
    /// Show what is known of a transaction
    #[command(after_help = "\
Examples:
  pyralog tx status 5f0c…9a")]
    Status(TransactionStatus),
    /// Wait until a transaction is final
    #[command(after_help = "\
Ends with 0 if it was applied, and with 1 if it failed, is void, or the time is
over; then the same command goes on waiting.

Examples:
  pyralog tx wait 5f0c…9a
  pyralog tx wait 5f0c…9a --provable --timeout 5m")]
    Wait(TransactionWait),
}

#[derive(Debug, Args)]
pub(crate) struct Transfer {
    /// Who gets it: an address, the name of a key here, or dev-0 … dev-9
    pub(crate) to: Party,
    /// How many tokens, such as 12 or 0.5
    pub(crate) amount: Amount,
    #[command(flatten)]
    pub(crate) sending: Sending,
}

#[derive(Debug, Args)]
pub(crate) struct Put {
    /// Name of the namespace, such as com.example
    pub(crate) namespace: Name,
    /// The key: text, or hex:…
    pub(crate) key: EntryKey,
    /// The value, - for standard input [default: standard input]
    pub(crate) value: Option<String>,
    /// Take the bytes of FILE, - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "value")]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) sending: Sending,
}

impl Put {
    pub(crate) fn source(&self) -> Source<'_> {
        Source::new(self.value.as_deref(), self.file.as_deref())
    }
}

#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// Name of the namespace
    pub(crate) namespace: Name,
    /// The key: text, or hex:…
    pub(crate) key: EntryKey,
    #[command(flatten)]
    pub(crate) sending: Sending,
}

#[derive(Debug, Args)]
pub(crate) struct OpenJournal {
    /// Name of the new journal, such as com.example.audit
    #[arg(value_name = "NAME")]
    pub(crate) journal: Name,
    /// Who may append
    #[arg(long, value_parser = writers(), default_value = "owner", value_name = "WHO")]
    pub(crate) writers: Writers,
    #[command(flatten)]
    pub(crate) sending: Sending,
}

fn writers() -> impl TypedValueParser<Value = Writers> {
    PossibleValuesParser::new(["owner", "anyone"]).map(|text| match text.as_str() {
        "anyone" => Writers::Anyone,
        _ => Writers::Owner,
    })
}

#[derive(Debug, Args)]
pub(crate) struct Append {
    /// Name of the journal
    pub(crate) journal: Name,
    /// The entry, - for standard input [default: standard input]
    pub(crate) entry: Option<String>,
    /// Take the bytes of FILE, - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "entry")]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) sending: Sending,
}

impl Append {
    pub(crate) fn source(&self) -> Source<'_> {
        Source::new(self.entry.as_deref(), self.file.as_deref())
    }
}

#[derive(Debug, Args)]
pub(crate) struct Notarize {
    #[command(flatten)]
    pub(crate) document: Document,
    #[command(flatten)]
    pub(crate) sending: Sending,
}

/// A document, by its hash or itself.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Document {
    /// Its BLAKE3 hash: 64 hex digits
    pub(crate) digest: Option<Hash>,
    /// Hash the bytes of FILE, - for standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// How a transaction is signed, paid and followed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Sending")]
pub(crate) struct Sending {
    /// Who signs and pays: the name or address of a key here, or dev-0 … dev-9
    #[arg(long, value_name = "KEY")]
    pub(crate) from: Party,
    #[command(flatten)]
    pub(crate) password: PasswordSource,
    /// Only try it out: show the fee and what would happen
    #[arg(long, conflicts_with = "wait")]
    pub(crate) dry_run: bool,
    /// Wait until it is final, and show what it did
    #[arg(long)]
    pub(crate) wait: bool,
    /// Wait also until there is a proof of what it did
    #[arg(long, requires = "wait")]
    pub(crate) provable: bool,
    /// How long to wait, such as 500ms, 30s or 5m
    #[arg(long, default_value = "30s", value_name = "TIME")]
    pub(crate) timeout: Timeout,
    /// Tokens for the proposer of the block, to come before others
    #[arg(long, default_value = "0", value_name = "TOKENS")]
    pub(crate) tip: Amount,
    /// The most to pay in all [default: twice what it costs now, and the tip]
    #[arg(long, value_name = "TOKENS")]
    pub(crate) fee_max: Option<Amount>,
    /// Its place among the sender's transactions [default: the next free one]
    #[arg(long, value_name = "N")]
    pub(crate) nonce: Option<Nonce>,
    /// Blocks within which it may be included; after them it is void
    #[arg(long, value_parser = lifetime, default_value = "100", value_name = "BLOCKS")]
    pub(crate) valid_for: BlockCount,
}

impl Sending {
    pub(crate) fn password_file(&self) -> Option<&PathBuf> {
        self.password.password_file.as_ref()
    }
}

fn lifetime(text: &str) -> Result<BlockCount, String> {
    let count: BlockCount = text.parse().map_err(|error| format!("{error}"))?;
    if count == BlockCount::new(0) {
        return Err("it needs at least 1 block".to_owned());
    }
    Ok(count)
}

#[derive(Debug, Args)]
pub(crate) struct TransactionStatus {
    /// Its id: 64 hex digits
    #[arg(value_name = "ID")]
    pub(crate) transaction: TransactionId,
}

#[derive(Debug, Args)]
pub(crate) struct TransactionWait {
    /// Its id: 64 hex digits
    #[arg(value_name = "ID")]
    pub(crate) transaction: TransactionId,
    /// How long to wait, such as 500ms, 30s or 5m
    #[arg(long, default_value = "30s", value_name = "TIME")]
    pub(crate) timeout: Timeout,
    /// Wait also until there is a proof of what it did
    #[arg(long)]
    pub(crate) provable: bool,
}
