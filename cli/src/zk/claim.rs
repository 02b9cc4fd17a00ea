//! What is claimed: from documents to what provers and gates take.
//!
//! A claim may leave out what follows from the witness, such as a commitment: then
//! it is filled in when it is proved. Whatever it does say must be so. To be
//! verified it must be complete.

use pyralog_primitives::GenesisHash;
use pyralog_zk::eddsa::{AttestationError, AttestationKeyError};
use pyralog_zk::groth16::PublicInput;
use pyralog_zk::quorum::{QuorumError, SetError};
use pyralog_zk::sealed_bid::BidRefused;
use pyralog_zk::stark::append::{self, Append, AppendError, LeadError};
use pyralog_zk::stark::linkage::{self, LinkError, Linkage, PointError};
use pyralog_zk::stark::{Inclusion, InclusionError, PathError};
use pyralog_zk::transfer::TransferError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::catalog::Known;
use super::document::{self, Kind, Opened};
use super::error::ZkError;
use super::snark_claims::{QuorumClaim, SealedBidClaim, TransferClaim};
use super::stark_claims::{AppendClaim, InclusionClaim, LinkageClaim};
use super::task::Task;
use crate::error::CliError;

/// A document of public values, and what completes it.
pub(crate) trait Claims: Serialize + DeserializeOwned {
    /// The document of what the prover knows.
    type Witness: DeserializeOwned;

    /// Compares the claim with a witness, by the relation as a program. Fills in
    /// what the claim leaves out; gives what is to be done to prove it.
    fn complete(&mut self, witness: Self::Witness) -> Result<Task, NotSo>;

    /// What a gate takes.
    fn public(&self) -> Result<Public, ClaimFault>;

    /// The network that it names, if it names one.
    fn network(&self) -> Option<GenesisHash> {
        None
    }
}

/// What a gate takes besides the proof.
#[derive(Debug, PartialEq)]
pub(crate) enum Public {
    Inputs(Vec<PublicInput>),
    Inclusion(Inclusion),
    Append(Append),
    Linkage(Linkage),
}

/// Why a document claims nothing that could be proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ClaimFault {
    #[error("it leaves out '{field}'; --save-claim of the prover writes a complete one")]
    Missing { field: &'static str },
    #[error("the key of member {place}: {problem}")]
    Key {
        place: usize,
        problem: AttestationKeyError,
    },
    #[error(transparent)]
    Set(#[from] SetError),
    #[error(transparent)]
    Inclusion(#[from] InclusionError),
    #[error("'{field}': {problem}")]
    Lead {
        field: &'static str,
        problem: LeadError,
    },
    #[error(transparent)]
    Append(#[from] append::ClaimError),
    #[error("'{field}': {problem}")]
    Point {
        field: &'static str,
        problem: PointError,
    },
    #[error(transparent)]
    Linkage(#[from] linkage::ClaimError),
}

/// Why a witness does not show what is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotSo {
    #[error("the claim: {0}")]
    Claim(#[from] ClaimFault),
    #[error(transparent)]
    Transfer(#[from] TransferError),
    #[error("spent note {place} of the witness: the place is beyond the tree")]
    Place { place: usize },
    #[error(transparent)]
    Bid(#[from] BidRefused),
    #[error("the attestation of member {place}: {problem}")]
    Attestation {
        place: usize,
        problem: AttestationError,
    },
    #[error(transparent)]
    Quorum(#[from] QuorumError),
    #[error(transparent)]
    Path(#[from] PathError),
    #[error(transparent)]
    Append(#[from] AppendError),
    #[error(transparent)]
    Link(#[from] LinkError),
    #[error("'{field}' of the claim is not what follows from the witness")]
    Differs { field: &'static str },
}

/// Takes what follows from a witness into a claim that leaves it out, or compares.
pub(super) fn settle<T: Copy + PartialEq>(
    said: &mut Option<T>,
    follows: T,
    field: &'static str,
) -> Result<(), NotSo> {
    if *said.get_or_insert(follows) == follows {
        Ok(())
    } else {
        Err(NotSo::Differs { field })
    }
}

/// What a claim must say before it is verified.
pub(super) fn said<T: Copy>(said: Option<T>, field: &'static str) -> Result<T, ClaimFault> {
    said.ok_or(ClaimFault::Missing { field })
}

/// A claim that was compared with its witness.
pub(crate) struct Completed {
    pub(crate) task: Task,
    /// The document, complete.
    pub(crate) text: String,
    /// Whether something was filled in.
    pub(crate) was_filled: bool,
}

/// A claim as it was read.
pub(crate) struct Read {
    pub(crate) public: Result<Public, ClaimFault>,
    pub(crate) network: Option<GenesisHash>,
}

/// Completes a claim with a witness.
pub(crate) fn complete(claim: &Opened, witness: &Opened) -> Result<Completed, CliError> {
    match claim.statement {
        Known::ShieldedTransfer => complete_as::<TransferClaim>(claim, witness),
        Known::SealedBid => complete_as::<SealedBidClaim>(claim, witness),
        Known::QuorumOfFour => complete_as::<QuorumClaim>(claim, witness),
        Known::MerkleInclusion => complete_as::<InclusionClaim>(claim, witness),
        Known::AppendBatch => complete_as::<AppendClaim>(claim, witness),
        Known::HeaderLinkage => complete_as::<LinkageClaim>(claim, witness),
    }
}

fn complete_as<C: Claims>(claim: &Opened, witness: &Opened) -> Result<Completed, CliError> {
    let mut document: C = claim.content()?;
    let is_complete = !matches!(document.public(), Err(ClaimFault::Missing { .. }));
    let task = document.complete(witness.content()?);
    let task = task.map_err(|problem| ZkError::NotSo {
        claim: claim.name.clone(),
        witness: witness.name.clone(),
        problem,
    })?;
    Ok(Completed {
        task,
        text: document::write(Kind::Claim, claim.statement, &document),
        was_filled: !is_complete,
    })
}

/// Reads a claim that is to be verified.
pub(crate) fn read(claim: &Opened) -> Result<Read, CliError> {
    match claim.statement {
        Known::ShieldedTransfer => read_as::<TransferClaim>(claim),
        Known::SealedBid => read_as::<SealedBidClaim>(claim),
        Known::QuorumOfFour => read_as::<QuorumClaim>(claim),
        Known::MerkleInclusion => read_as::<InclusionClaim>(claim),
        Known::AppendBatch => read_as::<AppendClaim>(claim),
        Known::HeaderLinkage => read_as::<LinkageClaim>(claim),
    }
}

fn read_as<C: Claims>(claim: &Opened) -> Result<Read, CliError> {
    let document: C = claim.content()?;
    Ok(Read {
        public: document.public(),
        network: document.network(),
    })
}
