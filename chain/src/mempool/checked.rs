//! Transactions with all that is worked out about them once.

use std::sync::{Arc, Weak};

use pyralog_primitives::action::Action;
use pyralog_primitives::batch::BatchItem;
use pyralog_primitives::transaction::{Transaction, TransactionBody};
use pyralog_primitives::{
    Address, Amount, ByteCount, Domain, Nonce, SignBytes, Signature, SignedTransactionId,
    TransactionId,
};

use super::priority::{CostUnits, Priority};

/// What a transaction in the pool takes besides its encoding: the decoded
/// form, and its places in the indexes. Lower than what is really taken, and
/// the pool outgrows its bound; a test and a bench compare.
pub const ENTRY_OVERHEAD_BYTES: ByteCount = ByteCount::new(2_100);

/// What an action takes besides its encoding. Lower, and transactions with many
/// short actions outgrow the bound.
pub const ACTION_OVERHEAD_BYTES: ByteCount = ByteCount::new(160);

/// A longer transaction is stored as a copy of exact size. Lower, and small
/// ones are copied for nothing; higher, and what memory holds beyond them is
/// more than their overhead.
const SLACK_BYTES_MAX: usize = 256;

/// A transaction whose form and signature are good. It is shared, not copied.
#[derive(Clone, Debug)]
pub struct Checked(Arc<Facts>);

/// A transaction that may have been dropped by all who held it.
#[derive(Clone, Debug)]
pub struct WeakChecked(Weak<Facts>);

impl WeakChecked {
    /// The transaction, if anybody still holds it.
    pub fn upgrade(&self) -> Option<Checked> {
        self.0.upgrade().map(Checked)
    }
}

#[derive(Debug)]
struct Facts {
    transaction: Transaction,
    id: TransactionId,
    signed_id: SignedTransactionId,
    sender: Address,
    bytes: ByteCount,
    units: CostUnits,
    priority: Priority,
    base_fee_limit: Amount,
    spends: Option<Amount>,
}

impl Checked {
    /// One that was verified as part of a block.
    pub fn from_block(transaction: Transaction) -> Self {
        Unverified::new(transaction).into_verified()
    }

    /// The same one, as long as somebody else holds it.
    pub fn downgrade(&self) -> WeakChecked {
        WeakChecked(Arc::downgrade(&self.0))
    }

    /// The transaction.
    pub fn transaction(&self) -> &Transaction {
        &self.0.transaction
    }

    /// What the sender signed.
    pub fn body(&self) -> &TransactionBody {
        &self.0.transaction.body
    }

    /// The id of the body.
    pub fn id(&self) -> TransactionId {
        self.0.id
    }

    /// The id of body and signature.
    pub fn signed_id(&self) -> SignedTransactionId {
        self.0.signed_id
    }

    /// Whose it is.
    pub fn sender(&self) -> Address {
        self.0.sender
    }

    /// Its place among the sender's.
    pub fn nonce(&self) -> Nonce {
        self.body().nonce
    }

    /// How long its encoding is.
    pub fn bytes(&self) -> ByteCount {
        self.0.bytes
    }

    /// What it is worth to a proposer.
    pub fn priority(&self) -> Priority {
        self.0.priority
    }

    /// The highest base fee at which `fee_max` covers the worst case.
    pub fn base_fee_limit(&self) -> Amount {
        self.0.base_fee_limit
    }

    /// The most that it takes from its sender: the fee and all transfers.
    /// `None` beyond all amounts.
    pub fn spends(&self) -> Option<Amount> {
        self.0.spends
    }

    /// What it counts against [`super::Limits::bytes_max`].
    pub fn weight(&self) -> ByteCount {
        let actions = self.body().actions.len() as u64;
        let overhead = ENTRY_OVERHEAD_BYTES.get() + ACTION_OVERHEAD_BYTES.get() * actions;
        ByteCount::new(self.0.bytes.get() + overhead)
    }

    pub(super) fn units(&self) -> CostUnits {
        self.0.units
    }

    fn work_out(transaction: Transaction, message: &SignBytes) -> Self {
        let body = &transaction.body;
        let encoded = encoded_body(message);
        let id = TransactionId::new(Domain::TransactionBody.hash(encoded));
        let bytes = ByteCount::new((encoded.len() + Signature::BYTES) as u64);
        let units = CostUnits::of(bytes, body.compute_max);
        Self(Arc::new(Facts {
            id,
            signed_id: signed_id(id, &transaction.signature),
            sender: body.sender.address(),
            bytes,
            units,
            priority: Priority::of(body.tip, units),
            base_fee_limit: units.base_fee_limit(body.fee_max, body.tip),
            spends: spends(body),
            // Decoding leaves room at the end of long values; a copy has none.
            transaction: if encoded.len() > SLACK_BYTES_MAX {
                transaction.clone()
            } else {
                transaction
            },
        }))
    }
}

/// A transaction whose signature nobody has looked at.
#[derive(Clone, Debug)]
pub(super) struct Unverified {
    checked: Checked,
    /// What the sender signed, until the signature is verified.
    message: SignBytes,
}

impl Unverified {
    pub(super) fn new(transaction: Transaction) -> Self {
        // Encoded once: for the signature, the id and the length.
        let message = transaction.body.sign_bytes();
        let checked = Checked::work_out(transaction, &message);
        Self { checked, message }
    }

    /// What is known of it before its signature is.
    pub(super) fn facts(&self) -> &Checked {
        &self.checked
    }

    /// The signature to verify.
    pub(super) fn item(&self) -> BatchItem {
        let transaction = self.checked.transaction();
        BatchItem::new(
            transaction.body.sender,
            transaction.signature,
            &self.message,
        )
    }

    /// Only for what a verification of signatures, here or in a block, has
    /// found good.
    pub(super) fn into_verified(self) -> Checked {
        self.checked
    }
}

/// The encoding of the body in what is signed: what follows the tag, which ends
/// with the first zero.
fn encoded_body(message: &SignBytes) -> &[u8] {
    let bytes = message.as_bytes();
    let tag = bytes.iter().position(|byte| *byte == 0);
    &bytes[tag.map_or(0, |end| end + 1)..]
}

/// [`Transaction::signed_id`], for a transaction whose id is known.
fn signed_id(id: TransactionId, signature: &Signature) -> SignedTransactionId {
    let mut hasher = Domain::SignedTransaction.hasher();
    hasher
        .update(id.get().as_bytes())
        .update(signature.as_bytes());
    SignedTransactionId::new(hasher.finish())
}

fn spends(body: &TransactionBody) -> Option<Amount> {
    let transfers = body.actions.iter().map(Action::moves);
    Amount::checked_sum(std::iter::once(body.fee_max).chain(transfers))
}
