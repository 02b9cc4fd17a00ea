//! The gate for STARK proofs by Winterfell, and what is proved with them.
//!
//! **These proofs are succinct, transparent and rest on hashes alone. They are
//! not zero-knowledge**: what is opened of a trace may tell of the witness. No
//! secret enters a trace.
//!
//! Three statements: a leaf is under a root ([`Inclusion`]), records lead a log
//! from one lead to another ([`append`]), headers lead from one point of a chain
//! to another ([`linkage`]).
//!
//! The library was not made for hostile bytes: it asserts on values that it
//! reads, reserves memory for lengths that are only claimed (and a failed
//! reservation ends the process), and ignores what follows a proof. So a proof
//! passes through here:
//!
//! ```text
//! length ─▶ strict reading of the whole form, without memory ─▶ the library's
//! decoder ─▶ the same bytes again? ─▶ verification, panics contained ─▶ strict
//! reading once more: what was opened is what was asked, and nothing else
//! ```
//!
//! Invariants:
//! - the shape of the trace follows from the public inputs; what the proof says
//!   of it must be equal;
//! - the options are exactly those of the statement: 64 queries at blowup 8, a
//!   cubic extension and 16 bits of grinding, which is at least
//!   [`PROVEN_BITS_MIN`] proven bits. Conjectured bits are not counted;
//! - every length in a proof is compared with what the shape allows before
//!   anything is reserved; memory is at most a few times the proof;
//! - a panic in the library is a refusal.
//!
//! Assumptions: BLAKE3 and Rescue Prime behave as random functions (the bits
//! are those of the random-oracle model); panics unwind, which is how this
//! workspace is built. 256-bit hashes resist a quantum computer at about 85
//! bits.

pub mod append;
mod asked;
mod digest;
mod digits;
mod gate;
mod inclusion;
mod layout;
pub mod linkage;
#[cfg(test)]
mod offences;
mod options;
mod prover;
mod reader;
mod rescue;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod shortest;

pub use digest::{NotADigest, TreeDigest};
pub use gate::{AIR_PROOF_BYTES_MAX, StarkError};
pub use inclusion::{
    DEPTHS, Inclusion, InclusionError, PathError, ProveError, prove, prove_watched, root_of, verify,
};
pub use layout::{Malformed, Part};
pub use options::{AirId, OptionsId, PROVEN_BITS_MIN, air_compute, air_proof_bytes_min};

#[cfg(test)]
mod watch_tests;
