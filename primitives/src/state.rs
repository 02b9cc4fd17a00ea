//! What the state holds: keys, and what is stored under each kind.
//!
//! The state is one map. Most of it is under the state root; what is not is
//! committed to by an entry that is: the entries and inner nodes of a journal
//! by the journal's peaks. Such rows are proved through their journal, and the
//! tree stays small.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::action::{KEY_BYTES_MAX, Key, NAME_BYTES_MAX, Name, Writers};
use crate::amount::Amount;
use crate::codec::Canonical;
use crate::hash::{Domain, Hash};
use crate::keys::Address;
use crate::merkle::{Peaks, Place};
use crate::numbers::{BlockCount, Height, LeafIndex, Nonce, TimestampMs};
use crate::state_proof::STATE_KEY_BYTES_MAX;
use crate::vote::Offence;

/// A place in the state. New kinds are added at the end.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum StateKey {
    /// What is true of the whole chain: a [`ChainState`].
    Chain,
    /// An account: an [`AccountState`].
    Account {
        /// Whose.
        address: Address,
    },
    /// A namespace: a [`NamespaceState`].
    Namespace {
        /// Its name.
        namespace: Name,
    },
    /// What someone stored: any bytes.
    Entry {
        /// In which namespace.
        namespace: Name,
        /// Under which key.
        key: Key,
    },
    /// A journal: a [`JournalState`].
    Journal {
        /// Its name.
        journal: Name,
    },
    /// An entry of a journal: any bytes. Not under the state root itself.
    JournalEntry {
        /// The journal.
        journal: Name,
        /// The place of the entry.
        index: LeafIndex,
    },
    /// The root of a perfect tree of entries: a hash. Not under the state root
    /// itself.
    JournalNode {
        /// The journal.
        journal: Name,
        /// The place of the tree.
        place: Place,
    },
    /// A hash that was known: a [`NotarizationState`].
    Notarization {
        /// The hash.
        digest: Hash,
    },
    /// A breach of the rules that is proved: an [`OffenceState`].
    Offence {
        /// Who, where and how.
        offence: Offence,
    },
    /// How often a validator's vote was missing: an [`AttendanceState`]. There
    /// is none for a validator that never missed.
    Attendance {
        /// Whose.
        validator: Address,
    },
}

impl Canonical for StateKey {
    const ENCODED_BYTES_MAX: usize = 1 + 4 + NAME_BYTES_MAX + 4 + KEY_BYTES_MAX;
}

const _: () = assert!(StateKey::ENCODED_BYTES_MAX <= STATE_KEY_BYTES_MAX);

impl StateKey {
    /// Whether the state root commits to this place directly.
    pub fn is_in_tree(&self) -> bool {
        !matches!(self, Self::JournalEntry { .. } | Self::JournalNode { .. })
    }

    /// Where the key stands in the state tree.
    pub fn hash(&self) -> Hash {
        Domain::StateKey.hash_encoded(self)
    }
}

/// What is true of the whole chain.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct ChainState {
    /// The price of a byte and of a compute unit in the next block.
    pub base_fee: Amount,
    /// What fees have destroyed so far.
    pub burned: Amount,
}

impl Canonical for ChainState {
    const ENCODED_BYTES_MAX: usize = 16 + 16;
}

/// What an account holds. One that never held anything is not stored.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct AccountState {
    /// What it can spend.
    pub balance: Amount,
    /// How many transactions it sent; the nonce of the next one.
    pub nonce: Nonce,
}

impl Canonical for AccountState {
    const ENCODED_BYTES_MAX: usize = 16 + 8;
}

/// A namespace that someone has written to.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct NamespaceState {
    /// Who may write.
    pub owner: Address,
}

impl Canonical for NamespaceState {
    const ENCODED_BYTES_MAX: usize = Address::BYTES;
}

/// A journal.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JournalState {
    /// Who opened it.
    pub owner: Address,
    /// Who may append.
    pub writers: Writers,
    /// Its length, and the commitment to its entries.
    pub entries: Peaks,
}

impl Canonical for JournalState {
    const ENCODED_BYTES_MAX: usize = Address::BYTES + 1 + Peaks::ENCODED_BYTES_MAX;
}

/// That a hash was known, since when, and by whom. The first one counts.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct NotarizationState {
    /// Who sent it.
    pub by: Address,
    /// In which block.
    pub height: Height,
    /// The time of that block.
    pub time: TimestampMs,
}

impl Canonical for NotarizationState {
    const ENCODED_BYTES_MAX: usize = Address::BYTES + 8 + 8;
}

/// That a validator broke the rules. One offence is counted once, however many
/// proofs of it there are.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct OffenceState {
    /// The height of the block that held the proof.
    pub height: Height,
}

impl Canonical for OffenceState {
    const ENCODED_BYTES_MAX: usize = 8;
}

/// How often a validator did not sign for a block, as the next block showed:
/// its certificate of the parent lacks the signature. One that never missed is
/// not stored.
///
/// A proposer shows any quorum of the precommits, so one that is missing may
/// have come too late or been left out. Many in a row, under many proposers,
/// mean that the validator was away.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct AttendanceState {
    /// For how many blocks, in all.
    pub missed: BlockCount,
    /// For how many in a row, up to the latest; 0 if it signed for the latest.
    pub missed_in_row: BlockCount,
}

impl Canonical for AttendanceState {
    const ENCODED_BYTES_MAX: usize = 8 + 8;
}
