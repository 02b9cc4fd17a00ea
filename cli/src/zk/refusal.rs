//! Why a proof is refused: where it broke, and what to do about it.

use pyralog_primitives::GenesisHash;
use pyralog_zk::groth16::{KeyError, ProofError, Refused};
use pyralog_zk::stark::StarkError;
use pyralog_zk::statement::{NotAdmitted, StatementId};
use serde::Serialize;

use super::catalog::Known;
use super::claim::ClaimFault;

/// Why a proof proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ZkRefusal {
    #[error(
        "{file} is no file of a proof, which begins with PYRZKP; `pyralog zk prove` writes one"
    )]
    OtherFile { file: String },
    #[error(
        "{file} is the file of a proof of version {found}, and this program reads version 1: get \
         a newer one"
    )]
    OtherVersion { file: String, found: u16 },
    #[error(
        "{file} is a proof of {}, and the claim is one of {claimed}: give the claim that belongs \
         to it", name_of(*found)
    )]
    OtherStatement {
        file: String,
        found: StatementId,
        claimed: Known,
    },
    #[error("{file} is not looked at: {problem}. Do not believe who gave you the file")]
    NotAdmitted { file: String, problem: NotAdmitted },
    #[error("{file} claims nothing that can be proved: {problem}")]
    Claim { file: String, problem: ClaimFault },
    #[error(
        "{file} claims something of the network {found}, and the genesis document is that of \
         {expected}: there it is worth nothing"
    )]
    OtherNetwork {
        file: String,
        found: GenesisHash,
        expected: GenesisHash,
    },
    #[error("the key in {file} is refused: {problem}. {}", key_advice(problem))]
    Key { file: String, problem: KeyError },
    #[error("{file} holds no proof: {problem}. Do not believe who gave you the file")]
    Form { file: String, problem: ProofError },
    #[error(
        "{file} proves nothing: {problem}. Either the claim is not the one that was proved, or do \
         not believe who gave you the file"
    )]
    Snark { file: String, problem: Refused },
    #[error(
        "{file} proves nothing: {problem}. Either the claim is not the one that was proved, or do \
         not believe who gave you the file"
    )]
    Stark { file: String, problem: StarkError },
}

/// A step of verifying, in the order in which they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    /// The file of the proof has the head of one.
    File,
    /// It is of the claim's statement.
    Statement,
    /// Its length and its cost are within what the statement allows.
    Admission,
    /// The claim can be true.
    Claim,
    /// It is about this network.
    Network,
    /// The key is the one of the statement, and good on this network.
    Key,
    /// The proof has the form of one.
    Form,
    /// It holds.
    Proof,
}

impl ZkRefusal {
    pub(crate) const fn step(&self) -> Step {
        match self {
            Self::OtherFile { .. } | Self::OtherVersion { .. } => Step::File,
            Self::OtherStatement { .. } => Step::Statement,
            Self::NotAdmitted { .. } => Step::Admission,
            Self::Claim { .. } => Step::Claim,
            Self::OtherNetwork { .. } => Step::Network,
            Self::Key { .. } => Step::Key,
            Self::Form { .. }
            | Self::Stark {
                problem:
                    StarkError::TooLong { .. } | StarkError::Malformed(_) | StarkError::Unreadable,
                ..
            } => Step::Form,
            Self::Snark { .. } | Self::Stark { .. } => Step::Proof,
        }
    }
}

fn name_of(id: StatementId) -> String {
    match Known::of(id) {
        Some(known) => known.to_string(),
        None => format!("statement {id}, which this program does not know"),
    }
}

const fn key_advice(problem: &KeyError) -> &'static str {
    match problem {
        KeyError::Unsafe { .. } => {
            "Such a network needs a key from a ceremony, and none was held for this statement"
        }
        KeyError::Hash { .. } => "Give the verifying key of this statement: `pyralog zk setup`",
        _ => "Do not believe who gave you the key; `pyralog zk setup` makes it",
    }
}
