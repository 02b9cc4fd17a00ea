//! What transactions, votes, certificates, blocks and proof files refuse.

use pyralog_primitives::action::{Action, Name, VALUE_BYTES_MAX, Value};
use pyralog_primitives::block::{Block, BlockError, evidence_root};
use pyralog_primitives::certificate::{Certificate, CertificateError, Signers};
use pyralog_primitives::codec::{BoundError, Canonical, DecodeError, List};
use pyralog_primitives::transaction::{
    SignError, TRANSACTION_BYTES_MAX, Transaction, TransactionBody, TransactionError,
};
use pyralog_primitives::validators::{
    TOTAL_POWER_MAX, VALIDATOR_COUNT_MAX, Validator, ValidatorSet, ValidatorSetError,
};
use pyralog_primitives::vote::{Evidence, EvidenceError, SignedProposal, Vote, VoteKind};
use pyralog_primitives::{
    Amount, BlockId, CertificateHash, Domain, GenesisHash, Height, PublicKey, Signature,
    VotingPower, WeakKey,
};

use crate::samples;

fn other_genesis() -> GenesisHash {
    GenesisHash::new(Domain::Genesis.hash(b"another network"))
}

fn member(number: u8, power: u64) -> Validator {
    Validator {
        key: samples::key(number).public_key(),
        power: VotingPower::new(power),
    }
}

#[test]
fn a_transaction_is_void_on_another_network() {
    let refused = samples::transaction().check_form(other_genesis());
    assert!(matches!(
        refused,
        Err(TransactionError::WrongNetwork { .. })
    ));
}

#[test]
fn each_mistake_of_form_has_its_error() {
    let genesis = samples::genesis();
    let mut idle = samples::transaction();
    idle.body.actions = List::default();
    assert_eq!(idle.check_form(genesis), Err(TransactionError::NoAction));
    let mut generous = samples::transaction();
    generous.body.tip = Amount::new(20_001);
    let refused = generous.check_form(genesis);
    assert!(matches!(refused, Err(TransactionError::TipAboveFee { .. })));
    let mut anyones = samples::transaction();
    let mut identity = [0; 32];
    identity[0] = 1;
    anyones.body.sender = PublicKey::new(identity);
    let refused = anyones.check_form(genesis);
    assert_eq!(
        refused,
        Err(TransactionError::WeakSender(WeakKey::SmallOrder))
    );
}

#[test]
fn a_transaction_longer_than_any_may_be_is_refused_wherever_it_is() {
    let journal = Name::new("audit").unwrap();
    let entry = Value::new(vec![7; VALUE_BYTES_MAX]).unwrap();
    let append = || Action::Append {
        journal: journal.clone(),
        entry: entry.clone(),
    };
    let with = |count: usize| TransactionBody {
        actions: List::new((0..count).map(|_| append()).collect()).unwrap(),
        ..samples::body()
    };
    // Three of the longest values fit, four do not.
    let fits = with(3).sign(&samples::key(1)).unwrap();
    assert_eq!(fits.check(samples::genesis()), Ok(()));
    assert_eq!(Transaction::decode(&fits.encode()), Ok(fits));
    let body = with(4);
    let bytes = body.encode().len();
    assert_eq!(
        body.clone().sign(&samples::key(1)),
        Err(SignError::TooLong { bytes })
    );

    let transaction = Transaction {
        body,
        ..samples::transaction()
    };
    let bytes = transaction.encode().len();
    let refused = transaction.check_form(samples::genesis());
    assert_eq!(refused, Err(TransactionError::TooLong { bytes }));
    let mut block = samples::block();
    block.transactions = List::new(vec![transaction]).unwrap();
    let max = TRANSACTION_BYTES_MAX;
    let bound = BoundError::TooMany {
        what: "transaction",
        found: max + 1,
        max,
    };
    assert_eq!(
        Block::decode(&block.encode()),
        Err(DecodeError::OutOfBounds(bound))
    );
}

#[test]
fn a_transaction_is_checked_for_form_and_signature() {
    let mut forged = samples::transaction();
    forged.signature = Signature::new([7; 64]);
    let refused = forged.check(samples::genesis());
    assert!(matches!(refused, Err(TransactionError::BadSignature(_))));
    let refused = samples::transaction().check(other_genesis());
    assert!(matches!(
        refused,
        Err(TransactionError::WrongNetwork { .. })
    ));
}

#[test]
fn a_tip_may_be_the_whole_fee() {
    let mut generous = samples::transaction();
    generous.body.tip = generous.body.fee_max;
    assert_eq!(generous.check_form(samples::genesis()), Ok(()));
}

#[test]
fn only_the_sender_signs() {
    let refused = samples::body().sign(&samples::key(2));
    let (sender, key) = (samples::key(1).public_key(), samples::key(2).public_key());
    assert_eq!(refused, Err(SignError::NotTheSender { sender, key }));
}

#[test]
fn a_second_signature_keeps_the_id_and_changes_the_signed_id() {
    let first = samples::transaction();
    let mut second = first.clone();
    second.signature = Signature::new([1; 64]);
    assert_eq!(second.id(), first.id());
    assert_ne!(second.signed_id(), first.signed_id());
}

#[test]
fn any_flipped_bit_of_a_signed_transaction_breaks_its_signature() {
    let bytes = samples::transaction().encode();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(transaction) = Transaction::decode(&flipped) {
            assert!(transaction.verify_signature().is_err(), "bit {bit}");
        }
    }
}

#[test]
fn a_validator_set_keeps_its_invariants() {
    let set = |members| ValidatorSet::new(members);
    assert_eq!(set(vec![]), Err(ValidatorSetError::Empty));
    let address = samples::key(1).public_key().address();
    let twice = vec![member(1, 5), member(2, 5), member(1, 6)];
    assert_eq!(set(twice), Err(ValidatorSetError::Twice(address)));
    assert_eq!(
        set(vec![member(1, 0)]),
        Err(ValidatorSetError::Powerless(address))
    );
    let anyones = PublicKey::new([0; 32]);
    let weak = set(vec![Validator {
        key: anyones,
        power: VotingPower::new(1),
    }]);
    let (address_of_anyone, order) = (anyones.address(), WeakKey::SmallOrder);
    assert_eq!(
        weak,
        Err(ValidatorSetError::WeakKey(address_of_anyone, order))
    );
    let most = TOTAL_POWER_MAX.get();
    assert!(set(vec![member(1, most - 1), member(2, 1)]).is_ok());
    let too_powerful = set(vec![member(1, most), member(2, 1)]);
    assert_eq!(too_powerful, Err(ValidatorSetError::TooPowerful));
    let wrapping = set(vec![member(1, u64::MAX), member(2, u64::MAX)]);
    assert_eq!(wrapping, Err(ValidatorSetError::TooPowerful));
    let many = (0..=VALIDATOR_COUNT_MAX).map(|number| {
        let mut seed = [9; 32];
        seed[..2].copy_from_slice(&u16::try_from(number).unwrap().to_le_bytes());
        let key = pyralog_primitives::SecretKey::from_seed(&seed).public_key();
        Validator {
            key,
            power: VotingPower::new(1),
        }
    });
    assert!(matches!(
        set(many.collect()),
        Err(ValidatorSetError::TooMany(_))
    ));
}

#[test]
fn validators_are_found_by_address_in_order() {
    let set = samples::validators();
    let addresses: Vec<_> = set.iter().map(|member| member.key.address()).collect();
    assert!(addresses.is_sorted());
    for (place, (member, address)) in set.iter().zip(&addresses).enumerate() {
        let index = set.find(address).unwrap();
        assert_eq!((index.get(), set.get(index)), (place, Some(member)));
    }
    assert_eq!(set.find(&samples::key(99).public_key().address()), None);
    assert_eq!(set.total_power(), VotingPower::new(110 + 120 + 130 + 140));
}

#[test]
fn an_unordered_or_repeated_validator_set_does_not_decode() {
    let bytes = samples::validators().encode();
    let mut swapped = bytes.clone();
    swapped[4..84].rotate_left(40);
    assert!(matches!(
        ValidatorSet::decode(&swapped),
        Err(DecodeError::OutOfBounds(_))
    ));
    let mut repeated = bytes;
    repeated.copy_within(4..44, 44);
    assert!(matches!(
        ValidatorSet::decode(&repeated),
        Err(DecodeError::Meaningless(_))
    ));
}

#[test]
fn a_quorum_is_more_than_two_thirds() {
    let set = ValidatorSet::new(vec![member(1, 1), member(2, 1), member(3, 1)]).unwrap();
    assert!(!set.is_quorum(VotingPower::new(2)));
    assert!(set.is_quorum(VotingPower::new(3)));
    let largest = ValidatorSet::new(vec![member(1, TOTAL_POWER_MAX.get())]).unwrap();
    assert!(largest.is_quorum(VotingPower::new(u64::MAX)));
    assert!(!largest.is_quorum(VotingPower::new(TOTAL_POWER_MAX.get() / 3 * 2)));
}

/// The certificate of the sample block's parent, with one part replaced.
fn changed(change: impl FnOnce(&mut Signers, &mut Vec<Signature>)) -> Certificate {
    let Some(Certificate::Quorum {
        height,
        round,
        value,
        mut signers,
        signatures,
    }) = samples::block().parent_certificate
    else {
        panic!("the sample has a quorum certificate");
    };
    let mut signatures = signatures.into_vec();
    change(&mut signers, &mut signatures);
    let signatures = List::new(signatures).unwrap();
    Certificate::Quorum {
        height,
        round,
        value,
        signers,
        signatures,
    }
}

#[test]
fn each_flaw_of_a_certificate_has_its_error() {
    let (genesis, set) = (samples::genesis(), samples::validators());
    let verify = |certificate: Certificate| certificate.verify(genesis, &set);
    assert_eq!(verify(changed(|_, _| ())), Ok(()));

    let swapped = verify(changed(|_, signatures| signatures.swap(0, 1)));
    assert!(matches!(swapped, Err(CertificateError::BadSignature(_))));
    let missing = verify(changed(|_, signatures| signatures.truncate(2)));
    assert!(matches!(
        missing,
        Err(CertificateError::SignatureCount {
            signers: 3,
            signatures: 2
        })
    ));
    let solo = samples::solo_validator();
    let short = verify(changed(|signers, _| {
        *signers = Signers::of(&solo, |_| false);
    }));
    assert!(matches!(
        short,
        Err(CertificateError::SignatureCount { signers: 0, .. })
    ));
    let few = verify(changed(|signers, signatures| {
        *signers = Signers::of(&set, |member| member.power.get() > 120);
        signatures.truncate(2);
    }));
    assert!(matches!(few, Err(CertificateError::NoQuorum { signed, .. }) if signed.get() == 270));
    let other = changed(|_, _| ()).verify(other_genesis(), &set);
    assert!(matches!(other, Err(CertificateError::BadSignature(_))));
    let not_solo = verify(samples::solo_certificate(Height::FIRST, BlockId::ZERO));
    assert_eq!(not_solo, Err(CertificateError::NotSolo { count: 4 }));
}

#[test]
fn a_bitmap_has_the_length_of_its_set_and_no_bit_beyond() {
    let (genesis, set) = (samples::genesis(), samples::validators());
    let encoded = changed(|_, _| ()).encode();
    // Kind, height, round and value come first; then the length of the bitmap.
    let bitmap_at = 1 + 8 + 4 + 32;
    let verify = |bitmap: &[u8], signatures: u32| {
        let mut bytes = encoded[..bitmap_at].to_vec();
        bytes.extend(u32::try_from(bitmap.len()).unwrap().to_le_bytes());
        bytes.extend(bitmap);
        bytes.extend(signatures.to_le_bytes());
        bytes.extend(&encoded[bitmap_at + 4 + 1 + 4..]);
        bytes.resize(
            bytes.len() + (signatures as usize - 3) * Signature::BYTES,
            7,
        );
        Certificate::decode(&bytes).unwrap().verify(genesis, &set)
    };
    let good = encoded[bitmap_at + 4];
    assert_eq!(verify(&[good], 3), Ok(()));
    let bad = Err(CertificateError::BadBitmap { count: 4 });
    assert_eq!(verify(&[good, 0], 3), bad);
    assert_eq!(verify(&[good | 0x10], 4), bad);
    assert_eq!(verify(&[good, 1], 4), bad);
    assert_eq!(verify(&[], 3), bad);
}

#[test]
fn a_solo_certificate_is_signed_by_the_only_validator() {
    let (genesis, set) = (samples::genesis(), samples::solo_validator());
    let value = samples::block().id();
    let good = samples::solo_certificate(Height::FIRST, value);
    assert_eq!(good.verify(genesis, &set), Ok(()));
    let bytes = good.encode();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(certificate) = Certificate::decode(&flipped) {
            assert!(certificate.verify(genesis, &set).is_err(), "bit {bit}");
        }
    }
}

#[test]
fn any_flipped_bit_of_a_certificate_breaks_it() {
    let bytes = changed(|_, _| ()).encode();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(certificate) = Certificate::decode(&flipped) {
            let verdict = certificate.verify(samples::genesis(), &samples::validators());
            assert!(verdict.is_err(), "bit {bit}");
        }
    }
}

#[test]
fn evidence_needs_two_contradicting_proposals_of_one_round() {
    let (genesis, key) = (samples::genesis(), samples::key(12).public_key());
    let good = samples::double_proposal();
    assert_eq!(good.verify(genesis, &key), Ok(()));
    assert_eq!(good.accused(), key.address());
    let (value, other) = (samples::block().id(), BlockId::ZERO);
    let plain = samples::proposal(value, None);
    let no_conflict = Err(EvidenceError::NoConflict);
    let verify = |one, other| Evidence::double_proposal(one, other).verify(genesis, &key);
    assert_eq!(verify(plain, plain), no_conflict);
    assert_eq!(verify(plain, samples::sample_proposal()), Ok(()));
    let later = SignedProposal {
        round: plain.round.next().unwrap(),
        ..samples::proposal(other, None)
    };
    assert_eq!(verify(plain, later), no_conflict);
    let forged = SignedProposal {
        value: other,
        ..plain
    };
    let forged = verify(plain, forged);
    assert!(matches!(forged, Err(EvidenceError::BadSignature(_))));
    if let Evidence::DoubleProposal { first, second } = good {
        let (first, second) = (second, first);
        let unordered = Evidence::DoubleProposal { first, second };
        assert_eq!(
            unordered.verify(genesis, &key),
            Err(EvidenceError::Unordered)
        );
    }
}

#[test]
fn evidence_needs_two_contradicting_votes_of_one_validator() {
    let (genesis, key) = (samples::genesis(), samples::key(12).public_key());
    let (first, second) = samples::double_vote();
    let verify = |first, second| Evidence::DoubleVote { first, second }.verify(genesis, &key);
    assert_eq!(verify(first, second), Ok(()));
    assert_eq!(verify(first, first), Err(EvidenceError::NoConflict));
    assert_eq!(verify(second, first), Err(EvidenceError::Unordered));
    let prevote = samples::vote(VoteKind::Prevote, None);
    assert_eq!(
        Evidence::double_vote(first, prevote).verify(genesis, &key),
        { Err(EvidenceError::NoConflict) }
    );
    let framed = Evidence::DoubleVote { first, second }.verify(other_genesis(), &key);
    assert!(matches!(framed, Err(EvidenceError::BadSignature(_))));
    let other = samples::key(13).public_key();
    let wrong_key = Evidence::DoubleVote { first, second }.verify(genesis, &other);
    assert!(matches!(wrong_key, Err(EvidenceError::BadSignature(_))));
    for (first, second) in [
        (
            Vote {
                round: first.round.next().unwrap(),
                ..first
            },
            second,
        ),
        (
            Vote {
                height: first.height.next().unwrap(),
                ..first
            },
            second,
        ),
        (
            Vote {
                validator: other.address(),
                ..first
            },
            second,
        ),
    ] {
        assert_eq!(verify(first, second), Err(EvidenceError::NoConflict));
    }
    let forged = Signature::new([7; 64]);
    for evidence in [
        Evidence::double_vote(
            Vote {
                signature: forged,
                ..first
            },
            second,
        ),
        Evidence::double_vote(
            first,
            Vote {
                signature: forged,
                ..second
            },
        ),
    ] {
        let refused = evidence.verify(genesis, &key);
        assert!(matches!(refused, Err(EvidenceError::BadSignature(_))));
    }
    assert_eq!(Evidence::double_vote(second, first), samples::evidence());
    assert_eq!(samples::evidence().accused(), key.address());
}

#[test]
fn a_block_whose_body_is_not_its_headers_is_refused() {
    let mut block = samples::block();
    block.transactions = List::default();
    assert_eq!(block.check_body(), Err(BlockError::Transactions));
    let mut block = samples::block();
    block.evidence = List::default();
    assert_eq!(block.check_body(), Err(BlockError::Evidence));
    let mut block = samples::block();
    block.parent_certificate = None;
    assert_eq!(block.check_body(), Err(BlockError::Parent));
    let mut block = samples::block();
    block.parent_certificate = Some(changed(|_, signatures| signatures.truncate(2)));
    assert_eq!(block.check_body(), Err(BlockError::ParentCertificate));
    let mut block = samples::block();
    block.header.parent = BlockId::ZERO;
    assert_eq!(block.check_body(), Err(BlockError::Parent));
}

#[test]
fn a_vote_under_the_address_of_another_is_refused() {
    let key = samples::key(12).public_key();
    let vote = samples::vote(VoteKind::Prevote, None);
    assert_eq!(vote.verify(samples::genesis(), &key), Ok(()));
    let other = samples::key(13).public_key().address();
    let refused = Vote {
        validator: other,
        ..vote
    }
    .verify(samples::genesis(), &key);
    assert!(refused.is_err());
}

#[test]
fn the_first_block_has_no_parent_and_every_other_has() {
    let mut first = samples::block();
    first.header.height = Height::FIRST;
    assert_eq!(first.check_body(), Err(BlockError::Parent));
    first.header.parent = BlockId::ZERO;
    assert_eq!(first.check_body(), Err(BlockError::Parent));
    first.parent_certificate = None;
    assert_eq!(first.check_body(), Err(BlockError::ParentCertificate));
    first.header.parent_certificate = CertificateHash::ZERO;
    assert_eq!(first.check_body(), Ok(()));
    first.header.height = Height::new(2);
    assert_eq!(first.check_body(), Err(BlockError::Parent));
    first.header.height = Height::new(0);
    assert_eq!(first.check_body(), Err(BlockError::Height));
}

#[test]
fn the_parent_certificate_is_about_the_parent() {
    let with_certificate = |certificate: Certificate| {
        let mut block = samples::block();
        block.header.parent_certificate = certificate.hash();
        block.parent_certificate = Some(certificate);
        block.check_body()
    };
    let parent = samples::block().header.parent;
    let other = samples::block().id();
    let height = Height::new(41);
    assert_eq!(
        with_certificate(samples::quorum_certificate(height, parent)),
        Ok(())
    );
    let of_another = with_certificate(samples::quorum_certificate(height, other));
    assert_eq!(
        of_another,
        Err(BlockError::OtherParent {
            certified: other,
            height
        })
    );
    let height = Height::new(40);
    let of_another_height = with_certificate(samples::quorum_certificate(height, parent));
    assert_eq!(
        of_another_height,
        Err(BlockError::OtherParent {
            certified: parent,
            height
        })
    );
}

#[test]
fn evidence_stands_in_order_and_none_twice() {
    let other = Evidence::double_vote(
        samples::vote(VoteKind::Prevote, None),
        samples::vote(VoteKind::Prevote, Some(samples::block().id())),
    );
    let mut both = vec![samples::evidence(), other];
    both.sort_by_key(Canonical::encode);
    let with = |evidence: Vec<Evidence>| {
        let mut block = samples::block();
        block.header.evidence_root = evidence_root(&evidence);
        block.evidence = List::new(evidence).unwrap();
        block.check_body()
    };
    assert_eq!(with(both.clone()), Ok(()));
    assert_eq!(with(vec![both[1], both[0]]), Err(BlockError::EvidenceOrder));
    assert_eq!(with(vec![both[0], both[0]]), Err(BlockError::EvidenceOrder));
}

#[test]
fn proofs_of_one_offence_name_the_same_offence() {
    let (first, _) = samples::double_vote();
    let another_value = samples::vote(VoteKind::Precommit, Some(samples::block().id()));
    let again = Evidence::double_vote(first, another_value);
    assert_ne!(again, samples::evidence());
    assert_eq!(again.offence(), samples::evidence().offence());
    let prevote = samples::vote(VoteKind::Prevote, None);
    assert_ne!(
        Evidence::double_vote(prevote, prevote).offence(),
        again.offence()
    );
}
