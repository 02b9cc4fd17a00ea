//! Receipts: what a transaction did.
//!
//! A block commits to the *summaries* of its receipts, in which the events are
//! a Merkle root. So one event is proved without the others.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::action::{KEY_BYTES_MAX, NAME_BYTES_MAX, Name};
use crate::amount::Amount;
use crate::codec::{Bytes, Canonical, List};
use crate::ids::TransactionId;
use crate::merkle::{MerkleRoot, merkle_root};
use crate::numbers::{Compute, FailureCode};

/// Lower, and a full batch of actions cannot say what it did; higher, and
/// receipts outgrow the transactions they answer.
pub const EVENT_COUNT_MAX: usize = 256;
/// Enough for who, whom, what and how much, with room.
pub const ATTRIBUTE_COUNT_MAX: usize = 16;
/// An attribute is an id, a name, a number or, at most, a key; documents stay
/// in state.
pub const ATTRIBUTE_BYTES_MAX: usize = 4 + KEY_BYTES_MAX;

/// What one transaction did, in the block that included it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Which transaction.
    pub transaction: TransactionId,
    /// What the sender paid, also when it failed.
    pub fee_paid: Amount,
    /// The work that execution took.
    pub compute_used: Compute,
    /// Whether it took effect.
    pub outcome: Outcome,
}

impl Canonical for Receipt {
    const ENCODED_BYTES_MAX: usize = 2 * 1024 * 1024;
}

/// How execution ended. New kinds are added at the end.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    /// Every action took effect.
    Applied {
        /// What happened, in order.
        events: List<Event, EVENT_COUNT_MAX>,
    },
    /// No action took effect; the fee was paid and the nonce used.
    Failed {
        /// The action that failed, counted from 0.
        action: u16,
        /// Why.
        code: FailureCode,
    },
}

/// Something that happened, for those who wait for it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// What kind of thing, such as `transfer`.
    pub name: Name,
    /// Its particulars, in a fixed order.
    pub attributes: List<Attribute, ATTRIBUTE_COUNT_MAX>,
}

/// One particular of an event.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// What it is.
    pub name: Name,
    /// Its canonical encoding.
    pub value: Bytes<ATTRIBUTE_BYTES_MAX>,
}

impl Canonical for Event {
    const ENCODED_BYTES_MAX: usize = 4
        + NAME_BYTES_MAX
        + 4
        + ATTRIBUTE_COUNT_MAX * (4 + NAME_BYTES_MAX + 4 + ATTRIBUTE_BYTES_MAX);
}

/// A receipt with the root of its events in their place.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct ReceiptSummary {
    /// As in the receipt.
    pub transaction: TransactionId,
    /// As in the receipt.
    pub fee_paid: Amount,
    /// As in the receipt.
    pub compute_used: Compute,
    /// Whether it took effect.
    pub outcome: OutcomeSummary,
}

/// How execution ended, in short. New kinds are added at the end.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum OutcomeSummary {
    /// Every action took effect.
    Applied {
        /// Commits to the encoded events, in order.
        events_root: MerkleRoot,
    },
    /// No action took effect.
    Failed {
        /// The action that failed, counted from 0.
        action: u16,
        /// Why.
        code: FailureCode,
    },
}

impl Canonical for ReceiptSummary {
    const ENCODED_BYTES_MAX: usize = 32 + 16 + 8 + 1 + 32;
}

impl Receipt {
    /// What a block commits to.
    pub fn summary(&self) -> ReceiptSummary {
        let outcome = match &self.outcome {
            Outcome::Applied { events } => {
                let encoded: Vec<Vec<u8>> = events.iter().map(Canonical::encode).collect();
                let events_root = merkle_root(encoded.iter().map(Vec::as_slice));
                OutcomeSummary::Applied { events_root }
            }
            Outcome::Failed { action, code } => OutcomeSummary::Failed {
                action: *action,
                code: *code,
            },
        };
        ReceiptSummary {
            transaction: self.transaction,
            fee_paid: self.fee_paid,
            compute_used: self.compute_used,
            outcome,
        }
    }
}
