//! The gate for Groth16 proofs over BN254.
//!
//! ```text
//! key bytes ─▶ VerifyingKey::decode(hash, inputs, chain) ─┐
//! proof bytes ─▶ Proof::decode ───────────────────────────┼─▶ verify, or verify_batch
//! input bytes ─▶ PublicInput::from_bytes, each ───────────┘
//! ```
//!
//! Invariants:
//! - one value has one encoding: lengths are exact, points and inputs are
//!   canonical, nothing follows them;
//! - every point is on its curve and in its subgroup, and none is the identity;
//! - a key has the hash and the number of inputs that the registry says, and its
//!   δ is neither ±γ nor ± the generator: with δ = ±γ anybody forges proofs, and
//!   the generator is what stands in a key that nobody contributed to;
//! - a key for which everybody forges, being made from a public seed, is taken only
//!   on networks whose chain id begins with `dev-`;
//! - a proof is checked against exactly as many inputs as its key has. The
//!   library underneath takes missing ones as 0 and ignores those too many;
//! - a batch accepts what each check alone accepts, and names the others.
//!
//! Assumptions: the setup of the key was honest in at least one contribution;
//! the pairing of BN254 holds, which is worth about 100 to 110 bits, not 128,
//! and nothing against a quantum computer.
//!
//! A proof is malleable: anyone turns a valid one into other bytes that are
//! valid too. So bytes of proofs are never an id, and what must happen once is
//! made so by a public input, such as a nullifier.

mod batch;
mod cost;
mod key;
mod point;
mod proof;
mod unsafe_keys;

pub use batch::{BATCH_COUNT_MAX, BadClaim, BatchRefused, Claim};
pub use cost::{batch_compute, batch_compute_max, verify_compute};
pub use key::{INPUT_COUNT_MAX, KEY_BYTES_MAX, KeyError, KeyHash, KeyPart, Refused, VerifyingKey};
pub use point::PointFault;
pub use proof::{NotCanonical, PROOF_BYTES, Proof, ProofError, ProofPart, PublicInput};
pub use unsafe_keys::{UNSAFE_CHAIN_PREFIX, UNSAFE_KEYS};

#[cfg(test)]
pub(crate) mod snarkjs;
#[cfg(test)]
mod tests;
