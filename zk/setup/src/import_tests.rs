//! A ceremony with snarkjs over a circuit of ours: see `testdata/README.md` for how
//! it was held.

use ark_bn254::Fr;
use ark_ff::PrimeField;
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, SynthesisError, Variable,
};
use pyralog_zk::groth16::{Proof, PublicInput, VerifyingKey};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

use super::*;

const R1CS: &[u8] = include_bytes!("../testdata/cube.r1cs");
/// Two people contributed, and a beacon.
const ZKEY: &[u8] = include_bytes!("../testdata/cube.zkey");
/// Nobody did.
const EMPTY: &[u8] = include_bytes!("../testdata/cube-empty.zkey");
const SNARKJS: &str = include_str!("../testdata/cube-proof.json");

/// `x³ + factor·x + constant = y`, with a public y.
#[derive(Clone)]
struct Cube {
    x: u64,
    factor: u64,
    constant: u64,
}

impl Cube {
    const fn new(x: u64) -> Self {
        Self {
            x,
            factor: 1,
            constant: 5,
        }
    }

    fn result(&self) -> Fr {
        let x = Fr::from(self.x);
        x * x * x + Fr::from(self.factor) * x + Fr::from(self.constant)
    }
}

impl ConstraintSynthesizer<Fr> for Cube {
    fn generate_constraints(self, system: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let x = Fr::from(self.x);
        let y = system.new_input_variable(|| Ok(self.result()))?;
        let given = system.new_witness_variable(|| Ok(x))?;
        let square = system.new_witness_variable(|| Ok(x * x))?;
        let sum = |terms: &[(Fr, Variable)]| LinearCombination(terms.to_vec());
        let one = Fr::from(1);
        system.enforce_r1cs_constraint(
            || sum(&[(one, given)]),
            || sum(&[(one, given)]),
            || sum(&[(one, square)]),
        )?;
        system.enforce_r1cs_constraint(
            || sum(&[(one, square), (Fr::from(self.factor), Variable::One)]),
            || sum(&[(one, given)]),
            || sum(&[(one, y), (-Fr::from(self.constant), Variable::One)]),
        )
    }
}

fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(1)
}

fn refused(zkey: &[u8], circuit: Cube) -> ImportError {
    import(zkey, circuit, &mut rng()).unwrap_err()
}

#[test]
fn constraints_are_exported_as_they_went_into_the_ceremony() {
    assert_eq!(Constraints::of(Cube::new(3)).unwrap().to_r1cs(), R1CS);
}

#[test]
fn a_key_of_a_ceremony_is_read_and_proves_for_the_gate() {
    let key = import(ZKEY, Cube::new(3), &mut rng()).unwrap();
    assert!(!key.is_unsafe());
    let gate = VerifyingKey::decode(&key.verifying_bytes(), key.hash(), 1, "pyralog-1").unwrap();
    for x in [0, 3, 1_000] {
        let proof = key.prove(Cube::new(x), &mut rng()).unwrap();
        let proof = Proof::decode(&proof).unwrap();
        let inputs = [Cube::new(x).result()].map(PublicInput::new);
        assert_eq!(gate.verify(&proof, &inputs), Ok(()));
        let other = [Cube::new(x + 1).result()].map(PublicInput::new);
        assert!(gate.verify(&proof, &other).is_err());
    }
}

#[test]
fn a_proof_of_snarkjs_holds_for_the_key_that_is_read() {
    let vector: serde_json::Value = serde_json::from_str(SNARKJS).unwrap();
    let key = import(ZKEY, Cube::new(3), &mut rng()).unwrap();
    let gate = VerifyingKey::decode(&key.verifying_bytes(), key.hash(), 1, "pyralog-1").unwrap();
    let proof = decimal::proof(&vector["proof"]);
    let proof = Proof::decode(&proof).unwrap();
    let input = Fr::from_le_bytes_mod_order(&35u64.to_le_bytes());
    assert_eq!(vector["public"][0].as_str(), Some("35"));
    assert_eq!(gate.verify(&proof, &[PublicInput::new(input)]), Ok(()));
    let other = [PublicInput::new(input + Fr::from(1))];
    assert!(gate.verify(&proof, &other).is_err());
}

#[test]
fn a_changed_circuit_is_refused_with_the_key_of_the_old_one() {
    let changed = Cube {
        factor: 2,
        ..Cube::new(3)
    };
    assert!(matches!(
        refused(ZKEY, changed),
        ImportError::OtherConstraints
    ));
}

#[test]
fn a_key_to_which_nobody_contributed_is_refused() {
    let error = refused(EMPTY, Cube::new(3));
    assert!(matches!(error, ImportError::NoContribution), "{error}");
}

#[test]
fn a_change_that_only_the_points_know_of_shows_when_a_proof_is_made() {
    // The third matrix does not stand in a zkey.
    let changed = Cube {
        constant: 6,
        ..Cube::new(3)
    };
    let error = refused(ZKEY, changed);
    let does_not_fit = ImportError::Prove(ProveError::KeyDoesNotFit);
    assert_eq!(error.to_string(), does_not_fit.to_string());
}

#[test]
fn a_zkey_that_is_cut_or_changed_anywhere_is_refused() {
    let whole = |bytes: &[u8]| import(bytes, Cube::new(3), &mut rng()).is_ok();
    assert!(whole(ZKEY));
    for length in (0..ZKEY.len()).step_by(127) {
        assert!(!whole(&ZKEY[..length]), "{length} bytes");
    }
    let mut longer = ZKEY.to_vec();
    longer.push(0);
    assert!(!whole(&longer));
    // The last section holds the transcript of the ceremony, which is not read.
    let transcript = transcript_start();
    for place in (0..transcript).step_by(23) {
        let mut changed = ZKEY.to_vec();
        changed[place] ^= 1 << (place % 8);
        assert!(!whole(&changed), "byte {place}");
    }
}

/// Where the content of section 10 begins.
fn transcript_start() -> usize {
    let mut at = 12;
    loop {
        let kind = u32::from_le_bytes(ZKEY[at..at + 4].try_into().unwrap());
        let length = u64::from_le_bytes(ZKEY[at + 4..at + 12].try_into().unwrap());
        if kind == 10 {
            return at;
        }
        at += 12 + usize::try_from(length).unwrap();
    }
}

/// Proofs as snarkjs writes them.
mod decimal {
    use std::str::FromStr;

    use ark_bn254::{Bn254, Fq, Fq2, G1Affine, G2Affine};
    use ark_serialize::CanonicalSerialize;
    use serde_json::Value;

    pub(super) fn proof(proof: &Value) -> Vec<u8> {
        let proof = ark_groth16::Proof::<Bn254> {
            a: first(&proof["pi_a"]),
            b: G2Affine::new(pair(&proof["pi_b"][0]), pair(&proof["pi_b"][1])),
            c: first(&proof["pi_c"]),
        };
        let mut bytes = Vec::new();
        proof.serialize_compressed(&mut bytes).unwrap();
        bytes
    }

    fn first(point: &Value) -> G1Affine {
        G1Affine::new(number(&point[0]), number(&point[1]))
    }

    fn pair(pair: &Value) -> Fq2 {
        Fq2::new(number(&pair[0]), number(&pair[1]))
    }

    fn number(text: &Value) -> Fq {
        Fq::from_str(text.as_str().unwrap()).ok().unwrap()
    }
}
