//! Many proofs for one key at once.
//!
//! A proof holds if `e(A,B) = e(α,β) · e(I,γ) · e(C,δ)`. Each equation is
//! raised to a number of its own, and all are multiplied: the right side then
//! has three pairings whatever the number of proofs. If one equation fails, the
//! product holds with a chance of 2⁻¹²⁸ at most, because the numbers are drawn
//! by hashing all proofs and inputs: whoever chose a proof could not know them.
//!
//! If the product fails, the proofs are halved until the bad ones stand alone.
//! The left side of each is worked out once for that: a second Miller loop for
//! each proof. Each part that is looked at costs what a proof alone costs, three
//! Miller loops, a final exponentiation and the multiplications of the inputs,
//! and there are fewer than two parts for each proof. So the pairings grow with
//! the number of proofs and no faster, but a batch of bad proofs costs more than
//! each checked alone (see [`batch_compute_max`]). Sums over the proofs of a
//! part are made anew at each level; they are cheap beside the pairings.
//!
//! [`batch_compute_max`]: super::batch_compute_max

use ark_bn254::{Bn254, Fq12, Fr, G1Affine, G1Projective};
use ark_ec::pairing::{MillerLoopOutput, Pairing};
use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM};
use ark_ff::{BigInt, Field, Zero};
use pyralog_primitives::{Domain, Hash};

use super::key::{Refused, VerifyingKey};
use super::proof::{Proof, PublicInput};

/// Higher, and a batch takes more than an estimated twenty megabytes and is not
/// interrupted for longer: by the costs estimated here about a second if all
/// proofs hold, and up to six seconds (one input) or 25 (64 inputs) if none
/// does. Lower, and what is shared is shared by few.
pub const BATCH_COUNT_MAX: usize = 1024;

/// A proof and what it is said to prove.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The proof.
    pub proof: &'a Proof,
    /// Its public inputs, in the order of the statement.
    pub inputs: &'a [PublicInput],
}

/// A claim that does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadClaim {
    /// Its place in the batch.
    pub index: usize,
    /// What is wrong with it.
    pub reason: Refused,
}

/// Why a batch is not accepted as a whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchRefused {
    /// The caller must split it.
    #[error("a batch has at most {BATCH_COUNT_MAX} proofs; this has {found}")]
    TooMany {
        /// Proofs in the batch.
        found: usize,
    },
    /// All others hold. Who sent these is to blame.
    #[error("{} proofs of the batch do not hold, the first at place {}", .0.len(), .0.first().map_or(0, |bad| bad.index))]
    Bad(Vec<BadClaim>),
}

impl VerifyingKey {
    /// Checks many claims; says of each one that does not hold where it is.
    pub fn verify_batch(&self, claims: &[Claim<'_>]) -> Result<(), BatchRefused> {
        let found = claims.len();
        if found > BATCH_COUNT_MAX {
            return Err(BatchRefused::TooMany { found });
        }
        let (mut bad, mut open) = (Vec::new(), Vec::new());
        let seed = self.batch_seed(claims);
        for (index, claim) in claims.iter().enumerate() {
            match self.check_count(claim.inputs) {
                Err(reason) => bad.push(BadClaim { index, reason }),
                Ok(()) => open.push((index, claim, coefficient(seed, index))),
            }
        }
        let terms = Term::all(&open);
        if !terms.is_empty() && !self.holds(&left_side(&terms), &terms) {
            self.blame(&terms, &mut bad);
        }
        if bad.is_empty() {
            return Ok(());
        }
        bad.sort_by_key(|bad| bad.index);
        Err(BatchRefused::Bad(bad))
    }

    /// Depends on everything that a prover chooses.
    fn batch_seed(&self, claims: &[Claim<'_>]) -> Hash {
        let mut hasher = Domain::ProofBatch.hasher();
        hasher.update(self.hash().get().as_bytes());
        for claim in claims {
            hasher.update(&claim.proof.encode());
            hasher.update(&(claim.inputs.len() as u64).to_le_bytes());
            for input in claim.inputs {
                hasher.update(&input.to_bytes());
            }
        }
        hasher.finish()
    }

    /// Whether the product of the equations of `terms`, whose left sides are
    /// multiplied in `left`, holds.
    fn holds(&self, left: &Fq12, terms: &[Term<'_>]) -> bool {
        let mut numbers = vec![Fr::zero(); self.input_count() + 1];
        for term in terms {
            let coefficient = Fr::from(term.coefficient);
            numbers[0] += coefficient;
            for (number, input) in numbers[1..].iter_mut().zip(term.claim.inputs) {
                *number += coefficient * input.0;
            }
        }
        let thirds: Vec<_> = terms.iter().map(|term| term.claim.proof.0.c).collect();
        let coefficients: Vec<_> = terms.iter().map(|term| term.coefficient).collect();
        let sum = G1Projective::msm_bigint(&thirds, &coefficients);
        let key = &self.prepared;
        let alpha = key.vk.alpha_g1 * -numbers[0];
        let inputs = self.combine(numbers.into_iter());
        let right = G1Projective::normalize_batch(&[alpha, inputs, sum]);
        let right = Bn254::multi_miller_loop(
            right.iter(),
            [
                key.vk.beta_g2.into(),
                key.gamma_g2_neg_pc.clone(),
                key.delta_g2_neg_pc.clone(),
            ],
        );
        Bn254::final_exponentiation(MillerLoopOutput(*left * right.0))
            .is_some_and(|product| product.0 == Fq12::ONE)
    }

    /// Finds the terms that fail, in a product that fails.
    fn blame(&self, terms: &[Term<'_>], bad: &mut Vec<BadClaim>) {
        let sides: Vec<Fq12> = terms.iter().map(|term| left_side(&[*term])).collect();
        // The whole failed before, so it is halved without another look.
        let mut open = vec![(0, terms.len(), true)];
        while let Some((from, to, known_to_fail)) = open.pop() {
            let (some, sides) = (&terms[from..to], &sides[from..to]);
            if !known_to_fail && self.holds(&sides.iter().product(), some) {
                continue;
            }
            if let [one] = some {
                let (index, reason) = (one.index, Refused::Equation);
                bad.push(BadClaim { index, reason });
            } else {
                let middle = usize::midpoint(from, to);
                open.extend([(from, middle, false), (middle, to, false)]);
            }
        }
    }
}

/// A claim with the number that its equation is raised to.
#[derive(Clone, Copy)]
struct Term<'a> {
    index: usize,
    claim: &'a Claim<'a>,
    coefficient: BigInt<4>,
    /// The proof's A so often.
    a: G1Affine,
}

impl<'a> Term<'a> {
    /// Together, so that one inversion serves all.
    fn all(claims: &[(usize, &'a Claim<'a>, [u64; 2])]) -> Vec<Self> {
        let firsts = claims.iter();
        let firsts = firsts.map(|(_, claim, digits)| claim.proof.0.a.mul_bigint(digits));
        let firsts = G1Projective::normalize_batch(&firsts.collect::<Vec<_>>());
        let terms = claims.iter().zip(firsts);
        terms
            .map(|((index, claim, [low, high]), a)| Self {
                index: *index,
                claim,
                coefficient: BigInt::new([*low, *high, 0, 0]),
                a,
            })
            .collect()
    }
}

/// The product of the left sides, before the final exponentiation.
fn left_side(terms: &[Term<'_>]) -> Fq12 {
    let firsts = terms.iter().map(|term| term.a);
    let seconds = terms.iter().map(|term| term.claim.proof.0.b);
    Bn254::multi_miller_loop(firsts, seconds).0
}

/// A number of 128 bits, never zero, for the claim at `index`: two digits, the
/// lower one first.
fn coefficient(seed: Hash, index: usize) -> [u64; 2] {
    let mut hasher = Domain::ProofBatch.hasher();
    hasher
        .update(seed.as_bytes())
        .update(&(index as u64).to_le_bytes());
    let hash = hasher.finish();
    let (digits, _) = hash.as_bytes().as_chunks();
    let [low, high] = [digits[0], digits[1]].map(u64::from_le_bytes);
    [low.max(1), high]
}
