//! Forgetting what is old, and giving its space back.
//!
//! First the lowest kept height is made durable; from then on nobody reads
//! below it. Then rows go, one height in a step, between which commits take
//! their turn. How far they are gone is written with them, so a pruning that
//! was broken off goes on where it was.
//!
//! Removed rows take space until files are merged. Files with nothing else
//! are thrown away at once, and when about half of the rows are dead, the rest
//! is merged.

use pyralog_primitives::Height;

use crate::Store;
use crate::engine::{Batch, Durability, Reader};
use crate::error::{PruneError, ReadError};
use crate::family::Family;
use crate::height_rows::{delete_block, delete_versions};
use crate::rows::Roots;
use crate::standing::Standing;

/// Fewer dead rows are not worth a merge.
const MERGE_ROWS_MIN: usize = 500;

/// The families with rows of single heights.
const PRUNED: [Family; 9] = [
    Family::Blocks,
    Family::Certificates,
    Family::Receipts,
    Family::BlockIds,
    Family::Transactions,
    Family::Events,
    Family::Versions,
    Family::Changes,
    Family::Roots,
];
/// Those of them that are sorted by height.
const BY_HEIGHT: [Family; 5] = [
    Family::Blocks,
    Family::Certificates,
    Family::Receipts,
    Family::Changes,
    Family::Roots,
];

impl Store {
    /// Forgets all blocks below a height, and the state before it.
    ///
    /// What is kept: blocks, receipts and indexes from `keep_from` on, and the
    /// state after each of these heights. Heights that are forgotten already
    /// stay so.
    pub fn prune(&self, keep_from: Height) -> Result<(), PruneError> {
        self.raise_oldest(keep_from)?;
        while self.prune_step()? {}
        self.give_back()
    }

    fn raise_oldest(&self, keep_from: Height) -> Result<(), PruneError> {
        let mut writer = self.writer()?;
        let standing = self.standing();
        let head = standing.head.ok_or(PruneError::NotInitialized)?.height;
        if keep_from > head {
            return Err(PruneError::AboveHead { keep_from, head });
        }
        if keep_from <= standing.oldest {
            return Ok(());
        }
        let next = Standing {
            oldest: keep_from,
            ..standing
        };
        let batch = self.engine.batch();
        Ok(
            self.write(&mut writer, batch, next, Durability::Synced, || {
                format!("pruning below height {keep_from}")
            })?,
        )
    }

    /// Removes the rows of one height. Returns whether there may be more.
    fn prune_step(&self) -> Result<bool, PruneError> {
        let mut writer = self.writer()?;
        let standing = self.standing();
        let height = standing.cleared;
        if height >= standing.oldest {
            return Ok(false);
        }
        let mut batch = self.engine.batch();
        let rows = clear(&self.engine.reader(), &mut batch, &standing, height)?;
        let next = Standing {
            cleared: height.next().expect("it is below another height"),
            ..standing
        };
        self.write(&mut writer, batch, next, Durability::Later, || {
            format!("pruning height {height}")
        })?;
        writer.removed_rows += rows;
        Ok(true)
    }

    /// Gives the space of removed rows back to the file system, when there is
    /// much of it.
    fn give_back(&self) -> Result<(), PruneError> {
        let removed = self.writer()?.removed_rows;
        if removed < MERGE_ROWS_MIN.max(self.pruned_rows()? / 2) {
            return Ok(());
        }
        let stop = |error: rocksdb::Error| self.stop("pruning".to_owned(), &error);
        // Files are thrown away outside of the log, so what says that their
        // rows are not needed has to be on disk before.
        self.engine.flush().map_err(stop)?;
        let end = self.standing().cleared.get().to_be_bytes();
        let db = self.engine.db();
        for family in BY_HEIGHT {
            let start: &[u8] = &[];
            db.delete_file_in_range_cf(self.engine.family(family), start, &end)
                .map_err(stop)?;
        }
        for family in PRUNED {
            let all: Option<&[u8]> = None;
            db.compact_range_cf(self.engine.family(family), all, all);
        }
        self.writer()?.removed_rows = 0;
        Ok(())
    }

    /// About how many rows there are in the families that are pruned.
    fn pruned_rows(&self) -> Result<usize, ReadError> {
        let mut rows = 0;
        for family in PRUNED {
            let count = self
                .engine
                .db()
                .property_int_value_cf(
                    self.engine.family(family),
                    rocksdb::properties::ESTIMATE_NUM_KEYS,
                )
                .map_err(|error| crate::engine::unreadable(family, &error))?;
            rows += usize::try_from(count.unwrap_or(0)).unwrap_or(usize::MAX);
        }
        Ok(rows)
    }
}

/// Removes what is needed for heights up to this one only. Returns how many
/// rows that were.
fn clear(
    reader: &Reader<'_>,
    batch: &mut Batch<'_>,
    standing: &Standing,
    height: Height,
) -> Result<usize, ReadError> {
    let mut rows = 1;
    if height > standing.base {
        rows += delete_block(reader, batch, standing, height)?;
    }
    batch.delete::<Roots>(&height);
    // What the next height has kept is the state of this one.
    let next = height.next().expect("it is below another height");
    rows += delete_versions(reader, batch, next, |_, _, _| {})?;
    Ok(rows)
}
