//! A message counts only if everyone who is said to have signed a part of it is
//! a validator and did.

use pyralog_consensus::{
    Ed25519, Message, MessageError, RoundCertificate, RoundEnd, Verified, verify_certificate,
};
use pyralog_primitives::certificate::CertificateError;
use pyralog_primitives::codec::{Canonical, List};
use pyralog_primitives::vote::{Vote, VoteKind};
use pyralog_primitives::{BadSignature, GenesisHash, Hash, Height, Round};

use crate::samples::{
    GENESIS, HEIGHT, ROUND, VALUE, justification, key, messages, proof, proposal, signed,
    validators, view_change, vote, wish,
};

fn error_of(message: Message) -> MessageError {
    let verified = message.verify(GENESIS, &validators(), &Ed25519);
    verified.expect_err("the message has a flaw")
}

#[test]
fn good_messages_pass() {
    for (name, message) in messages() {
        let verified = message.clone().verify(GENESIS, &validators(), &Ed25519);
        assert_eq!(verified.map(Verified::into_inner), Ok(message), "{name}");
    }
}

#[test]
fn nothing_signed_for_one_network_counts_on_another() {
    let elsewhere = GenesisHash::new(Hash::new([8; 32]));
    for (name, message) in messages() {
        let verified = message.verify(elsewhere, &validators(), &Ed25519);
        assert!(
            matches!(verified, Err(MessageError::BadSignature(_))),
            "{name}"
        );
    }
}

#[test]
fn every_bit_of_a_message_is_signed_or_checked() {
    for (name, message) in messages() {
        let bytes = message.encode();
        for bit in 0..8 * bytes.len() {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let Ok(changed) = Message::decode(&bytes) else {
                continue;
            };
            let verified = changed.verify(GENESIS, &validators(), &Ed25519);
            assert!(verified.is_err(), "{name}: bit {bit} may be changed");
        }
    }
}

#[test]
fn a_stranger_has_no_voice() {
    let signer = key(7).public_key().address();
    let stranger = MessageError::Stranger {
        signer,
        height: HEIGHT,
    };
    let voted = vote(7, VoteKind::Prevote, ROUND, VALUE);
    assert_eq!(error_of(Message::Vote(voted)), stranger);
    let wish = wish(7, None);
    assert_eq!(
        error_of(Message::ViewChange { wish, proof: None }),
        stranger
    );
    let mut proposal = proposal();
    proposal.signed = signed(7);
    assert_eq!(error_of(Message::Proposal(proposal.clone())), stranger);
    proposal.signed = signed(2);
    let mut justification = justification();
    justification.wishes = List::new(vec![wish]).unwrap();
    proposal.justification = Some(justification);
    assert_eq!(error_of(Message::Proposal(proposal)), stranger);
}

#[test]
fn each_part_has_its_kind_and_height() {
    let wrong = |found| MessageError::WrongKind { found };
    for kind in [VoteKind::Solo, VoteKind::Proposal] {
        let misplaced = vote(1, kind, ROUND, VALUE);
        assert_eq!(error_of(Message::Vote(misplaced)), wrong(kind));
    }
    let precommits = proof(VoteKind::Precommit, &[1, 2, 3]);
    let wish = wish(1, Some(precommits.prepared()));
    let proof = Some(precommits);
    let message = Message::ViewChange { wish, proof };
    assert_eq!(error_of(message), wrong(VoteKind::Precommit));

    let Message::ViewChange { wish, proof } = view_change() else {
        unreachable!("it is one");
    };
    let mut proof = proof.unwrap();
    proof.height = Height::new(6);
    let proof = Some(proof);
    let other = MessageError::OtherHeight {
        whole: HEIGHT,
        part: Height::new(6),
    };
    assert_eq!(error_of(Message::ViewChange { wish, proof }), other);
}

#[test]
fn what_was_prepared_is_proved_by_a_quorum_of_prevotes_for_just_that() {
    let good = proof(VoteKind::Prevote, &[1, 2, 3]);
    let unproved = MessageError::Unproved {
        validator: key(1).public_key().address(),
    };
    let wish_for = |prepared| wish(1, prepared);
    let claims = Some(good.prepared());
    for (wish, proof) in [
        (wish_for(claims), None),
        (wish_for(None), Some(good.clone())),
        (
            wish_for(claims.map(|mut prepared| {
                prepared.round = Round::new(3);
                prepared
            })),
            Some(good),
        ),
    ] {
        assert_eq!(error_of(Message::ViewChange { wish, proof }), unproved);
    }
    let few = proof(VoteKind::Prevote, &[1, 2]);
    let wish = wish(1, Some(few.prepared()));
    let proof = Some(few);
    let error = error_of(Message::ViewChange { wish, proof });
    assert!(matches!(
        error,
        MessageError::Quorum(CertificateError::NoQuorum { .. })
    ));
}

#[test]
fn votes_end_a_round_if_they_are_enough_and_of_one_round() {
    let over = |end, votes: Vec<Vote>| {
        Message::RoundOver(RoundCertificate {
            height: HEIGHT,
            round: ROUND,
            end,
            votes: List::new(votes).unwrap(),
        })
    };
    let passes = |message: Message| message.verify(GENESIS, &validators(), &Ed25519).is_ok();
    let precommit = |seed| vote(seed, VoteKind::Precommit, ROUND, VALUE);
    let prevote = |seed| vote(seed, VoteKind::Prevote, ROUND, VALUE);
    let (skipped, precommitted) = (RoundEnd::Skipped, RoundEnd::Precommitted);

    assert!(passes(over(skipped, vec![prevote(1), precommit(2)])));
    assert!(passes(over(
        precommitted,
        [1, 2, 3].map(precommit).to_vec()
    )));

    let few = over(skipped, vec![prevote(1)]);
    assert!(matches!(error_of(few), MessageError::TooFew { .. }));
    let few = over(precommitted, [1, 2].map(precommit).to_vec());
    assert!(matches!(error_of(few), MessageError::TooFew { .. }));
    let mixed = over(precommitted, vec![precommit(1), precommit(2), prevote(3)]);
    let found = VoteKind::Prevote;
    assert_eq!(error_of(mixed), MessageError::WrongKind { found });
    let twice = over(skipped, vec![prevote(1), precommit(1)]);
    assert_eq!(error_of(twice), MessageError::Unrelated);
    let earlier = vote(2, VoteKind::Prevote, Round::FIRST, VALUE);
    let scattered = over(skipped, vec![prevote(1), earlier]);
    assert_eq!(error_of(scattered), MessageError::Unrelated);
    let strange = over(skipped, vec![prevote(1), prevote(2), prevote(7)]);
    assert!(matches!(error_of(strange), MessageError::Stranger { .. }));
}

#[test]
fn a_certificate_is_verified_like_a_message() {
    let good = proof(VoteKind::Precommit, &[1, 2, 4]).into_final();
    let verified = verify_certificate(good.clone(), GENESIS, &validators(), &Ed25519);
    assert_eq!(verified.map(Verified::into_inner), Ok(good));
    // Prevotes do not make a block final.
    let prevotes = proof(VoteKind::Prevote, &[1, 2, 4]).into_final();
    let verified = verify_certificate(prevotes, GENESIS, &validators(), &Ed25519);
    assert!(matches!(
        verified,
        Err(CertificateError::BadSignature(BadSignature { .. }))
    ));
}
