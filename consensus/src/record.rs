//! What an engine must not forget.

use borsh::{BorshDeserialize, BorshSerialize};
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::{BlockId, Round};

use crate::message::{Justification, Message};
use crate::quorum::QuorumCertificate;
use crate::statement::{Statement, Step};

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
    /// This was heard, from others or from the validator itself.
    Heard(Message),
    /// Whether a proposed block keeps the rules.
    Judged {
        /// In which round it was proposed.
        round: Round,
        /// The block.
        block: BlockId,
        /// Whether it does.
        is_valid: bool,
    },
    /// A step of a round took too long.
    Elapsed {
        /// The round.
        round: Round,
        /// The step.
        step: Step,
    },
}

impl Canonical for Record {
    const ENCODED_BYTES_MAX: usize = 1 + Message::ENCODED_BYTES_MAX;
}
