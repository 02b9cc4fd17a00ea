//! What became of what was sent while it was measured.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use pyralog_primitives::TransactionId;

/// What became of what was sent while it was measured.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcomes {
    /// Transfers that went out, again and again if they were shed.
    pub(crate) offered: u64,
    /// Transfers that were due and could not go out, because too many calls
    /// had no answer, or too few accounts had theirs.
    pub(crate) held: u64,
    /// Those that were taken, and when they were due.
    pub(crate) taken: Vec<(TransactionId, Instant)>,
    /// By the word for the reason, and whether it may work later.
    pub(crate) refused: BTreeMap<(String, bool), u64>,
    /// Transfers in calls without an answer: nobody knows what became of them.
    pub(crate) lost: u64,
    /// Calls that went out.
    pub(crate) calls: u64,
    pub(crate) lost_calls: u64,
    /// From when a call was due until it was answered.
    pub(crate) answers: Vec<Duration>,
}

impl Outcomes {
    /// A refusal that will be repeated, if there was one.
    pub(super) fn refused_for_good(&self) -> Option<&str> {
        let mut refused = self.refused.keys();
        let found = refused.find(|(_, retryable)| !retryable);
        found.map(|(reason, _)| reason.as_str())
    }

    /// So many went out of as many as were due.
    pub(super) fn offer(&mut self, count: u64, due: u64) {
        self.offered += count;
        self.held += due - count;
        self.calls += u64::from(count > 0);
    }

    /// A call that was due then has been answered.
    pub(super) fn answered(&mut self, due: Instant) {
        self.answers.push(due.elapsed());
    }

    pub(super) fn take(&mut self, transaction: TransactionId, due: Instant) {
        self.taken.push((transaction, due));
    }

    pub(super) fn refuse(&mut self, reason: &str, retryable: bool, count: u64) {
        let reason = (reason.to_owned(), retryable);
        *self.refused.entry(reason).or_default() += count;
    }

    /// A call with so many transfers has no answer.
    pub(super) fn lose(&mut self, count: u64) {
        self.lost += count;
        self.lost_calls += 1;
    }

    /// Adds what became of what another sender sent.
    pub(super) fn add(&mut self, other: Self) {
        self.offered += other.offered;
        self.held += other.held;
        self.taken.extend(other.taken);
        for ((reason, retryable), count) in other.refused {
            self.refuse(&reason, retryable, count);
        }
        self.lost += other.lost;
        self.calls += other.calls;
        self.lost_calls += other.lost_calls;
        self.answers.extend(other.answers);
    }
}
