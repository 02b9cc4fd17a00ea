//! Going back to an earlier height.
//!
//! Each step takes back one height, from the head down, and lowers the head
//! with it, so that the store is whole after every step. That the rollback has
//! begun is durable first: if it is broken off, it is finished when the store
//! is opened the next time.

use pyralog_primitives::Height;

use crate::Store;
use crate::engine::{Batch, Durability};
use crate::error::{OpenError, ReadError, RollbackError};
use crate::height_rows::{delete_block, delete_versions};
use crate::rows::{Roots, State, ValueBytes};
use crate::standing::{Head, Standing};
use crate::store::Writer;

impl Store {
    /// Takes back all blocks above a height.
    ///
    /// Readers see the heights between for a moment, one after the other.
    pub fn rollback(&self, to: Height) -> Result<(), RollbackError> {
        let mut writer = self.writer()?;
        let standing = self.standing();
        let head = standing.head.ok_or(RollbackError::NotInitialized)?.height;
        if to > head {
            return Err(RollbackError::AboveHead { to, head });
        }
        if to < standing.oldest {
            let oldest = standing.oldest;
            return Err(RollbackError::Pruned { to, oldest });
        }
        if to == head {
            return Ok(());
        }
        let next = Standing {
            rollback_to: Some(to),
            ..standing
        };
        let batch = self.engine.batch();
        self.write(&mut writer, batch, next, Durability::Synced, || {
            format!("beginning a rollback to height {to}")
        })?;
        self.roll_back(&mut writer, to)
    }

    /// Finishes a rollback that was broken off.
    pub(crate) fn finish_rollback(&self) -> Result<(), OpenError> {
        let Some(to) = self.standing().rollback_to else {
            return Ok(());
        };
        let finish = || self.roll_back(&mut *self.writer()?, to);
        finish().map_err(|error| OpenError::Rollback {
            to,
            source: Box::new(error),
        })
    }

    fn roll_back(&self, writer: &mut Writer, to: Height) -> Result<(), RollbackError> {
        while self.standing().rollback_to.is_some() {
            let standing = self.standing();
            let head = standing.head.ok_or(RollbackError::NotInitialized)?.height;
            let mut batch = self.engine.batch();
            let below = self.take_back(&mut batch, &standing, head)?;
            let is_last = below.height <= to;
            let next = Standing {
                head: Some(below),
                rollback_to: (!is_last).then_some(to),
                ..standing
            };
            let durability = if is_last {
                Durability::Synced
            } else {
                Durability::Later
            };
            self.write(writer, batch, next, durability, || {
                format!("taking back height {head}")
            })?;
            self.latest.clear();
        }
        Ok(())
    }

    /// Takes back one height. Returns the head below it.
    fn take_back(
        &self,
        batch: &mut Batch<'_>,
        standing: &Standing,
        height: Height,
    ) -> Result<Head, ReadError> {
        let reader = self.engine.reader();
        delete_versions(&reader, batch, height, |batch, row, before| {
            match before.0 {
                Some(value) => batch.put::<State>(&row, &ValueBytes(value)),
                None => batch.delete::<State>(&row),
            }
        })?;
        delete_block(&reader, batch, standing, height)?;
        batch.delete::<Roots>(&height);
        let below = Height::new(height.get().saturating_sub(1));
        reader.need::<Roots, _>(&below, |row| {
            Ok(Head {
                height: below,
                block: row.block,
                root: row.root,
            })
        })
    }
}
