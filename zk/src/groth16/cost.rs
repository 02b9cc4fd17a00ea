//! What verifying costs, known before it starts.
//!
//! The unit is that of the ledger: about a nanosecond of one core. The figures
//! are estimated, with room, and not derived from measurements; what matters is
//! that they depend on counts alone and never on what a proof holds.

use pyralog_primitives::Compute;

/// Reading a proof, three Miller loops, one final exponentiation.
const PROOF: u64 = 1_800_000;
/// One multiplication in G1.
const INPUT: u64 = 150_000;
/// In a batch: reading, one Miller loop, multiplications by half-size numbers.
const BATCHED: u64 = 900_000;

/// Verifying one proof with so many inputs.
pub const fn verify_compute(inputs: usize) -> Compute {
    Compute::new(PROOF + INPUT * inputs as u64)
}

/// Verifying a batch in which all proofs are good.
pub const fn batch_compute(proofs: usize, inputs: usize) -> Compute {
    let fixed = PROOF + INPUT * inputs as u64;
    Compute::new(fixed + BATCHED * proofs as u64)
}

/// The most that verifying a batch costs, whoever sent it: a failed attempt; a
/// second Miller loop for each proof; and for each node of a tree over the proofs
/// what one proof costs, which is three Miller loops, a final exponentiation and
/// the multiplications of the inputs.
pub const fn batch_compute_max(proofs: usize, inputs: usize) -> Compute {
    let nodes = 2 * proofs as u64;
    let fixed = PROOF + INPUT * inputs as u64;
    Compute::new(batch_compute(proofs, inputs).get() + BATCHED * proofs as u64 + fixed * nodes)
}
