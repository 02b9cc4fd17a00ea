//! Keys for development: **unsafe**, because their secrets follow from a seed that
//! stands here.
//!
//! The seed is `H(unsafe setup, name ‖ hash of the circuit)`, drawn from as
//! `H(unsafe setup, seed ‖ count)`. So everybody makes the same key, and whoever
//! wants to forge proofs makes its secrets.

use ark_bn254::{Bn254, Fr};
use ark_groth16::Groth16;
use ark_relations::gr1cs::{ConstraintSynthesizer, SynthesisError};
use ark_std::rand::{Error, RngCore};
use pyralog_primitives::{Domain, Hash};
use pyralog_zk::groth16::{KeyHash, UNSAFE_KEYS};
use pyralog_zk::quorum::{QuorumCircuit, SlotCount};
use pyralog_zk::sealed_bid::SealedBidCircuit;
use pyralog_zk::transfer::TransferCircuit;

use crate::constraints::{CircuitHash, Constraints};
use crate::key::{CircuitKey, Origin};

/// Circuits that have a key for development; no others get one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DevCircuit {
    /// A shielded transfer.
    Transfer,
    /// A sealed bid between two bounds.
    SealedBid,
    /// A quorum of a set with four places.
    QuorumOfFour,
    /// A quorum of a set with a hundred places. To make its key takes half a minute
    /// of one core, and 1.4 GB of memory.
    QuorumOfHundred,
}

/// What is known of a key before it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DevRecord {
    /// The circuit.
    pub circuit: CircuitHash,
    /// The key, one of [`UNSAFE_KEYS`].
    pub key: KeyHash,
}

impl DevCircuit {
    /// All, in the order of [`UNSAFE_KEYS`].
    pub const ALL: [Self; 4] = [
        Self::Transfer,
        Self::SealedBid,
        Self::QuorumOfFour,
        Self::QuorumOfHundred,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Transfer => "shielded transfer",
            Self::SealedBid => "sealed bid",
            Self::QuorumOfFour => "quorum of four",
            Self::QuorumOfHundred => "quorum of a hundred",
        }
    }

    /// What its key is, as compiled in. A circuit that was changed has another
    /// hash, and a test fails until the record says so.
    pub const fn record(self) -> DevRecord {
        DevRecord {
            circuit: CircuitHash::new(CIRCUITS[self as usize]),
            key: UNSAFE_KEYS[self as usize],
        }
    }

    /// Its constraints.
    pub fn constraints(self) -> Result<Constraints, SynthesisError> {
        Constraints::of(self)
    }
}

impl ConstraintSynthesizer<Fr> for DevCircuit {
    fn generate_constraints(
        self,
        system: ark_relations::gr1cs::ConstraintSystemRef<Fr>,
    ) -> Result<(), SynthesisError> {
        match self {
            Self::Transfer => TransferCircuit::blank().generate_constraints(system),
            Self::SealedBid => SealedBidCircuit::blank().generate_constraints(system),
            Self::QuorumOfFour => quorum_of(4).generate_constraints(system),
            Self::QuorumOfHundred => quorum_of(100).generate_constraints(system),
        }
    }
}

fn quorum_of(places: usize) -> QuorumCircuit {
    QuorumCircuit::blank(SlotCount::new(places).expect("up to 256 places are allowed"))
}

/// Makes the unsafe key of a circuit: some seconds of one core for most. It has the hash
/// that its record says, if the circuit is the recorded one.
pub fn unsafe_setup(of: DevCircuit) -> Result<CircuitKey, SynthesisError> {
    let constraints = of.constraints()?;
    let mut stream = PublicStream::new(of.name(), constraints.hash());
    let key = Groth16::<Bn254>::generate_random_parameters_with_reduction(of, &mut stream)?;
    Ok(CircuitKey::of(&constraints, Origin::Unsafe, key))
}

/// What the library takes for randomness.
struct PublicStream {
    seed: Hash,
    count: u64,
    /// What is left of the last block.
    left: Vec<u8>,
}

impl PublicStream {
    fn new(name: &str, circuit: CircuitHash) -> Self {
        let mut hasher = Domain::UnsafeSetup.hasher();
        hasher
            .update(name.as_bytes())
            .update(circuit.get().as_bytes());
        Self {
            seed: hasher.finish(),
            count: 0,
            left: Vec::new(),
        }
    }

    fn byte(&mut self) -> u8 {
        if let Some(byte) = self.left.pop() {
            return byte;
        }
        let mut hasher = Domain::UnsafeSetup.hasher();
        hasher
            .update(self.seed.as_bytes())
            .update(&self.count.to_le_bytes());
        self.count += 1;
        // Taken from the end, so that popping gives the bytes in their order.
        self.left = hasher.finish().as_bytes().iter().rev().copied().collect();
        self.byte()
    }
}

impl RngCore for PublicStream {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes([0; 4].map(|_: u8| self.byte()))
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes([0; 8].map(|_: u8| self.byte()))
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        bytes.fill_with(|| self.byte());
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

/// The hashes of the circuits, in the order of [`DevCircuit::ALL`]. Changed only
/// on purpose, together with the keys.
const CIRCUITS: [Hash; 4] = [
    Hash::new([
        0x51, 0xa1, 0x58, 0x53, 0x80, 0xa5, 0x65, 0x06, 0xee, 0xe3, 0x48, 0x5d, 0xd5, 0xe2, 0xd6,
        0xbc, 0x5e, 0x71, 0x2b, 0x1a, 0x85, 0x1e, 0x7a, 0x42, 0x77, 0xe5, 0xe0, 0xdd, 0x4e, 0x1a,
        0x1a, 0x33,
    ]),
    Hash::new([
        0x22, 0x04, 0x67, 0x56, 0xda, 0x69, 0xf4, 0x9e, 0xc7, 0xc5, 0x66, 0x96, 0x37, 0xbf, 0xcf,
        0x94, 0x85, 0xe9, 0xe7, 0xc1, 0xe4, 0x09, 0x92, 0xce, 0x45, 0xca, 0x40, 0xc8, 0x5c, 0x26,
        0xe2, 0x52,
    ]),
    Hash::new([
        0xd1, 0x5e, 0x2f, 0x2a, 0x0d, 0x09, 0xa6, 0x50, 0xce, 0xa4, 0xe1, 0x95, 0x7f, 0x1c, 0xa5,
        0x0e, 0x31, 0xa4, 0xc3, 0x02, 0xc9, 0x32, 0x59, 0xa3, 0x3e, 0x2a, 0x9e, 0x37, 0x8d, 0x4d,
        0x82, 0x06,
    ]),
    Hash::new([
        0xad, 0xa8, 0xdb, 0xe4, 0xfe, 0x89, 0x39, 0x2e, 0xd6, 0xa7, 0x85, 0x09, 0x0d, 0x81, 0xfa,
        0xdb, 0xd7, 0x74, 0x85, 0x46, 0xf9, 0x34, 0xca, 0x26, 0xf5, 0x48, 0xe6, 0xd0, 0xd4, 0x22,
        0xdd, 0x35,
    ]),
];
