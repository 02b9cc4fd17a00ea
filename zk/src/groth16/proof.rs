//! A proof and its public inputs, as they come over the wire.

use std::fmt;

use ark_bn254::{Bn254, Fr};

use super::point::{self, PointFault};
use crate::field::{read_number, write_number};

/// A compressed proof: a point of G1, one of G2, one of G1.
pub const PROOF_BYTES: usize = 128;

const A_END: usize = 32;
const B_END: usize = 96;

/// A proof whose points are points. Whether it proves anything, the key says.
#[derive(Clone, Debug, PartialEq)]
pub struct Proof(pub(super) ark_groth16::Proof<Bn254>);

/// The three points of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofPart {
    /// In G1.
    A,
    /// In G2.
    B,
    /// In G1.
    C,
}

impl fmt::Display for ProofPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Why bytes are no proof. Whoever sent them is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Cut short or padded, or for another curve.
    #[error("a proof has {PROOF_BYTES} bytes; this has {found}")]
    Length {
        /// Bytes found.
        found: usize,
    },
    /// One of its points is none.
    #[error("{part} of the proof is refused: {fault}")]
    Point {
        /// Which point.
        part: ProofPart,
        /// What is wrong with it.
        fault: PointFault,
    },
}

impl Proof {
    /// Reads exactly one proof.
    pub fn decode(bytes: &[u8]) -> Result<Self, ProofError> {
        let found = bytes.len();
        if found != PROOF_BYTES {
            return Err(ProofError::Length { found });
        }
        let at = |part| move |fault| ProofError::Point { part, fault };
        Ok(Self(ark_groth16::Proof {
            a: point::read(&bytes[..A_END]).map_err(at(ProofPart::A))?,
            b: point::read(&bytes[A_END..B_END]).map_err(at(ProofPart::B))?,
            c: point::read(&bytes[B_END..]).map_err(at(ProofPart::C))?,
        }))
    }

    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        point::write(&self.0)
    }
}

/// One public input: a number below the order of the scalar field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicInput(pub(super) Fr);

/// A number that another encoding stands for too. Whoever sent it is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a public input is not below the order of the field")]
pub struct NotCanonical;

impl PublicInput {
    /// Reads an input, least significant byte first.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, NotCanonical> {
        read_number(bytes).map(Self).ok_or(NotCanonical)
    }

    /// The input that is this element of the field.
    pub const fn new(number: Fr) -> Self {
        Self(number)
    }

    /// The element of the field.
    pub const fn get(self) -> Fr {
        self.0
    }

    /// Its bytes, least significant first.
    pub fn to_bytes(self) -> [u8; 32] {
        write_number(self.0)
    }
}
