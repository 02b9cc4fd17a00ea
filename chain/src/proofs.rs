//! Proofs for those who trust nobody: what a header commits to, put together
//! with the way there.
//!
//! Headers commit to what stands after their parent. So when block *h + 1* is
//! final, the state and the receipts of *h* can be proved, whatever the blocks
//! after it do meanwhile: the tree of that state is kept.

use pyralog_primitives::block::{Block, Header};
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::chain_proof::Claim;
use pyralog_primitives::codec::{Bytes, Canonical};
use pyralog_primitives::merkle::{MountainRange, prove_inclusion};
use pyralog_primitives::receipt::{Outcome, Receipt};
use pyralog_primitives::state::{JournalState, StateKey};
use pyralog_primitives::state_proof::StateProof;
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::{Hash, Height, LeafIndex};
use pyralog_tree::StateTree;

use crate::overlay::StateReader;

/// The last state that a final header commits to.
#[derive(Clone, Debug)]
pub struct Provable {
    header: Header,
    certificate: Certificate,
    /// The tree after the header's parent.
    tree: StateTree,
}

impl Provable {
    pub(crate) fn new(header: Header, certificate: Certificate, tree: StateTree) -> Self {
        Self {
            header,
            certificate,
            tree,
        }
    }

    /// What a final header commits to, given the tree after its parent; `None`
    /// if it commits to another one.
    pub fn of(header: Header, certificate: Certificate, tree: StateTree) -> Option<Self> {
        let fits = header.state_root == tree.root();
        fits.then(|| Self::new(header, certificate, tree))
    }

    /// The height after which the state is proved: values are those of then.
    pub fn height(&self) -> Height {
        Height::new(self.header.height.get().saturating_sub(1))
    }

    /// The header that commits to it.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Why that header is final.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// What is stored under a key, or that nothing is. `values` reads the state
    /// after [`Self::height`].
    pub fn state<R: StateReader>(
        &self,
        key: &StateKey,
        values: &R,
    ) -> Result<StateProof, ProveError<R::Error>> {
        if !key.is_in_tree() {
            return Err(ProveError::NotInTree);
        }
        let value = values.get(key).map_err(ProveError::Read)?;
        let bytes = Bytes::new(key.encode()).expect("keys of the state are within bounds");
        let path = self.tree.path(&key.hash());
        let proof = path.into_proof(bytes, value);
        let proof = proof.filter(|proof| proof.verify(self.header.state_root).is_ok());
        proof.ok_or(ProveError::OtherState {
            height: self.height(),
        })
    }

    /// An entry of a journal. `values` reads the state after [`Self::height`].
    pub fn journal_entry<R: StateReader>(
        &self,
        journal: &StateKey,
        index: LeafIndex,
        values: &R,
    ) -> Result<Claim, ProveError<R::Error>> {
        let StateKey::Journal { journal: name } = journal else {
            return Err(ProveError::UnknownJournal);
        };
        let head = self.state(journal, values)?;
        let bytes = head.value().ok_or(ProveError::UnknownJournal)?;
        let state = JournalState::decode(bytes).map_err(|_| ProveError::Damaged)?;
        let node = |place| {
            let key = StateKey::JournalNode {
                journal: name.clone(),
                place,
            };
            let value = values.get(&key).map_err(ProveError::Read)?;
            let bytes = value.as_deref().map(<[u8; Hash::BYTES]>::try_from);
            bytes
                .and_then(Result::ok)
                .map(Hash::new)
                .ok_or(ProveError::Damaged)
        };
        let count = state.entries.count();
        let place = prove_inclusion(index, count, node)?;
        let place = place.ok_or(ProveError::UnknownEntry { count: count.get() })?;
        let key = StateKey::JournalEntry {
            journal: name.clone(),
            index,
        };
        let entry = values.get(&key).map_err(ProveError::Read)?;
        let entry = entry.ok_or(ProveError::Damaged)?;
        let entry = Bytes::new(entry.to_vec()).map_err(|_| ProveError::Damaged)?;
        let checked = place.verify(state.entries.root(), &entry);
        checked.map_err(|_| ProveError::Damaged)?;
        Ok(Claim::JournalEntry {
            entry,
            place,
            journal: head,
        })
    }
}

/// Why something cannot be proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProveError<E> {
    /// It is proved through its journal.
    #[error("entries and nodes of a journal are proved through the journal")]
    NotInTree,
    /// There is no such journal.
    #[error("there is no such journal")]
    UnknownJournal,
    /// The journal has no such entry.
    #[error("the journal has {count} entries, counted from 0")]
    UnknownEntry {
        /// How many it has.
        count: u64,
    },
    /// The values are not those of the state to be proved.
    #[error("the values read are not those after height {height}")]
    OtherState {
        /// The height whose values are needed.
        height: Height,
    },
    /// What is stored has no meaning: the database is damaged.
    #[error("the database is damaged: a row of the journal is missing or malformed")]
    Damaged,
    /// The state cannot be read.
    #[error("the state cannot be read: {0}")]
    Read(E),
}

/// That the transaction at `index` is in a block; `None` if there is none.
/// Proved by the block's own header.
pub fn transaction_claim(block: &Block, index: LeafIndex) -> Option<Claim> {
    let transaction = block.transactions.get(usize::try_from(index.get()).ok()?)?;
    let ids: Vec<Hash> = block
        .transactions
        .iter()
        .map(|transaction| Transaction::signed_id(transaction).get())
        .collect();
    let mut range = MountainRange::new();
    range.extend(ids.iter().map(|id| id.as_bytes().as_slice()));
    Some(Claim::Transaction {
        transaction: transaction.signed_id(),
        place: range.prove(index)?,
    })
}

/// What the transaction at `index` did; `None` if there is none. Proved by the
/// header of the next block.
pub fn receipt_claim(receipts: &[Receipt], index: LeafIndex) -> Option<Claim> {
    let receipt = receipts.get(usize::try_from(index.get()).ok()?)?;
    Some(Claim::Receipt {
        receipt: receipt.clone(),
        place: receipts_range(receipts).prove(index)?,
    })
}

/// One event of the transaction at `index`; `None` if there is none. Proved by
/// the header of the next block.
pub fn event_claim(receipts: &[Receipt], index: LeafIndex, event: LeafIndex) -> Option<Claim> {
    let receipt = receipts.get(usize::try_from(index.get()).ok()?)?;
    let Outcome::Applied { events } = &receipt.outcome else {
        return None;
    };
    let encoded: Vec<Vec<u8>> = events.iter().map(Canonical::encode).collect();
    let mut range = MountainRange::new();
    range.extend(encoded.iter().map(Vec::as_slice));
    Some(Claim::Event {
        event: events.get(usize::try_from(event.get()).ok()?)?.clone(),
        event_place: range.prove(event)?,
        receipt: receipt.summary(),
        place: receipts_range(receipts).prove(index)?,
    })
}

fn receipts_range(receipts: &[Receipt]) -> MountainRange {
    let summaries = receipts.iter().map(|receipt| receipt.summary().encode());
    let summaries: Vec<Vec<u8>> = summaries.collect();
    let mut range = MountainRange::new();
    range.extend(summaries.iter().map(Vec::as_slice));
    range
}
