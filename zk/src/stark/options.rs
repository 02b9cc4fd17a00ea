//! Which options and constraints there are, by name.

use borsh::{BorshDeserialize, BorshSerialize};
use pyralog_primitives::Compute;
use winterfell::{BatchingMethod, FieldExtension, ProofOptions};

/// What every accepted proof has at least, in the list-decoding regime. Fewer,
/// and a forger who tries for years has a chance; more, and proofs grow.
pub const PROVEN_BITS_MIN: u32 = 110;

/// Rows of the shortest trace: with fewer, 64 queries prove fewer bits. Higher,
/// and short claims have longer proofs for nothing.
pub(super) const ROWS_MIN: usize = 1 << 7;

/// Rows of the longest trace: with more, 64 queries over so large a domain prove
/// fewer than [`PROVEN_BITS_MIN`]; lower, and long claims take several proofs.
pub(super) const ROWS_MAX: usize = 1 << 20;

/// Rows of a trace of which so many are used.
pub(super) const fn rows_for(used: usize) -> usize {
    let rows = used.next_power_of_two();
    if rows < ROWS_MIN { ROWS_MIN } else { rows }
}

/// The constraints of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = false)]
pub enum AirId {
    /// A leaf is at a place under a root ([`Inclusion`](super::Inclusion)).
    MerkleInclusion,
    /// Records lead a log from one lead to another
    /// ([`Append`](super::append::Append)).
    AppendBatch,
    /// Headers lead from one point of a chain to another
    /// ([`Linkage`](super::linkage::Linkage)).
    HeaderLinkage,
}

/// The options of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = false)]
pub enum OptionsId {
    /// 64 queries, blowup 8, 16 bits of grinding, cubic extension, folding by
    /// 8, remainder of degree 127, linear batching.
    Standard,
}

impl OptionsId {
    pub(super) const fn options(self) -> ProofOptions {
        match self {
            Self::Standard => ProofOptions::new(
                64,
                8,
                16,
                FieldExtension::Cubic,
                8,
                127,
                BatchingMethod::Linear,
                BatchingMethod::Linear,
            ),
        }
    }
}

/// Fewer bytes do not have the form of any proof, so a statement that allows only
/// those is refused. Honest proofs are about ten times as long. Higher than it
/// is, and a possible statement would be refused; lower, and an impossible one
/// registered.
pub const fn air_proof_bytes_min(air: AirId) -> usize {
    match air {
        AirId::MerkleInclusion => 4_458,
        AirId::AppendBatch => 4_907,
        AirId::HeaderLinkage => 4_570,
    }
}

/// What verifying a proof costs at most, in the unit of the ledger (about a
/// nanosecond of one core); known before there is a proof. Each is about twice
/// what the longest proof of its kind took where it was measured (0.6 ms and
/// 3.3 ms).
pub const fn air_compute(air: AirId, options: OptionsId) -> Compute {
    match (air, options) {
        (AirId::MerkleInclusion, OptionsId::Standard) => Compute::new(1_500_000),
        (AirId::AppendBatch | AirId::HeaderLinkage, OptionsId::Standard) => Compute::new(7_000_000),
    }
}
