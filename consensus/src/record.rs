//! What an engine must not forget.

use borsh::{BorshDeserialize, BorshSerialize};
use pyralog_primitives::codec::Canonical;

use crate::message::Justification;
use crate::quorum::QuorumCertificate;
use crate::statement::Statement;

/// Something to keep over a restart. It is durable before what rests on it is
/// signed, so a validator that comes back knows all it may have said.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Record {
    /// This is about to be signed.
    Intent(Statement),
    /// A quorum prevoted for this block.
    Prepared(QuorumCertificate),
    /// Why the validator may propose in a round that is not the first; the
    /// intent to do so follows.
    Justified(Justification),
}

impl Canonical for Record {
    const ENCODED_BYTES_MAX: usize = 1 + Justification::ENCODED_BYTES_MAX;
}
