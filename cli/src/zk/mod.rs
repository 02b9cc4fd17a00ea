//! Proofs of statements over files: what `pyralog zk` rests on.
//!
//! ```text
//! claim (public) ──┐                       ┌─▶ proof
//! witness (secret) ┼─▶ complete ─▶ worker ─┤
//! proving key ─────┘                       └─▶ the claim, complete
//!
//! claim, proof, verifying key ─▶ admitted? ─▶ gate ─▶ holds, or a refusal
//! ```
//!
//! Claim and witness are JSON documents ([`document`]), the proof is a file with a
//! short head ([`proof_file`]). A proof does not hold its claim: whoever checks one
//! must know what is claimed, and a file that brought its claim along would be
//! believed for whatever it says. The head names the statement, so that a proof of
//! something else is told from one that does not hold.
//!
//! Invariants:
//! - a claim that is not so is refused before a key is read or a proof begun, by
//!   the relation as a program;
//! - a proof that does not hold is not written;
//! - a proof is made in memory, on a thread of its own ([`worker`]); files appear
//!   when it is there, whole. So whoever interrupts it leaves nothing behind;
//! - what a witness says is in no message. The bytes of its file are wiped; what
//!   was made of them is not.
//!
//! Failure model: claims, proofs and keys may come from someone who gains if a
//! proof is believed. The witness is the user's own.

pub(crate) mod catalog;
pub(crate) mod claim;
pub(crate) mod document;
pub(crate) mod error;
pub(crate) mod keys;
pub(crate) mod proof_file;
pub(crate) mod refusal;
mod snark_claims;
mod stark_claims;
pub(crate) mod task;
pub(crate) mod value;
pub(crate) mod worker;
