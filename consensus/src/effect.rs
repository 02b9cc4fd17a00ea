//! What an engine asks for.

use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::vote::Evidence;
use pyralog_primitives::{BlockId, DurationMs, Height, Round};

use crate::message::Message;
use crate::record::Record;
use crate::statement::{Statement, Step};

/// Something to do. New kinds come with the engines that need them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Write this down, behind what was written before. It is durable before
    /// anything that follows is signed, told or made final.
    Persist(Record),
    /// Sign with the validator's key, and give [`crate::Input::Signed`] back,
    /// or [`crate::Input::Refused`]: one of them always, an engine may wait for
    /// it. What was asked for earlier is signed earlier.
    Sign(Statement),
    /// Tell all validators. With a proposal goes its block, if it is held.
    Broadcast(Message),
    /// Give [`crate::Input::Timer`] back after a while. Setting a timer that
    /// runs already sets it anew.
    SetTimer {
        /// What to give back.
        timer: Timer,
        /// After how long.
        after: DurationMs,
    },
    /// Put a block together from what waits, make it durable, and give
    /// [`crate::Input::Built`] back.
    Build {
        /// Its height.
        height: Height,
    },
    /// Get hold of this block, make it durable, execute it, and give
    /// [`crate::Input::Checked`] back.
    Check {
        /// Its height.
        height: Height,
        /// Which one.
        block: BlockId,
        /// Whether a quorum has prevoted for it already. Then it is not held
        /// back for its time, whatever the clock says. It is asked for once
        /// more when that comes about meanwhile.
        is_backed: bool,
    },
    /// The block of this certificate is final. Nothing more is told of its
    /// height: what was written down about it may be dropped now.
    Finalize {
        /// Why.
        certificate: Certificate,
    },
    /// A validator broke the rules, and this proves it.
    Report(Evidence),
    /// This validator says nothing more at this height; the operator should
    /// know why.
    Abstain {
        /// The height.
        height: Height,
        /// Why.
        reason: Abstention,
    },
}

/// Why a validator says nothing more at a height, and leaves the decision to
/// the others.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Abstention {
    /// The guard of the key has signed something else there.
    #[error("the guard of the key refuses to sign {0:?}")]
    Refused(Statement),
    /// After a restart the engine came to another statement than the one it
    /// had written down.
    #[error("{wanted:?} contradicts {written:?}, which was written down before a restart")]
    Contradiction {
        /// What was written down.
        written: Statement,
        /// What is wanted now.
        wanted: Statement,
    },
    /// The library that decides has failed.
    #[error("the core of the engine failed: {0}")]
    Core(String),
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
    /// The round has taken too long.
    Round {
        /// The height.
        height: Height,
        /// The round.
        round: Round,
    },
    /// A step of a round has taken too long.
    Step {
        /// The height.
        height: Height,
        /// The round.
        round: Round,
        /// The step.
        step: Step,
    },
    /// What was said at this height may have been lost on its way.
    Resend {
        /// The height.
        height: Height,
    },
}

impl Timer {
    /// For which height it was set.
    pub const fn height(&self) -> Height {
        match *self {
            Self::EmptyBlock { height }
            | Self::Round { height, .. }
            | Self::Step { height, .. }
            | Self::Resend { height } => height,
        }
    }
}
