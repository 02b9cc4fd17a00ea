//! Which options and constraints there are, by name.

use borsh::{BorshDeserialize, BorshSerialize};
use pyralog_primitives::Compute;
use winterfell::{BatchingMethod, FieldExtension, ProofOptions};

/// What every accepted proof has at least, in the list-decoding regime. Fewer,
/// and a forger who tries for years has a chance; more, and proofs grow.
pub const PROVEN_BITS_MIN: u32 = 110;

/// The constraints of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = false)]
pub enum AirId {
    /// A leaf is at a place under a root ([`Inclusion`](super::Inclusion)).
    MerkleInclusion,
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

/// What verifying a proof is estimated to cost at most, in the unit of the
/// ledger (about a nanosecond of one core); known before there is a proof.
pub const fn air_compute(air: AirId, options: OptionsId) -> Compute {
    match (air, options) {
        (AirId::MerkleInclusion, OptionsId::Standard) => Compute::new(6_000_000),
    }
}
