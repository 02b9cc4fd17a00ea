//! The decoders of proofs and of what belongs to them.

use ark_bn254::Fr;
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, SynthesisError, Variable,
};
use pyralog_notes::{EncryptedNote, Keys, NoteAddress, Shielded, WalletSeed};
use pyralog_primitives::{Height, LeafIndex, TimestampMs};
use pyralog_timelock::TimeLock;
use pyralog_zk::eddsa::{Attestation, AttestationKey};
use pyralog_zk::groth16::{KeyHash, Proof, PublicInput, VerifyingKey};
use pyralog_zk::stark::append::{self, Lead, Record, Sequence};
use pyralog_zk::stark::linkage::{self, Header, Point};
use pyralog_zk::stark::{self, Inclusion, StarkError, TreeDigest};
use pyralog_zk::transfer::NoteHashes;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

/// A key if there are 32 bytes, a signature if there are 64.
pub(crate) fn attestation(bytes: &[u8]) {
    if let Ok(key) = bytes.try_into().map(AttestationKey::from_bytes) {
        if let Ok(key) = key {
            assert_eq!(key.to_bytes(), bytes);
        }
    } else if let Ok(Ok(attestation)) = bytes.try_into().map(Attestation::decode) {
        assert_eq!(attestation.encode(), bytes);
    }
}

/// The bytes under their own name, as if a registry held it, with as many inputs
/// as they say: the lowest byte of the count of points stands at 224.
pub(crate) fn groth16_key(bytes: &[u8]) {
    let name = KeyHash::of(bytes);
    let points = bytes.get(224).map_or(0, |count| u16::from(*count));
    if let Ok(key) = VerifyingKey::decode(bytes, name, points.saturating_sub(1), "fuzz") {
        assert_eq!(key.hash(), name);
    }
}

pub(crate) fn groth16_proof(bytes: &[u8]) {
    if let Ok(proof) = Proof::decode(bytes) {
        assert_eq!(proof.encode(), bytes);
    }
}

/// A claim of 73 bytes, then its proof: the whole gate. The fuzzer does not know
/// how to prove, so nothing but its seed is accepted; a panic in the library
/// ends the fuzzing, though the gate would contain it.
pub(crate) fn stark_proof(bytes: &[u8]) {
    let Some((claim, proof)) = bytes.split_at_checked(73) else {
        return;
    };
    let (digests, rest) = claim.as_chunks::<32>();
    let [root, leaf] = [digests[0], digests[1]].map(TreeDigest::from_bytes);
    let (Ok(root), Ok(leaf)) = (root, leaf) else {
        return;
    };
    let index = u64::from_le_bytes(rest[..8].try_into().expect("nine bytes are left"));
    if let Ok(claim) = Inclusion::new(root, leaf, LeafIndex::new(index), rest[8]) {
        let verdict = stark::verify(&claim, proof);
        assert_ne!(verdict, Err(StarkError::Panicked));
    }
}

pub(crate) fn time_lock(bytes: &[u8]) {
    if let Ok(lock) = TimeLock::decode(bytes) {
        assert_eq!(lock.encode(), bytes);
    }
}

/// A digest from a number.
pub fn digest(number: u8) -> TreeDigest {
    let mut bytes = [0; 32];
    bytes[0] = number;
    TreeDigest::from_bytes(bytes).expect("a small number is below the modulus")
}

/// What the proofs of append batches are taken for: a few records.
pub fn records() -> Vec<Record> {
    let record = |number: u8| Record {
        sequence: Sequence::new(u64::from(number) * 3 + 1),
        amounts: [u32::from(number); 2],
        content: digest(number),
    };
    (0..40).map(record).collect()
}

/// The proof alone: a claim is not read from bytes.
pub(crate) fn append_proof(bytes: &[u8]) {
    let claim = append::append(&Lead::EMPTY, &records()).expect("the records are good");
    let verdict = append::verify(&claim, bytes);
    assert_ne!(verdict, Err(StarkError::Panicked));
}

/// What the proofs of header linkage are taken for: a few headers on a point.
pub fn headers() -> (Point, Vec<Header>) {
    let from = Point::new(digest(0), Height::new(1), TimestampMs::new(0));
    let header = |number: u8| Header {
        state: digest(number),
        time: TimestampMs::new(u64::from(number) * 1_000 + 1),
        set: digest(1),
    };
    let from = from.expect("both numbers are small");
    (from, (0..20).map(header).collect())
}

pub(crate) fn linkage_proof(bytes: &[u8]) {
    let (from, headers) = headers();
    let claim = linkage::link(&from, &headers).expect("the headers are good");
    let verdict = linkage::verify(&claim, bytes);
    assert_ne!(verdict, Err(StarkError::Panicked));
}

/// Whose notes are opened.
pub fn keys() -> Keys {
    Keys::new(&WalletSeed::new([1; 32]))
}

/// A commitment, then a note for it, as a wallet finds them.
pub(crate) fn encrypted_note(bytes: &[u8]) {
    let Some((commitment, note)) = bytes.split_first_chunk() else {
        return;
    };
    let (Ok(commitment), Ok(note)) = (PublicInput::from_bytes(*commitment), note.try_into()) else {
        return;
    };
    if let Some(note) = EncryptedNote::new(note).open(keys().viewing(), commitment.get()) {
        let own = NoteHashes::default().commitment(&note);
        assert_eq!(own, commitment.get());
    }
}

pub(crate) fn note_address(bytes: &[u8]) {
    if let Ok(Ok(address)) = bytes.try_into().map(NoteAddress::decode) {
        assert_eq!(address.encode(), bytes);
    }
}

pub(crate) fn shielded(bytes: &[u8]) {
    if let Ok(Ok(shielded)) = bytes.try_into().map(Shielded::decode) {
        assert_eq!(shielded.encode(), bytes);
    }
}

/// `x³ + x + 5 = y` with a public y: the circuit of the ceremony in `zk/setup`.
#[derive(Clone)]
struct Cube(u64);

impl ConstraintSynthesizer<Fr> for Cube {
    fn generate_constraints(self, system: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let (one, x) = (Fr::from(1), Fr::from(self.0));
        let y = system.new_input_variable(|| Ok(x * x * x + x + Fr::from(5)))?;
        let given = system.new_witness_variable(|| Ok(x))?;
        let square = system.new_witness_variable(|| Ok(x * x))?;
        let sum = |terms: &[(Fr, Variable)]| LinearCombination(terms.to_vec());
        system.enforce_r1cs_constraint(
            || sum(&[(one, given)]),
            || sum(&[(one, given)]),
            || sum(&[(one, square)]),
        )?;
        system.enforce_r1cs_constraint(
            || sum(&[(one, square), (one, Variable::One)]),
            || sum(&[(one, given)]),
            || sum(&[(one, y), (-Fr::from(5), Variable::One)]),
        )
    }
}

/// What is taken for the result of a ceremony makes proofs for the gate.
pub(crate) fn zkey(bytes: &[u8]) {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    if let Ok(key) = pyralog_setup::import(bytes, Cube(3), &mut rng) {
        assert!(!key.is_unsafe());
        let proof = key.prove(Cube(4), &mut rng).expect("it proves for one x");
        let read = VerifyingKey::decode(&key.verifying_bytes(), key.hash(), 1, "fuzz");
        let gate = read.expect("the import asked the gate");
        let proof = Proof::decode(&proof).expect("it was made by us");
        let y = PublicInput::new(Fr::from(4 * 4 * 4 + 4 + 5));
        assert_eq!(gate.verify(&proof, &[y]), Ok(()));
    }
}
