//! Why a proof file proves nothing, and whom that tells not to believe.

use pyralog_primitives::chain_proof::ChainProofError;
use pyralog_primitives::codec::DecodeError;
use serde::Serialize;

/// What every proof file begins with, before two bytes of version.
const MAGIC: &[u8] = b"PYRPRF";

/// The version that this program reads.
const VERSION: u16 = 1;

/// Why a proof file is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProofRefusal {
    #[error("{file} is no proof file, which begins with PYRPRF; `pyralog proof save` writes one")]
    OtherFile { file: String },
    #[error(
        "{file} is a proof file of version {found}, and this program reads version {VERSION}: \
         get a newer program"
    )]
    OtherVersion { file: String, found: u16 },
    #[error("{file} is damaged, or made by someone who hopes that it is not read: {problem}")]
    Damaged { file: String, problem: DecodeError },
    #[error("{file} proves nothing: {problem} ({}). {}", step.sentence(), step.whom())]
    Broken {
        file: String,
        step: Step,
        problem: ChainProofError,
    },
}

/// A step of the path from a claim to the genesis document, in the order in
/// which they are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    File,
    Network,
    Claim,
    Block,
    Validators,
    Signatures,
}

impl Step {
    const fn sentence(self) -> &'static str {
        match self {
            Self::File => "the file cannot be read",
            Self::Network => "step 1 of 5, from the header to the genesis document",
            Self::Claim => "step 2 of 5, from the claim to a root in the header",
            Self::Block => "step 3 of 5, from the header to the certificate",
            Self::Validators => "step 4 of 5, from the header to the validators of genesis",
            Self::Signatures => "step 5 of 5, from the certificate to their signatures",
        }
    }

    const fn whom(self) -> &'static str {
        match self {
            Self::Network => {
                "If you want to know about that network, get its genesis document from people \
                 whom you trust"
            }
            Self::Validators => {
                "Unless the validators have changed since genesis, do not believe who gave you \
                 the file"
            }
            Self::File | Self::Claim | Self::Block | Self::Signatures => {
                "Do not believe who gave you the file"
            }
        }
    }
}

impl ProofRefusal {
    /// What is wrong with bytes that do not decode.
    pub(crate) fn of_bytes(file: String, bytes: &[u8], problem: DecodeError) -> Self {
        let Some(rest) = bytes.strip_prefix(MAGIC) else {
            return Self::OtherFile { file };
        };
        match rest
            .first_chunk()
            .map(|version| u16::from_le_bytes(*version))
        {
            Some(found) if found != VERSION => Self::OtherVersion { file, found },
            _ => Self::Damaged { file, problem },
        }
    }

    /// What a refused path says.
    pub(crate) fn of_path(file: String, problem: ChainProofError) -> Self {
        let step = match problem {
            ChainProofError::WrongNetwork { .. } => Step::Network,
            ChainProofError::List(_)
            | ChainProofError::State(_)
            | ChainProofError::NotInTree
            | ChainProofError::EventOfFailure
            | ChainProofError::NotAJournal => Step::Claim,
            ChainProofError::OtherBlock { .. } => Step::Block,
            ChainProofError::OtherValidators { .. } => Step::Validators,
            ChainProofError::Certificate(_) => Step::Signatures,
        };
        Self::Broken {
            file,
            step,
            problem,
        }
    }

    /// Where the path broke.
    pub(crate) const fn step(&self) -> Step {
        match self {
            Self::OtherFile { .. } | Self::OtherVersion { .. } | Self::Damaged { .. } => Step::File,
            Self::Broken { step, .. } => *step,
        }
    }
}
