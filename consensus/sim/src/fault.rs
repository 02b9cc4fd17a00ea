//! Faults: what goes wrong, when, and for how long.
//!
//! All faults of a run are drawn before it begins, as a list. So they can be
//! shown, and left out one by one to see which of them it takes.

use std::fmt;

use pyralog_disk::Crash;
use pyralog_primitives::ByteCount;

use crate::byzantine::Misconduct;
use crate::coverage::FaultKind;
use crate::group::{Group, ProcessId};
use crate::network::Step;
use crate::time::{Moment, Span};

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its place in the list of the seed, for `--faults`.
    pub index: usize,
    pub(crate) from: Moment,
    pub(crate) until: Moment,
    pub(crate) action: Action,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Of messages from or to these, so many are lost.
    Lose { percent: u64, around: Around },
    /// So many are lost, however often they are said again: what one says to
    /// another at one step of a round comes always or never.
    Sieve { sifted: Sifted, percent: u64 },
    /// At each height, one validator alone learns that a block is final, and
    /// nobody learns it from that one; another one, in a round before, alone
    /// sees a block prepared, and its wish is lost.
    LoneDecision,
    /// So many messages come twice.
    Duplicate { percent: u64 },
    /// Messages take up to so much longer, each on its own.
    Reorder { jitter: Span },
    /// Messages from or to these take so much longer.
    Delay { extra: Span, around: Around },
    /// Nothing passes from one group to the other.
    Cut { from: Group, to: Group },
    /// Groups that do not hear each other, drawn again at each shift.
    Partition { groups: u64, shift: Span },
    /// The process ends, in the midst of a write or at once.
    Crash {
        who: ProcessId,
        in_write: bool,
        tear: Tear,
    },
    /// The next sync fails, and the process ends.
    FailSync {
        who: ProcessId,
        file: File,
        tear: Tear,
    },
    /// Syncs take so many times as long.
    SlowDisk { who: ProcessId, factor: u64 },
    /// The process does nothing.
    Pause { who: ProcessId },
    /// Its clock runs at so many thousandths of the right speed.
    Skew { who: ProcessId, permille: u64 },
    /// The validator breaks the rules, to the end of the run.
    Misbehave {
        who: ProcessId,
        misconduct: Misconduct,
    },
}

/// What a sieve holds back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sifted {
    /// Anything.
    All,
    /// What a preparation takes: proposals, prevotes and wishes.
    Preparations,
    /// What a decision takes: precommits, and blocks that are final.
    Decisions,
}

/// Which links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Around {
    Everyone,
    One(ProcessId),
}

/// Which file of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum File {
    Log,
    Guard,
}

/// What a loss of power leaves of what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tear {
    Lost,
    Kept,
    Torn { percent: u64 },
    Zeroed { percent: u64 },
    Garbled { percent: u64 },
}

impl Around {
    pub(crate) fn has(self, from: ProcessId, to: ProcessId) -> bool {
        match self {
            Self::Everyone => true,
            Self::One(who) => who == from || who == to,
        }
    }
}

impl Sifted {
    pub(crate) const fn has(self, step: Step) -> bool {
        match self {
            Self::All => true,
            Self::Preparations => matches!(step, Step::Wish | Step::Proposal | Step::Prevote),
            Self::Decisions => matches!(step, Step::Precommit | Step::Given),
        }
    }
}

impl Tear {
    /// What it leaves of so many bytes.
    pub(crate) fn crash(self, unsynced: ByteCount) -> Crash {
        let part = |percent: u64| ByteCount::new(unsynced.get() * percent / 100);
        match self {
            Self::Lost => Crash::Lost,
            Self::Kept => Crash::Kept,
            Self::Torn { percent } => Crash::Torn {
                kept: part(percent),
            },
            Self::Zeroed { percent } => Crash::Zeroed {
                kept: part(percent),
                zeros: unsynced,
            },
            Self::Garbled { percent } => Crash::Garbled {
                kept: part(percent),
                garbage: unsynced,
                seed: percent,
            },
        }
    }
}

impl Fault {
    /// Of which kind it is.
    pub fn kind(&self) -> FaultKind {
        match &self.action {
            Action::Lose { .. } => FaultKind::Loss,
            Action::Sieve { .. } => FaultKind::Sieve,
            Action::LoneDecision => FaultKind::LoneDecision,
            Action::Duplicate { .. } => FaultKind::Duplication,
            Action::Reorder { .. } => FaultKind::Reordering,
            Action::Delay { .. } => FaultKind::Delay,
            Action::Cut { .. } => FaultKind::Cut,
            Action::Partition { .. } => FaultKind::Partition,
            Action::Crash { in_write, .. } if *in_write => FaultKind::TornWrite,
            Action::Crash { .. } => FaultKind::Crash,
            Action::FailSync { .. } => FaultKind::FailedSync,
            Action::SlowDisk { .. } => FaultKind::SlowDisk,
            Action::Pause { .. } => FaultKind::Pause,
            Action::Skew { .. } => FaultKind::Skew,
            Action::Misbehave { misconduct, .. } => misconduct.kind(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>3}: {:<22} ", self.index, self.kind())?;
        match &self.action {
            Action::Misbehave { who, .. } => return write!(f, "{who}, all the time"),
            Action::Crash { .. } | Action::FailSync { .. } => {
                write!(f, "{} to {}, ", self.from, self.until)?;
            }
            _ => write!(f, "{} to {}, ", self.from, self.until)?,
        }
        match &self.action {
            Action::Lose { percent, around } => write!(f, "{percent} % of {around}"),
            Action::Sieve { sifted, percent } => write!(f, "{percent} % of {sifted:?}"),
            Action::Duplicate { percent } => write!(f, "{percent} % of all"),
            Action::Reorder { jitter } => write!(f, "by up to {jitter}"),
            Action::Delay { extra, around } => write!(f, "{extra} more for {around}"),
            Action::Cut { from, to } => write!(f, "from {from} to {to}"),
            Action::Partition { groups, shift } => {
                write!(f, "{groups} groups, drawn again every {shift}")
            }
            Action::Crash { who, tear, .. } => write!(f, "{who}, unsynced bytes: {tear:?}"),
            Action::FailSync { who, file, tear } => {
                write!(f, "{who}, {file:?}, unsynced bytes: {tear:?}")
            }
            Action::SlowDisk { who, factor } => write!(f, "{who}, {factor} times as slow"),
            Action::Pause { who } => write!(f, "{who}"),
            Action::Skew { who, permille } => {
                write!(f, "{who}, at {permille} thousandths of the right speed")
            }
            Action::LoneDecision => f.write_str("another one at each height"),
            Action::Misbehave { .. } => Ok(()),
        }
    }
}

impl fmt::Display for Around {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everyone => f.write_str("all"),
            Self::One(who) => write!(f, "what {who} sends and hears"),
        }
    }
}
