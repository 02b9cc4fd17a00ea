//! What our interfaces cost beside the kernels they stand on.

use ed25519_zebra::{VerificationKeyBytes, batch};
use pyralog_measure::{Comparison, compare, state};
use pyralog_primitives::batch::{BATCH_COUNT_MAX, BatchItem, verify_sources};
use pyralog_primitives::merkle::MountainRange;
use pyralog_primitives::{LeafIndex, PublicKey, SecretKey, SignBytes, Signature};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

const MESSAGE_BYTES: usize = 250;
const SOURCE_COUNT: usize = 100;
const PER_SOURCE: usize = 100;
const RECORD_COUNT: usize = 16_384;
const RECORD_BYTES: usize = 250;

struct Signed {
    signer: PublicKey,
    signature: Signature,
    message: SignBytes,
}

/// Every signature by another key, as when strangers send transfers.
fn signed(count: usize) -> Vec<Signed> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut one = || {
        let (mut seed, mut text) = ([0; 32], [0; MESSAGE_BYTES - 16]);
        rng.fill_bytes(&mut seed);
        rng.fill_bytes(&mut text);
        let (key, message) = (SecretKey::from_seed(&seed), SignBytes::text(&text));
        Signed {
            signer: key.public_key(),
            signature: key.sign(&message),
            message,
        }
    };
    (0..count).map(|_| one()).collect()
}

fn forge(signed: &mut Signed) {
    signed.message = SignBytes::text(b"what was never signed");
}

/// The kernel alone: no verdicts, no blame, its own cheap randomness.
fn bare_kernel(signed: &[Signed]) -> bool {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    signed.chunks(BATCH_COUNT_MAX).all(|chunk| {
        let mut verifier = batch::Verifier::new();
        for one in chunk {
            let key = VerificationKeyBytes::from(*one.signer.as_bytes());
            let signature = ed25519_zebra::Signature::from_bytes(one.signature.as_bytes());
            verifier.queue((key, signature, one.message.as_bytes()));
        }
        verifier.verify(&mut rng).is_ok()
    })
}

fn through_our_interface(signed: &[Signed], per_source: usize) -> usize {
    let item = |one: &Signed| BatchItem::new(one.signer, one.signature, &one.message);
    let items: Vec<BatchItem> = signed.iter().map(item).collect();
    let sources: Vec<&[BatchItem]> = items.chunks(per_source).collect();
    verify_sources(&sources).len()
}

fn signatures() {
    let count = SOURCE_COUNT * PER_SOURCE;
    let units = u32::try_from(count).expect("a small constant");
    let good = signed(count);
    let claim = |what, floor, goal| Comparison {
        what,
        reference: "bare ZIP-215 batches",
        units,
        floor,
        goal,
    };
    let reference = || assert!(bare_kernel(&good));

    let whole = claim("signatures, all good", Some(0.9), None);
    compare(
        &whole,
        || through_our_interface(&good, PER_SOURCE),
        reference,
    );

    let mut one_forger = signed(count);
    one_forger[41 * PER_SOURCE..42 * PER_SOURCE]
        .iter_mut()
        .for_each(forge);
    let blamed = claim("signatures, 1 of 100 sources forges", Some(0.7), Some(0.9));
    compare(
        &blamed,
        || through_our_interface(&one_forger, PER_SOURCE),
        reference,
    );

    let mut scattered = signed(count);
    scattered.iter_mut().step_by(100).for_each(forge);
    let unknown = claim("signatures, 1 % forged, sources unknown", None, None);
    compare(&unknown, || through_our_interface(&scattered, 1), reference);
}

fn trees() {
    let mut bytes = vec![0; RECORD_COUNT * RECORD_BYTES];
    ChaCha8Rng::seed_from_u64(3).fill_bytes(&mut bytes);
    let records = || bytes.chunks_exact(RECORD_BYTES);
    let build = || {
        let mut range = MountainRange::new();
        range.extend(records());
        range
    };
    let claim = Comparison {
        what: "Merkle build, 250-byte records",
        reference: "raw BLAKE3 of the same bytes",
        units: u32::try_from(RECORD_COUNT).expect("a small constant"),
        floor: Some(0.7),
        goal: Some(0.9),
    };
    compare(&claim, || build().root(), || blake3::hash(&bytes));

    let mut grown = build();
    let mut next = records().cycle();
    state("mountain range: append one", 1, || {
        grown.append(next.next().expect("a cycle of many has no end"));
    });
    let range = build();
    let mut index = 0;
    state("mountain range: prove one of 16,384", 1, || {
        index = (index + 7919) % RECORD_COUNT as u64;
        range.prove(LeafIndex::new(index))
    });
    let (proof, root) = (
        range.prove(LeafIndex::new(5000)).expect("it is there"),
        range.root(),
    );
    let record = records().nth(5000).expect("it is there");
    state("mountain range: verify one of 16,384", 1, || {
        proof.verify(root, record)
    });
}

fn main() {
    signatures();
    trees();
}
