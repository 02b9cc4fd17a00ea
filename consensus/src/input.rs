//! What an engine is told.

use std::sync::Arc;

use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::validators::ValidatorSet;
use pyralog_primitives::{Address, BlockId, Height, Signature};

use crate::effect::Timer;
use crate::message::Message;
use crate::record::Record;
use crate::statement::Statement;
use crate::verify::Verified;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The block before this height is final; the work on it begins.
    Start(Start),
    /// A transaction waits for a block, and none did before.
    Waiting,
    /// A validator said something, and its signatures are good.
    Message(Verified<Message>),
    /// A timer that was set has run down.
    Timer(Timer),
    /// The block that was asked for is there: held, durable and executed, like
    /// one that was checked.
    Built {
        /// Its height.
        height: Height,
        /// The block.
        block: BlockId,
    },
    /// A block that was to be checked is held, durable and executed.
    Checked {
        /// Its height.
        height: Height,
        /// The block.
        block: BlockId,
        /// Whether it keeps the rules.
        is_valid: bool,
    },
    /// The signature that was asked for is there.
    Signed {
        /// What was to be signed.
        statement: Statement,
        /// The signature.
        signature: Signature,
    },
    /// The guard of the key refuses to sign this: it has signed something else
    /// in that place, or later.
    Refused(Statement),
    /// A block turned out to be final already, by this certificate.
    Certified(Verified<Certificate>),
}

/// The beginning of a height.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The height to decide.
    pub height: Height,
    /// Who decides it.
    pub validators: Arc<ValidatorSet>,
    /// Who made the block before it; none made the genesis.
    pub last_proposer: Option<Address>,
    /// Whether the block before it carried transactions: then what they did
    /// can be proved only once there is a block at this height.
    pub has_unproved: bool,
    /// Whether transactions wait for a block.
    pub has_waiting: bool,
    /// What was written down about this height before a restart, in order.
    pub records: Vec<Record>,
}
