//! Batches decide as single signatures do, whatever is mixed into them.

use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha512};

use super::*;
use crate::keys::SecretKey;

/// What a case is made from.
struct Case {
    signer: PublicKey,
    signature: Signature,
    message: SignBytes,
}

impl Case {
    fn item(&self) -> BatchItem {
        BatchItem::new(self.signer, self.signature, &self.message)
    }

    fn is_good_alone(&self) -> bool {
        self.signer.verify(&self.message, &self.signature).is_ok()
    }
}

struct Cases(ChaCha8Rng);

impl Cases {
    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0.next_u32() as usize % limit
    }

    fn message(&mut self) -> SignBytes {
        let length = self.below(200);
        let mut bytes = vec![0; length];
        self.0.fill_bytes(&mut bytes);
        SignBytes::outside_vector(&bytes)
    }

    fn honest(&mut self) -> Case {
        // Few signers, so that some share a key, as hot accounts do.
        let key = SecretKey::from_seed(&[self.below(8) as u8; 32]);
        let message = self.message();
        Case {
            signer: key.public_key(),
            signature: key.sign(&message),
            message,
        }
    }

    /// A bit of key, signature or message flipped after signing.
    fn tampered(&mut self) -> Case {
        let mut case = self.honest();
        let flip = |bytes: &mut [u8], bit: usize| bytes[bit / 8] ^= 1 << (bit % 8);
        match self.below(3) {
            0 => {
                let mut bytes = *case.signer.as_bytes();
                flip(&mut bytes, self.below(256));
                case.signer = PublicKey::new(bytes);
            }
            1 => {
                let mut bytes = *case.signature.as_bytes();
                flip(&mut bytes, self.below(512));
                case.signature = Signature::new(bytes);
            }
            _ => case.message = self.message(),
        }
        case
    }

    fn torsion(&mut self) -> EdwardsPoint {
        EIGHT_TORSION[self.below(8)]
    }

    fn scalar(&mut self) -> Scalar {
        Scalar::from_bytes_mod_order_wide(&self.bytes())
    }

    /// Signed with the cofactored equation in mind: key and nonce may carry
    /// any torsion, and the secret may be zero, which leaves torsion alone.
    fn torsioned(&mut self) -> Case {
        let secret = if self.below(4) == 0 {
            Scalar::ZERO
        } else {
            self.scalar()
        };
        let nonce = if self.below(4) == 0 {
            Scalar::ZERO
        } else {
            self.scalar()
        };
        let key = (secret * ED25519_BASEPOINT_POINT + self.torsion()).compress();
        let commitment = (nonce * ED25519_BASEPOINT_POINT + self.torsion()).compress();
        let message = self.message();
        let challenge = challenge(commitment.as_bytes(), key.as_bytes(), &message);
        let response = nonce + challenge * secret;
        Case {
            signer: PublicKey::new(key.to_bytes()),
            signature: signature(commitment.as_bytes(), &response.to_bytes()),
            message,
        }
    }

    /// Encodings with y at or above the field's order, and the point x = 0
    /// with a sign.
    fn non_canonical(&mut self) -> Case {
        let mut encoding = [0xff; 32];
        encoding[0] = 0xed + self.below(19) as u8;
        encoding[31] = if self.below(2) == 0 { 0x7f } else { 0xff };
        let mut case = self.torsioned();
        let mut response = [0; 32];
        if self.below(2) == 0 {
            response.copy_from_slice(&case.signature.as_bytes()[32..]);
        }
        let commitment: [u8; 32] = case.signature.as_bytes()[..32].try_into().unwrap();
        match self.below(2) {
            0 => case.signer = PublicKey::new(encoding),
            _ => case.signature = signature(&encoding, &response),
        }
        if self.below(2) == 0 {
            case.signature = signature(&commitment, &[0; 32]);
        }
        case
    }

    /// The response plus the group order: the same number, not reduced.
    fn unreduced(&mut self) -> Case {
        const ORDER: [u8; 32] = [
            0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9,
            0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
        ];
        let mut case = self.honest();
        let mut bytes = *case.signature.as_bytes();
        let mut carry = 0;
        for (byte, order) in bytes[32..].iter_mut().zip(ORDER) {
            let sum = u16::from(*byte) + u16::from(order) + carry;
            *byte = sum as u8;
            carry = sum >> 8;
        }
        case.signature = Signature::new(bytes);
        case
    }

    fn any(&mut self) -> Case {
        match self.below(12) {
            0..4 => self.honest(),
            4..6 => self.tampered(),
            6..9 => self.torsioned(),
            9 => self.non_canonical(),
            10 => self.unreduced(),
            _ => {
                let (signer, signature) = (self.bytes(), self.bytes());
                let message = self.message();
                Case {
                    signer: PublicKey::new(signer),
                    signature: Signature::new(signature),
                    message,
                }
            }
        }
    }
}

fn challenge(commitment: &[u8; 32], key: &[u8; 32], message: &SignBytes) -> Scalar {
    let hash = Sha512::new().chain_update(commitment).chain_update(key);
    Scalar::from_bytes_mod_order_wide(&hash.chain_update(message.as_bytes()).finalize().into())
}

fn signature(commitment: &[u8; 32], response: &[u8; 32]) -> Signature {
    Signature::new([*commitment, *response].concat().try_into().unwrap())
}

/// Compares batches of random size with single verification. Returns how many
/// cases were good and how many were not.
fn compare(seed: u64, cases_min: usize) -> (usize, usize) {
    let mut cases = Cases(ChaCha8Rng::seed_from_u64(seed));
    let (mut good, mut bad) = (0, 0);
    while good + bad < cases_min {
        let count = 1 + cases.below(40);
        // Also batches without any tampering, which must pass as a whole.
        let clean = cases.below(3) == 0;
        let batch: Vec<Case> = (0..count)
            .map(|_| {
                if clean {
                    cases.torsioned()
                } else {
                    cases.any()
                }
            })
            .collect();
        let alone: Vec<bool> = batch.iter().map(Case::is_good_alone).collect();
        let items: Vec<BatchItem> = batch.iter().map(Case::item).collect();
        let each_its_source: Vec<&[BatchItem]> = items.chunks(1).collect();
        let together = verify_sources(&each_its_source).concat();
        let together: Vec<bool> = together.iter().map(|v| *v == Verdict::Good).collect();
        assert_eq!(together, alone, "seed {seed}");
        assert_eq!(
            verify_batch(&items).is_ok(),
            alone.iter().all(|good| *good),
            "seed {seed}"
        );
        good += alone.iter().filter(|good| **good).count();
        bad += alone.iter().filter(|good| !**good).count();
    }
    (good, bad)
}

/// `PYRALOG_SIGNATURE_CASES=1000000` makes this the long comparison.
#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "a test may be told how long to run"
)]
fn single_and_batch_verification_agree_on_hostile_cases() {
    let asked = std::env::var("PYRALOG_SIGNATURE_CASES").ok();
    let cases_min = asked.map_or(10_000, |text| text.parse().expect("a count of cases"));
    let (good, bad) = compare(215, cases_min);
    println!("{good} good and {bad} bad signatures, alone and in batches alike");
    assert!(
        good > cases_min / 3 && bad > cases_min / 6,
        "{good} good, {bad} bad"
    );
}

fn honest_items(count: usize) -> Vec<BatchItem> {
    let mut cases = Cases(ChaCha8Rng::seed_from_u64(1));
    (0..count).map(|_| cases.honest().item()).collect()
}

fn forged_item() -> BatchItem {
    let mut case = Cases(ChaCha8Rng::seed_from_u64(2)).honest();
    case.message = SignBytes::outside_vector(b"another message");
    case.item()
}

#[test]
fn a_forgery_is_blamed_on_its_source_and_on_no_other() {
    for forging in 0..5 {
        let mut sources: Vec<Vec<BatchItem>> = (0..5).map(|_| honest_items(9)).collect();
        sources[forging][4] = forged_item();
        let borrowed: Vec<&[BatchItem]> = sources.iter().map(Vec::as_slice).collect();
        for (source, verdicts) in verify_sources(&borrowed).iter().enumerate() {
            if source == forging {
                assert_eq!(verdicts[..4], [Verdict::Good; 4]);
                assert_eq!(verdicts[4], Verdict::Forged);
                assert_eq!(verdicts[5..], [Verdict::Unchecked; 4]);
            } else {
                assert_eq!(verdicts[..], [Verdict::Good; 9]);
            }
        }
    }
}

#[test]
fn a_source_larger_than_a_batch_is_left_unchecked_after_its_first_forgery() {
    let mut items = honest_items(BATCH_COUNT_MAX + 50);
    items[3] = forged_item();
    items[BATCH_COUNT_MAX + 10] = forged_item();
    let other = honest_items(5);
    let verdicts = verify_sources(&[&items, &other]);
    assert_eq!(verdicts[0][3], Verdict::Forged);
    assert!(
        verdicts[0][4..]
            .iter()
            .all(|verdict| *verdict == Verdict::Unchecked)
    );
    assert_eq!(verdicts[1], [Verdict::Good; 5]);
}

#[test]
fn every_place_of_one_forgery_is_found() {
    for count in 1..20 {
        for place in 0..count {
            let mut items = honest_items(count);
            items[place] = forged_item();
            let each_its_source: Vec<&[BatchItem]> = items.chunks(1).collect();
            let verdicts = verify_sources(&each_its_source).concat();
            for (index, verdict) in verdicts.into_iter().enumerate() {
                let expected = if index == place {
                    Verdict::Forged
                } else {
                    Verdict::Good
                };
                assert_eq!(verdict, expected, "{place} of {count}");
            }
        }
    }
}

#[test]
fn no_items_and_empty_sources_are_good() {
    assert_eq!(verify_batch(&[]), Ok(()));
    assert_eq!(verify_sources(&[]), Vec::<Vec<Verdict>>::new());
    let items = honest_items(3);
    let verdicts = verify_sources(&[&[], &items, &[]]);
    assert_eq!(verdicts, [vec![], vec![Verdict::Good; 3], vec![]]);
}

#[test]
fn verdicts_are_exact_whatever_the_sources() {
    // Signing is slow; a few items are dealt out again and again.
    let (good, forged) = (honest_items(20), forged_item());
    let mut cases = Cases(ChaCha8Rng::seed_from_u64(7));
    for _ in 0..300 {
        let mut sources = Vec::new();
        for _ in 0..=cases.below(12) {
            let length = if cases.below(8) == 0 {
                cases.below(70)
            } else {
                cases.below(6)
            };
            let rate = [0, 0, 2, 10, 100][cases.below(5)];
            let item = |cases: &mut Cases| {
                let is_forged = rate > 0 && cases.below(rate) == 0;
                if is_forged {
                    forged.clone()
                } else {
                    good[cases.below(20)].clone()
                }
            };
            sources.push((0..length).map(|_| item(&mut cases)).collect::<Vec<_>>());
        }
        let borrowed: Vec<&[BatchItem]> = sources.iter().map(Vec::as_slice).collect();
        let expected: Vec<Vec<Verdict>> = sources.iter().map(|source| expected(source)).collect();
        assert_eq!(verify_sources(&borrowed), expected);
    }
}

/// By definition: true verdicts up to the first forgery, none after it.
fn expected(source: &[BatchItem]) -> Vec<Verdict> {
    let mut forged_before = false;
    let mut verdict = |item: &BatchItem| {
        let verdict = match (forged_before, item.is_good()) {
            (true, _) => Verdict::Unchecked,
            (false, true) => Verdict::Good,
            (false, false) => Verdict::Forged,
        };
        forged_before |= verdict == Verdict::Forged;
        verdict
    };
    source.iter().map(&mut verdict).collect()
}

/// The same signature with another number as its response.
fn with_response_moved(case: &Case, by: Scalar) -> Case {
    let bytes = case.signature.as_bytes();
    let response = Scalar::from_bytes_mod_order(bytes[32..].try_into().unwrap()) + by;
    Case {
        signer: case.signer,
        signature: signature(bytes[..32].try_into().unwrap(), &response.to_bytes()),
        message: case.message.clone(),
    }
}

#[test]
fn forgeries_that_cancel_each_other_are_found() {
    let mut cases = Cases(ChaCha8Rng::seed_from_u64(8));
    let (one, other, third) = (cases.honest(), cases.honest(), cases.honest());
    let step = cases.scalar();
    let items = [
        with_response_moved(&one, step).item(),
        with_response_moved(&other, -step).item(),
        third.item(),
    ];
    let verdicts = verify_sources(&items.chunks(1).collect::<Vec<_>>()).concat();
    assert_eq!(verdicts, [Verdict::Forged, Verdict::Forged, Verdict::Good]);
}

/// The first coefficients of a batch of one.
fn coefficients(signer: PublicKey, signature: Signature, message: &SignBytes) -> [u8; 64] {
    let mut bytes = [0; 64];
    let item = BatchItem::new(signer, signature, message);
    let Ok(()) = Coefficients::of(&[&item]).try_fill_bytes(&mut bytes);
    bytes
}

#[test]
fn coefficients_depend_on_every_part_of_every_item() {
    let case = Cases(ChaCha8Rng::seed_from_u64(9)).honest();
    let first = coefficients(case.signer, case.signature, &case.message);
    let other = SignBytes::outside_vector(b"other");
    assert_ne!(
        first,
        coefficients(PublicKey::new([1; 32]), case.signature, &case.message)
    );
    assert_ne!(
        first,
        coefficients(case.signer, Signature::new([1; 64]), &case.message)
    );
    assert_ne!(first, coefficients(case.signer, case.signature, &other));
    let (item, mut both) = (case.item(), [0; 64]);
    let Ok(()) = Coefficients::of(&[&item, &item]).try_fill_bytes(&mut both);
    assert_ne!(first, both);
}
