//! The pool itself: what is pending, and what is told of it.
//!
//! Everything else changes it by [`Mempool::put`] and [`Mempool::take`] only,
//! which keep queues, indexes and sums together.

use std::collections::BTreeMap;

use pyralog_primitives::state::AccountState;
use pyralog_primitives::transaction::{NONCE_GAP_MAX, TRANSACTION_BYTES_MAX};
use pyralog_primitives::{
    Address, Amount, ByteCount, Height, Nonce, SignedTransactionId, TransactionId,
};

use super::Accounts;
use super::checked::{ACTION_OVERHEAD_BYTES, Checked, ENTRY_OVERHEAD_BYTES};
use super::index::Indexes;
use super::key::{IdKey, Lookup};
use super::queue::{Arrival, Entry, Queue};
use super::rules::Rules;
use super::status::{Past, Standing, Status};

/// How much a pool holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes in all, as [`Checked::weight`] counts them. Lower, and a short
    /// rush is lost; higher, and the node needs the memory.
    pub bytes_max: ByteCount,
    /// Of those, what may wait for missing nonces. Lower, and parallel senders
    /// wait for each other; higher, and what cannot run takes the room.
    pub gapped_bytes_max: ByteCount,
    /// How many one sender may have. Lower, and batches of one sender take many
    /// blocks; more than the window of nonces is never reached.
    pub sender_count_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Self {
            bytes_max: ByteCount::new(256 * MIB),
            gapped_bytes_max: ByteCount::new(32 * MIB),
            sender_count_max: SENDER_COUNT_MAX,
        }
    }
}

/// The window of nonces: the account's next, and the gap beyond it.
const SENDER_COUNT_MAX: usize = 65;
const _: () = assert!(SENDER_COUNT_MAX as u64 == NONCE_GAP_MAX + 1);

/// What the largest transaction counts.
const WEIGHT_MAX: u64 = TRANSACTION_BYTES_MAX as u64
    + ENTRY_OVERHEAD_BYTES.get()
    + ACTION_OVERHEAD_BYTES.get() * pyralog_primitives::action::ACTION_COUNT_MAX as u64;

/// Why limits cannot work. Who set them must change them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitsError {
    /// Not even one transaction of full size fits.
    #[error(
        "the pool must hold {} bytes or more, or the largest transaction does not fit; it has {bytes_max}",
        WEIGHT_MAX
    )]
    TooSmall {
        /// The limit given.
        bytes_max: ByteCount,
    },
    /// Nobody could send anything.
    #[error("a sender must be allowed one pending transaction or more")]
    NoSender,
}

impl Limits {
    fn check(&self) -> Result<(), LimitsError> {
        let bytes_max = self.bytes_max;
        if bytes_max.get() < WEIGHT_MAX {
            return Err(LimitsError::TooSmall { bytes_max });
        }
        if self.sender_count_max == 0 {
            return Err(LimitsError::NoSender);
        }
        Ok(())
    }
}

/// The transactions that wait for a block. See the [module](super).
#[derive(Clone, Debug)]
pub struct Mempool {
    pub(super) rules: Rules,
    pub(super) limits: Limits,
    /// Of the last block.
    pub(super) height: Height,
    pub(super) senders: BTreeMap<Address, Queue>,
    ids: Lookup<IdKey, (Address, Nonce)>,
    /// By body and signature, as blocks list them.
    signed_ids: Lookup<IdKey, (Address, Nonce)>,
    /// By the last height at which they may be included.
    expiry: BTreeMap<(Height, Arrival), (Address, Nonce)>,
    pub(super) indexes: Indexes,
    weight: u64,
    pub(super) past: Past,
    pub(super) next_arrival: Arrival,
}

/// A transaction taken out, with what it takes to put it back.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) entry: Entry,
    pub(super) account: AccountState,
}

impl Taken {
    pub(super) fn id(&self) -> TransactionId {
        self.entry.checked.id()
    }
}

impl Mempool {
    /// An empty pool behind the block of this height; `base_fee` is that of the
    /// next one.
    pub fn new(
        rules: Rules,
        limits: Limits,
        height: Height,
        base_fee: Amount,
    ) -> Result<Self, LimitsError> {
        limits.check()?;
        Ok(Self {
            rules,
            limits,
            height,
            senders: BTreeMap::new(),
            ids: Lookup::new(),
            signed_ids: Lookup::new(),
            expiry: BTreeMap::new(),
            indexes: Indexes::new(base_fee),
            weight: 0,
            past: Past::new(),
            next_arrival: Arrival(0),
        })
    }

    /// How many are pending.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether nothing is pending.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What all that is pending counts; at most [`Limits::bytes_max`].
    pub fn bytes(&self) -> ByteCount {
        ByteCount::new(self.weight)
    }

    /// What of it waits for missing nonces; at most
    /// [`Limits::gapped_bytes_max`].
    pub fn gapped_bytes(&self) -> ByteCount {
        self.indexes.gapped_weight()
    }

    /// The base fee of the next block.
    pub fn base_fee(&self) -> Amount {
        self.indexes.base_fee()
    }

    /// The height of the next block; the very last one never comes.
    pub fn next_height(&self) -> Height {
        self.height.next().unwrap_or(self.height)
    }

    /// The pending transaction with this id.
    pub fn get(&self, id: &TransactionId) -> Option<&Checked> {
        let (sender, nonce) = self.ids.get(&(*id).into())?;
        Some(&self.senders.get(sender)?.get(*nonce)?.checked)
    }

    /// The pending transaction with this id and signature.
    pub fn get_signed(&self, id: &SignedTransactionId) -> Option<&Checked> {
        let (sender, nonce) = self.signed_ids.get(&(*id).into())?;
        Some(&self.senders.get(sender)?.get(*nonce)?.checked)
    }

    /// What is known of a transaction.
    pub fn status(&self, id: &TransactionId) -> Status {
        match self.standing(id) {
            Some(standing) => Status::Pending { standing },
            None => self.past.status(id),
        }
    }

    fn standing(&self, id: &TransactionId) -> Option<Standing> {
        let (sender, nonce) = self.ids.get(&(*id).into())?;
        let queue = self.senders.get(sender)?;
        Some(queue.standing(queue.place(*nonce).ok()?, self.base_fee()))
    }

    /// Whether sending it again would change nothing: it is pending, or in a
    /// block.
    pub fn is_known(&self, id: &TransactionId) -> bool {
        self.ids.contains(&(*id).into()) || self.past.is_included(id)
    }

    /// The nonce that the sender's next transaction should have: the first that
    /// is neither on the chain nor pending.
    pub fn next_nonce<A: Accounts>(
        &self,
        sender: &Address,
        accounts: &A,
    ) -> Result<Nonce, A::Error> {
        match self.senders.get(sender) {
            Some(queue) => Ok(queue.next_nonce()),
            None => Ok(accounts.account(sender)?.nonce),
        }
    }

    /// All that is pending: by sender, then by nonce.
    pub fn pending(&self) -> impl Iterator<Item = &Checked> {
        let entries = self.senders.values().flat_map(Queue::entries);
        entries.map(|entry| &entry.checked)
    }

    /// Adds a transaction at a free nonce. `account` counts if the sender has
    /// nothing else.
    pub(super) fn put(&mut self, entry: Entry, account: AccountState) {
        let checked = &entry.checked;
        let (sender, nonce) = (checked.sender(), checked.nonce());
        self.weight += checked.weight().get();
        self.ids.insert(checked.id().into(), (sender, nonce));
        let signed_id = checked.signed_id();
        self.signed_ids.insert(signed_id.into(), (sender, nonce));
        let last = (checked.body().valid_until, entry.arrival);
        self.expiry.insert(last, (sender, nonce));
        let queue = self
            .senders
            .entry(sender)
            .or_insert_with(|| Queue::new(account));
        queue.insert(entry);
        refresh(&mut self.indexes, sender, queue);
    }

    /// Removes the transaction of this sender and nonce.
    pub(super) fn take(&mut self, sender: Address, nonce: Nonce) -> Option<Taken> {
        let queue = self.senders.get_mut(&sender)?;
        let entry = queue.remove(nonce)?;
        let account = queue.account;
        refresh(&mut self.indexes, sender, queue);
        if queue.entries().is_empty() {
            self.senders.remove(&sender);
        }
        let checked = &entry.checked;
        self.weight -= checked.weight().get();
        self.ids.remove(&checked.id().into());
        self.signed_ids.remove(&checked.signed_id().into());
        self.expiry
            .remove(&(checked.body().valid_until, entry.arrival));
        Some(Taken { entry, account })
    }

    pub(super) fn take_last(&mut self, sender: Address) -> Option<Taken> {
        let nonce = self.senders.get(&sender)?.last_nonce()?;
        self.take(sender, nonce)
    }

    /// Tells a queue what a block has left of its account.
    pub(super) fn set_account(&mut self, sender: Address, account: AccountState) {
        if let Some(queue) = self.senders.get_mut(&sender) {
            queue.account = account;
            refresh(&mut self.indexes, sender, queue);
        }
    }

    /// The first that cannot be in a block any more.
    pub(super) fn first_expired(&self) -> Option<(Address, Nonce)> {
        let (&(valid_until, _), &place) = self.expiry.first_key_value()?;
        (valid_until < self.next_height()).then_some(place)
    }
}

fn refresh(indexes: &mut Indexes, sender: Address, queue: &mut Queue) {
    let after = queue.current_marks();
    indexes.update(sender, &queue.marks, &after);
    queue.marks = after;
}
