//! What an engine asks for.

use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::vote::{VoteKind, VotedValue};
use pyralog_primitives::{DurationMs, Height, Round};

/// Something to do. New kinds come with the engines that need them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Give [`crate::Input::Timer`] back after a while.
    SetTimer {
        /// What to give back.
        timer: Timer,
        /// After how long.
        after: DurationMs,
    },
    /// Put a block together from what waits, and give [`crate::Input::Built`]
    /// back.
    Build {
        /// Its height.
        height: Height,
    },
    /// Sign with the validator's key, and give [`crate::Input::Signed`] back.
    Sign(SignRequest),
    /// The block of this certificate is final.
    Finalize {
        /// Why.
        certificate: Certificate,
    },
}

/// What a validator is to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignRequest {
    /// What the vote says.
    pub kind: VoteKind,
    /// About which height.
    pub height: Height,
    /// In which attempt.
    pub round: Round,
    /// For which block.
    pub value: VotedValue,
}

/// A timer, by what it is for. One that is set for a height has no meaning at
/// another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    /// Nothing has come for a block of this height; an empty one is due.
    EmptyBlock {
        /// The height.
        height: Height,
    },
}
