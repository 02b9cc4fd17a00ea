//! Append-only Merkle trees.
//!
//! One tree serves two needs. Its shape is that of RFC 6962: the left part of
//! every node is the largest perfect tree that leaves something for the right.
//! Seen from the left it is a *mountain range*: a row of perfect trees, one
//! for each bit of the count, which appending only ever extends. Bagging the
//! peaks from the right gives exactly the RFC's root, so a root computed at
//! once and one grown leaf by leaf are the same, and one kind of proof serves
//! both.
//!
//! - A leaf is the hash of `record ‖ 0x80 ‖ 0…0`, filled up to a multiple of
//!   64 bytes; a node is the hash of its two children, 64 bytes. Domains keep
//!   the two apart, so both are whole compressions and run in SIMD lanes.
//! - A list whose entries lie elsewhere needs only its [`Peaks`] to grow; proofs
//!   about it are put together from stored nodes ([`prove_inclusion`]).
//! - The commitment ([`MerkleRoot`]) hashes the count of leaves with the root
//!   of the tree. Without the count, one proof could be read for two shapes.
//!
//! Invariant: a proof that verifies shows that the record is (inclusion), or
//! that all earlier leaves still are (consistency), under the commitment. A
//! proof that was changed fails, unless what it then says is true as well (as
//! when the same record stands at two places).

mod lanes;
mod peaks;
mod proof;
mod range;
mod shape;

pub use peaks::{Peaks, prove_inclusion};
pub use proof::{ConsistencyProof, InclusionProof, MerkleError};
pub use range::{MountainRange, merkle_root};
pub use shape::Place;

use crate::hash::Domain;
use crate::ids::meaningful_hash;
use crate::kernel::RawHash;
use crate::numbers::LeafCount;

/// The hash of a leaf or inner node.
type Node = RawHash;

meaningful_hash!(
    /// The commitment to a list: its length and the root of its tree.
    MerkleRoot
);

impl MerkleRoot {
    fn commit(count: LeafCount, tree_root: &Node) -> Self {
        let mut hasher = Domain::MerkleRoot.hasher();
        hasher.update(&count.get().to_le_bytes()).update(tree_root);
        Self::new(hasher.finish())
    }
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, reason = "what tests count is small")]
mod tests;
