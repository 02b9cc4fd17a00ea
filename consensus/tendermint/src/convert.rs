//! From our words to Malachite's, and back.

use arc_malachitebft_core_consensus::SignedConsensusMsg;
use arc_malachitebft_core_types::{
    CommitCertificate, NilOrVal, PolkaCertificate, PolkaSignature, Round, RoundCertificate,
    RoundCertificateType, RoundSignature, SignedMessage, VoteType,
};
use pyralog_consensus::{
    Message, Proposal, QuorumCertificate, RoundCertificate as OurRoundCertificate, RoundEnd,
    Statement,
};
use pyralog_primitives::certificate::{Certificate, Signers};
use pyralog_primitives::codec::List;
use pyralog_primitives::validators::ValidatorSet;
use pyralog_primitives::vote::{SignedProposal, Vote, VoteKind, VotedValue};
use pyralog_primitives::{self as ours, Address, BlockId, Signature};

use crate::context::{self, Context};

pub(crate) type TheirVote = SignedMessage<Context, context::Vote>;
pub(crate) type TheirProposal = SignedMessage<Context, context::Proposal>;

/// A round that there is. "No round" only stands before the first.
pub(crate) fn round(theirs: Round) -> ours::Round {
    theirs.as_u32().map_or(ours::Round::FIRST, ours::Round::new)
}

fn valid_round(theirs: Round) -> Option<ours::Round> {
    theirs.as_u32().map(ours::Round::new)
}

pub(crate) fn their_round(ours: ours::Round) -> Round {
    Round::new(ours.get())
}

fn their_valid_round(ours: Option<ours::Round>) -> Round {
    ours.map_or(Round::Nil, their_round)
}

const fn kind(theirs: VoteType) -> VoteKind {
    match theirs {
        VoteType::Prevote => VoteKind::Prevote,
        VoteType::Precommit => VoteKind::Precommit,
    }
}

const fn value(theirs: NilOrVal<BlockId>) -> VotedValue {
    match theirs {
        NilOrVal::Nil => None,
        NilOrVal::Val(block) => Some(block),
    }
}

const fn their_value(ours: VotedValue) -> NilOrVal<BlockId> {
    match ours {
        None => NilOrVal::Nil,
        Some(block) => NilOrVal::Val(block),
    }
}

/// Their vote; `None` for a kind that Tendermint does not know.
pub(crate) fn their_vote(vote: &Vote) -> Option<TheirVote> {
    let kind = match vote.kind {
        VoteKind::Prevote => VoteType::Prevote,
        VoteKind::Precommit => VoteType::Precommit,
        VoteKind::Solo | VoteKind::Proposal => return None,
    };
    let message = context::Vote {
        kind,
        height: context::Height(vote.height),
        round: their_round(vote.round),
        value: their_value(vote.value),
        voter: context::Address(vote.validator),
    };
    Some(SignedMessage::new(message, vote.signature))
}

pub(crate) fn our_vote(theirs: &TheirVote) -> Vote {
    let vote = &theirs.message;
    Vote {
        kind: kind(vote.kind),
        height: vote.height.0,
        round: round(vote.round),
        value: value(vote.value),
        validator: vote.voter.0,
        signature: theirs.signature,
    }
}

pub(crate) fn their_proposal(proposal: &SignedProposal) -> TheirProposal {
    let message = context::Proposal {
        height: context::Height(proposal.height),
        round: their_round(proposal.round),
        value: context::Value(proposal.value),
        valid_round: their_valid_round(proposal.valid_round),
        proposer: context::Address(proposal.validator),
    };
    SignedMessage::new(message, proposal.signature)
}

pub(crate) fn our_proposal(theirs: &TheirProposal) -> SignedProposal {
    let proposal = &theirs.message;
    SignedProposal {
        height: proposal.height.0,
        round: round(proposal.round),
        value: proposal.value.0,
        valid_round: valid_round(proposal.valid_round),
        validator: proposal.proposer.0,
        signature: theirs.signature,
    }
}

/// What is to be signed for a vote.
pub(crate) fn vote_statement(vote: &context::Vote) -> Statement {
    Statement::Vote {
        kind: kind(vote.kind),
        height: vote.height.0,
        round: round(vote.round),
        value: value(vote.value),
    }
}

/// What is to be signed for a proposal.
pub(crate) fn proposal_statement(proposal: &context::Proposal) -> Statement {
    Statement::Proposal {
        height: proposal.height.0,
        round: round(proposal.round),
        value: proposal.value.0,
        valid_round: valid_round(proposal.valid_round),
    }
}

pub(crate) fn our_message(theirs: &SignedConsensusMsg<Context>) -> Message {
    match theirs {
        SignedConsensusMsg::Vote(vote) => Message::Vote(our_vote(vote)),
        SignedConsensusMsg::Proposal(proposal) => Message::Proposal(Proposal {
            signed: our_proposal(proposal),
            justification: None,
        }),
    }
}

/// A quorum of prevotes, for validators of this set.
pub(crate) fn our_polka(
    theirs: &PolkaCertificate<Context>,
    validators: &ValidatorSet,
) -> QuorumCertificate {
    let (height, round) = (theirs.height.0, round(theirs.round));
    let vote = |signature: &PolkaSignature<Context>| Vote {
        kind: VoteKind::Prevote,
        height,
        round,
        value: Some(theirs.value_id),
        validator: signature.address.0,
        signature: signature.signature,
    };
    let votes: Vec<Vote> = theirs.polka_signatures.iter().map(vote).collect();
    let vote_of = |voter: &Address| votes.iter().find(|vote| vote.validator == *voter);
    let what = (height, round, theirs.value_id);
    QuorumCertificate::assemble(VoteKind::Prevote, what, vote_of, validators)
}

/// Their form of a quorum of prevotes.
pub(crate) fn their_polka(
    ours: &QuorumCertificate,
    validators: &ValidatorSet,
) -> PolkaCertificate<Context> {
    let signature = |(address, signature)| PolkaSignature {
        address: context::Address(address),
        signature,
    };
    PolkaCertificate {
        height: context::Height(ours.height),
        round: their_round(ours.round),
        value_id: ours.value,
        polka_signatures: ours.signatures(validators).map(signature).collect(),
    }
}

pub(crate) fn our_round_certificate(theirs: &RoundCertificate<Context>) -> OurRoundCertificate {
    let (height, round) = (theirs.height.0, round(theirs.round));
    let vote = |signature: &RoundSignature<Context>| Vote {
        kind: kind(signature.vote_type),
        height,
        round,
        value: value(signature.value_id),
        validator: signature.address.0,
        signature: signature.signature,
    };
    let votes = theirs.round_signatures.iter().map(vote).collect();
    OurRoundCertificate {
        height,
        round,
        end: match theirs.cert_type {
            RoundCertificateType::Skip => RoundEnd::Skipped,
            RoundCertificateType::Precommit => RoundEnd::Precommitted,
        },
        votes: List::new(votes).expect("one vote of each validator of a bounded set"),
    }
}

pub(crate) fn their_round_certificate(ours: &OurRoundCertificate) -> RoundCertificate<Context> {
    let votes = ours.votes.iter().filter_map(their_vote).collect();
    let end = match ours.end {
        RoundEnd::Skipped => RoundCertificateType::Skip,
        RoundEnd::Precommitted => RoundCertificateType::Precommit,
    };
    let height = context::Height(ours.height);
    RoundCertificate::new_from_votes(height, their_round(ours.round), end, votes)
}

/// Why a block is final, over validators of this set.
pub(crate) fn our_certificate(
    theirs: &CommitCertificate<Context>,
    validators: &ValidatorSet,
) -> Certificate {
    let signature_of = |address: Address| -> Option<Signature> {
        let mut signatures = theirs.commit_signatures.iter();
        let found = signatures.find(|signature| signature.address.0 == address);
        found.map(|signature| signature.signature)
    };
    let mut signatures = Vec::new();
    let signers = Signers::of(validators, |validator| {
        let signature = signature_of(validator.key.address());
        signatures.extend(signature);
        signature.is_some()
    });
    Certificate::Quorum {
        height: theirs.height.0,
        round: round(theirs.round),
        value: theirs.value_id,
        signers,
        signatures: List::new(signatures).expect("a set has at most as many members"),
    }
}
