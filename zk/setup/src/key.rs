//! A key with which proofs are made.

use std::fmt;

use ark_bn254::{Bn254, Fr};
use ark_ff::PrimeField;
use ark_groth16::r1cs_to_qap::evaluate_constraint;
use ark_groth16::{Groth16, ProvingKey, prepare_verifying_key};
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystemRef, Matrix, SynthesisError, SynthesisMode,
};
use ark_serialize::CanonicalSerialize;
use pyralog_zk::groth16::{KeyHash, PROOF_BYTES};
use pyralog_zk::watch::{CalledOff, Step, Watch, patiently, tell};
use rand_core::CryptoRng;

use crate::circom::CircomReduction;
use crate::constraints::{CircuitHash, Constraints, synthesized};

/// Where a key is from decides how it divides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Made from the public seed.
    Unsafe,
    /// Read from a ceremony's result.
    Ceremony,
}

/// The key of a circuit: with it proofs are made, and its verifying half is what a
/// registry names.
#[derive(Clone)]
pub struct CircuitKey {
    pub(crate) circuit: CircuitHash,
    pub(crate) wires: usize,
    /// The constraints. They are the same for every proof, and writing out their
    /// sums takes a fifth of the time of one, so that is done once.
    pub(crate) matrices: Vec<Matrix<Fr>>,
    pub(crate) origin: Origin,
    pub(crate) key: ProvingKey<Bn254>,
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The circuit cannot be built. A mistake of ours.
    #[error("the circuit cannot be put together")]
    Circuit(#[source] SynthesisError),
    /// The caller has a key of another circuit.
    #[error("the key is one of another circuit")]
    OtherCircuit,
    /// The caller wants to prove what is not so.
    #[error("the constraints are not fulfilled: what is to be proved is not so")]
    NotFulfilled,
    /// Nobody waits for it any longer.
    #[error(transparent)]
    CalledOff(#[from] CalledOff),
    /// The key's points are not those of the circuit. Its source must be asked.
    #[error("a proof made with this key does not hold for it: its points are not the circuit's")]
    KeyDoesNotFit,
}

impl CircuitKey {
    /// The hash of the circuit that it was made or read for.
    pub const fn circuit(&self) -> CircuitHash {
        self.circuit
    }

    /// Whether everybody forges for it.
    pub fn is_unsafe(&self) -> bool {
        self.origin == Origin::Unsafe
    }

    /// The bytes of its verifying half, for
    /// [`VerifyingKey::decode`](pyralog_zk::groth16::VerifyingKey::decode).
    pub fn verifying_bytes(&self) -> Vec<u8> {
        bytes(&self.key.vk)
    }

    /// The name of its verifying half in a registry.
    pub fn hash(&self) -> KeyHash {
        KeyHash::of(&self.verifying_bytes())
    }

    /// Public inputs.
    pub const fn inputs(&self) -> usize {
        self.key.vk.gamma_abc_g1.len() - 1
    }

    /// Proves that a circuit is fulfilled, for the public inputs that are in it. The
    /// constraints are those of the key: of the circuit only its wires are asked.
    /// Whoever knows what the generator gave knows the witness too.
    pub fn prove(
        &self,
        circuit: impl ConstraintSynthesizer<Fr>,
        rng: &mut impl CryptoRng,
    ) -> Result<[u8; PROOF_BYTES], ProveError> {
        self.prove_watched(circuit, rng, &patiently)
    }

    /// The same, for somebody who may not wait for all of it.
    pub fn prove_watched(
        &self,
        circuit: impl ConstraintSynthesizer<Fr>,
        rng: &mut impl CryptoRng,
        watch: &Watch<'_>,
    ) -> Result<[u8; PROOF_BYTES], ProveError> {
        let mode = SynthesisMode::Prove {
            construct_matrices: false,
            generate_lc_assignments: false,
        };
        let system = synthesized(circuit, mode).map_err(ProveError::Circuit)?;
        self.check_shape(&system)?;
        tell(watch, Step::Filled)?;
        let (inputs, wires) = assigned(&system).map_err(ProveError::Circuit)?;
        if !self.is_fulfilled(&wires) {
            return Err(ProveError::NotFulfilled);
        }
        tell(watch, Step::Checked)?;
        let proof = self.proof(inputs, &wires, rng);
        let (proof, inputs) = (proof.map_err(ProveError::Circuit)?, &wires[1..inputs]);
        tell(watch, Step::Proved)?;
        let prepared = prepare_verifying_key(&self.key.vk);
        let holds = Groth16::<Bn254>::verify_proof(&prepared, &proof, inputs);
        if !matches!(holds, Ok(true)) {
            return Err(ProveError::KeyDoesNotFit);
        }
        Ok(bytes(&proof).try_into().expect("a proof has one length"))
    }

    /// How many constraints it is for.
    pub(crate) fn constraints(&self) -> usize {
        self.matrices[0].len()
    }

    fn check_shape(&self, system: &ConstraintSystemRef<Fr>) -> Result<(), ProveError> {
        let inputs = system.num_instance_variables();
        let wires = inputs + system.num_witness_variables();
        if (inputs - 1, wires) == (self.inputs(), self.wires) {
            Ok(())
        } else {
            Err(ProveError::OtherCircuit)
        }
    }

    /// Whether the wires fulfil the constraints of this key, wherever they are from.
    fn is_fulfilled(&self, wires: &[Fr]) -> bool {
        let [a, b, c] = [0, 1, 2].map(|matrix: usize| self.matrices[matrix].iter());
        a.zip(b).zip(c).all(|((a, b), c)| {
            let [a, b, c] = [a, b, c].map(|sum| evaluate_constraint(sum, wires));
            a * b == c
        })
    }

    fn proof(
        &self,
        inputs: usize,
        wires: &[Fr],
        rng: &mut impl CryptoRng,
    ) -> Result<ark_groth16::Proof<Bn254>, SynthesisError> {
        let create = match self.origin {
            Origin::Unsafe => Groth16::<Bn254>::create_proof_with_reduction_and_matrices,
            Origin::Ceremony => {
                Groth16::<Bn254, CircomReduction>::create_proof_with_reduction_and_matrices
            }
        };
        let (r, s) = (draw(rng), draw(rng));
        let constraints = self.constraints();
        create(&self.key, r, s, &self.matrices, inputs, constraints, wires)
    }

    pub(crate) fn of(constraints: &Constraints, origin: Origin, key: ProvingKey<Bn254>) -> Self {
        Self {
            circuit: constraints.hash(),
            wires: constraints.wires,
            matrices: constraints.matrices(),
            origin,
            key,
        }
    }
}

impl fmt::Debug for CircuitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitKey")
            .field("circuit", &self.circuit)
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

/// How many wires are public, the one that holds 1 included, and all wires.
fn assigned(system: &ConstraintSystemRef<Fr>) -> Result<(usize, Vec<Fr>), SynthesisError> {
    let mut wires = system.instance_assignment()?;
    let inputs = wires.len();
    wires.extend(system.witness_assignment()?);
    Ok((inputs, wires))
}

fn bytes(value: &impl CanonicalSerialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let written = value.serialize_compressed(&mut bytes);
    written.expect("memory accepts every byte");
    bytes
}

/// A number each of which is as likely, but for one part in 2²⁵⁶.
fn draw(rng: &mut impl CryptoRng) -> Fr {
    let mut bytes = [0; 64];
    rng.fill_bytes(&mut bytes);
    Fr::from_le_bytes_mod_order(&bytes)
}
