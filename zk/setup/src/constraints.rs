//! The constraints of a circuit, as they are: without what fulfils them.

use std::fmt;

use ark_bn254::Fr;
use ark_ff::Zero;
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystem, ConstraintSystemRef, Matrix, OptimizationGoal,
    R1CS_PREDICATE_LABEL, SynthesisError, SynthesisMode,
};
use pyralog_primitives::{Domain, Hash};

/// The hash of a circuit: over its constraints in iden3's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CircuitHash(Hash);

impl CircuitHash {
    /// The circuit with this hash.
    pub const fn new(hash: Hash) -> Self {
        Self(hash)
    }

    /// The hash.
    pub const fn get(self) -> Hash {
        self.0
    }
}

impl fmt::Display for CircuitHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Factors of wires that are added up, in the order of wires, none of them zero.
pub(crate) type Sum = Vec<(usize, Fr)>;

/// All constraints of a circuit: each is three sums, of which two multiplied are
/// the third. Wire 0 holds 1; then come the public ones, then all others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraints {
    pub(crate) rows: Vec<[Sum; 3]>,
    /// Wires of public inputs.
    pub(crate) public: usize,
    /// All wires.
    pub(crate) wires: usize,
}

impl Constraints {
    /// The constraints of a circuit, whatever is in its wires.
    pub fn of(circuit: impl ConstraintSynthesizer<Fr>) -> Result<Self, SynthesisError> {
        let system = synthesized(circuit, SynthesisMode::Setup)?;
        Ok(Self::read(&system, &matrices(&system)?))
    }

    pub(crate) fn read(system: &ConstraintSystemRef<Fr>, matrices: &[Matrix<Fr>]) -> Self {
        let row = |row: usize| [0, 1, 2].map(|matrix: usize| sum(&matrices[matrix][row]));
        Self {
            rows: (0..system.num_constraints()).map(row).collect(),
            public: system.num_instance_variables() - 1,
            wires: system.num_instance_variables() + system.num_witness_variables(),
        }
    }

    /// The hash.
    pub fn hash(&self) -> CircuitHash {
        CircuitHash(Domain::Circuit.hash(&self.to_r1cs()))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// As the library takes them.
    pub(crate) fn matrices(&self) -> Vec<Matrix<Fr>> {
        let turned = |(wire, factor): &(usize, Fr)| (*factor, *wire);
        let row = |sum: &Sum| sum.iter().map(turned).collect();
        let matrix = |matrix: usize| self.rows.iter().map(|sums| row(&sums[matrix])).collect();
        (0..3).map(matrix).collect()
    }

    /// Public inputs.
    pub const fn public(&self) -> usize {
        self.public
    }
}

/// A circuit with all its sums written out.
pub(crate) fn synthesized(
    circuit: impl ConstraintSynthesizer<Fr>,
    mode: SynthesisMode,
) -> Result<ConstraintSystemRef<Fr>, SynthesisError> {
    let system = ConstraintSystem::new_ref();
    // As the setup of the library does it, so that both have the same wires.
    system.set_optimization_goal(OptimizationGoal::Constraints);
    system.set_mode(mode);
    circuit.generate_constraints(system.clone())?;
    system.finalize();
    Ok(system)
}

pub(crate) fn matrices(
    system: &ConstraintSystemRef<Fr>,
) -> Result<Vec<Matrix<Fr>>, SynthesisError> {
    let mut all = system.to_matrices()?;
    all.remove(R1CS_PREDICATE_LABEL)
        .ok_or(SynthesisError::PredicateNotFound)
}

/// Each wire once, in order.
fn sum(row: &[(Fr, usize)]) -> Sum {
    let mut sorted: Vec<(Fr, usize)> = row.to_vec();
    sorted.sort_by_key(|(_, wire)| *wire);
    let mut sum = Sum::new();
    for (factor, wire) in sorted {
        match sum.last_mut() {
            Some((last, sum)) if *last == wire => *sum += factor,
            _ => sum.push((wire, factor)),
        }
    }
    sum.retain(|(_, factor)| !factor.is_zero());
    sum
}
