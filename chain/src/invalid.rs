//! Why a block is refused.

use pyralog_primitives::block::BlockError;
use pyralog_primitives::certificate::CertificateError;
use pyralog_primitives::merkle::MerkleRoot;
use pyralog_primitives::vote::EvidenceError;
use pyralog_primitives::{
    Address, BlockId, GenesisHash, Height, ParametersHash, StateRoot, TimestampMs,
};

use crate::fork_tree::Full;
use crate::overlay::StateError;
use crate::unfit::Unfit;

/// A rule that a block breaks. Its proposer is to blame; if the block is final
/// all the same, this node and the network disagree, and it must stop.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBlock {
    /// It is for another network.
    #[error("the block is of the network {found}, this is {expected}")]
    WrongNetwork {
        /// This network.
        expected: GenesisHash,
        /// That of the block.
        found: GenesisHash,
    },
    /// It does not follow its parent.
    #[error("the block has height {found}, after its parent comes {expected}")]
    WrongHeight {
        /// The height after the parent.
        expected: Height,
        /// That of the block.
        found: Height,
    },
    /// It is not later than its parent.
    #[error("the block is of time {found}; {min} or later is needed")]
    TooEarly {
        /// The earliest time.
        min: TimestampMs,
        /// That of the block.
        found: TimestampMs,
    },
    /// Its proposer has no vote.
    #[error("{proposer} is no validator")]
    UnknownProposer {
        /// Who made it.
        proposer: Address,
    },
    /// It states another state after its parent.
    #[error("the block says that the state root is {found}; it is {expected}")]
    StateRoot {
        /// The root as executed here.
        expected: StateRoot,
        /// That of the block.
        found: StateRoot,
    },
    /// It states other receipts of its parent.
    #[error("the block says that the receipts root is {found}; it is {expected}")]
    ReceiptsRoot {
        /// The root as executed here.
        expected: MerkleRoot,
        /// That of the block.
        found: MerkleRoot,
    },
    /// It names other validators.
    #[error("the block says that the validators root is {found}; it is {expected}")]
    ValidatorsRoot {
        /// The root of those who vote.
        expected: MerkleRoot,
        /// That of the block.
        found: MerkleRoot,
    },
    /// It follows other parameters.
    #[error("the block says that the parameters are {found}; they are {expected}")]
    Parameters {
        /// The hash of those in force.
        expected: ParametersHash,
        /// That of the block.
        found: ParametersHash,
    },
    /// It contradicts itself.
    #[error(transparent)]
    Body(#[from] BlockError),
    /// A transaction does not fit where it stands.
    #[error("transaction {index}: {reason}")]
    Transaction {
        /// Its place, counted from 0.
        index: usize,
        /// Why.
        reason: Unfit,
    },
    /// The parent's certificate does not hold.
    #[error("the certificate of the parent does not hold: {0}")]
    Certificate(#[from] CertificateError),
    /// A piece of evidence counts for nothing.
    #[error("evidence {index}: {reason}")]
    Evidence {
        /// Its place, counted from 0.
        index: usize,
        /// Why.
        reason: InvalidEvidence,
    },
}

/// Why evidence in a block counts for nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEvidence {
    /// It proves nothing.
    #[error(transparent)]
    Unproved(#[from] EvidenceError),
    /// The accused has no vote.
    #[error("{accused} is no validator")]
    UnknownValidator {
        /// Who is accused.
        accused: Address,
    },
    /// It is about a block that is not below this one, or too far below.
    #[error("it is about height {height}; a block of height {block} takes it from {oldest} on")]
    Age {
        /// The height of the offence.
        height: Height,
        /// The height of the block.
        block: Height,
        /// The lowest height that is not too old.
        oldest: Height,
    },
    /// The offence is proved already.
    #[error("the offence is proved already")]
    Repeated,
}

/// Why a block was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckError<E> {
    /// It breaks a rule.
    #[error("the block is refused: {0}")]
    Invalid(#[from] InvalidBlock),
    /// Its parent is not here: it must be fetched first, or it is not a
    /// descendant of the last final block.
    #[error("the parent {parent} of the block is not known")]
    UnknownParent {
        /// The parent.
        parent: BlockId,
    },
    /// There is no room; blocks must become final first.
    #[error(transparent)]
    Full(#[from] Full),
    /// The state failed; the operator must act.
    #[error(transparent)]
    State(#[from] StateError<E>),
}
