use std::sync::LazyLock;

use winterfell::Proof;

use super::samples::{Samples, changed};
use super::*;
use crate::stark::gate::Commitments;
use crate::stark::layout::{Malformed, Part};
use crate::stark::shortest::{are_the_least, shortest};
use crate::stark::{AIR_PROOF_BYTES_MAX, AirId, PROVEN_BITS_MIN, air_proof_bytes_min};

/// One proof for all tests that only spoil it; its records fill no trace.
static PROVED: LazyLock<(Append, Vec<u8>)> = LazyLock::new(|| proved(20));

fn proved(count: usize) -> (Append, Vec<u8>) {
    let mut samples = Samples::new(count as u64);
    let from = samples.lead();
    let records = samples.records(&from, count);
    prove(&from, &records).unwrap()
}

#[test]
fn a_proof_of_any_count_holds_and_has_its_proven_bits() {
    for count in [1, 16, 17, 33] {
        let (claim, proof) = proved(count);
        assert_eq!(verify(&claim, &proof), Ok(()), "{count} records");
        let bits = Proof::from_bytes(&proof).unwrap();
        let bits = bits.proven_security::<Commitments>().ldr_bits();
        assert!(bits >= PROVEN_BITS_MIN, "{count} records: {bits} bits");
    }
}

#[test]
fn records_that_say_nothing_are_proved_too() {
    let record = |number| Record {
        sequence: Sequence::new(number),
        amounts: [0; 2],
        content: Lead::EMPTY.digest(),
    };
    let records: Vec<Record> = (1..=16).map(record).collect();
    let (claim, proof) = prove(&Lead::EMPTY, &records).unwrap();
    assert_eq!(verify(&claim, &proof), Ok(()));
    assert_eq!(claim.to().count(), RecordCount::new(16));
    assert_eq!(claim.to().last(), Sequence::new(16));
    assert_eq!(claim.to().totals(), Totals::new([0; 2]));
}

/// Constraints over columns with little in them have lower degrees than declared;
/// the library must not mind in any build.
#[test]
fn records_that_say_little_are_proved_too() {
    for amounts in [[5, 0], [0, 5], [1, 0], [u32::MAX, 0]] {
        for count in [1, 2, 16] {
            let record = |number| Record {
                sequence: Sequence::new(number),
                amounts,
                content: TreeDigest::new([BaseElement::new(1); 4]),
            };
            let records: Vec<Record> = (1..=count).map(record).collect();
            let (claim, proof) = prove(&Lead::EMPTY, &records).unwrap();
            assert_eq!(verify(&claim, &proof), Ok(()), "{count} of {amounts:?}");
        }
    }
}

/// A claim made by hand, past what making one checks.
fn claims_besides(claim: &Append) -> Vec<Append> {
    let lead = |lead: &Lead, count, last, totals: [u64; 2]| {
        let [one, other] = lead.totals().get();
        Lead::new(
            lead.digest(),
            RecordCount::new(lead.count().get() + count),
            Sequence::new(lead.last().get() + last),
            Totals::new([one + totals[0], other + totals[1]]),
        )
        .unwrap()
    };
    let mut others = Vec::new();
    for (count, last, totals) in [
        // Of a trace that is as long.
        (1, 0, [0, 0]),
        (0, 1, [0, 0]),
        (0, 0, [1, 0]),
        (0, 0, [0, 1]),
    ] {
        let (from, to) = (claim.from, claim.to);
        let both = |from, to| Append { from, to, ..*claim };
        others.push(both(from, lead(&to, count, last, totals)));
        others.push(both(lead(&from, count, last, totals), to));
        // By as much on both sides: only the leads are others.
        let from = lead(&from, count, last, totals);
        others.push(both(from, lead(&to, count, last, totals)));
    }
    for place in 0..4 {
        let batch = changed(claim.batch, place);
        others.push(Append { batch, ..*claim });
    }
    others
}

#[test]
fn a_proof_does_not_hold_for_another_claim() {
    let (claim, proof) = &*PROVED;
    for other in claims_besides(claim) {
        assert_eq!(verify(&other, proof), Err(StarkError::DoesNotHold));
    }
}

#[test]
fn a_claim_that_does_not_follow_from_its_own_numbers_cannot_be_made() {
    let (claim, _) = &*PROVED;
    let (from, to, batch) = (claim.from, claim.to, claim.batch);
    assert_eq!(Append::new(from, to, batch), Ok(*claim));
    let refused = |from: Lead, to: Lead| Append::new(from, to, batch).unwrap_err();
    assert_eq!(refused(changed_digest(&from), to), ClaimError::Digest);
    assert_eq!(refused(from, changed_digest(&to)), ClaimError::Digest);
    let other = Append::new(from, to, changed(batch, 0));
    assert_eq!(other, Err(ClaimError::Digest));
    let (before, after) = (from.count().get(), to.count().get());
    let count = |from, to| ClaimError::Count { from, to };
    assert_eq!(refused(from, from), count(before, before));
    assert_eq!(refused(to, from), count(after, before));
    let numbers = |count: u64, last: u64, totals: [u64; 2]| {
        let [one, other] = totals;
        let (count, last) = (RecordCount::new(count), Sequence::new(last));
        Lead::new(to.digest(), count, last, Totals::new([one, other])).unwrap()
    };
    let far = before + RECORD_COUNT_MAX as u64 + 1;
    let too_many = numbers(far, to.last().get(), to.totals().get());
    assert_eq!(refused(from, too_many), count(before, far));
    let (records, last) = (claim.count(), from.last().get());
    let most = records as u64 * SEQUENCE_STEP_MAX;
    for wrong in [last - 1, last, last + records as u64 - 1, last + most + 1] {
        let (to, error) = (numbers(after, wrong, to.totals().get()), ());
        let refused = refused(from, to);
        assert!(matches!(refused, ClaimError::Sequence { .. }), "{error:?}");
    }
    let [one, other] = from.totals().get();
    let most = records as u64 * u64::from(u32::MAX);
    for wrong in [[one - 1, other], [one, other + most + 1]] {
        let to = numbers(after, to.last().get(), wrong);
        let totals = ClaimError::Totals { count: records };
        assert_eq!(refused(from, to), totals);
    }
}

fn changed_digest(lead: &Lead) -> Lead {
    let digest = changed(lead.digest(), 1);
    Lead::new(digest, lead.count(), lead.last(), lead.totals()).unwrap()
}

#[test]
fn numbers_that_could_wrap_around_are_in_no_lead() {
    let lead = |place: usize, number| {
        let mut numbers = [0; 4];
        numbers[place] = number;
        let [count, last, one, other] = numbers;
        let (count, last) = (RecordCount::new(count), Sequence::new(last));
        let totals = Totals::new([one, other]);
        Lead::new(Lead::EMPTY.digest(), count, last, totals)
    };
    for place in 0..4 {
        assert!(lead(place, (1 << 63) - 1).is_ok());
        assert_eq!(lead(place, 1 << 63), Err(LeadError));
    }
    let full = lead(1, (1 << 63) - 1).unwrap();
    let (sequence, content) = (Sequence::new(1 << 63), Lead::EMPTY.digest());
    let record = Record {
        sequence,
        amounts: [0; 2],
        content,
    };
    assert_eq!(append(&full, &[record]), Err(LeadError.into()));
}

#[test]
fn records_that_do_not_follow_are_not_proved() {
    let mut samples = Samples::new(3);
    let from = samples.lead();
    let records = samples.records(&from, 3);
    assert_eq!(append(&from, &[]), Err(AppendError::Count { found: 0 }));
    let found = RECORD_COUNT_MAX + 1;
    let many = vec![records[0]; found];
    assert_eq!(append(&from, &many), Err(AppendError::Count { found }));
    let before = records[1].sequence;
    for step in [0, SEQUENCE_STEP_MAX + 1] {
        let mut wrong = records.clone();
        let found = Sequence::new(before.get() + step);
        wrong[2].sequence = found;
        let place = 2;
        let error = AppendError::Sequence {
            place,
            before,
            found,
        };
        assert_eq!(prove(&from, &wrong), Err(error.into()));
    }
}

#[test]
fn a_proof_of_another_shape_is_refused_by_its_shape() {
    let (claim, _) = &*PROVED;
    let (_, shorter) = proved(16);
    let (part, expected, found) = (Part::Context, 8, 7);
    let malformed = Malformed::Unexpected {
        part,
        expected,
        found,
    };
    assert_eq!(verify(claim, &shorter), Err(malformed.into()));
}

#[test]
fn a_proof_cut_short_padded_or_too_long_is_refused() {
    let (claim, proof) = &*PROVED;
    for length in (0..proof.len()).step_by(997) {
        let refused = verify(claim, &proof[..length]);
        assert!(matches!(refused, Err(StarkError::Malformed(_))), "{length}");
    }
    let mut padded = proof.clone();
    padded.push(0);
    let trailing = Malformed::Trailing { bytes: 1 };
    assert_eq!(verify(claim, &padded), Err(trailing.into()));
    let found = AIR_PROOF_BYTES_MAX + 1;
    let refused = verify(claim, &vec![0; found]);
    assert_eq!(refused, Err(StarkError::TooLong { found }));
}

#[test]
fn a_flipped_bit_anywhere_is_refused_and_never_panics() {
    let (claim, proof) = &*PROVED;
    for place in (0..proof.len()).step_by(211) {
        let mut changed = proof.clone();
        changed[place] ^= 1 << (place % 8);
        let refused = verify(claim, &changed);
        assert!(refused.is_err(), "byte {place}");
        assert_ne!(refused, Err(StarkError::Panicked), "byte {place}");
    }
}

#[test]
fn fewer_bytes_than_the_least_have_not_the_form_of_a_proof() {
    let (claim, proof) = proved(1);
    let shortest = shortest(&proof, WIDTH);
    let min = air_proof_bytes_min(AirId::AppendBatch);
    are_the_least(&shortest, min, |bytes| verify(&claim, bytes));
}
