//! What is told about transactions.

use pyralog_primitives::receipt::Receipt;
use pyralog_primitives::{Amount, Height, TransactionId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::failure::Failure;

/// What became of a transaction that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submitted {
    /// Its id: what to wait for.
    pub transaction: TransactionId,
    /// Whether it was pending or in a block already. That is no error.
    pub known: bool,
}

/// What became of one of many transactions that were sent together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubmitOutcome {
    /// It is taken.
    Taken(Submitted),
    /// It is not; the others are not touched by that.
    Refused {
        /// For people.
        message: String,
        /// A word for programs.
        reason: String,
        /// Whether it may be taken later.
        retryable: bool,
        /// Particulars of the reason.
        #[serde(flatten)]
        particulars: Map<String, Value>,
    },
}

impl From<Result<Submitted, Failure>> for SubmitOutcome {
    fn from(result: Result<Submitted, Failure>) -> Self {
        match result {
            Ok(submitted) => Self::Taken(submitted),
            Err(failure) => Self::Refused {
                message: failure.message,
                reason: failure.reason.into_owned(),
                retryable: failure.retryable,
                particulars: failure.particulars,
            },
        }
    }
}

/// What a transaction would do in the next block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Simulated {
    /// The last block; the transaction would come after it.
    pub height: Height,
    /// What a byte and a unit of compute would cost.
    pub base_fee: Amount,
    /// What it would do.
    pub receipt: Receipt,
    /// The word for its failure, if it would fail.
    pub failure: Option<String>,
}

/// Where a pending transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PendingStanding {
    /// An earlier nonce of the sender is missing.
    Gapped,
    /// It, or one before it, does not cover the base fee.
    Held,
    /// It can be in the next block.
    Offered,
}

/// What is known of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum TransactionStatus {
    /// It waits for a block.
    Pending {
        /// Whether nothing but room keeps it out of one.
        standing: PendingStanding,
    },
    /// It is in a block that is final and durable.
    Final {
        /// The height of the block.
        height: Height,
        /// Its place in the block, counted from 0.
        position: u32,
        /// What it did.
        receipt: Receipt,
        /// The word for its failure, if it failed.
        failure: Option<String>,
        /// Whether a header commits to the receipt: then there is a proof.
        provable: bool,
    },
    /// It was verified and not taken.
    Rejected {
        /// For people.
        message: String,
        /// A word for programs.
        reason: String,
        /// Whether it may be taken later.
        retryable: bool,
    },
    /// It was pending and had to go.
    Evicted {
        /// For people.
        message: String,
        /// A word for programs.
        reason: String,
        /// Whether it may be taken again.
        retryable: bool,
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
    /// Never heard of here, or forgotten. If it was included below the height,
    /// this node cannot know.
    Unknown {
        /// The lowest height that is kept here.
        oldest: Height,
    },
}

impl TransactionStatus {
    /// Whether waiting longer changes nothing.
    pub fn is_settled(&self) -> bool {
        !matches!(self, Self::Pending { .. } | Self::Unknown { .. })
    }
}

/// What a caller waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitFor {
    /// That it is in a final block.
    #[default]
    Final,
    /// That what it did can be proved.
    Provable,
}
