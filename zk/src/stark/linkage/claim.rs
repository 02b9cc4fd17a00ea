//! Points of a chain, and the claim that headers lead from one to another.

use pyralog_primitives::{Height, TimestampMs};

use super::{HEADER_COUNT_MAX, HEADER_COUNT_MIN, Header, TIME_STEP_MAX};
use crate::stark::digest::TreeDigest;

/// Numbers of a point are below. Higher, and a sum of the field could wrap
/// around; lower, and chains end earlier.
const NUMBER_BITS: u32 = 63;

/// A header, as far as the next one must know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    link: TreeDigest,
    height: Height,
    time: TimestampMs,
}

/// No header stands there. Whoever sent it is to blame; a chain that comes there
/// is at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("height or time is not below 2^{NUMBER_BITS}")]
pub struct PointError;

impl Point {
    /// The header with this link, height and time, each number below 2⁶³.
    pub const fn new(
        link: TreeDigest,
        height: Height,
        time: TimestampMs,
    ) -> Result<Self, PointError> {
        if (height.get() | time.get()) >> NUMBER_BITS != 0 {
            return Err(PointError);
        }
        Ok(Self { link, height, time })
    }

    /// The link.
    pub const fn link(&self) -> TreeDigest {
        self.link
    }

    /// The height.
    pub const fn height(&self) -> Height {
        self.height
    }

    /// The time.
    pub const fn time(&self) -> TimestampMs {
        self.time
    }

    /// The point of a header on top.
    pub(super) fn under(&self, header: &Header) -> Result<Self, PointError> {
        let height = self.height.next().ok_or(PointError)?;
        Self::new(header.link(self.link, height), height, header.time)
    }
}

/// What the headers say of the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct States {
    /// The first header.
    pub first: TreeDigest,
    /// The last one.
    pub last: TreeDigest,
}

/// What is claimed: headers lead from one point to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Linkage {
    pub(super) from: Point,
    pub(super) to: Point,
    pub(super) states: States,
    pub(super) set: TreeDigest,
}

/// Why nothing can be claimed like that. Whoever sent it is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// There is no proof for so many headers.
    #[error(
        "from height {from} to {to}; possible are {HEADER_COUNT_MIN} to {HEADER_COUNT_MAX} headers"
    )]
    Count {
        /// The height before.
        from: Height,
        /// The height after.
        to: Height,
    },
    /// So many headers do not lead from one time to the other.
    #[error("{count} headers do not lead from {from} ms to {to} ms")]
    Time {
        /// Headers between.
        count: usize,
        /// The time before.
        from: TimestampMs,
        /// The time after.
        to: TimestampMs,
    },
}

impl Linkage {
    /// Claims that headers with these states, all under this set, lead from one
    /// point to the other. What can be told without a proof is checked here.
    pub fn new(
        from: Point,
        to: Point,
        states: States,
        set: TreeDigest,
    ) -> Result<Self, ClaimError> {
        let claim = Self {
            from,
            to,
            states,
            set,
        };
        let headers = to.height.get().checked_sub(from.height.get());
        let headers = headers.and_then(|headers| usize::try_from(headers).ok());
        let counts = HEADER_COUNT_MIN..=HEADER_COUNT_MAX;
        let Some(count) = headers.filter(|headers| counts.contains(headers)) else {
            let (from, to) = (from.height, to.height);
            return Err(ClaimError::Count { from, to });
        };
        let step = to.time.get().checked_sub(from.time.get());
        let steps = count as u64..=count as u64 * TIME_STEP_MAX;
        if !step.is_some_and(|step| steps.contains(&step)) {
            let (from, to) = (from.time, to.time);
            return Err(ClaimError::Time { count, from, to });
        }
        Ok(claim)
    }

    /// Where the headers begin: the first is on top of it.
    pub const fn from(&self) -> &Point {
        &self.from
    }

    /// The last header.
    pub const fn to(&self) -> &Point {
        &self.to
    }

    /// What the first and the last header say of the state.
    pub const fn states(&self) -> &States {
        &self.states
    }

    /// The validator set of all headers.
    pub const fn set(&self) -> TreeDigest {
        self.set
    }

    /// How many headers there are between.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "at most HEADER_COUNT_MAX, by the only two ways to make a claim"
    )]
    pub(super) const fn count(&self) -> usize {
        (self.to.height.get() - self.from.height.get()) as usize
    }
}
