//! One of each, by four validators.

use pyralog_consensus::{
    Justification, Message, Proposal, QuorumCertificate, Record, RoundCertificate, RoundEnd,
    Statement, Step, ViewChange,
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
pub(crate) fn proof(kind: VoteKind, seeds: &[u8]) -> QuorumCertificate {
    let votes: Vec<Vote> = seeds
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

pub(crate) fn round_over() -> Message {
    let votes = [
        vote(1, VoteKind::Prevote, ROUND, VALUE),
        vote(4, VoteKind::Precommit, ROUND, VALUE),
    ];
    Message::RoundOver(RoundCertificate {
        height: HEIGHT,
        round: ROUND,
        end: RoundEnd::Skipped,
        votes: List::new(votes.to_vec()).unwrap(),
    })
}

pub(crate) fn messages() -> [(&'static str, Message); 5] {
    let prevote = vote(3, VoteKind::Prevote, ROUND, VALUE);
    let polka = proof(VoteKind::Prevote, &[1, 2, 3]);
    [
        ("message/proposal", Message::Proposal(proposal())),
        ("message/vote", Message::Vote(prevote)),
        ("message/view_change", view_change()),
        ("message/polka", Message::Polka(polka)),
        ("message/round_over", round_over()),
    ]
}

pub(crate) fn records() -> [(&'static str, Record); 6] {
    let intent = wish(1, None).statement();
    let prepared = proof(VoteKind::Prevote, &[1, 2, 3]);
    let judged = Record::Judged {
        round: ROUND,
        block: VALUE,
        is_valid: true,
    };
    let elapsed = Record::Elapsed {
        round: ROUND,
        step: Step::Precommit,
    };
    [
        ("record/intent", Record::Intent(intent)),
        ("record/prepared", Record::Prepared(prepared)),
        ("record/justified", Record::Justified(justification())),
        ("record/heard", Record::Heard(view_change())),
        ("record/judged", judged),
        ("record/elapsed", elapsed),
    ]
}
