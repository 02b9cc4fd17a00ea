//! Reading blocks, receipts and the indexes.

use pyralog_primitives::block::Block;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::receipt::Receipt;
use pyralog_primitives::write_set::WriteSet;
use pyralog_primitives::{BlockId, Height, StateRoot, TransactionId};
use rocksdb::ReadOptions;

use crate::Store;
use crate::engine::damaged_row;
use crate::error::ReadError;
use crate::height_rows::for_each_version;
use crate::receipt_row::all_receipts;
use crate::rows::{
    BlockIds, Blocks, Certificates, Damage, EventKey, Events, Owned, Receipts, Roots, RowKey, Rows,
    TransactionPlace, Transactions, ValueBytes,
};
use crate::term::Term;
use crate::view::owned_value;

/// Higher, and one query holds too much memory.
pub const MATCH_COUNT_MAX: usize = 10_000;

/// Transactions with an event that was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matches {
    /// Where they are, ascending.
    pub places: Vec<TransactionPlace>,
    /// Where to go on; `None` if nothing is left.
    pub next: Option<TransactionPlace>,
}

impl Store {
    /// The block of a height, if it is kept.
    pub fn block(&self, height: Height) -> Result<Option<Block>, ReadError> {
        self.kept::<Blocks, _>(height, |Owned(block)| Ok(block))
    }

    /// The certificate of the block of a height, if it is kept.
    pub fn certificate(&self, height: Height) -> Result<Option<Certificate>, ReadError> {
        self.kept::<Certificates, _>(height, |Owned(certificate)| Ok(certificate))
    }

    /// The receipts of the block of a height, if they are kept.
    pub fn receipts(&self, height: Height) -> Result<Option<Vec<Receipt>>, ReadError> {
        self.kept::<Receipts, _>(height, all_receipts)
    }

    /// The receipt of the transaction at a place, if it is kept.
    pub fn receipt(&self, place: TransactionPlace) -> Result<Option<Receipt>, ReadError> {
        let position = usize::try_from(place.position).unwrap_or(usize::MAX);
        let found = self.kept::<Receipts, _>(place.height, |row| row.get(position))?;
        Ok(found.flatten())
    }

    /// The height of a block, if it is kept.
    pub fn block_height(&self, block: BlockId) -> Result<Option<Height>, ReadError> {
        let height = self.engine.reader().get::<BlockIds, _>(&block, Ok)?;
        Ok(height.filter(|height| self.standing().holds_block(*height)))
    }

    /// Where a transaction is, if its block is kept.
    pub fn transaction_place(
        &self,
        transaction: TransactionId,
    ) -> Result<Option<TransactionPlace>, ReadError> {
        let place = self
            .engine
            .reader()
            .get::<Transactions, _>(&transaction, Ok)?;
        Ok(place.filter(|place| self.standing().holds_block(place.height)))
    }

    /// What a transaction did, if its block is kept.
    pub fn transaction_receipt(
        &self,
        transaction: TransactionId,
    ) -> Result<Option<Receipt>, ReadError> {
        let Some(place) = self.transaction_place(transaction)? else {
            return Ok(None);
        };
        let receipt = self.receipt(place)?;
        match receipt {
            Some(receipt) if receipt.transaction != transaction => {
                Err(damaged_row::<Transactions>(&transaction, Damage::Meaning))
            }
            found => Ok(found),
        }
    }

    /// The root of the state after a height, if it is kept.
    pub fn state_root(&self, height: Height) -> Result<Option<StateRoot>, ReadError> {
        let root = self
            .engine
            .reader()
            .get::<Roots, _>(&height, |row| Ok(row.root))?;
        Ok(root.filter(|_| height >= self.standing().oldest))
    }

    /// The changes that lead from the state after a kept height back to the one
    /// before it.
    pub fn way_back(&self, height: Height) -> Result<WriteSet, ReadError> {
        let mut back = WriteSet::new();
        for_each_version(&self.engine.reader(), height, |row, before| {
            let value = before.0.map(ValueBytes).map(owned_value).transpose()?;
            back.set(row.key()?, value);
            Ok(())
        })?;
        Ok(back)
    }

    /// The transactions with an event that a term describes, from a place on,
    /// at most `limit` and [`MATCH_COUNT_MAX`].
    pub fn events(
        &self,
        term: Term,
        from: TransactionPlace,
        limit: usize,
    ) -> Result<Matches, ReadError> {
        let limit = limit.min(MATCH_COUNT_MAX);
        let standing = self.standing();
        let height = from.height.max(standing.oldest);
        let mut start = Vec::new();
        EventKey { term, height }.write(&mut start);
        let reader = self.engine.reader();
        let mut rows = reader.from::<Events>(&start, ReadOptions::default());
        let mut places = Vec::new();
        loop {
            let row = rows.row::<Events, _>(|key, postings| {
                if key.term != term {
                    return Ok(None);
                }
                Ok(Some((key.height, postings.positions()?)))
            })?;
            let Some((height, positions)) = row.flatten() else {
                return Ok(Matches { places, next: None });
            };
            for position in positions {
                let place = TransactionPlace { height, position };
                if place < from || !standing.holds_block(height) {
                    continue;
                }
                if places.len() == limit {
                    let next = Some(place);
                    return Ok(Matches { places, next });
                }
                places.push(place);
            }
            rows.next();
        }
    }

    /// Reads a row that each kept height has.
    fn kept<R, T>(
        &self,
        height: Height,
        take: impl Fn(R::Value<'_>) -> Result<T, Damage>,
    ) -> Result<Option<T>, ReadError>
    where
        R: for<'a> Rows<Key<'a> = Height>,
    {
        if !self.standing().holds_block(height) {
            return Ok(None);
        }
        let reader = self.engine.reader();
        match reader.get::<R, T>(&height, &take)? {
            Some(found) => Ok(Some(found)),
            // It may have been pruned or rolled back since.
            None if !self.standing().holds_block(height) => Ok(None),
            None => reader.need::<R, T>(&height, take).map(Some),
        }
    }
}
