//! `pyralog proof …` and `pyralog light …`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use pyralog_primitives::action::Name;
use pyralog_primitives::{Hash, LeafIndex, TransactionId};

use crate::describe::EntryKey;
use crate::party::Party;
use crate::timeout::Timeout;

#[derive(Debug, Subcommand)]
pub(crate) enum ProofVerb {
    /// Fetch a proof and write it to a file
    #[command(
        subcommand,
        after_help = "\
Whoever has the file and the genesis document needs no node to check it.

Examples:
  pyralog proof save account alice alice.proof
  pyralog proof save receipt 5f0c…9a receipt.proof
  pyralog light verify alice.proof --genesis net.toml"
    )]
    Save(ProofSubject),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProofSubject {
    /// What an account holds
    Account {
        /// An address, the name of a key here, or dev-0 … dev-9
        #[arg(value_name = "ADDRESS")]
        account: Party,
        #[command(flatten)]
        target: ProofTarget,
    },
    /// The value under a key, or that there is none
    Entry {
        /// Name of the namespace
        namespace: Name,
        /// The key: text, or hex:…
        key: EntryKey,
        #[command(flatten)]
        target: ProofTarget,
    },
    /// What a transaction did
    Receipt {
        /// Its id: 64 hex digits
        transaction: TransactionId,
        #[command(flatten)]
        target: ProofTarget,
    },
    /// That a transaction is in a block
    Transaction {
        /// Its id: 64 hex digits
        transaction: TransactionId,
        #[command(flatten)]
        target: ProofTarget,
    },
    /// One event of a transaction
    Event {
        /// The id of the transaction: 64 hex digits
        transaction: TransactionId,
        /// Which of its events, counted from 0
        #[arg(value_name = "N")]
        event: LeafIndex,
        #[command(flatten)]
        target: ProofTarget,
    },
    /// An entry of a journal
    JournalEntry {
        /// Name of the journal
        #[arg(value_name = "NAME")]
        journal: Name,
        /// Which entry, counted from 0
        index: LeafIndex,
        #[command(flatten)]
        target: ProofTarget,
    },
    /// Since when a document is notarized, and by whom, or that it is not
    Notarization {
        /// The BLAKE3 hash of the document: 64 hex digits
        digest: Hash,
        #[command(flatten)]
        target: ProofTarget,
    },
    /// How many blocks a validator did not sign for, or that it never missed
    Attendance {
        /// Its address, or the name of its key here
        #[arg(value_name = "ADDRESS")]
        validator: Party,
        #[command(flatten)]
        target: ProofTarget,
    },
}

/// Where a proof goes.
#[derive(Debug, Args)]
pub(crate) struct ProofTarget {
    /// Where to write it, - for standard output
    pub(crate) file: PathBuf,
    /// Replace FILE if it exists
    #[arg(long)]
    pub(crate) force: bool,
    /// How long to wait if there is no proof yet, such as 500ms, 30s or 5m
    #[arg(long, default_value = "30s", value_name = "TIME")]
    pub(crate) timeout: Timeout,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LightVerb {
    /// Check a proof file, and say what it proves
    #[command(after_help = "\
Nothing is asked of any node. Take the genesis document from where you trust it,
or compare its hash (`pyralog genesis hash`) with one that you trust. The
validators that are believed are those of genesis.

Examples:
  pyralog light verify alice.proof --genesis net.toml
  pyralog light verify - --genesis net.toml --output json < alice.proof")]
    Verify(VerifyProof),
}

#[derive(Debug, Args)]
pub(crate) struct VerifyProof {
    /// The proof file, - for standard input
    pub(crate) file: PathBuf,
    /// The genesis document of the network
    #[arg(long, value_name = "FILE")]
    pub(crate) genesis: PathBuf,
}
