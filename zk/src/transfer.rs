//! The shielded transfer: two notes are spent, two are made, and nobody learns
//! which, whose, or of how much.
//!
//! Relation: the prover knows a spending secret, two notes of its owner, and two
//! new notes, so that
//! - each spent note with an amount above zero is in the tree under `root`, at
//!   depth [`TREE_DEPTH`]; one of zero may be nowhere, as filling;
//! - each nullifier is `H(nullifier, secret, commitment)` of the spent note;
//! - each new commitment is `H(note, owner, amount, blinding)`;
//! - the four amounts of notes are below 2⁶⁴, and what is spent is what is made
//!   and the fee, as numbers of the field.
//!
//! Public: root, two nullifiers, two commitments, fee, and the hash of all that
//! goes along (network, expiry, encrypted notes, …), which the proof binds.
//! Nothing else is.
//!
//! Hidden from everybody: which notes, whose, how much, to whom.
//!
//! Not proved, and to be seen to by whoever accepts a transfer:
//! - that the two nullifiers differ from each other: one note spent twice in one
//!   transfer fulfils the relation. And that they differ from all before;
//! - that the fee is below 2⁶⁴: the constraints take any number of the field,
//!   and only the type of [`Transfer::fee`] holds it in range. Whoever reads the
//!   public inputs elsewhere must check it;
//! - that the root is one of the chain; that encrypted notes can be decrypted by
//!   anybody.
//!
//! A sender who makes two notes that are equal in everything makes one that can
//! be spent.
//!
//! The relation is written twice: as a program ([`holds`]), and as constraints
//! ([`TransferCircuit`]). It has a key for development, for which everybody forges;
//! no ceremony was held.

mod circuit;
mod note;
mod relation;

pub use circuit::TransferCircuit;
pub use note::{Note, NoteHashes, Spent, TREE_DEPTH, Units};
pub use relation::{Transfer, TransferError, TransferSecret, holds};

#[cfg(test)]
mod forged_tests;
#[cfg(test)]
mod tests;
