use std::sync::LazyLock;

use winterfell::{ByteWriter, Proof};

use super::samples::{Samples, changed};
use super::*;
use crate::stark::gate::Commitments;
use crate::stark::layout::{Malformed, Part};
use crate::stark::reader::Reader;
use crate::stark::shortest::{are_the_least, shortest};
use crate::stark::{AIR_PROOF_BYTES_MAX, AirId, PROVEN_BITS_MIN, air_proof_bytes_min};

/// One proof for all tests that only spoil it.
static PROVED: LazyLock<(Inclusion, Vec<u8>)> = LazyLock::new(|| proved(32));

/// Bytes before the options: shape, modulus.
const OPTIONS: std::ops::Range<usize> = 15..25;

fn proved(depth: u8) -> (Inclusion, Vec<u8>) {
    let (claim, path) = Samples::new(depth.into()).claim(depth);
    let proof = prove(&claim, &path).unwrap();
    (claim, proof)
}

fn malformed(claim: &Inclusion, proof: &[u8]) -> Malformed {
    match verify(claim, proof) {
        Err(StarkError::Malformed(malformed)) => malformed,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_proof_of_each_depth_holds_and_has_its_proven_bits() {
    for depth in DEPTHS {
        let (claim, proof) = proved(depth);
        assert_eq!(verify(&claim, &proof), Ok(()), "depth {depth}");
        let bits = Proof::from_bytes(&proof).unwrap();
        let bits = bits.proven_security::<Commitments>().ldr_bits();
        println!("depth {depth}: {} bytes, {bits} bits", proof.len());
        assert!(bits >= PROVEN_BITS_MIN, "depth {depth}: {bits} bits");
    }
}

#[test]
fn a_depth_without_the_bits_or_a_place_outside_of_the_tree_cannot_be_claimed() {
    let leaf = PROVED.0.leaf;
    let claim = |index, depth| Inclusion::new(leaf, leaf, LeafIndex::new(index), depth);
    for depth in [0, 1, 8, 15, 17, 128, 255] {
        assert_eq!(claim(0, depth), Err(InclusionError::Depth { depth }));
    }
    assert!(claim(u64::MAX, 64).is_ok());
    let (depth, index) = (16, LeafIndex::new(1 << 16));
    let refused = Err(InclusionError::Index { depth, index });
    assert_eq!(claim(1 << 16, 16), refused);
}

#[test]
fn a_false_claim_or_a_path_of_another_length_is_not_proved() {
    let (claim, path) = Samples::new(9).claim(16);
    let found = 15;
    let refused = prove(&claim, &path[..found]);
    let depth = 16;
    let error = PathError { depth, found };
    assert_eq!(refused, Err(ProveError::Path(error)));
    let root = changed(claim.root, 0);
    let other = Inclusion { root, ..claim };
    assert_eq!(prove(&other, &path), Err(ProveError::NotTheRoot));
}

#[test]
fn a_proof_does_not_hold_for_another_claim() {
    let (claim, proof) = &*PROVED;
    let mut others = Vec::new();
    for place in 0..4 {
        let (root, leaf) = (changed(claim.root, place), changed(claim.leaf, place));
        others.extend([Inclusion { root, ..*claim }, Inclusion { leaf, ..*claim }]);
    }
    for bit in [0, 1, 31] {
        let index = LeafIndex::new(claim.index.get() ^ (1 << bit));
        others.push(Inclusion { index, ..*claim });
    }
    for other in others {
        assert_eq!(verify(&other, proof), Err(StarkError::DoesNotHold));
    }
}

#[test]
fn a_proof_of_another_shape_is_refused_by_its_shape() {
    let (claim, proof) = &*PROVED;
    let depth = 16;
    let index = LeafIndex::new(claim.index.get() & 0xffff);
    let other = Inclusion {
        index,
        depth,
        ..*claim
    };
    let (part, expected, found) = (Part::Context, 7, 8);
    let refused = Malformed::Unexpected {
        part,
        expected,
        found,
    };
    assert_eq!(malformed(&other, proof), refused);
}

#[test]
fn a_proof_cut_short_anywhere_is_refused_as_cut_short() {
    let (claim, proof) = &*PROVED;
    for length in (0..proof.len())
        .step_by(97)
        .chain(proof.len() - 9..proof.len())
    {
        let refused = malformed(claim, &proof[..length]);
        // Lists say how long they are; one that is longer than all that is left
        // is out of range.
        let cut = matches!(
            refused,
            Malformed::Truncated { .. } | Malformed::OutOfRange { .. }
        );
        assert!(cut, "{length}: {refused:?}");
    }
}

#[test]
fn a_padded_proof_is_refused_with_what_is_too_much() {
    let (claim, proof) = &*PROVED;
    for bytes in [1, 100] {
        let mut padded = proof.clone();
        padded.resize(proof.len() + bytes, 0);
        assert_eq!(malformed(claim, &padded), Malformed::Trailing { bytes });
    }
    let found = AIR_PROOF_BYTES_MAX + 1;
    let long = vec![0; found];
    assert_eq!(verify(claim, &long), Err(StarkError::TooLong { found }));
}

#[test]
fn other_options_are_refused_by_name_whatever_they_are() {
    let (claim, proof) = &*PROVED;
    for place in OPTIONS {
        for value in 0..=255 {
            let mut changed = proof.clone();
            if changed[place] != value {
                changed[place] = value;
                assert_eq!(malformed(claim, &changed), Malformed::Options);
            }
        }
    }
}

#[test]
fn what_a_proof_says_of_its_trace_must_be_what_follows_from_the_claim() {
    let (claim, proof) = &*PROVED;
    for place in 0..OPTIONS.start {
        for value in [0, 1, 63, 64, 255] {
            let mut changed = proof.clone();
            if changed[place] != value {
                changed[place] = value;
                assert!(matches!(
                    malformed(claim, &changed),
                    Malformed::Unexpected {
                        part: Part::Context,
                        ..
                    } | Malformed::Element {
                        part: Part::Context
                    }
                ));
            }
        }
    }
}

#[test]
fn a_flipped_bit_anywhere_is_refused_and_never_panics() {
    let (claim, proof) = &*PROVED;
    for place in (0..proof.len()).step_by(41) {
        let mut changed = proof.clone();
        changed[place] ^= 1 << (place % 8);
        let refused = verify(claim, &changed);
        assert!(refused.is_err(), "byte {place}");
        assert_ne!(refused, Err(StarkError::Panicked), "byte {place}");
    }
}

#[test]
fn a_proof_that_opens_more_than_was_asked_is_refused() {
    // One more row of zeros behind the opened ones, and the count to match. The
    // library looks only at as many rows as it asked for.
    let (claim, proof) = &*PROVED;
    let (count, rows) = (26, 157);
    let mut longer = proof[..rows].to_vec();
    longer[count] += 1;
    let mut reader = Reader::new(&proof[rows..]);
    for row in [13 * 8, 7 * 24] {
        let bytes = usize::try_from(reader.short().unwrap()).unwrap();
        assert_eq!(bytes, usize::from(proof[count]) * row);
        longer.write_usize(bytes + row);
        longer.extend(reader.bytes(bytes).unwrap());
        longer.extend(vec![0; row]);
        let opening = usize::try_from(reader.short().unwrap()).unwrap();
        longer.write_usize(opening);
        longer.extend(reader.bytes(opening).unwrap());
    }
    longer.extend(reader.bytes(reader.left()).unwrap());
    let (part, expected) = (Part::Queries, u64::from(proof[count]));
    let found = expected + 1;
    let refused = Malformed::Unexpected {
        part,
        expected,
        found,
    };
    assert_eq!(malformed(claim, &longer), refused);
}

#[test]
fn fewer_bytes_than_the_least_have_not_the_form_of_a_proof() {
    let (claim, proof) = proved(DEPTHS[0]);
    assert_eq!(DEPTHS.iter().min(), Some(&claim.depth));
    let shortest = shortest(&proof, WIDTH);
    let min = air_proof_bytes_min(AirId::MerkleInclusion);
    are_the_least(&shortest, min, |bytes| verify(&claim, bytes));
}
