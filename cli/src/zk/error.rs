//! What can go wrong with proofs over files, each with what to do about it.

use std::path::PathBuf;

use pyralog_setup::KeyFileError;

use super::catalog::Known;
use super::claim::NotSo;
use super::document::DocumentFault;
use super::refusal::ZkRefusal;
use super::task::ProveFault;
use super::worker::Interruption;
use crate::error::CliError;
use crate::exit::Exit;

/// Why a verb of `pyralog zk` failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ZkError {
    #[error("{file}: {problem}")]
    Document {
        file: String,
        problem: DocumentFault,
    },
    #[error("{statement} is proved without a key; leave it out")]
    NoKeyNeeded { statement: Known },
    #[error(
        "{statement} needs its proving key: give --key FILE. `pyralog zk setup {statement}` makes \
         one for development"
    )]
    NeedsProvingKey { statement: Known },
    #[error(
        "{statement} needs its verifying key: give --verifying-key FILE. `pyralog zk setup {statement}` \
         makes one for development"
    )]
    NeedsVerifyingKey { statement: Known },
    #[error(
        "which keys are good depends on the network: give --genesis FILE, or --chain-id ID for \
         one that has no document yet"
    )]
    NeedsNetwork,
    #[error(
        "{claim} leaves out what follows from the witness, and without it nobody can check the \
         proof: give --save-claim FILE"
    )]
    NeedsSaveClaim { claim: String },
    #[error("{claim} is not so, by {witness}: {problem}")]
    NotSo {
        claim: String,
        witness: String,
        problem: NotSo,
    },
    #[error(
        "{} is not the proving key of {statement}: {problem}. `pyralog zk setup` writes it",
        path.display()
    )]
    KeyFile {
        path: PathBuf,
        statement: Known,
        problem: KeyFileError,
    },
    #[error("the circuit of {statement} cannot be put together; please report it")]
    Circuit { statement: Known },
    #[error("no proof was made: {0}")]
    Prove(#[from] ProveFault),
    #[error("{0}; nothing was written")]
    Interrupted(Interruption),
    #[error(transparent)]
    Refused(#[from] ZkRefusal),
}

impl ZkError {
    pub(crate) const fn exit(&self) -> Exit {
        match self {
            Self::NoKeyNeeded { .. }
            | Self::NeedsProvingKey { .. }
            | Self::NeedsVerifyingKey { .. }
            | Self::NeedsNetwork
            | Self::NeedsSaveClaim { .. }
            | Self::Document {
                problem: DocumentFault::OtherKind { .. } | DocumentFault::OtherStatement { .. },
                ..
            } => Exit::Usage,
            Self::Document { .. } | Self::KeyFile { .. } => Exit::Io,
            Self::NotSo { .. } | Self::Circuit { .. } | Self::Prove(_) | Self::Refused(_) => {
                Exit::Runtime
            }
            Self::Interrupted(interruption) => Exit::Interrupted(*interruption),
        }
    }
}

impl CliError {
    pub(crate) fn document(file: String, problem: DocumentFault) -> Self {
        ZkError::Document { file, problem }.into()
    }
}

impl From<ZkError> for CliError {
    fn from(error: ZkError) -> Self {
        Self::Zk(Box::new(error))
    }
}

impl From<ZkRefusal> for CliError {
    fn from(refusal: ZkRefusal) -> Self {
        ZkError::Refused(refusal).into()
    }
}
