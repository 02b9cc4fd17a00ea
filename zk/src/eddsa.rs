//! `EdDSA` with Poseidon on Baby Jubjub: signatures that a circuit can check.
//!
//! The equation is circomlib's, `S·B = R + 8·h·A` with `h = Poseidon(R, A, m)`,
//! so that its circuits accept these signatures and its signatures are accepted
//! here. Secrets are made from a seed in another way (BLAKE3 instead of
//! BLAKE-512): a seed of circomlib is another key here.
//!
//! Invariants:
//! - key and R are points of the large subgroup, the key is not the identity,
//!   and S is below its order: a signature has one encoding;
//! - the nonce depends on a secret, the key and the message, and on nothing
//!   drawn: two messages never share one.
//!
//! Signing is not constant-time. An attestation key is a key of its own, beside
//! the one a validator votes with, and signs nothing else.
//!
//! It rests on discrete logarithms on a curve of 251 bits (about 125 bits of
//! security, none against a quantum computer) and on Poseidon.

use ark_bn254::Fr;
use ark_ed_on_bn254::Fr as Scalar;
use ark_ff::PrimeField;
use pyralog_primitives::Domain;

use crate::baby_jubjub::{POINT_BYTES, Point, PointError};
use crate::field::{read_number, write_number};
use crate::poseidon::Poseidon;

/// Bytes of a signature: R packed, then S.
pub const ATTESTATION_BYTES: usize = POINT_BYTES + 32;

/// The cofactor, by which circomlib multiplies the key.
const COFACTOR: u64 = 8;

/// What others know of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttestationKey(Point);

/// Why a point is no key. Whoever offered it is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttestationKeyError {
    /// It is no point.
    #[error(transparent)]
    Point(#[from] PointError),
    /// Anybody signs for it.
    #[error("the identity is no key: anybody signs for it")]
    Identity,
}

/// A signature of a field element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attestation {
    r: Point,
    s: Scalar,
}

/// Why bytes are no signature. Whoever sent them is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttestationError {
    /// R is no point.
    #[error("R of the signature: {0}")]
    Point(#[from] PointError),
    /// S has another encoding too.
    #[error("S of the signature is not below the order of the subgroup")]
    NotCanonical,
}

/// The signature is not one of this key for this message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the attestation is not one of this key for this message")]
pub struct BadAttestation;

/// A key with its secrets.
pub struct AttestationSecret {
    scalar: Scalar,
    nonce_key: [u8; 32],
    public: AttestationKey,
}

impl AttestationKey {
    /// The key that is this point.
    pub fn new(point: Point) -> Result<Self, AttestationKeyError> {
        if point.is_identity() {
            return Err(AttestationKeyError::Identity);
        }
        Ok(Self(point))
    }

    /// Reads a packed key.
    pub fn from_bytes(bytes: [u8; POINT_BYTES]) -> Result<Self, AttestationKeyError> {
        Self::new(Point::from_bytes(bytes)?)
    }

    /// Packs it.
    pub fn to_bytes(self) -> [u8; POINT_BYTES] {
        self.0.to_bytes()
    }

    /// The point.
    pub const fn get(self) -> Point {
        self.0
    }

    /// Checks a signature of `message`.
    pub fn verify(self, message: Fr, attestation: &Attestation) -> Result<(), BadAttestation> {
        let challenge = challenge(attestation.r, self.0, message);
        let left = Point::base().times(attestation.s);
        let right = attestation.r.plus(self.0.times(challenge));
        if left == right {
            Ok(())
        } else {
            Err(BadAttestation)
        }
    }
}

impl Attestation {
    /// The signature of these parts.
    pub const fn new(r: Point, s: Scalar) -> Self {
        Self { r, s }
    }

    /// R and S.
    pub(crate) const fn parts(&self) -> (Point, Scalar) {
        (self.r, self.s)
    }

    /// Reads a packed signature.
    pub fn decode(bytes: &[u8; ATTESTATION_BYTES]) -> Result<Self, AttestationError> {
        let ([r, s], []) = bytes.as_chunks() else {
            unreachable!("64 bytes are two halves");
        };
        let r = Point::from_bytes(*r)?;
        let s = read_number(*s).ok_or(AttestationError::NotCanonical)?;
        Ok(Self { r, s })
    }

    /// Packs it.
    pub fn encode(&self) -> [u8; ATTESTATION_BYTES] {
        let mut bytes = [0; ATTESTATION_BYTES];
        bytes[..POINT_BYTES].copy_from_slice(&self.r.to_bytes());
        bytes[POINT_BYTES..].copy_from_slice(&write_number(self.s));
        bytes
    }
}

impl AttestationSecret {
    /// The key of a seed of 32 random bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let part = |number: u8| {
            let mut hasher = Domain::AttestationKey.hasher();
            *hasher.update(seed).update(&[number]).finish().as_bytes()
        };
        // Twice the bits of the order, so that no scalar is likelier.
        let scalar = Scalar::from_le_bytes_mod_order([part(0), part(1)].as_flattened());
        Self {
            scalar,
            nonce_key: part(2),
            public: AttestationKey(Point::base().times(scalar)),
        }
    }

    /// What others may know.
    pub const fn public(&self) -> AttestationKey {
        self.public
    }

    /// Signs a field element. Hash anything longer into one first.
    pub fn sign(&self, message: Fr) -> Attestation {
        let nonce = self.nonce(message);
        let r = Point::base().times(nonce);
        let challenge = challenge(r, self.public.0, message);
        Attestation {
            r,
            s: nonce + challenge * self.scalar,
        }
    }

    fn nonce(&self, message: Fr) -> Scalar {
        let part = |number: u8| {
            let mut hasher = Domain::AttestationNonce.hasher();
            hasher
                .update(&self.nonce_key)
                .update(&self.public.to_bytes())
                .update(&write_number(message))
                .update(&[number]);
            *hasher.finish().as_bytes()
        };
        Scalar::from_le_bytes_mod_order([part(0), part(1)].as_flattened())
    }
}

/// `8·h`, as a multiple of the key. The hash is reduced modulo the order of the
/// subgroup, in which the key is.
fn challenge(r: Point, key: Point, message: Fr) -> Scalar {
    let hash = challenge_hash(r, key, message);
    Scalar::from_le_bytes_mod_order(&write_number(hash)) * Scalar::from(COFACTOR)
}

/// `h = Poseidon(R, A, m)`.
pub(crate) fn challenge_hash(r: Point, key: Point, message: Fr) -> Fr {
    let inputs = [r.x(), r.y(), key.x(), key.y(), message];
    let mut poseidon = Poseidon::circomlib(inputs.len()).expect("five inputs are allowed");
    poseidon.hash(&inputs).expect("it was made for five")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baby_jubjub::vectors::{all, number, point};

    fn bytes<const N: usize>(text: &serde_json::Value) -> [u8; N] {
        let bytes = hex::decode(text.as_str().unwrap()).unwrap();
        bytes.try_into().unwrap()
    }

    fn outside() -> (AttestationKey, Fr, Attestation) {
        let case = &all()["signature"];
        let key = AttestationKey::new(point(&case["public"])).unwrap();
        let message: [u8; 12] = bytes(&case["message_hex"]);
        let attestation = Attestation::new(point(&case["r"]), number(&case["s"]));
        (key, Fr::from_le_bytes_mod_order(&message), attestation)
    }

    #[test]
    fn a_signature_of_circomlib_is_accepted_and_packed_alike() {
        let (key, message, attestation) = outside();
        assert_eq!(key.verify(message, &attestation), Ok(()));
        let packed = bytes(&all()["signature"]["packed_hex"]);
        assert_eq!(attestation.encode(), packed);
        assert_eq!(Attestation::decode(&packed), Ok(attestation));
    }

    #[test]
    fn a_signature_with_any_bit_flipped_is_refused() {
        let (key, message, attestation) = outside();
        for bit in 0..8 * ATTESTATION_BYTES {
            let mut bytes = attestation.encode();
            bytes[bit / 8] ^= 1 << (bit % 8);
            if let Ok(changed) = Attestation::decode(&bytes) {
                let refused = key.verify(message, &changed);
                assert_eq!(refused, Err(BadAttestation), "bit {bit}");
            }
        }
    }

    #[test]
    fn another_message_or_another_key_is_refused() {
        let (key, message, attestation) = outside();
        let other = message + Fr::from(1);
        assert_eq!(key.verify(other, &attestation), Err(BadAttestation));
        let own = AttestationSecret::from_seed(&[1; 32]).public();
        assert_eq!(own.verify(message, &attestation), Err(BadAttestation));
    }

    #[test]
    fn what_is_signed_here_is_accepted_and_the_same_each_time() {
        let secret = AttestationSecret::from_seed(&[1; 32]);
        for message in [0, 1, 77].map(Fr::from) {
            let attestation = secret.sign(message);
            assert_eq!(secret.public().verify(message, &attestation), Ok(()));
            assert_eq!(secret.sign(message), attestation);
        }
        let two = [1, 2].map(|message| secret.sign(Fr::from(message)).r);
        assert_ne!(two[0], two[1]);
    }

    #[test]
    fn s_is_below_the_order_and_the_identity_is_no_key() {
        let (.., attestation) = outside();
        let mut bytes = attestation.encode();
        bytes[POINT_BYTES..].copy_from_slice(&[255; 32]);
        let refused = Attestation::decode(&bytes);
        assert_eq!(refused, Err(AttestationError::NotCanonical));
        let identity = AttestationKey::new(Point::IDENTITY);
        assert_eq!(identity, Err(AttestationKeyError::Identity));
        let key = AttestationKey::from_bytes(Point::IDENTITY.to_bytes());
        assert_eq!(key, Err(AttestationKeyError::Identity));
    }

    #[test]
    fn a_key_is_read_as_it_is_packed() {
        let key = AttestationSecret::from_seed(&[3; 32]).public();
        assert_eq!(AttestationKey::from_bytes(key.to_bytes()), Ok(key));
    }
}
