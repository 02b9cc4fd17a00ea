//! What validators tell each other.

use std::collections::BTreeSet;

use borsh::{BorshDeserialize, BorshSerialize};
use pyralog_primitives::certificate::CertificateError;
use pyralog_primitives::codec::{Canonical, List};
use pyralog_primitives::validators::{VALIDATOR_COUNT_MAX, ValidatorSet};
use pyralog_primitives::vote::{Prepared, SignedProposal, Vote, VoteKind};
use pyralog_primitives::{
    Address, BadSignature, GenesisHash, Height, PublicKey, Round, Signature, VotingPower,
};

use crate::quorum::QuorumCertificate;
use crate::statement::Statement;
use crate::verify::{Claim, Verified, Verifier};

/// A message between validators. New kinds are added at the end.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Message {
    /// The block to agree on in a round, from its proposer.
    Proposal(Proposal),
    /// A vote on a proposal.
    Vote(Vote),
    /// The wish to enter a round.
    ViewChange {
        /// The wish.
        wish: ViewChange,
        /// The quorum of prevotes behind what it says was prepared.
        proof: Option<QuorumCertificate>,
    },
    /// A quorum of prevotes, for those who miss some of them (Tendermint).
    Polka(QuorumCertificate),
    /// Why a round is over (Tendermint).
    RoundOver(RoundCertificate),
}

/// Votes that end a round: with them, everyone may enter the next.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RoundCertificate {
    /// At which height.
    pub height: Height,
    /// The round that the votes are of.
    pub round: Round,
    /// Why they end it, or those before it.
    pub end: RoundEnd,
    /// The votes, of different validators.
    pub votes: List<Vote, VALIDATOR_COUNT_MAX>,
}

/// How votes end a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum RoundEnd {
    /// Validators with more than a third of the power are in this round
    /// already: those before it are over.
    Skipped,
    /// A quorum precommitted, and not for one block.
    Precommitted,
}

/// The block to agree on. The block itself travels beside it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Proposal {
    /// The proposer's word for it.
    pub signed: SignedProposal,
    /// Why its proposer may propose it, after the first round (PBFT).
    pub justification: Option<Justification>,
}

/// Why a proposer may propose what it does in a round that is not the first.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Justification {
    /// A quorum's wishes to enter the round, in order of address.
    pub wishes: List<ViewChange, VALIDATOR_COUNT_MAX>,
    /// The quorum of prevotes behind the latest preparation among them. The
    /// others need no proof: they do not decide.
    pub proof: Option<QuorumCertificate>,
}

/// A validator's signed wish to enter a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ViewChange {
    /// At which height.
    pub height: Height,
    /// Which round.
    pub round: Round,
    /// The latest block it had prepared.
    pub prepared: Option<Prepared>,
    /// Who wishes.
    pub validator: Address,
    /// The signature over the [`Statement`] of the same name.
    pub signature: Signature,
}

impl Canonical for ViewChange {
    const ENCODED_BYTES_MAX: usize = 8 + 4 + 1 + 36 + Address::BYTES + Signature::BYTES;
}

impl Canonical for Proposal {
    const ENCODED_BYTES_MAX: usize = SignedProposal::ENCODED_BYTES_MAX
        + 1
        + 4
        + VALIDATOR_COUNT_MAX * ViewChange::ENCODED_BYTES_MAX
        + 1
        + QuorumCertificate::ENCODED_BYTES_MAX;
}

impl Canonical for Message {
    const ENCODED_BYTES_MAX: usize = 1 + Proposal::ENCODED_BYTES_MAX;
}

const _: () = assert!(
    8 + 4 + 1 + 4 + VALIDATOR_COUNT_MAX * Vote::ENCODED_BYTES_MAX <= Proposal::ENCODED_BYTES_MAX,
    "a round certificate is no longer than the longest message"
);

impl Canonical for Justification {
    const ENCODED_BYTES_MAX: usize = Proposal::ENCODED_BYTES_MAX;
}

/// Why a message is not one of the validators'. Who sent it is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// The signer is none of the validators of the height.
    #[error("{signer} is no validator at height {height}")]
    Stranger {
        /// Who signed.
        signer: Address,
        /// The height.
        height: Height,
    },
    /// A part is about another height than the whole.
    #[error("a message about height {whole} holds a part about height {part}")]
    OtherHeight {
        /// The height of the message.
        whole: Height,
        /// The height of the part.
        part: Height,
    },
    /// A vote of a kind that has no place here.
    #[error("a vote of the kind {found:?} has no place here")]
    WrongKind {
        /// The kind.
        found: VoteKind,
    },
    /// What was prepared, and its proof, are not the same, or one is missing.
    #[error("{validator}'s wish to enter a round and the proof of what it prepared differ")]
    Unproved {
        /// Whose wish it is.
        validator: Address,
    },
    /// The prevotes behind a preparation are not enough, or not votes at all.
    #[error("the proof of a preparation: {0}")]
    Quorum(#[from] CertificateError),
    /// The votes that are to end a round are of several rounds, or several are
    /// of one validator.
    #[error("the votes of a round certificate are not one of each validator in one round")]
    Unrelated,
    /// The votes that are to end a round do not.
    #[error("votes with power {power} do not end a round")]
    TooFew {
        /// The power of their validators.
        power: VotingPower,
    },
    /// A signature is wrong.
    #[error(transparent)]
    BadSignature(#[from] BadSignature),
}

impl Message {
    /// About which height.
    pub fn height(&self) -> Height {
        match self {
            Self::Proposal(proposal) => proposal.signed.height,
            Self::Vote(vote) => vote.height,
            Self::ViewChange { wish, .. } => wish.height,
            Self::Polka(polka) => polka.height,
            Self::RoundOver(over) => over.height,
        }
    }

    /// In which round, or to enter which.
    pub fn round(&self) -> Round {
        match self {
            Self::Proposal(proposal) => proposal.signed.round,
            Self::Vote(vote) => vote.round,
            Self::ViewChange { wish, .. } => wish.round,
            Self::Polka(polka) => polka.round,
            Self::RoundOver(over) => over.round,
        }
    }

    /// Who says so; `None` for what anyone may put together.
    pub fn sender(&self) -> Option<Address> {
        match self {
            Self::Proposal(proposal) => Some(proposal.signed.validator),
            Self::Vote(vote) => Some(vote.validator),
            Self::ViewChange { wish, .. } => Some(wish.validator),
            Self::Polka(_) | Self::RoundOver(_) => None,
        }
    }

    /// Who says something with it, and what; `None` for what anyone may put
    /// together.
    pub fn statement(&self) -> Option<(Address, Statement)> {
        match self {
            Self::Proposal(proposal) => {
                let signed = &proposal.signed;
                Some((signed.validator, signed.into()))
            }
            Self::Vote(vote) => Some((vote.validator, vote.into())),
            Self::ViewChange { wish, .. } => Some((wish.validator, wish.statement())),
            Self::Polka(_) | Self::RoundOver(_) => None,
        }
    }

    /// Checks that all who are said to have signed it, and what is in it, are
    /// validators of its height and did. Whether it makes sense, the engine
    /// sees.
    pub fn verify(
        self,
        genesis: GenesisHash,
        validators: &ValidatorSet,
        verifier: &impl Verifier,
    ) -> Result<Verified<Self>, MessageError> {
        let claims = self.claims(&Roll {
            genesis,
            validators,
            height: self.height(),
        })?;
        verifier.verify(&claims)?;
        Ok(Verified::of(self))
    }

    /// Checks many messages, each against the validators of its height, with one
    /// batch of signatures. If one of them is bad, they are checked apart.
    pub fn verify_all<'a>(
        messages: impl IntoIterator<Item = (Self, &'a ValidatorSet)>,
        genesis: GenesisHash,
        verifier: &impl Verifier,
    ) -> Vec<Result<Verified<Self>, MessageError>> {
        let mut batch = Vec::new();
        let mut list = |(message, validators): (Self, &ValidatorSet)| {
            let height = message.height();
            let claims = message.claims(&Roll {
                genesis,
                validators,
                height,
            })?;
            batch.extend(claims.iter().cloned());
            Ok((message, claims))
        };
        let listed: Vec<Result<(Self, Vec<Claim>), MessageError>> =
            messages.into_iter().map(&mut list).collect();
        let are_good = verifier.verify(&batch).is_ok();
        let verify = |(message, claims): (Self, Vec<Claim>)| {
            if !are_good {
                verifier.verify(&claims)?;
            }
            Ok(Verified::of(message))
        };
        let results = listed.into_iter();
        results.map(|listed| listed.and_then(verify)).collect()
    }

    fn claims(&self, roll: &Roll<'_>) -> Result<Vec<Claim>, MessageError> {
        match self {
            Self::Proposal(proposal) => {
                let mut claims = vec![roll.proposal(&proposal.signed)?];
                if let Some(justification) = &proposal.justification {
                    for wish in justification.wishes.iter() {
                        claims.push(roll.wish(wish)?);
                    }
                    claims.extend(roll.proof(justification.proof.as_ref())?);
                }
                Ok(claims)
            }
            Self::Vote(vote) => Ok(vec![roll.vote(vote)?]),
            Self::ViewChange { wish, proof } => {
                if wish.prepared != proof.as_ref().map(QuorumCertificate::prepared) {
                    let validator = wish.validator;
                    return Err(MessageError::Unproved { validator });
                }
                let mut claims = vec![roll.wish(wish)?];
                claims.extend(roll.proof(proof.as_ref())?);
                Ok(claims)
            }
            Self::Polka(polka) => roll.proof(Some(polka)),
            Self::RoundOver(over) => roll.round_over(over),
        }
    }
}

/// Who may speak, about which height.
struct Roll<'a> {
    genesis: GenesisHash,
    validators: &'a ValidatorSet,
    height: Height,
}

impl Roll<'_> {
    fn key(&self, signer: Address) -> Result<PublicKey, MessageError> {
        let index = self.validators.find(&signer);
        let member = index.and_then(|index| self.validators.get(index));
        let height = self.height;
        let member = member.ok_or(MessageError::Stranger { signer, height })?;
        Ok(member.key)
    }

    fn same_height(&self, part: Height) -> Result<(), MessageError> {
        if part == self.height {
            return Ok(());
        }
        let whole = self.height;
        Err(MessageError::OtherHeight { whole, part })
    }

    fn proposal(&self, proposal: &SignedProposal) -> Result<Claim, MessageError> {
        Ok(Claim {
            key: self.key(proposal.validator)?,
            bytes: proposal.sign_bytes(self.genesis),
            signature: proposal.signature,
        })
    }

    fn vote(&self, vote: &Vote) -> Result<Claim, MessageError> {
        if !matches!(vote.kind, VoteKind::Prevote | VoteKind::Precommit) {
            return Err(MessageError::WrongKind { found: vote.kind });
        }
        Ok(Claim {
            key: self.key(vote.validator)?,
            bytes: vote.sign_bytes(self.genesis),
            signature: vote.signature,
        })
    }

    fn round_over(&self, over: &RoundCertificate) -> Result<Vec<Claim>, MessageError> {
        let votes = over.votes.iter();
        let claims = votes
            .map(|vote| self.vote(vote))
            .collect::<Result<_, _>>()?;
        let mut seen = BTreeSet::new();
        let mut power = 0;
        for vote in over.votes.iter() {
            let fits = match over.end {
                RoundEnd::Skipped => true,
                RoundEnd::Precommitted => vote.kind == VoteKind::Precommit,
            };
            if !fits {
                return Err(MessageError::WrongKind { found: vote.kind });
            }
            if (vote.height, vote.round) != (over.height, over.round)
                || !seen.insert(vote.validator)
            {
                return Err(MessageError::Unrelated);
            }
            let index = self.validators.find(&vote.validator);
            let member = index.and_then(|index| self.validators.get(index));
            power += member.map_or(0, |member| member.power.get());
        }
        // Cannot wrap: distinct members of a set whose total is bounded.
        let power = VotingPower::new(power);
        let is_enough = match over.end {
            RoundEnd::Skipped => {
                u128::from(power.get()) * 3 > u128::from(self.validators.total_power().get())
            }
            RoundEnd::Precommitted => self.validators.is_quorum(power),
        };
        if !is_enough {
            return Err(MessageError::TooFew { power });
        }
        Ok(claims)
    }

    fn wish(&self, wish: &ViewChange) -> Result<Claim, MessageError> {
        self.same_height(wish.height)?;
        Ok(Claim {
            key: self.key(wish.validator)?,
            bytes: wish.statement().sign_bytes(self.genesis),
            signature: wish.signature,
        })
    }

    fn proof(&self, proof: Option<&QuorumCertificate>) -> Result<Vec<Claim>, MessageError> {
        let Some(proof) = proof else {
            return Ok(Vec::new());
        };
        self.same_height(proof.height)?;
        if proof.kind != VoteKind::Prevote {
            return Err(MessageError::WrongKind { found: proof.kind });
        }
        Ok(proof.claims(self.genesis, self.validators)?)
    }
}

impl ViewChange {
    /// What its validator signs.
    pub const fn statement(&self) -> Statement {
        Statement::ViewChange {
            height: self.height,
            round: self.round,
            prepared: self.prepared,
        }
    }
}
