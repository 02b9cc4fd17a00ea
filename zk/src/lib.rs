//! The only door by which a proof enters the system.
//!
//! A proof comes from somebody who gains if it is accepted. Here stands what is
//! asked of it before anybody believes it: a registry of statements, a gate for
//! each proof system, and the statements themselves.
//!
//! ```text
//! StatementId ─▶ Registry ─▶ Statement::admit (length, cost) ─┐
//!                     ┌──────────────────────────────────────┘
//!                     ├─▶ groth16: key, proof, inputs ─▶ verify, verify_batch
//!                     └─▶ stark: public inputs, proof ─▶ verify
//! ```
//!
//! Invariants, for both gates:
//! - what verifying costs at most, as estimated, is known before a byte of the
//!   proof is read;
//! - a proof has one encoding of exactly one length, or of the length that the
//!   public inputs give it; each way to break that has an error of its own;
//! - the number and the form of public inputs are checked, never completed;
//! - no bytes make this crate panic, end the process, or take memory beyond a
//!   few times their own length.
//!
//! By convention, and held by nothing else: callers ask [`statement`] first, for
//! the statement and for [`Statement::admit`](statement::Statement::admit), and
//! go on to a gate with what the statement says. The gates themselves look at
//! proofs of statements that nobody registered too.
//!
//! Failure model: proofs, inputs and keys are hostile until checked. The proof
//! libraries are trusted to compute, not to read: their decoders are guarded.
//!
//! What is promised of which system:
//!
//! | | Groth16 over BN254 | STARK by Winterfell |
//! |---|---|---|
//! | hides the witness | yes | **no**: not zero-knowledge |
//! | setup | one for each circuit, trusted | none |
//! | assumption | pairing, about 100 to 110 bits | hashes, 110 proven bits or more |
//! | with a quantum computer | broken | integrity holds, with fewer bits |
//! | proof | 128 bytes | tens of kilobytes |
//!
//! [`poseidon`], [`baby_jubjub`] and [`eddsa`] are the hash, the curve and the
//! signature that circuits can afford, as native code. [`transfer`], [`sealed_bid`]
//! and [`quorum`] are circuits, each beside the same relation as a program. They
//! have keys for development only, which the gate refuses elsewhere.
//!
//! Who waits for a long proof is told of its steps, and can call it off
//! ([`watch`]).
//!
//! No IO, no clock, no randomness, no threads.

pub mod baby_jubjub;
pub mod eddsa;
mod field;
mod gadget;
pub mod groth16;
pub mod poseidon;
pub mod quorum;
pub mod sealed_bid;
pub mod stark;
pub mod statement;
pub mod transfer;
pub mod watch;

#[cfg(test)]
mod golden_tests;
