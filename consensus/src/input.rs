//! What an engine is told.

use pyralog_primitives::{BlockId, Height, Signature};

use crate::effect::Timer;

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The block before this height is final; the work on it begins.
    Start {
        /// The height to decide.
        height: Height,
        /// Whether the block before it carried transactions: then what they
        /// did can be proved only once there is a block at this height.
        has_unproved: bool,
        /// Whether transactions wait for a block.
        has_waiting: bool,
    },
    /// A transaction waits for a block, and none did before.
    Waiting,
    /// A timer that was set has run down.
    Timer(Timer),
    /// The block that was asked for is there.
    Built {
        /// Its height.
        height: Height,
        /// The block.
        block: BlockId,
    },
    /// The signature that was asked for is there.
    Signed {
        /// The height that was signed for.
        height: Height,
        /// The signature.
        signature: Signature,
    },
}
