use std::sync::LazyLock;

use winterfell::Proof;

use super::samples::{Samples, changed};
use super::*;
use crate::stark::gate::Commitments;
use crate::stark::layout::{Malformed, Part};
use crate::stark::shortest::{are_the_least, shortest};
use crate::stark::{AIR_PROOF_BYTES_MAX, AirId, PROVEN_BITS_MIN, air_proof_bytes_min};

/// One proof for all tests that only spoil it; its headers fill no trace.
static PROVED: LazyLock<(Linkage, Vec<u8>)> = LazyLock::new(|| proved(10));

fn proved(count: usize) -> (Linkage, Vec<u8>) {
    let mut samples = Samples::new(count as u64);
    let from = samples.point();
    let headers = samples.headers(&from, count);
    prove(&from, &headers).unwrap()
}

#[test]
fn a_proof_of_any_count_holds_and_has_its_proven_bits() {
    for count in [2, 8, 9, 17] {
        let (claim, proof) = proved(count);
        assert_eq!(verify(&claim, &proof), Ok(()), "{count} headers");
        let bits = Proof::from_bytes(&proof).unwrap();
        let bits = bits.proven_security::<Commitments>().ldr_bits();
        assert!(bits >= PROVEN_BITS_MIN, "{count} headers: {bits} bits");
    }
}

#[test]
fn headers_a_millisecond_apart_are_proved_too() {
    let zero = TreeDigest::new([BaseElement::new(0); 4]);
    let from = Point::new(zero, Height::new(0), TimestampMs::new(0)).unwrap();
    let header = |time| Header {
        state: zero,
        time: TimestampMs::new(time),
        set: zero,
    };
    let headers: Vec<Header> = (1..=8).map(header).collect();
    let (claim, proof) = prove(&from, &headers).unwrap();
    assert_eq!(verify(&claim, &proof), Ok(()));
    assert_eq!(claim.to().height(), Height::new(8));
    assert_eq!(claim.to().time(), TimestampMs::new(8));
}

fn point(point: &Point, link: TreeDigest, higher: u64, later: u64) -> Point {
    let height = Height::new(point.height().get() + higher);
    let time = TimestampMs::new(point.time().get() + later);
    Point::new(link, height, time).unwrap()
}

#[test]
fn a_proof_does_not_hold_for_another_claim() {
    let (claim, proof) = &*PROVED;
    let (from, to) = (claim.from, claim.to);
    let mut others = Vec::new();
    for (higher, later) in [(1, 0), (0, 1), (1, 1)] {
        let other_from = point(&from, from.link(), higher, later);
        let other_to = point(&to, to.link(), higher, later);
        // Of a trace that is as long: a header more or less, a millisecond, both
        // by as much.
        for (from, to) in [(other_from, to), (from, other_to), (other_from, other_to)] {
            others.push(Linkage { from, to, ..*claim });
        }
    }
    for place in 0..4 {
        let from = point(&from, changed(from.link(), place), 0, 0);
        let to = point(&to, changed(to.link(), place), 0, 0);
        let states = claim.states;
        let (first, last) = (changed(states.first, place), changed(states.last, place));
        let set = changed(claim.set, place);
        let (other_first, other_last) = (States { first, ..states }, States { last, ..states });
        others.extend([Linkage { from, ..*claim }, Linkage { to, ..*claim }]);
        others.push(Linkage { set, ..*claim });
        others.extend([other_first, other_last].map(|states| Linkage { states, ..*claim }));
    }
    for other in others {
        assert_eq!(verify(&other, proof), Err(StarkError::DoesNotHold));
    }
}

#[test]
fn a_claim_of_a_count_or_a_time_that_cannot_be_is_not_made() {
    let (claim, _) = &*PROVED;
    let (from, states, set) = (claim.from, claim.states, claim.set);
    assert_eq!(Linkage::new(from, claim.to, states, set), Ok(*claim));
    let to = |higher, later| point(&from, claim.to.link(), higher, later);
    let refused = |to| Linkage::new(from, to, states, set).unwrap_err();
    for higher in [0, 1, HEADER_COUNT_MAX as u64 + 1] {
        let to = to(higher, 1_000_000);
        let (from, height) = (from.height(), to.height());
        assert_eq!(refused(to), ClaimError::Count { from, to: height });
    }
    let back = Linkage::new(claim.to, from, states, set).unwrap_err();
    assert!(matches!(back, ClaimError::Count { .. }));
    for later in [0, 9, 10 * TIME_STEP_MAX + 1] {
        let to = to(10, later);
        let (count, from, time) = (10, from.time(), to.time());
        let error = ClaimError::Time {
            count,
            from,
            to: time,
        };
        assert_eq!(refused(to), error);
    }
    for later in [10, 10 * TIME_STEP_MAX] {
        assert!(Linkage::new(from, to(10, later), states, set).is_ok());
    }
}

#[test]
fn numbers_that_could_wrap_around_are_in_no_point() {
    let link = PROVED.0.from.link();
    let point = |height, time| Point::new(link, Height::new(height), TimestampMs::new(time));
    let most = (1 << 63) - 1;
    assert!(point(most, most).is_ok());
    assert_eq!(point(1 << 63, 0), Err(PointError));
    assert_eq!(point(0, 1 << 63), Err(PointError));
    let headers = Samples::new(4).headers(&point(0, 0).unwrap(), 2);
    let end = link_at(most);
    assert_eq!(super::link(&end, &headers), Err(PointError.into()));
}

fn link_at(height: u64) -> Point {
    Point::new(
        PROVED.0.from.link(),
        Height::new(height),
        TimestampMs::new(0),
    )
    .unwrap()
}

#[test]
fn headers_that_do_not_follow_are_not_proved() {
    let mut samples = Samples::new(3);
    let from = samples.point();
    let headers = samples.headers(&from, 3);
    for found in [0, 1] {
        let error = LinkError::Count { found };
        assert_eq!(link(&from, &headers[..found]), Err(error));
    }
    let found = HEADER_COUNT_MAX + 1;
    let many = vec![headers[0]; found];
    assert_eq!(link(&from, &many), Err(LinkError::Count { found }));
    let (place, before) = (2, headers[1].time);
    for step in [0, TIME_STEP_MAX + 1] {
        let mut wrong = headers.clone();
        let found = TimestampMs::new(before.get() + step);
        wrong[place].time = found;
        let error = LinkError::Time {
            place,
            before,
            found,
        };
        assert_eq!(prove(&from, &wrong), Err(error.into()));
    }
    let mut wrong = headers;
    wrong[place].set = samples.digest();
    assert_eq!(prove(&from, &wrong), Err(LinkError::Set { place }.into()));
}

#[test]
fn a_proof_of_another_shape_is_refused_by_its_shape() {
    let (claim, _) = &*PROVED;
    let (_, shorter) = proved(8);
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
    let (claim, proof) = proved(2);
    let shortest = shortest(&proof, WIDTH);
    let min = air_proof_bytes_min(AirId::HeaderLinkage);
    are_the_least(&shortest, min, |bytes| verify(&claim, bytes));
}
