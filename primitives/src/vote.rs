//! Votes, and the evidence of voting twice.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::codec::{Canonical, required_option};
use crate::ids::{BlockId, GenesisHash};
use crate::keys::{Address, BadSignature, PublicKey, Signature};
use crate::numbers::{Height, Round};
use crate::sign_bytes::{Purpose, SignBytes};

/// What a vote says.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum VoteKind {
    /// The only validator of a development network decided.
    Solo,
    /// "I have seen this value and it is valid" (PBFT: prepare).
    Prevote,
    /// "I know that two thirds have seen it" (PBFT: commit).
    Precommit,
    /// "This is the block to agree on" (PBFT: pre-prepare). Only the proposer
    /// of the round says so.
    Proposal,
}

/// The block voted for; `None` means "no block in this round".
pub type VotedValue = Option<BlockId>;

/// What a validator had prepared: a quorum of prevotes for this block.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Prepared {
    /// In which round; rounds come first in the order of these.
    pub round: Round,
    /// Which block.
    pub value: BlockId,
}

/// One validator's signed vote.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Vote {
    /// What it says.
    pub kind: VoteKind,
    /// About which height.
    pub height: Height,
    /// In which attempt.
    pub round: Round,
    /// For which block.
    #[serde(deserialize_with = "required_option")]
    pub value: VotedValue,
    /// Who votes.
    pub validator: Address,
    /// The validator's signature over [`Vote::sign_bytes`].
    pub signature: Signature,
}

impl Canonical for Vote {
    const ENCODED_BYTES_MAX: usize = 1 + 8 + 4 + 33 + Address::BYTES + Signature::BYTES;
}

impl SignBytes {
    /// A validator's vote.
    pub fn vote(
        genesis: GenesisHash,
        kind: VoteKind,
        height: Height,
        round: Round,
        value: VotedValue,
    ) -> Self {
        Self::encoded(Purpose::Vote, &(genesis, kind, height, round, value))
    }

    /// A validator's wish to enter a round, with what it had prepared before.
    /// The round of the preparation is signed too: who passes the wish on could
    /// otherwise put an older one in its place.
    pub fn view_change(
        genesis: GenesisHash,
        height: Height,
        round: Round,
        prepared: Option<Prepared>,
    ) -> Self {
        Self::encoded(Purpose::ViewChange, &(genesis, height, round, prepared))
    }
}

impl Vote {
    /// What the validator signs.
    pub fn sign_bytes(&self, genesis: GenesisHash) -> SignBytes {
        SignBytes::vote(genesis, self.kind, self.height, self.round, self.value)
    }

    /// Whether the vote is that of `key`.
    pub fn verify(&self, genesis: GenesisHash, key: &PublicKey) -> Result<(), BadSignature> {
        if key.address() != self.validator {
            return Err(BadSignature { signer: *key });
        }
        key.verify(&self.sign_bytes(genesis), &self.signature)
    }
}

/// Proof, good for anyone and at any time, that a validator broke the rules.
/// New kinds are added at the end.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Evidence {
    /// Two different votes of one kind in one round.
    DoubleVote {
        /// The vote with the smaller encoding.
        first: Vote,
        /// The other one.
        second: Vote,
    },
}

impl Canonical for Evidence {
    const ENCODED_BYTES_MAX: usize = 1 + 2 * Vote::ENCODED_BYTES_MAX;
}

/// To have voted twice in one place.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Offence {
    /// Who did it.
    pub validator: Address,
    /// At which height.
    pub height: Height,
    /// In which round.
    pub round: Round,
    /// By which kind of vote.
    pub kind: VoteKind,
}

impl Offence {
    fn of(vote: &Vote) -> Self {
        let Vote {
            validator,
            height,
            round,
            kind,
            ..
        } = *vote;
        Self {
            validator,
            height,
            round,
            kind,
        }
    }
}

/// Why evidence proves nothing. Who sent it is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// The votes differ in validator, height, round or kind, or not at all.
    #[error("the two votes do not contradict each other")]
    NoConflict,
    /// The same proof in the other order would be a second proof.
    #[error("the two votes are not in order")]
    Unordered,
    /// One vote is not the validator's.
    #[error(transparent)]
    BadSignature(#[from] BadSignature),
}

impl Evidence {
    /// Puts two contradicting votes in order.
    pub fn double_vote(one: Vote, other: Vote) -> Self {
        if one.encode() <= other.encode() {
            Self::DoubleVote {
                first: one,
                second: other,
            }
        } else {
            Self::DoubleVote {
                first: other,
                second: one,
            }
        }
    }

    /// Who is accused.
    pub fn accused(&self) -> Address {
        self.offence().validator
    }

    /// What the accused did. One offence has many proofs, because the accused
    /// can make many signatures: it is punished by this, not by the proof.
    pub fn offence(&self) -> Offence {
        let Self::DoubleVote { first, .. } = self;
        Offence::of(first)
    }

    /// Whether this proves that the holder of `key` voted twice.
    pub fn verify(&self, genesis: GenesisHash, key: &PublicKey) -> Result<(), EvidenceError> {
        let Self::DoubleVote { first, second } = self;
        if Offence::of(first) != Offence::of(second) || first.value == second.value {
            return Err(EvidenceError::NoConflict);
        }
        if first.encode() > second.encode() {
            return Err(EvidenceError::Unordered);
        }
        first.verify(genesis, key)?;
        second.verify(genesis, key)?;
        Ok(())
    }
}
