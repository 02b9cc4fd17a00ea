//! What is told about a transaction, also after it has left.

use pyralog_primitives::{Amount, Height, Nonce, TimestampMs, TransactionId};

use super::key::IdKey;
use super::recent::Recent;
use super::rejection::Rejection;

/// Lower, and what a busy hour included is forgotten early; each takes some
/// 150 bytes.
pub const INCLUDED_COUNT_MAX: usize = 131_072;
/// Lower, and a flood of evictions is not told to all whom it meets; each
/// takes some 200 bytes.
pub const LEFT_COUNT_MAX: usize = 65_536;
/// What was never pending costs its sender nothing, so it has a memory of its
/// own and cannot push out the others. Each takes some 300 bytes.
pub const REFUSED_COUNT_MAX: usize = 16_384;

/// Where a pending transaction stands. Earlier ones go before later ones when
/// room is short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// An earlier nonce of the sender is missing.
    Gapped,
    /// It, or one before it, does not cover the base fee.
    Held,
    /// It can be in the next block.
    Offered,
}

/// What is known of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It waits for a block.
    Pending {
        /// Whether nothing but room keeps it out of one.
        standing: Standing,
    },
    /// It was verified and not taken.
    Rejected {
        /// Why.
        reason: Rejection,
    },
    /// It was pending and had to go.
    Evicted {
        /// Why.
        reason: Eviction,
    },
    /// Another transaction of this sender and nonce took its place.
    Replaced {
        /// Which.
        by: TransactionId,
    },
    /// It was not included in time and never will be.
    Expired {
        /// The last height at which it could have been.
        valid_until: Height,
    },
    /// It is in a block.
    Included {
        /// Where.
        height: Height,
    },
    /// Never heard of, or forgotten.
    Unknown,
}

/// How a transaction left the pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Departure {
    /// It had to go.
    Evicted {
        /// Why.
        reason: Eviction,
    },
    /// Another transaction of this sender and nonce took its place, here or in
    /// a block.
    Replaced {
        /// Which.
        by: TransactionId,
    },
    /// Its last height has passed.
    Expired {
        /// That height.
        valid_until: Height,
    },
    /// It is in a block.
    Included {
        /// Where.
        height: Height,
    },
}

/// A transaction that left the pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Which.
    pub id: TransactionId,
    /// How.
    pub departure: Departure,
}

/// Why a pending transaction had to go, though nothing took its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Eviction {
    /// The pool was full, and this was worth least.
    #[error("the pool was full, and this was worth least")]
    PoolFull,
    /// What could not run for want of earlier ones had taken its share of the
    /// room, and this was worth least.
    #[error("too much was waiting for missing nonces, and this was worth least")]
    GapsFull,
    /// The sender had too many pending, and one with a lower nonce came.
    #[error("the sender had too many pending, and one with a lower nonce came")]
    SenderFull,
    /// The sender can no longer pay for it beside what is pending before it.
    #[error("the account holds {balance}, too little for what is pending up to this one")]
    BalanceTooLow {
        /// What the account holds.
        balance: Amount,
    },
    /// The account has gone past its nonce.
    #[error("the account's next nonce is {next}")]
    NonceUsed {
        /// The account's next.
        next: Nonce,
    },
}

impl Eviction {
    /// A word for programs; it never changes its meaning.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::PoolFull => "pool_full",
            Self::GapsFull => "gaps_full",
            Self::SenderFull => "too_many_of_sender",
            Self::BalanceTooLow { .. } => "balance_too_low",
            Self::NonceUsed { .. } => "nonce_used",
        }
    }

    /// Whether the same transaction may be taken if it is sent again.
    pub fn retryable(&self) -> bool {
        !matches!(self, Self::NonceUsed { .. })
    }
}

/// What became of transactions that are not pending.
#[derive(Clone, Debug)]
pub(super) struct Past {
    included: Recent<IdKey, Height>,
    left: Recent<IdKey, Departure>,
    refused: Recent<IdKey, Rejection>,
}

impl Past {
    pub(super) fn new() -> Self {
        Self {
            included: Recent::new(INCLUDED_COUNT_MAX),
            left: Recent::new(LEFT_COUNT_MAX),
            refused: Recent::new(REFUSED_COUNT_MAX),
        }
    }

    pub(super) fn status(&self, id: &TransactionId) -> Status {
        if let Some(&height) = self.included.get(&(*id).into()) {
            return Status::Included { height };
        }
        if let Some(reason) = self.refused.get(&(*id).into()) {
            let reason = reason.clone();
            return Status::Rejected { reason };
        }
        match self.left.get(&(*id).into()) {
            None => Status::Unknown,
            Some(&Departure::Evicted { reason }) => Status::Evicted { reason },
            Some(&Departure::Replaced { by }) => Status::Replaced { by },
            Some(&Departure::Expired { valid_until }) => Status::Expired { valid_until },
            Some(&Departure::Included { height }) => Status::Included { height },
        }
    }

    pub(super) fn is_included(&self, id: &TransactionId) -> bool {
        self.included.get(&(*id).into()).is_some()
    }

    /// The last word on a transaction counts.
    pub(super) fn record(&mut self, now: TimestampMs, all: &[Left]) {
        for Left { id, departure } in all {
            self.erase(id);
            match *departure {
                Departure::Included { height } => self.included.insert(now, (*id).into(), height),
                _ => self.left.insert(now, (*id).into(), departure.clone()),
            }
        }
    }

    pub(super) fn record_refusal(&mut self, now: TimestampMs, id: TransactionId, why: Rejection) {
        self.erase(&id);
        self.refused.insert(now, id.into(), why);
    }

    /// Because it is pending, or its block is no longer part of the chain.
    pub(super) fn erase(&mut self, id: &TransactionId) {
        let key = (*id).into();
        self.included.remove(&key);
        self.left.remove(&key);
        self.refused.remove(&key);
    }

    pub(super) fn forget(&mut self, now: TimestampMs) {
        self.included.forget(now);
        self.left.forget(now);
        self.refused.forget(now);
    }
}
