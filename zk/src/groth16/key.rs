//! Verifying keys: which are accepted, and what they say of a proof.
//!
//! The bytes are those of `ark-groth16`:
//!
//! ```text
//! α 32 │ β 64 │ γ 64 │ δ 64 │ count 8 │ one point of 32 for each, the first for 1
//! ```

use std::fmt;

use ark_bn254::{Bn254, Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::PrimeField;
use ark_groth16::{Groth16, PreparedVerifyingKey, prepare_verifying_key};
use pyralog_primitives::{Domain, Hash};

use super::point::{self, PointFault};
use super::proof::{Proof, PublicInput};
use super::unsafe_keys;

/// More public inputs are hashed into one, which is cheaper for everybody;
/// fewer, and statements have to do that too early.
pub const INPUT_COUNT_MAX: usize = 64;

const ALPHA_END: usize = 32;
const BETA_END: usize = ALPHA_END + 64;
const GAMMA_END: usize = BETA_END + 64;
const DELTA_END: usize = GAMMA_END + 64;
const HEAD_BYTES: usize = DELTA_END + 8;
const INPUT_POINT_BYTES: usize = 32;

/// Bytes of the longest key.
pub const KEY_BYTES_MAX: usize = HEAD_BYTES + INPUT_POINT_BYTES * (INPUT_COUNT_MAX + 1);

/// The hash of a key's bytes: its name in the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)]
pub struct KeyHash(Hash);

impl KeyHash {
    /// The name, as the registry has it.
    pub const fn new(hash: Hash) -> Self {
        Self(hash)
    }

    /// The hash.
    pub const fn get(self) -> Hash {
        self.0
    }

    /// The name of a key with these bytes, whatever they hold.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Domain::VerifyingKey.hash(bytes))
    }
}

impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The points of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPart {
    /// In G1.
    Alpha,
    /// In G2.
    Beta,
    /// In G2.
    Gamma,
    /// In G2.
    Delta,
    /// In G1: the constant at 0, then one for each input.
    Input(usize),
}

/// Why a key is refused. The registry or its operator must act, unless the
/// bytes came from a peer: then that peer is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Longer or shorter than a key with the number of inputs that it says.
    #[error("the key has {found} bytes where {expected} are expected")]
    Length {
        /// Bytes that its count of inputs asks for, or the fewest.
        expected: usize,
        /// Bytes found.
        found: usize,
    },
    /// The count of inputs is zero points or too many.
    #[error("the key has {points} points for inputs; 1 to {} are allowed", INPUT_COUNT_MAX + 1)]
    InputCount {
        /// Points that it says it has.
        points: u64,
    },
    /// Another key than the registry names.
    #[error("the registry names the key {expected}; this is {found}")]
    Hash {
        /// The name in the registry.
        expected: KeyHash,
        /// The name of these bytes.
        found: KeyHash,
    },
    /// It takes another number of inputs, so that its proofs would cost another
    /// amount, than the statement says.
    #[error("the statement says {expected} public inputs; the key takes {found}")]
    OtherInputCount {
        /// Inputs that the statement says.
        expected: u16,
        /// Inputs that the key takes.
        found: usize,
    },
    /// It is one for development, and this network is not.
    #[error(
        "the key {key} was made from a public seed: everybody forges proofs for it. Only chain ids that begin with dev- take it"
    )]
    Unsafe {
        /// The key.
        key: KeyHash,
    },
    /// One of its points is none.
    #[error("{part:?} of the key is refused: {fault}")]
    Point {
        /// Which point.
        part: KeyPart,
        /// What is wrong with it.
        fault: PointFault,
    },
    /// Anybody forges proofs for it.
    #[error(
        "δ = γ or −γ in the key: anybody forges proofs for it. Its second phase had no contribution, or was undone"
    )]
    DeltaIsGamma,
    /// Nobody contributed to it.
    #[error("δ of the key is the generator or its negative: its second phase had no contribution")]
    DeltaIsGenerator,
}

/// Why a proof that is well formed proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The caller gave too few inputs or too many.
    #[error("the key takes {expected} public inputs; {found} were given")]
    InputCount {
        /// Inputs of the key.
        expected: usize,
        /// Inputs given.
        found: usize,
    },
    /// The proof is for other inputs, for another key, or forged. Whoever sent
    /// it is to blame.
    #[error("the proof does not hold for these inputs and this key")]
    Equation,
}

/// A key that passed every check, ready for use.
#[derive(Clone, Debug)]
pub struct VerifyingKey {
    hash: KeyHash,
    pub(super) prepared: PreparedVerifyingKey<Bn254>,
}

impl VerifyingKey {
    /// Reads the key that the registry names `expected` and says to take so many
    /// public inputs, on the network with this chain id.
    pub fn decode(
        bytes: &[u8],
        expected: KeyHash,
        inputs: u16,
        chain_id: &str,
    ) -> Result<Self, KeyError> {
        let points = check_length(bytes)?;
        let found = KeyHash::of(bytes);
        if found != expected {
            return Err(KeyError::Hash { expected, found });
        }
        unsafe_keys::check(found, chain_id)?;
        let (expected, inputs) = (inputs, points - 1);
        if inputs != usize::from(expected) {
            let found = inputs;
            return Err(KeyError::OtherInputCount { expected, found });
        }
        let key = read_points(bytes)?;
        check_delta(&key)?;
        Ok(Self {
            hash: found,
            prepared: prepare_verifying_key(&key),
        })
    }

    /// A key whose δ nobody looked at, to show what a bad one would accept.
    #[cfg(test)]
    pub(super) fn unchecked(bytes: &[u8]) -> Self {
        let key = read_points(bytes).unwrap();
        Self {
            hash: KeyHash::of(bytes),
            prepared: prepare_verifying_key(&key),
        }
    }

    /// Its name.
    pub const fn hash(&self) -> KeyHash {
        self.hash
    }

    /// Public inputs that each proof takes.
    pub fn input_count(&self) -> usize {
        self.points().len() - 1
    }

    /// Checks one proof.
    pub fn verify(&self, proof: &Proof, inputs: &[PublicInput]) -> Result<(), Refused> {
        self.check_count(inputs)?;
        let numbers = std::iter::once(Fr::from(1)).chain(inputs.iter().map(|input| input.0));
        let sum = self.combine(numbers).into_affine().into();
        let holds =
            Groth16::<Bn254>::verify_proof_with_prepared_inputs(&self.prepared, &proof.0, &sum);
        // The library has no error here, only a result type.
        if holds == Ok(true) {
            Ok(())
        } else {
            Err(Refused::Equation)
        }
    }

    pub(super) fn check_count(&self, inputs: &[PublicInput]) -> Result<(), Refused> {
        let (expected, found) = (self.input_count(), inputs.len());
        if found == expected {
            Ok(())
        } else {
            Err(Refused::InputCount { expected, found })
        }
    }

    /// The sum of the input points, each as often as its number says. There are
    /// as many numbers as points.
    pub(super) fn combine(&self, numbers: impl Iterator<Item = Fr>) -> G1Projective {
        let terms = self.points().iter().zip(numbers);
        terms
            .map(|(point, number)| point.mul_bigint(number.into_bigint()))
            .sum()
    }

    fn points(&self) -> &[G1Affine] {
        &self.prepared.vk.gamma_abc_g1
    }
}

/// The length is the one that the count of points for inputs asks for: returns
/// that count.
fn check_length(bytes: &[u8]) -> Result<usize, KeyError> {
    let found = bytes.len();
    let head = bytes.get(DELTA_END..HEAD_BYTES);
    let Some(Ok(count)) = head.map(<[u8; 8]>::try_from) else {
        let expected = HEAD_BYTES + INPUT_POINT_BYTES;
        return Err(KeyError::Length { expected, found });
    };
    let points = u64::from_le_bytes(count);
    let count = usize::try_from(points).unwrap_or(usize::MAX);
    if !(1..=INPUT_COUNT_MAX + 1).contains(&count) {
        return Err(KeyError::InputCount { points });
    }
    let expected = HEAD_BYTES + INPUT_POINT_BYTES * count;
    if found == expected {
        Ok(count)
    } else {
        Err(KeyError::Length { expected, found })
    }
}

/// Reads the points of bytes that have the right length.
fn read_points(bytes: &[u8]) -> Result<ark_groth16::VerifyingKey<Bn254>, KeyError> {
    let at = |part| move |fault| KeyError::Point { part, fault };
    let second = |range: std::ops::Range<usize>, part| {
        point::read::<G2Affine>(&bytes[range]).map_err(at(part))
    };
    let inputs = bytes[HEAD_BYTES..].chunks(INPUT_POINT_BYTES).enumerate();
    let inputs = inputs.map(|(index, bytes)| point::read(bytes).map_err(at(KeyPart::Input(index))));
    Ok(ark_groth16::VerifyingKey {
        alpha_g1: point::read(&bytes[..ALPHA_END]).map_err(at(KeyPart::Alpha))?,
        beta_g2: second(ALPHA_END..BETA_END, KeyPart::Beta)?,
        gamma_g2: second(BETA_END..GAMMA_END, KeyPart::Gamma)?,
        delta_g2: second(GAMMA_END..DELTA_END, KeyPart::Delta)?,
        gamma_abc_g1: inputs.collect::<Result<_, _>>()?,
    })
}

/// A sign does not help: with δ = −γ a forger takes the negative of C.
fn check_delta(key: &ark_groth16::VerifyingKey<Bn254>) -> Result<(), KeyError> {
    let either = |point: G2Affine| key.delta_g2 == point || key.delta_g2 == -point;
    if either(key.gamma_g2) {
        return Err(KeyError::DeltaIsGamma);
    }
    // γ may be the generator: the tools of circom choose it so.
    if either(G2Affine::generator()) {
        return Err(KeyError::DeltaIsGenerator);
    }
    Ok(())
}
