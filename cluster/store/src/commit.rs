//! Committing a block: one batch, one sync.
//!
//! The order of families in the batch is that of their declaration; within a
//! family rows ascend, so that they go into memory tables side by side.

use pyralog_primitives::block::Block;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::receipt::Receipt;
use pyralog_primitives::write_set::{CommitBatch, StateValue, WriteSet};
use pyralog_primitives::{BlockId, Height, StateRoot};

use crate::Store;
use crate::engine::{Batch, Durability};
use crate::error::{CommitError, ReadError};
use crate::family::Family;
use crate::latest::Known;
use crate::postings::Postings;
use crate::receipt_row::ReceiptRow;
use crate::rows::{
    Before, BlockIds, Blocks, Certificates, ChangedRows, Changes, EventKey, Events, Receipts,
    RootRow, Roots, State, TransactionPlace, Transactions, ValueBytes, VersionKey, Versions,
};
use crate::standing::{Head, Standing};
use crate::state_row::{StateRow, write_state_row};
use crate::term::terms_of;

impl Store {
    /// Makes a block and all that it changes durable, or nothing of it.
    ///
    /// The block must be the next one. Whether it follows the rules and
    /// whether the root is right is for the caller to know.
    pub fn commit(&self, commit: &CommitBatch) -> Result<(), CommitError> {
        let mut writer = self.writer()?;
        let standing = self.standing();
        let head = next_head(&standing, commit)?;
        let rows = StateRows::of(&commit.write_set);
        let batch = self.commit_batch(commit, &rows, head)?;
        let next = Standing {
            head: Some(head),
            has_events: standing.has_events || self.options.index_events,
            ..standing
        };
        self.write(&mut writer, batch, next, Durability::Synced, || {
            format!("committing height {}", head.height)
        })?;
        for (row, value) in rows.iter() {
            self.latest.write(row.0, value);
        }
        Ok(())
    }

    fn commit_batch(
        &self,
        commit: &CommitBatch,
        rows: &StateRows<'_>,
        head: Head,
    ) -> Result<Batch<'_>, CommitError> {
        let height = head.height;
        let mut batch = self.engine.batch();
        batch
            .put_canonical::<Blocks, _>(&height, &commit.block)
            .map_err(too_long::<Block>(Family::Blocks))?;
        batch
            .put_canonical::<Certificates, _>(&height, &commit.certificate)
            .map_err(too_long::<Certificate>(Family::Certificates))?;
        let receipts = ReceiptRow::encode(&commit.receipts);
        let receipts = receipts.map_err(too_long::<Receipt>(Family::Receipts))?;
        let receipts = ReceiptRow::encoded(&receipts).expect("it was encoded a line ago");
        batch.put::<Receipts>(&height, &receipts);
        batch.put::<BlockIds>(&head.block, &height);
        put_transactions(&mut batch, commit, height);
        if self.options.index_events {
            put_events(&mut batch, commit, height);
        }
        self.put_state(&mut batch, rows, height)?;
        put_root(&mut batch, head);
        Ok(batch)
    }

    /// The state of genesis.
    pub(crate) fn first_batch(&self, write_set: &WriteSet, root: StateRoot) -> (Batch<'_>, Head) {
        let head = Head {
            height: Height::new(0),
            block: BlockId::ZERO,
            root,
        };
        let mut batch = self.engine.batch();
        let rows = StateRows::of(write_set);
        for (row, value) in rows.iter() {
            if let Some(value) = value {
                batch.put::<State>(&row, &ValueBytes(value));
            }
        }
        put_root(&mut batch, head);
        (batch, head)
    }

    /// The new values, and beside them the old ones.
    fn put_state(
        &self,
        batch: &mut Batch<'_>,
        rows: &StateRows<'_>,
        height: Height,
    ) -> Result<(), ReadError> {
        let known: Vec<Known> = rows.iter().map(|(row, _)| self.latest.get(row.0)).collect();
        let unknown = rows.iter().zip(&known);
        let unknown = unknown.filter(|(_, known)| matches!(known, Known::Nothing(_)));
        let unknown = unknown.map(|((row, _), _)| row.0);
        let reader = self.engine.reader();
        let mut read = reader.get_sorted::<State>(unknown)?.into_iter();
        for (row, value) in rows.iter() {
            match value {
                Some(value) => batch.put::<State>(&row, &ValueBytes(value)),
                None => batch.delete::<State>(&row),
            }
        }
        for ((row, _), known) in rows.iter().zip(&known) {
            let key = VersionKey { row, height };
            let read = match known {
                Known::Value(_) => None,
                Known::Nothing(_) => read.next().flatten(),
            };
            let before = match known {
                Known::Value(value) => value.as_deref(),
                Known::Nothing(_) => read.as_deref(),
            };
            batch.put::<Versions>(&key, &Before(before));
        }
        let changed = ChangedRows::join(rows.iter().map(|(row, _)| row));
        batch.put::<Changes>(&height, &ChangedRows::joined(&changed));
        Ok(())
    }
}

/// The rows of a write set in ascending order, in one piece of memory.
struct StateRows<'set> {
    bytes: Vec<u8>,
    rows: Vec<(usize, usize, Option<&'set StateValue>)>,
}

impl<'set> StateRows<'set> {
    fn of(write_set: &'set WriteSet) -> Self {
        let count = write_set.count();
        let mut bytes = Vec::with_capacity(count * 32);
        let mut rows = Vec::with_capacity(count);
        for (key, value) in write_set.iter() {
            let start = bytes.len();
            write_state_row(key, &mut bytes);
            rows.push((start, bytes.len(), value));
        }
        // They are sorted already, but for kinds whose rows sort otherwise.
        rows.sort_by(|one, next| bytes[one.0..one.1].cmp(&bytes[next.0..next.1]));
        Self { bytes, rows }
    }

    fn iter(&self) -> impl Iterator<Item = (StateRow<'_>, Option<&'set StateValue>)> {
        self.rows
            .iter()
            .map(|(start, end, value)| (StateRow(&self.bytes[*start..*end]), *value))
    }
}

/// The head that the block will be.
fn next_head(standing: &Standing, commit: &CommitBatch) -> Result<Head, CommitError> {
    let head = standing.head.ok_or(CommitError::NotInitialized)?;
    let header = &commit.block.header;
    let (expected, found) = (standing.genesis, header.genesis);
    if found != expected {
        return Err(CommitError::ForeignChain { expected, found });
    }
    let expected = head.height.next();
    let expected = expected.expect("heights are counted from 0 by ones");
    let found = header.height;
    if found != expected {
        return Err(CommitError::Height { expected, found });
    }
    let (expected, found) = (head.block, header.parent);
    if found != expected {
        return Err(CommitError::Parent { expected, found });
    }
    let (block, certified) = (header.id(), commit.certificate.value());
    if certified != block || commit.certificate.height() != header.height {
        return Err(CommitError::Certificate { block, certified });
    }
    let (transactions, receipts) = (commit.block.transactions.len(), commit.receipts.len());
    if transactions != receipts {
        return Err(CommitError::ReceiptCount {
            transactions,
            receipts,
        });
    }
    Ok(Head {
        height: header.height,
        block,
        root: commit.state_root,
    })
}

fn too_long<T: Canonical>(family: Family) -> impl FnOnce(usize) -> CommitError {
    move |bytes| CommitError::TooLong {
        family,
        bytes,
        bytes_max: T::ENCODED_BYTES_MAX,
    }
}

fn put_transactions(batch: &mut Batch<'_>, commit: &CommitBatch, height: Height) {
    // The receipts name the ids, so that no transaction is hashed again.
    let ids = commit.receipts.iter().map(|receipt| receipt.transaction);
    let mut places: Vec<_> = ids.zip(0..).collect();
    places.sort_unstable();
    for (id, position) in places {
        let place = TransactionPlace { height, position };
        batch.put::<Transactions>(&id, &place);
    }
}

fn put_events(batch: &mut Batch<'_>, commit: &CommitBatch, height: Height) {
    let terms = terms_of(&commit.receipts);
    let mut postings = Vec::new();
    for same in terms.chunk_by(|(one, _), (next, _)| one == next) {
        postings.clear();
        let positions = same.iter().map(|(_, position)| *position);
        Postings::write_positions(positions, &mut postings);
        let key = EventKey {
            term: same[0].0,
            height,
        };
        batch.put::<Events>(&key, &Postings::written(&postings));
    }
}

/// What the state is after the head.
pub(crate) fn put_root(batch: &mut Batch<'_>, head: Head) {
    let Head {
        height,
        block,
        root,
    } = head;
    batch.put::<Roots>(&height, &RootRow { block, root });
}
