//! A batch of transactions on its way through the verification of signatures.
//!
//! It owns what it needs, so that any thread can verify it while others go on.

use pyralog_primitives::batch::{BatchItem, Verdict, verify_sources};

use super::admission::Source;
use super::checked::Unverified;

/// Transactions to verify, by source. Each batch must come back to the
/// [`super::Admission`] it was taken from.
#[must_use = "what is in it waits until it is brought back"]
#[derive(Debug)]
pub struct Batch {
    pub(super) groups: Vec<Group>,
}

/// What one source has in a batch.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) source: Source,
    /// Whether it sent a forgery lately.
    pub(super) is_suspect: bool,
    pub(super) waiting: Vec<Waiting>,
}

/// A transaction that waits for its turn.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) transaction: Unverified,
    pub(super) signature: Need,
}

/// Whether a signature is to be verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// It is.
    Unknown,
    /// It was before, and is good.
    Good,
    /// The pool knows the transaction by now, perhaps with another signature.
    Needless,
}

/// A batch with a verdict for each signature.
#[must_use = "what is in it waits until it is brought back"]
#[derive(Debug)]
pub struct Verified {
    pub(super) groups: Vec<JudgedGroup>,
}

/// What became of one source's part of a batch.
#[derive(Debug)]
pub(super) struct JudgedGroup {
    pub(super) source: Source,
    pub(super) judged: Vec<(Waiting, Verdict)>,
}

impl Batch {
    /// How many transactions it holds.
    pub fn len(&self) -> usize {
        self.groups.iter().map(|group| group.waiting.len()).sum()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Verifies all signatures. A source with a forged one is not examined to
    /// the end, and costs the others little: one that forged before is examined
    /// apart from all others.
    pub fn verify(self) -> Verified {
        let items: Vec<Vec<BatchItem>> = self.groups.iter().map(Group::items).collect();
        let groups = || self.groups.iter().zip(&items);
        let trusted = groups().filter(|(group, _)| !group.is_suspect);
        let together: Vec<&[BatchItem]> = trusted.map(|(_, items)| items.as_slice()).collect();
        let mut together = verify_sources(&together).into_iter();
        let verdicts: Vec<Vec<Verdict>> = groups()
            .map(|(group, items)| {
                let alone = group.is_suspect.then(|| verify_sources(&[items]).remove(0));
                alone.or_else(|| together.next()).unwrap_or_default()
            })
            .collect();
        let groups = self.groups.into_iter().zip(verdicts);
        Verified {
            groups: groups
                .map(|(group, verdicts)| group.judge(verdicts))
                .collect(),
        }
    }
}

impl Group {
    /// What is not known to be good.
    fn items(&self) -> Vec<BatchItem> {
        let is_unknown = |waiting: &&Waiting| waiting.signature == Need::Unknown;
        let unknown = self.waiting.iter().filter(is_unknown);
        unknown.map(|waiting| waiting.transaction.item()).collect()
    }

    fn judge(self, verdicts: Vec<Verdict>) -> JudgedGroup {
        let mut verdicts = verdicts.into_iter();
        let judge = |waiting: Waiting| {
            let verdict = match waiting.signature {
                Need::Good => Verdict::Good,
                Need::Needless => Verdict::Unchecked,
                Need::Unknown => verdicts
                    .next()
                    .expect("there is a verdict for each item that was not known to be good"),
            };
            (waiting, verdict)
        };
        JudgedGroup {
            source: self.source,
            judged: self.waiting.into_iter().map(judge).collect(),
        }
    }
}
