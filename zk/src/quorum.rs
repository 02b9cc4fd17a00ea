//! More than two thirds of the power of a set signed a block.
//!
//! A relation about [attestation keys](crate::eddsa): somebody knows members of
//! the set behind a commitment, and a signature of each for one message, and
//! three times their power is more than two times the power of all.
//!
//! Public: the commitment to the set, and the message, which is made of network,
//! height and block ([`attested`]). Hidden from everybody: who signed and who did
//! not, and all signatures. Not hidden: the set, which whoever checks a proof
//! must know to make the commitment.
//!
//! Invariants of a set ([`AttestationSet`]): no key twice, none without power,
//! each a key that passed its own check, and a total within the bound of
//! validator sets. The constraints rest on them: they do not look at committed
//! keys and powers again.
//!
//! Not proved, and to be seen to by whoever accepts a quorum:
//! - that the commitment is that of the set that may vote at that height. It must
//!   be worked out from a set that is known, never taken from the prover;
//! - that whoever signed for a member owns the key: keys are registered with a
//!   proof of possession, elsewhere;
//! - anything about the block besides that it was signed.
//!
//! The power that counts is that of attestation keys. It is worth what slashing
//! makes it worth: who signs two blocks of one height with it loses nothing here.

mod circuit;
mod relation;
mod set;

pub use circuit::QuorumCircuit;
pub use relation::{Quorum, QuorumError, attested, holds};
pub use set::{AttestationSet, Member, SLOT_COUNT_MAX, SetError, SlotCount};

#[cfg(test)]
mod each_constraint_tests;
#[cfg(test)]
mod forged_tests;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
