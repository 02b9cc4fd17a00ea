//! Merkle inclusion: a leaf is at a place under a root.
//!
//! Relation: there is a path of `depth` digests that leads from `leaf`, at
//! place `index`, to `root`, by the hash `Rp64_256` of pairs.
//!
//! Public: root, leaf, index, depth. Witness: the path. Nothing is hidden; the
//! proof is longer than the path (tens of kilobytes instead of 32 bytes a
//! level). It is the first statement of its kind, and shows the stack to work;
//! where only inclusion matters, send the path.
//!
//! The tree has no counts and no separation of leaves from nodes: whoever
//! builds one makes leaves that are no digests of pairs, by hashing them with
//! another number of inputs.
//!
//! The relation is written twice: as a program here ([`root_of`]), and as
//! constraints over a trace (`air`). Tests hold one against the other.

mod air;
mod prover;
mod trace;

use pyralog_primitives::LeafIndex;
use winterfell::TraceInfo;
use winterfell::crypto::Hasher;
use winterfell::crypto::hashers::Rp64_256;

use self::air::{InclusionAir, WIDTH};
use super::digest::TreeDigest;
use super::gate::{self, StarkError};
use super::options::OptionsId;
use super::rescue;

pub use prover::{ProveError, prove, prove_watched};

/// Depths that are proved. A trace has eight rows to a level and a power of two
/// in all; and below depth 16 so few rows are left that 64 queries no longer
/// prove [`PROVEN_BITS_MIN`](super::PROVEN_BITS_MIN) bits.
pub const DEPTHS: [u8; 3] = [16, 32, 64];

const ROWS_PER_LEVEL: usize = rescue::ROWS;

/// What is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inclusion {
    root: TreeDigest,
    leaf: TreeDigest,
    index: LeafIndex,
    depth: u8,
}

/// Why nothing can be claimed like that. The caller must ask something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InclusionError {
    /// Its trace would be too short, too long, or no power of two.
    #[error("a tree of depth {depth}; possible are {DEPTHS:?}")]
    Depth {
        /// The depth asked for.
        depth: u8,
    },
    /// The tree ends before that place.
    #[error("a tree of depth {depth} has no place {index}")]
    Index {
        /// The depth.
        depth: u8,
        /// The place asked for.
        index: LeafIndex,
    },
}

/// The path does not fit the depth. The caller must bring another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a path of {found} digests in a tree of depth {depth}")]
pub struct PathError {
    /// The depth of the tree.
    pub depth: u8,
    /// Digests in the path.
    pub found: usize,
}

impl Inclusion {
    /// Claims that `leaf` is at `index` under `root`, in a tree of this depth.
    pub fn new(
        root: TreeDigest,
        leaf: TreeDigest,
        index: LeafIndex,
        depth: u8,
    ) -> Result<Self, InclusionError> {
        if !DEPTHS.contains(&depth) {
            return Err(InclusionError::Depth { depth });
        }
        let beyond = index.get().checked_shr(depth.into()).unwrap_or(0);
        if beyond != 0 {
            return Err(InclusionError::Index { depth, index });
        }
        Ok(Self {
            root,
            leaf,
            index,
            depth,
        })
    }

    /// Whether the node at this level, counted from the leaf, is a right child.
    fn is_right(&self, level: usize) -> bool {
        self.index.get() >> level & 1 == 1
    }

    const fn levels(&self) -> usize {
        self.depth as usize
    }

    /// The shape of the trace.
    fn trace_info(&self) -> TraceInfo {
        TraceInfo::new(WIDTH, self.levels() * ROWS_PER_LEVEL)
    }

    fn check_path(&self, path: &[TreeDigest]) -> Result<(), PathError> {
        let (depth, found) = (self.depth, path.len());
        if found == self.levels() {
            Ok(())
        } else {
            Err(PathError { depth, found })
        }
    }
}

/// The relation as a program: the root to which `path` leads from the claim's
/// leaf and place. The claim is true if that is its root.
pub fn root_of(claim: &Inclusion, path: &[TreeDigest]) -> Result<TreeDigest, PathError> {
    claim.check_path(path)?;
    let levels = path.iter().enumerate();
    Ok(levels.fold(claim.leaf, |node, (level, sibling)| {
        let pair = if claim.is_right(level) {
            [sibling.hash(), node.hash()]
        } else {
            [node.hash(), sibling.hash()]
        };
        TreeDigest::of(Rp64_256::merge(&pair))
    }))
}

/// Verifies a proof of a claim.
pub fn verify(claim: &Inclusion, proof: &[u8]) -> Result<(), StarkError> {
    gate::verify::<InclusionAir>(proof, claim.trace_info(), *claim, OptionsId::Standard)
}

#[cfg(test)]
mod constraints_tests;
#[cfg(test)]
mod gate_tests;
#[cfg(test)]
mod samples;
