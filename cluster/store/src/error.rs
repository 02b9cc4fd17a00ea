//! What can go wrong, where, and who must act.
//!
//! Three kinds of blame:
//! - the *operator*: the disk is full, broken or was changed; the directory is
//!   another one than was meant. All of [`OpenError`], [`ReadError`] and
//!   [`Stopped`];
//! - the *caller*: a block that does not follow the head, a height that is not
//!   kept. The other variants of the errors of each operation;
//! - nobody: a height that is [`AtError::NotYet`] there.

use std::path::PathBuf;

use pyralog_primitives::{BlockId, GenesisHash, Height, StateRoot};

use crate::family::Family;
use crate::rows::Damage;

/// A read that the disk did not answer truthfully. The operator must act: the
/// store is to be restored from a snapshot or a copy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The files of a family could not be read, or their checksums are wrong.
    #[error("family {family} cannot be read: {cause}; check the disk, then restore the store")]
    Unreadable {
        /// The family.
        family: Family,
        /// What the storage engine says, naming the file.
        cause: String,
    },
    /// A row does not hold what its family holds.
    #[error("family {family} is damaged at {row}: {damage}; restore the store")]
    Damaged {
        /// The family.
        family: Family,
        /// The key of the row, in hex.
        row: String,
        /// What is wrong.
        damage: Damage,
    },
}

/// A write failed earlier, so nothing is written any more. The operator must
/// act: see to the disk, then start again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store is stopped: {doing} failed: {cause}; see to the disk, then start again")]
pub struct Stopped {
    /// What was being done when the first write failed.
    pub doing: String,
    /// Why it failed.
    pub cause: String,
}

/// Why a store was not opened. Nothing in its directory was changed. The
/// operator must act.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory holds something else.
    #[error("{} is not a store, and not empty: it holds {found}", dir.display())]
    NotAStore {
        /// The directory.
        dir: PathBuf,
        /// The name of something in it.
        found: String,
    },
    /// The store of another network.
    #[error(
        "{} holds the chain of genesis {found}; this node follows genesis {expected}",
        dir.display()
    )]
    ForeignChain {
        /// The directory.
        dir: PathBuf,
        /// The chain it holds.
        found: GenesisHash,
        /// The chain that was asked for.
        expected: GenesisHash,
    },
    /// Made by a later version of this program.
    #[error("{} has format {found}; this program reads format {ours}: update it", dir.display())]
    NewerFormat {
        /// The directory.
        dir: PathBuf,
        /// Its format.
        found: u32,
        /// The format of this program.
        ours: u32,
    },
    /// Made by an earlier version of this program.
    #[error(
        "{} has format {found}; this program reads format {ours}: migrate it first",
        dir.display()
    )]
    OlderFormat {
        /// The directory.
        dir: PathBuf,
        /// Its format.
        found: u32,
        /// The format of this program.
        ours: u32,
    },
    /// Another process, or another part of this one, has it open.
    #[error("{} is in use by {}", dir.display(), show_holder(*pid))]
    InUse {
        /// The directory.
        dir: PathBuf,
        /// The process that has it, if it says so.
        pid: Option<u32>,
    },
    /// A file of the store is not as it was written.
    #[error("{} is damaged: {cause}; restore the store", path.display())]
    Damaged {
        /// The file, or the directory if it is not known which.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
    /// Acknowledged writes are not there.
    #[error(
        "{} has lost writes: {acknowledged} were acknowledged, {found} are there ({cause}); \
         restore the store",
        dir.display()
    )]
    LostWrites {
        /// The directory.
        dir: PathBuf,
        /// Writes that were acknowledged.
        acknowledged: u64,
        /// Writes that are there.
        found: u64,
        /// What the storage engine says about its log.
        cause: String,
    },
    /// The file system refused.
    #[error("{doing} {} failed", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// With which file or directory.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// A row could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A rollback that had begun could not be finished.
    #[error("a rollback to height {to} had begun and cannot be finished")]
    Rollback {
        /// Its end.
        to: Height,
        /// Why.
        source: Box<RollbackError>,
    },
}

fn show_holder(pid: Option<u32>) -> String {
    pid.map_or("another process".to_owned(), |pid| format!("process {pid}"))
}

/// Why there is no state tree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// The store has no state yet. The caller must give it one.
    #[error("the store has no state yet")]
    NotInitialized,
    /// The values are not those of the root. The operator must act.
    #[error(
        "the state of height {height} has root {found}, but {committed} was committed; \
         restore the store"
    )]
    OtherRoot {
        /// The height of the head.
        height: Height,
        /// The root that was committed.
        committed: StateRoot,
        /// The root over what is there.
        found: StateRoot,
    },
    /// A row could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Why a view was not given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ViewError {
    /// The store has no state yet. The caller must give it one.
    #[error("the store has no state yet")]
    NotInitialized,
    /// A row could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Why the state was not set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InitializeError {
    /// There is a state already.
    #[error("the store has a state already; its head is at height {}", head.height)]
    Initialized {
        /// The head.
        head: crate::Head,
    },
    /// An earlier write, or this one, failed.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// Why a block was not committed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// There is no state yet.
    #[error("the store has no state yet")]
    NotInitialized,
    /// It is not the next height.
    #[error("a block of height {found} does not follow the head; {expected} is next")]
    Height {
        /// The height after the head.
        expected: Height,
        /// The height of the block.
        found: Height,
    },
    /// Its parent is not the head.
    #[error("the parent of the block is {found}, the head is {expected}")]
    Parent {
        /// The head.
        expected: BlockId,
        /// The parent that the block names.
        found: BlockId,
    },
    /// It is of another network.
    #[error("the block is of genesis {found}, the store of {expected}")]
    ForeignChain {
        /// The chain of the store.
        expected: GenesisHash,
        /// The chain of the block.
        found: GenesisHash,
    },
    /// The certificate is for another block.
    #[error("the certificate is for block {certified}, not for {block}")]
    Certificate {
        /// The block.
        block: BlockId,
        /// What the certificate is for.
        certified: BlockId,
    },
    /// There is not one receipt for each transaction.
    #[error("{receipts} receipts do not answer {transactions} transactions")]
    ReceiptCount {
        /// Transactions of the block.
        transactions: usize,
        /// Receipts given.
        receipts: usize,
    },
    /// It could not be read again.
    #[error("a value for family {family} has {bytes} bytes; at most {bytes_max} can be read")]
    TooLong {
        /// Where it belongs.
        family: Family,
        /// Its length.
        bytes: usize,
        /// The most allowed.
        bytes_max: usize,
    },
    /// What it replaces could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An earlier write, or this one, failed.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// Why there is no value as of a height.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AtError {
    /// The height is no longer kept.
    #[error("the state of height {asked} is pruned; the oldest kept is {oldest}")]
    Pruned {
        /// The height asked for.
        asked: Height,
        /// The lowest height that is kept.
        oldest: Height,
    },
    /// The height is not there yet.
    #[error("there is no height {asked} yet; the head is at {head}")]
    NotYet {
        /// The height asked for.
        asked: Height,
        /// The height of the head.
        head: Height,
    },
    /// The store has no state yet.
    #[error("the store has no state yet")]
    NotInitialized,
    /// A row could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl From<ViewError> for AtError {
    fn from(error: ViewError) -> Self {
        match error {
            ViewError::NotInitialized => Self::NotInitialized,
            ViewError::Read(error) => Self::Read(error),
        }
    }
}

/// Why nothing was pruned, or not all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PruneError {
    /// The head is always kept.
    #[error("height {keep_from} is above the head, {head}, which is always kept")]
    AboveHead {
        /// The lowest height to keep.
        keep_from: Height,
        /// The height of the head.
        head: Height,
    },
    /// The store has no state yet.
    #[error("the store has no state yet")]
    NotInitialized,
    /// A row could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An earlier write, or this one, failed.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// Why the store was not rolled back, or not all the way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RollbackError {
    /// Nothing lower is kept.
    #[error("height {to} is pruned; the oldest kept is {oldest}")]
    Pruned {
        /// The height asked for.
        to: Height,
        /// The lowest height that is kept.
        oldest: Height,
    },
    /// The head is lower already.
    #[error("height {to} is above the head, {head}")]
    AboveHead {
        /// The height asked for.
        to: Height,
        /// The height of the head.
        head: Height,
    },
    /// The store has no state yet.
    #[error("the store has no state yet")]
    NotInitialized,
    /// A row could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An earlier write, or this one, failed.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}
