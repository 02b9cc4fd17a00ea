//! `pyralog query …`

use clap::{Args, Subcommand};
use pyralog_primitives::action::Name;
use pyralog_primitives::{Height, LeafIndex, TransactionId};

use super::Document;
use crate::describe::EntryKey;
use crate::party::Party;

#[derive(Debug, Subcommand)]
pub(crate) enum QueryVerb {
    /// What an account holds
    #[command(after_help = "\
Examples:
  pyralog query account alice
  pyralog query account pyr1… --height 7 --output json")]
    Account(QueryAccount),
    /// The value under a key
    #[command(after_help = "\
Standard output is the value: as text, or in hex if it is none. With --raw it is
its very bytes.

Examples:
  pyralog query entry com.example order/1
  pyralog query entry com.example logo --raw > logo.png")]
    Entry(QueryEntry),
    /// The keys and values of a namespace
    #[command(after_help = "\
Examples:
  pyralog query entries com.example
  pyralog query entries com.example --start order/ --limit 10")]
    Entries(QueryEntries),
    /// Who owns a journal, who may append, and how many entries it has
    #[command(after_help = "\
Examples:
  pyralog query journal audit")]
    Journal(QueryJournal),
    /// An entry of a journal; the first one has index 0
    #[command(after_help = "\
Examples:
  pyralog query journal-entry audit 0
  pyralog query journal-entry audit 41 --raw > entry")]
    JournalEntry(QueryJournalEntry),
    /// Since when a document is notarized, and by whom
    #[command(after_help = "\
Examples:
  pyralog query notarization --file contract.pdf
  pyralog query notarization 5f0c…9a")]
    Notarization(QueryNotarization),
    /// How many blocks a validator did not sign for
    #[command(after_help = "\
Counted are the signatures that blocks show of the block before them.

Examples:
  pyralog query attendance pyr1…
  pyralog query attendance pyr1… --height 7 --output json")]
    Attendance(QueryAttendance),
    /// A block; the last one unless a height is given
    #[command(after_help = "\
Examples:
  pyralog query block
  pyralog query block 7 --output json")]
    Block(QueryBlock),
    /// What a transaction did
    #[command(after_help = "\
Examples:
  pyralog query receipt 5f0c…9a")]
    Receipt(QueryReceipt),
    /// Who votes
    Validators,
}

/// As of when.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct At {
    /// As of the block of this height [default: the last one]
    #[arg(long)]
    pub(crate) height: Option<Height>,
}

#[derive(Debug, Args)]
pub(crate) struct QueryAccount {
    /// An address, the name of a key here, or dev-0 … dev-9
    #[arg(value_name = "ADDRESS")]
    pub(crate) account: Party,
    #[command(flatten)]
    pub(crate) at: At,
}

#[derive(Debug, Args)]
pub(crate) struct QueryEntry {
    /// Name of the namespace
    pub(crate) namespace: Name,
    /// The key: text, or hex:…
    pub(crate) key: EntryKey,
    /// Give the very bytes of the value
    #[arg(long)]
    pub(crate) raw: bool,
    #[command(flatten)]
    pub(crate) at: At,
}

#[derive(Debug, Args)]
pub(crate) struct QueryEntries {
    /// Name of the namespace
    pub(crate) namespace: Name,
    /// The first key that is wanted: text, or hex:…
    #[arg(long, value_name = "KEY")]
    pub(crate) start: Option<EntryKey>,
    /// How many are wanted [default: as many as the node gives at once]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct QueryJournal {
    /// Name of the journal
    #[arg(value_name = "NAME")]
    pub(crate) journal: Name,
    #[command(flatten)]
    pub(crate) at: At,
}

#[derive(Debug, Args)]
pub(crate) struct QueryJournalEntry {
    /// Name of the journal
    #[arg(value_name = "NAME")]
    pub(crate) journal: Name,
    /// Which entry, counted from 0
    pub(crate) index: LeafIndex,
    /// Give the very bytes of the entry
    #[arg(long)]
    pub(crate) raw: bool,
    #[command(flatten)]
    pub(crate) at: At,
}

#[derive(Debug, Args)]
pub(crate) struct QueryNotarization {
    #[command(flatten)]
    pub(crate) document: Document,
    #[command(flatten)]
    pub(crate) at: At,
}

#[derive(Debug, Args)]
pub(crate) struct QueryAttendance {
    /// Its address, or the name of its key here
    #[arg(value_name = "ADDRESS")]
    pub(crate) validator: Party,
    #[command(flatten)]
    pub(crate) at: At,
}

#[derive(Debug, Args)]
pub(crate) struct QueryBlock {
    /// Its height
    pub(crate) height: Option<Height>,
}

#[derive(Debug, Args)]
pub(crate) struct QueryReceipt {
    /// The id of the transaction: 64 hex digits
    pub(crate) transaction: TransactionId,
}
