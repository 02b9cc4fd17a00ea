//! What a validator says with its signature.

use borsh::{BorshDeserialize, BorshSerialize};
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::vote::{Prepared, SignedProposal, Vote, VoteKind, VotedValue};
use pyralog_primitives::{BlockId, GenesisHash, Height, Round, SignBytes};

/// A thing to be signed. Whoever signs two different ones in one [`Place`] has
/// broken the rules.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
pub enum Statement {
    /// A vote.
    Vote {
        /// What it says.
        kind: VoteKind,
        /// About which height.
        height: Height,
        /// In which attempt.
        round: Round,
        /// For which block.
        value: VotedValue,
    },
    /// A proposal.
    Proposal {
        /// At which height.
        height: Height,
        /// In which attempt.
        round: Round,
        /// Which block.
        value: BlockId,
        /// The earlier round in which a quorum prevoted for it.
        valid_round: Option<Round>,
    },
    /// The wish to enter a round.
    ViewChange {
        /// At which height.
        height: Height,
        /// Which round.
        round: Round,
        /// The latest block that the validator had prepared.
        prepared: Option<Prepared>,
    },
}

impl Canonical for Statement {
    const ENCODED_BYTES_MAX: usize = 1 + 1 + 8 + 4 + 1 + 4 + 32;
}

/// Where in the course of agreement something is said, in the order in which
/// an honest validator speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The height.
    pub height: Height,
    /// The round within it.
    pub round: Round,
    /// The step within that.
    pub step: Step,
}

/// What is said in a round, in order.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
pub enum Step {
    /// The wish to enter it.
    ViewChange,
    /// The proposal of its proposer.
    Proposal,
    /// The first vote.
    Prevote,
    /// The second vote, or the word of a lone validator.
    Precommit,
}

impl From<&Vote> for Statement {
    fn from(vote: &Vote) -> Self {
        Self::Vote {
            kind: vote.kind,
            height: vote.height,
            round: vote.round,
            value: vote.value,
        }
    }
}

impl From<&SignedProposal> for Statement {
    fn from(proposal: &SignedProposal) -> Self {
        Self::Proposal {
            height: proposal.height,
            round: proposal.round,
            value: proposal.value,
            valid_round: proposal.valid_round,
        }
    }
}

impl Statement {
    /// The bytes to sign.
    pub fn sign_bytes(&self, genesis: GenesisHash) -> SignBytes {
        match *self {
            Self::Vote {
                kind,
                height,
                round,
                value,
            } => SignBytes::vote(genesis, kind, height, round, value),
            Self::Proposal {
                height,
                round,
                value,
                valid_round,
            } => SignBytes::proposal(genesis, height, round, value, valid_round),
            Self::ViewChange {
                height,
                round,
                prepared,
            } => SignBytes::view_change(genesis, height, round, prepared),
        }
    }

    /// About which height.
    pub const fn height(&self) -> Height {
        match *self {
            Self::Vote { height, .. }
            | Self::Proposal { height, .. }
            | Self::ViewChange { height, .. } => height,
        }
    }

    /// In which round, or to enter which.
    pub const fn round(&self) -> Round {
        match *self {
            Self::Vote { round, .. }
            | Self::Proposal { round, .. }
            | Self::ViewChange { round, .. } => round,
        }
    }

    /// Where it is said.
    pub const fn place(&self) -> Place {
        let step = match self {
            Self::ViewChange { .. } => Step::ViewChange,
            Self::Proposal { .. } => Step::Proposal,
            Self::Vote { kind, .. } => match kind {
                VoteKind::Proposal => Step::Proposal,
                VoteKind::Prevote => Step::Prevote,
                VoteKind::Precommit | VoteKind::Solo => Step::Precommit,
            },
        };
        Place {
            height: self.height(),
            round: self.round(),
            step,
        }
    }
}
