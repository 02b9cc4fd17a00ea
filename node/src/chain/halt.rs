//! Why a node stops by itself.

use pyralog_chain::CheckError;
use pyralog_driver::{BuildError, FinalizeError};
use pyralog_store::{CommitError, PruneError, ReadError, Stopped};

use crate::exit::Exit;

/// Why a node stops by itself. The operator must act.
#[derive(Debug, thiserror::Error)]
pub enum Halt {
    /// A write failed; the chain on disk ends with the last block before it.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// The store refused a block that is final.
    #[error("the store refused a final block: {0}; do not start again before you know why")]
    Commit(CommitError),
    /// Old blocks could not be forgotten.
    #[error("pruning failed: {0}")]
    Prune(PruneError),
    /// No block could be built.
    #[error("no block can be built: {0}; do not start again before you know why")]
    Build(BuildError<ReadError>),
    /// The state cannot be read, so a proposed block cannot be examined.
    #[error("a proposed block cannot be examined: {0}")]
    Examine(CheckError<ReadError>),
    /// The ledger refused to make a block final.
    #[error("a decided block cannot be made final: {0}; do not start again before you know why")]
    Finalize(FinalizeError<ReadError>),
    /// What this validator says and signs cannot be written down.
    #[error(transparent)]
    Driver(#[from] pyralog_driver::Halt),
    /// The state cannot be read.
    #[error("the state cannot be read: {0}")]
    Read(String),
    /// A thread of the node has ended where it should not.
    #[error("the {thread} thread has ended by a panic: see above, and report it")]
    Panic {
        /// Which thread.
        thread: &'static str,
    },
}

impl Halt {
    /// How the program ends.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Stopped(_)
            | Self::Prune(_)
            | Self::Read(_)
            | Self::Examine(_)
            | Self::Driver(_)
            | Self::Build(BuildError::Own(CheckError::State(_)))
            | Self::Finalize(FinalizeError::Diverged {
                error: CheckError::State(_),
                ..
            }) => Exit::Io,
            // To start again would lead here again.
            Self::Commit(_) | Self::Build(_) | Self::Finalize(_) => Exit::Invariant,
            Self::Panic { .. } => Exit::Runtime,
        }
    }
}
