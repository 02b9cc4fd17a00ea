//! Receipts: what a transaction did.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::action::Name;
use crate::amount::Amount;
use crate::codec::{Bytes, Canonical, List};
use crate::ids::TransactionId;
use crate::numbers::{Compute, FailureCode};

/// Lower, and a full batch of actions cannot say what it did; higher, and
/// receipts outgrow the transactions they answer.
pub const EVENT_COUNT_MAX: usize = 256;
/// Enough for who, whom, what and how much, with room.
pub const ATTRIBUTE_COUNT_MAX: usize = 16;
/// An attribute is an id, a name or a number; documents stay in state.
pub const ATTRIBUTE_BYTES_MAX: usize = 256;

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
