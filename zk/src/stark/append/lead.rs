//! Where a log stands, and the claim that it goes from there to there.

use winterfell::math::fields::f64::BaseElement;

use super::{RECORD_COUNT_MAX, SEQUENCE_STEP_MAX};
use crate::stark::digest::TreeDigest;

/// Tells a lead from anything else that is hashed.
const LEAD_TAG: u32 = 0x4150_0002;

/// Numbers of a lead are below. Higher, and a sum of the field could wrap
/// around; lower, and logs end earlier.
const NUMBER_BITS: u32 = 63;

/// The number of a record in its log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sequence(u64);

impl Sequence {
    /// The sequence number with this value.
    pub const fn new(raw: u64) -> Self {
        Self(raw)
    }

    /// The value.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl std::fmt::Display for Sequence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// How many records there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordCount(u64);

impl RecordCount {
    /// So many records.
    pub const fn new(raw: u64) -> Self {
        Self(raw)
    }

    /// How many.
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// The sums of both amounts of all records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals([u64; 2]);

impl Totals {
    /// These sums.
    pub const fn new(raw: [u64; 2]) -> Self {
        Self(raw)
    }

    /// The sums.
    pub const fn get(self) -> [u64; 2] {
        self.0
    }
}

/// Where a log stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lead {
    digest: TreeDigest,
    count: RecordCount,
    last: Sequence,
    totals: Totals,
}

/// No log stands there. Whoever sent it is to blame; a log that comes there is
/// at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a number of the lead is not below 2^{NUMBER_BITS}")]
pub struct LeadError;

impl Lead {
    /// The lead of a log without records.
    pub const EMPTY: Self = Self {
        digest: TreeDigest::new([BaseElement::new(0); 4]),
        count: RecordCount::new(0),
        last: Sequence::new(0),
        totals: Totals::new([0; 2]),
    };

    /// A lead with these parts. Each number is below 2⁶³.
    pub fn new(
        digest: TreeDigest,
        count: RecordCount,
        last: Sequence,
        totals: Totals,
    ) -> Result<Self, LeadError> {
        let [one, other] = totals.get();
        for number in [count.get(), last.get(), one, other] {
            if number >> NUMBER_BITS != 0 {
                return Err(LeadError);
            }
        }
        Ok(Self {
            digest,
            count,
            last,
            totals,
        })
    }

    /// The digest: of all batches, and of the numbers after each.
    pub const fn digest(&self) -> TreeDigest {
        self.digest
    }

    /// How many records are in the log.
    pub const fn count(&self) -> RecordCount {
        self.count
    }

    /// The sequence number of the last record; 0 if there is none.
    pub const fn last(&self) -> Sequence {
        self.last
    }

    /// The sums of the amounts.
    pub const fn totals(&self) -> Totals {
        self.totals
    }

    /// The claim that a batch with these sums follows.
    pub(super) fn followed_by(
        &self,
        batch: TreeDigest,
        records: usize,
        last: Sequence,
        sums: [u64; 2],
    ) -> Result<Append, LeadError> {
        // Neither sum overflows: all that is added is below 2⁶³.
        let count = RecordCount::new(self.count.get() + records as u64);
        let [one, other] = self.totals.get();
        let totals = Totals::new([one + sums[0], other + sums[1]]);
        let digest = digest_after(self.digest, batch, count, last, totals);
        let to = Self::new(digest, count, last, totals)?;
        let from = *self;
        Ok(Append { from, to, batch })
    }
}

fn digest_after(
    before: TreeDigest,
    batch: TreeDigest,
    count: RecordCount,
    last: Sequence,
    totals: Totals,
) -> TreeDigest {
    let mut elements = Vec::with_capacity(13);
    elements.extend(before.elements());
    elements.extend(batch.elements());
    let [one, other] = totals.get();
    elements.extend([count.get(), last.get(), one, other].map(BaseElement::new));
    elements.push(BaseElement::from(LEAD_TAG));
    TreeDigest::of_elements(&elements)
}

/// What is claimed: a batch leads from one lead to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Append {
    pub(super) from: Lead,
    pub(super) to: Lead,
    pub(super) batch: TreeDigest,
}

/// Why nothing can be claimed like that. Whoever sent it is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// The new lead is not that many records further.
    #[error("from {from} records to {to}; a batch has 1 to {RECORD_COUNT_MAX}")]
    Count {
        /// Records before.
        from: u64,
        /// Records after.
        to: u64,
    },
    /// So many records do not lead from one sequence number to the other.
    #[error("{count} records do not lead from sequence number {from} to {to}")]
    Sequence {
        /// Records in the batch.
        count: usize,
        /// The last number before.
        from: Sequence,
        /// The last number after.
        to: Sequence,
    },
    /// So many amounts have no such sum.
    #[error("a total grows by what {count} amounts cannot make")]
    Totals {
        /// Records in the batch.
        count: usize,
    },
    /// The digest of the new lead is not that of the old one, the batch and the
    /// new numbers.
    #[error("the new digest does not follow from the old one and the batch")]
    Digest,
}

impl Append {
    /// Claims that a batch leads from one lead to the other. What can be told
    /// without a proof is checked here.
    pub fn new(from: Lead, to: Lead, batch: TreeDigest) -> Result<Self, ClaimError> {
        let records = to.count.get().checked_sub(from.count.get());
        let records = records.and_then(|records| usize::try_from(records).ok());
        let (before, after) = (from.count.get(), to.count.get());
        let count = records
            .filter(|records| (1..=RECORD_COUNT_MAX).contains(records))
            .ok_or(ClaimError::Count {
                from: before,
                to: after,
            })?;
        let step = to.last.get().checked_sub(from.last.get());
        let steps = count as u64..=count as u64 * SEQUENCE_STEP_MAX;
        if !step.is_some_and(|step| steps.contains(&step)) {
            let (from, to) = (from.last, to.last);
            return Err(ClaimError::Sequence { count, from, to });
        }
        for (before, after) in from.totals.get().into_iter().zip(to.totals.get()) {
            let sum = after.checked_sub(before);
            if sum.is_none_or(|sum| sum > count as u64 * u64::from(u32::MAX)) {
                return Err(ClaimError::Totals { count });
            }
        }
        let digest = digest_after(from.digest, batch, to.count, to.last, to.totals);
        if digest != to.digest {
            return Err(ClaimError::Digest);
        }
        Ok(Self { from, to, batch })
    }

    /// Where the log stood.
    pub const fn from(&self) -> &Lead {
        &self.from
    }

    /// Where it stands.
    pub const fn to(&self) -> &Lead {
        &self.to
    }

    /// The digest of the records between.
    pub const fn batch(&self) -> TreeDigest {
        self.batch
    }

    /// How many records there are between.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "at most RECORD_COUNT_MAX, by the only two ways to make a claim"
    )]
    pub(super) const fn count(&self) -> usize {
        (self.to.count.get() - self.from.count.get()) as usize
    }

    /// By how much the totals grow.
    pub(super) fn sums(&self) -> [u64; 2] {
        let ([a, b], [c, d]) = (self.from.totals.get(), self.to.totals.get());
        [c - a, d - b]
    }
}
