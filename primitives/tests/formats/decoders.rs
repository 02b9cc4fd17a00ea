//! Decoders take any bytes: they never panic, never allocate more than their
//! input justifies, and accept only what they would have written themselves.

use pyralog_primitives::Height;
use pyralog_primitives::block::{Block, Header};
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::chain_proof::ChainProof;
use pyralog_primitives::codec::{Canonical, DecodeError};
use pyralog_primitives::merkle::{ConsistencyProof, InclusionProof};
use pyralog_primitives::receipt::{Event, Receipt, ReceiptSummary};
use pyralog_primitives::state::{
    AccountState, AttendanceState, ChainState, JournalState, NamespaceState, NotarizationState,
    OffenceState, StateKey,
};
use pyralog_primitives::state_proof::StateProof;
use pyralog_primitives::transaction::{Transaction, TransactionBody};
use pyralog_primitives::validators::ValidatorSet;
use pyralog_primitives::vote::{Evidence, SignedProposal, Vote, VoteKind};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use crate::counting_allocator::peak_bytes_of;
use crate::samples;

/// Memory that a decoder may take for each byte of input: the largest item in
/// memory for the smallest encoding, and a vector that has just doubled.
const PEAK_PER_BYTE: usize = 64;
/// Besides, for messages of errors.
const PEAK_BASE: usize = 4096;

/// Decodes and, where that succeeds, compares with what would be written.
fn check<T: Canonical>(bytes: &[u8]) -> bool {
    let (decoded, peak) = peak_bytes_of(|| T::decode(bytes));
    let bound = PEAK_PER_BYTE * bytes.len() + PEAK_BASE;
    assert!(peak <= bound, "{} bytes took {peak} of memory", bytes.len());
    match decoded {
        Ok(value) => {
            assert_eq!(value.encode(), bytes, "two encodings of one value");
            true
        }
        Err(_) => false,
    }
}

fn mutate(bytes: &mut Vec<u8>, rng: &mut ChaCha8Rng) {
    for _ in 0..=rng.next_u32() % 3 {
        let length = bytes.len().max(1);
        let place = rng.next_u32() as usize % length;
        match rng.next_u32() % 5 {
            0 => bytes.truncate(place),
            1 => bytes.insert(place.min(bytes.len()), rng.next_u32().to_le_bytes()[0]),
            // Lengths live in little-endian words: make some of them huge.
            2 => bytes
                .iter_mut()
                .skip(place)
                .take(4)
                .for_each(|byte| *byte = 0xff),
            _ => bytes
                .iter_mut()
                .skip(place)
                .take(1)
                .for_each(|b| *b ^= 1 << (rng.next_u32() % 8)),
        }
    }
}

#[test]
fn every_decoder_reads_back_what_it_wrote() {
    macro_rules! round_trip {
        ($name:expr, $type:ty, $value:expr) => {
            let value: $type = $value;
            assert_eq!(
                <$type>::decode(&samples::encoded(&value)),
                Ok(value),
                "{}",
                $name
            );
        };
    }
    samples::for_each_sample!(round_trip);
}

#[test]
fn every_decoder_refuses_cut_and_lengthened_bytes_by_name() {
    macro_rules! cut {
        ($name:expr, $type:ty, $value:expr) => {
            let mut bytes = samples::encoded::<$type>(&$value);
            for length in 0..bytes.len() {
                let refused = <$type>::decode(&bytes[..length]);
                assert_eq!(
                    refused,
                    Err(DecodeError::Truncated),
                    "{} at {length}",
                    $name
                );
            }
            bytes.push(0);
            let bytes_max = <$type>::ENCODED_BYTES_MAX;
            let expected = match bytes.len() {
                bytes if bytes > bytes_max => DecodeError::TooLong { bytes, bytes_max },
                _ => DecodeError::Trailing { bytes: 1 },
            };
            assert_eq!(<$type>::decode(&bytes), Err(expected), "{}", $name);
            let long = vec![0; bytes_max + 1];
            let refused = <$type>::decode(&long);
            assert!(
                matches!(refused, Err(DecodeError::TooLong { .. })),
                "{}",
                $name
            );
        };
    }
    samples::for_each_sample!(cut);
}

#[test]
fn every_decoder_survives_damaged_and_random_bytes_within_its_memory() {
    let mut rng = ChaCha8Rng::seed_from_u64(99);
    let mut accepted = 0;
    macro_rules! damage {
        ($_name:expr, $type:ty, $value:expr) => {
            let whole = samples::encoded::<$type>(&$value);
            for _ in 0..3000 {
                let mut bytes = whole.clone();
                mutate(&mut bytes, &mut rng);
                accepted += usize::from(check::<$type>(&bytes));
                let mut noise = vec![0; rng.next_u32() as usize % 300];
                rng.fill_bytes(&mut noise);
                check::<$type>(&noise);
            }
        };
    }
    samples::for_each_sample!(damage);
    assert!(
        accepted > 1000,
        "damage that still decodes tests the encoder: {accepted}"
    );
}

#[test]
fn a_claimed_length_reserves_nothing() {
    // A list that claims more items than could follow.
    let mut bytes = samples::encoded::<TransactionBody>(&samples::body());
    let actions_at = 1 + 32 + 32 + 8 + 8 + 16 + 16 + 8;
    bytes[actions_at..actions_at + 4].copy_from_slice(&64u32.to_le_bytes());
    bytes.truncate(actions_at + 4);
    assert!(!check::<TransactionBody>(&bytes));
    bytes[actions_at..].copy_from_slice(&65u32.to_le_bytes());
    let refused = TransactionBody::decode(&bytes);
    assert!(
        matches!(refused, Err(DecodeError::OutOfBounds(_))),
        "{refused:?}"
    );
}
