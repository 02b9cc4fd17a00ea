//! A block shows why its parent is final, by a certificate that holds, or it is
//! refused: sent by another or brought by the draft of a block to build.

use std::sync::Arc;

use pyralog_chain::{Application, CheckError, InvalidBlock, Ledger};
use pyralog_genesis::Genesis;
use pyralog_primitives::block::{Block, BlockError};
use pyralog_primitives::certificate::{Certificate, CertificateError, Signers};
use pyralog_primitives::codec::List;
use pyralog_primitives::vote::VoteKind;
use pyralog_primitives::{
    BlockId, ByteCount, CertificateHash, Hash, Height, Round, SignBytes, Signature, VotingPower,
};

use crate::quorum::{certify, draft, network_of, settle, voter_key, votes};
use crate::world::{Memory, begin};

const PLENTY: ByteCount = ByteCount::new(1 << 30);
/// Six votes: more than four are a quorum.
const POWERS: [u64; 4] = [2, 2, 1, 1];
const ALL: [u8; 4] = [0, 1, 2, 3];
const PARENT: Height = Height::new(1);

/// A network whose first block is final.
fn one_block() -> (Genesis, Ledger<Memory>, BlockId) {
    let genesis = network_of(&POWERS);
    let (mut ledger, memory) = begin(&genesis, PLENTY);
    let batch = settle(&genesis, &mut ledger, &memory, &ALL, vec![]);
    (genesis, ledger, batch.block.id())
}

/// Why a block whose certificate is put there by `change` is refused.
fn refused(change: impl FnOnce(&Genesis, &mut Block)) -> InvalidBlock {
    let (genesis, mut ledger, parent) = one_block();
    let certificate = certify(&genesis, PARENT, parent, &ALL);
    let built = ledger.prepare_proposal(&parent, draft(Some(certificate)), &mut std::iter::empty());
    let mut block = Block::clone(&built.unwrap().block);
    change(&genesis, &mut block);
    invalid(ledger.process_proposal(Arc::new(block), &|_| false))
}

/// Why a certificate, made for the parent's id, is refused: as that of a block
/// that another sent, and in a draft.
fn refused_certificate(make: impl Fn(&Genesis, BlockId) -> Certificate) -> InvalidBlock {
    let sent = refused(|genesis, block| {
        let certificate = make(genesis, block.header.parent);
        block.header.parent_certificate = certificate.hash();
        block.parent_certificate = Some(certificate);
    });
    let (genesis, mut ledger, parent) = one_block();
    let before = ledger.counts();
    let draft = draft(Some(make(&genesis, parent)));
    let built = ledger.prepare_proposal(&parent, draft, &mut std::iter::empty());
    assert_eq!(invalid(built.map(|built| built.id)), sent);
    assert_eq!(ledger.counts(), before, "nothing was built");
    sent
}

fn invalid(taken: Result<BlockId, CheckError<std::convert::Infallible>>) -> InvalidBlock {
    match taken {
        Err(CheckError::Invalid(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

/// The certificate of all validators, with one part replaced.
fn changed(
    genesis: &Genesis,
    parent: BlockId,
    change: impl FnOnce(&mut Signers, &mut Vec<Signature>),
) -> Certificate {
    let Certificate::Quorum {
        height,
        round,
        value,
        mut signers,
        signatures,
    } = certify(genesis, PARENT, parent, &ALL)
    else {
        unreachable!("it is made of the votes of several");
    };
    let mut signatures = signatures.into_vec();
    change(&mut signers, &mut signatures);
    Certificate::Quorum {
        height,
        round,
        value,
        signers,
        signatures: List::new(signatures).unwrap(),
    }
}

fn is_forged(reason: &InvalidBlock) -> bool {
    matches!(
        reason,
        InvalidBlock::Certificate(CertificateError::BadSignature(_))
    )
}

#[test]
fn a_certificate_by_a_quorum_is_taken() {
    for signed in [&ALL[..], &[0, 1, 2], &[0, 1, 3]] {
        let (genesis, mut builder, parent) = one_block();
        let certificate = certify(&genesis, PARENT, parent, signed);
        let built =
            builder.prepare_proposal(&parent, draft(Some(certificate)), &mut std::iter::empty());
        let built = built.unwrap();
        let (_, mut checker, _) = one_block();
        let taken = checker.process_proposal(Arc::clone(&built.block), &|_| false);
        assert_eq!(taken, Ok(built.id));
    }
}

#[test]
fn a_block_above_the_first_without_a_certificate_is_refused() {
    let reason = refused(|_, block| {
        block.header.parent_certificate = CertificateHash::ZERO;
        block.parent_certificate = None;
    });
    assert_eq!(reason, InvalidBlock::Body(BlockError::Parent));
    let reason = refused(|_, block| block.parent_certificate = None);
    assert_eq!(reason, InvalidBlock::Body(BlockError::Parent));
}

#[test]
fn the_first_block_with_a_certificate_is_refused() {
    let genesis = network_of(&POWERS);
    for (height, value) in [
        (Height::new(0), BlockId::ZERO),
        (PARENT, BlockId::new(Hash::new([1; 32]))),
    ] {
        let (mut ledger, _) = begin(&genesis, PLENTY);
        let certificate = certify(&genesis, height, value, &ALL);
        let first = ledger.prepare_proposal(&BlockId::ZERO, draft(None), &mut std::iter::empty());
        let mut block = Block::clone(&first.unwrap().block);
        block.header.parent_certificate = certificate.hash();
        let named = Arc::new(block.clone());
        block.parent_certificate = Some(certificate.clone());
        let sent = ledger.process_proposal(Arc::new(block), &|_| false);
        assert_eq!(invalid(sent), InvalidBlock::Body(BlockError::Parent));
        let named = ledger.process_proposal(named, &|_| false);
        let reason = InvalidBlock::Body(BlockError::ParentCertificate);
        assert_eq!(invalid(named), reason);
        let draft = draft(Some(certificate));
        let built = ledger.prepare_proposal(&BlockId::ZERO, draft, &mut std::iter::empty());
        let built = built.map(|built| built.id);
        assert_eq!(invalid(built), InvalidBlock::Body(BlockError::Parent));
    }
}

#[test]
fn a_certificate_of_another_block_or_height_is_refused() {
    let other = BlockId::new(Hash::new([7; 32]));
    let of_another = refused_certificate(|genesis, _| certify(genesis, PARENT, other, &ALL));
    let reason = BlockError::OtherParent {
        certified: other,
        height: PARENT,
    };
    assert_eq!(of_another, InvalidBlock::Body(reason));
    for height in [Height::new(0), Height::new(2), Height::new(u64::MAX)] {
        let refused = refused_certificate(|genesis, id| certify(genesis, height, id, &ALL));
        assert!(
            matches!(
                refused,
                InvalidBlock::Body(BlockError::OtherParent { height: found, .. })
                    if found == height
            ),
            "{refused:?}"
        );
    }
}

#[test]
fn a_certificate_that_the_header_does_not_name_is_refused() {
    let reason = InvalidBlock::Body(BlockError::ParentCertificate);
    // Another one that holds, with other signers.
    let swapped = refused(|genesis, block| {
        let certificate = certify(genesis, PARENT, block.header.parent, &[0, 1, 2]);
        block.parent_certificate = Some(certificate);
    });
    assert_eq!(swapped, reason);
    let zero = refused(|_, block| block.header.parent_certificate = CertificateHash::ZERO);
    assert_eq!(zero, reason);
}

#[test]
fn a_certificate_by_less_than_a_quorum_is_refused() {
    for (signed, power) in [(&[][..], 0), (&[0, 2], 3), (&[0, 1], 4), (&[1, 2, 3], 4)] {
        let reason = refused_certificate(|genesis, id| certify(genesis, PARENT, id, signed));
        let error = CertificateError::NoQuorum {
            signed: VotingPower::new(power),
            total: VotingPower::new(6),
        };
        assert_eq!(reason, InvalidBlock::Certificate(error), "{signed:?}");
    }
}

#[test]
fn a_certificate_with_a_forged_signature_is_refused() {
    let nobody = refused_certificate(|genesis, id| {
        changed(genesis, id, |_, signatures| {
            signatures[2] = Signature::new([1; 64]);
        })
    });
    assert!(is_forged(&nobody), "{nobody:?}");
    let another = refused_certificate(|genesis, id| {
        changed(genesis, id, |_, signatures| signatures.swap(0, 1))
    });
    assert!(is_forged(&another), "{another:?}");
}

#[test]
fn a_certificate_of_votes_that_do_not_decide_is_refused() {
    let prevotes =
        refused_certificate(|genesis, id| votes(genesis, VoteKind::Prevote, PARENT, id, &ALL));
    assert!(is_forged(&prevotes), "{prevotes:?}");
}

#[test]
fn a_certificate_whose_signers_are_not_of_the_set_is_refused() {
    let five = network_of(&[1; 5]).validator_set();
    let nine = network_of(&[1; 9]).validator_set();
    for set in [five, nine] {
        let reason = refused_certificate(|genesis, id| {
            changed(genesis, id, |signers, _| {
                *signers = Signers::of(&set, |_| true);
            })
        });
        let error = CertificateError::BadBitmap { count: 4 };
        assert_eq!(reason, InvalidBlock::Certificate(error));
    }
    let absent = refused_certificate(|genesis, id| {
        changed(genesis, id, |signers, _| *signers = Signers::default())
    });
    let error = CertificateError::BadBitmap { count: 4 };
    assert_eq!(absent, InvalidBlock::Certificate(error));
}

#[test]
fn the_word_of_one_among_several_is_refused() {
    let reason = refused_certificate(|genesis, id| {
        let (kind, round) = (VoteKind::Solo, Round::FIRST);
        let message = SignBytes::vote(genesis.hash(), kind, PARENT, round, Some(id));
        Certificate::Solo {
            height: PARENT,
            value: id,
            signature: voter_key(0).sign(&message),
        }
    });
    let error = CertificateError::NotSolo { count: 4 };
    assert_eq!(reason, InvalidBlock::Certificate(error));
}
