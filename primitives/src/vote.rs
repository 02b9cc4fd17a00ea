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
    /// A [`SignedProposal`]. No vote has this kind, but an [`Offence`] may.
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

    /// A proposer's word for a block.
    pub fn proposal(
        genesis: GenesisHash,
        height: Height,
        round: Round,
        value: BlockId,
        valid_round: Option<Round>,
    ) -> Self {
        let fields = (genesis, height, round, value, valid_round);
        Self::encoded(Purpose::Proposal, &fields)
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

/// A proposer's signed word for the block to agree on (PBFT: pre-prepare).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct SignedProposal {
    /// At which height.
    pub height: Height,
    /// In which attempt.
    pub round: Round,
    /// Which block.
    pub value: BlockId,
    /// The earlier round in which a quorum prevoted for it, as the proposer
    /// knows (Tendermint).
    #[serde(deserialize_with = "required_option")]
    pub valid_round: Option<Round>,
    /// Who proposes.
    pub validator: Address,
    /// The proposer's signature over [`SignedProposal::sign_bytes`].
    pub signature: Signature,
}

impl Canonical for SignedProposal {
    const ENCODED_BYTES_MAX: usize = 8 + 4 + 32 + 1 + 4 + Address::BYTES + Signature::BYTES;
}

impl SignedProposal {
    /// What the proposer signs.
    pub fn sign_bytes(&self, genesis: GenesisHash) -> SignBytes {
        SignBytes::proposal(
            genesis,
            self.height,
            self.round,
            self.value,
            self.valid_round,
        )
    }

    /// Whether the proposal is that of `key`.
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
    /// Two different proposals in one round.
    DoubleProposal {
        /// The proposal with the smaller encoding.
        first: SignedProposal,
        /// The other one.
        second: SignedProposal,
    },
}

impl Canonical for Evidence {
    const ENCODED_BYTES_MAX: usize = 1 + 2 * SignedProposal::ENCODED_BYTES_MAX;
}

const _: () = assert!(Vote::ENCODED_BYTES_MAX <= SignedProposal::ENCODED_BYTES_MAX);

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
    fn of_vote(vote: &Vote) -> Self {
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

    fn of_proposal(proposal: &SignedProposal) -> Self {
        let SignedProposal {
            validator,
            height,
            round,
            ..
        } = *proposal;
        Self {
            validator,
            height,
            round,
            kind: VoteKind::Proposal,
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
        let (first, second) = in_order(one, other);
        Self::DoubleVote { first, second }
    }

    /// Puts two contradicting proposals in order.
    pub fn double_proposal(one: SignedProposal, other: SignedProposal) -> Self {
        let (first, second) = in_order(one, other);
        Self::DoubleProposal { first, second }
    }

    /// Who is accused.
    pub fn accused(&self) -> Address {
        self.offence().validator
    }

    /// What the accused did. One offence has many proofs, because the accused
    /// can make many signatures: it is punished by this, not by the proof.
    pub fn offence(&self) -> Offence {
        match self {
            Self::DoubleVote { first, .. } => Offence::of_vote(first),
            Self::DoubleProposal { first, .. } => Offence::of_proposal(first),
        }
    }

    /// Whether this proves that the holder of `key` said two things in one
    /// place.
    pub fn verify(&self, genesis: GenesisHash, key: &PublicKey) -> Result<(), EvidenceError> {
        match self {
            Self::DoubleVote { first, second } => {
                let is_same_place = Offence::of_vote(first) == Offence::of_vote(second);
                check_pair(first, second, is_same_place && first.value != second.value)?;
                first.verify(genesis, key)?;
                second.verify(genesis, key)?;
            }
            Self::DoubleProposal { first, second } => {
                let is_same_place = Offence::of_proposal(first) == Offence::of_proposal(second);
                let content = |proposal: &SignedProposal| (proposal.value, proposal.valid_round);
                check_pair(
                    first,
                    second,
                    is_same_place && content(first) != content(second),
                )?;
                first.verify(genesis, key)?;
                second.verify(genesis, key)?;
            }
        }
        Ok(())
    }
}

fn in_order<T: Canonical>(one: T, other: T) -> (T, T) {
    if one.encode() <= other.encode() {
        (one, other)
    } else {
        (other, one)
    }
}

fn check_pair<T: Canonical>(first: &T, second: &T, is_conflict: bool) -> Result<(), EvidenceError> {
    if !is_conflict {
        return Err(EvidenceError::NoConflict);
    }
    if first.encode() > second.encode() {
        return Err(EvidenceError::Unordered);
    }
    Ok(())
}
