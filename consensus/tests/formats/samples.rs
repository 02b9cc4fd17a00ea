//! One of each, by four validators.

use pyralog_consensus::{
    Justification, Message, Proposal, QuorumCertificate, Record, Statement, ViewChange,
};
use pyralog_primitives::codec::List;
use pyralog_primitives::validators::{Validator, ValidatorSet};
use pyralog_primitives::vote::{Prepared, SignedProposal, Vote, VoteKind};
use pyralog_primitives::{
    BlockId, GenesisHash, Hash, Height, Round, SecretKey, SignBytes, VotingPower,
};

pub(crate) const GENESIS: GenesisHash = GenesisHash::new(Hash::new([9; 32]));
pub(crate) const HEIGHT: Height = Height::new(7);
pub(crate) const ROUND: Round = Round::new(1);
pub(crate) const VALUE: BlockId = BlockId::new(Hash::new([5; 32]));

pub(crate) fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

pub(crate) fn validators() -> ValidatorSet {
    let member = |seed| Validator {
        key: key(seed).public_key(),
        power: VotingPower::new(1),
    };
    ValidatorSet::new((1..=4).map(member).collect()).unwrap()
}

pub(crate) fn vote(seed: u8, kind: VoteKind, round: Round, value: BlockId) -> Vote {
    let bytes = SignBytes::vote(GENESIS, kind, HEIGHT, round, Some(value));
    Vote {
        kind,
        height: HEIGHT,
        round,
        value: Some(value),
        validator: key(seed).public_key().address(),
        signature: key(seed).sign(&bytes),
    }
}

pub(crate) fn signed(seed: u8) -> SignedProposal {
    let bytes = SignBytes::proposal(GENESIS, HEIGHT, ROUND, VALUE, Some(Round::FIRST));
    SignedProposal {
        height: HEIGHT,
        round: ROUND,
        value: VALUE,
        valid_round: Some(Round::FIRST),
        validator: key(seed).public_key().address(),
        signature: key(seed).sign(&bytes),
    }
}

pub(crate) fn wish(seed: u8, prepared: Option<Prepared>) -> ViewChange {
    let statement = Statement::ViewChange {
        height: HEIGHT,
        round: ROUND,
        prepared,
    };
    ViewChange {
        height: HEIGHT,
        round: ROUND,
        prepared,
        validator: key(seed).public_key().address(),
        signature: key(seed).sign(&statement.sign_bytes(GENESIS)),
    }
}

/// What these validators prevoted in the first round.
pub(crate) fn proof(kind: VoteKind, voters: &[u8]) -> QuorumCertificate {
    let votes: Vec<Vote> = voters
        .iter()
        .map(|seed| vote(*seed, kind, Round::FIRST, VALUE))
        .collect();
    QuorumCertificate::assemble(
        kind,
        (HEIGHT, Round::FIRST, VALUE),
        |voter| votes.iter().find(|vote| vote.validator == *voter),
        &validators(),
    )
}

pub(crate) fn justification() -> Justification {
    let proof = proof(VoteKind::Prevote, &[1, 2, 3]);
    let mut wishes = vec![
        wish(1, Some(proof.prepared())),
        wish(2, None),
        wish(4, None),
    ];
    wishes.sort_by_key(|wish| wish.validator);
    Justification {
        wishes: List::new(wishes).unwrap(),
        proof: Some(proof),
    }
}

pub(crate) fn proposal() -> Proposal {
    Proposal {
        signed: signed(2),
        justification: Some(justification()),
    }
}

pub(crate) fn view_change() -> Message {
    let proof = proof(VoteKind::Prevote, &[1, 2, 3]);
    Message::ViewChange {
        wish: wish(1, Some(proof.prepared())),
        proof: Some(proof),
    }
}

pub(crate) fn messages() -> [(&'static str, Message); 3] {
    let prevote = vote(3, VoteKind::Prevote, ROUND, VALUE);
    [
        ("message/proposal", Message::Proposal(proposal())),
        ("message/vote", Message::Vote(prevote)),
        ("message/view_change", view_change()),
    ]
}

pub(crate) fn records() -> [(&'static str, Record); 3] {
    let intent = wish(1, None).statement();
    [
        ("record/intent", Record::Intent(intent)),
        (
            "record/prepared",
            Record::Prepared(proof(VoteKind::Prevote, &[1, 2, 3])),
        ),
        ("record/justified", Record::Justified(justification())),
    ]
}
