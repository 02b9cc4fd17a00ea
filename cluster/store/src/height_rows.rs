//! The rows that one height has left in all families, found again to be
//! removed.

use pyralog_primitives::Height;

use crate::engine::{Batch, Reader, damaged_row};
use crate::error::ReadError;
use crate::receipt_row::all_receipts;
use crate::rows::{
    Before, BlockIds, Blocks, Certificates, Changes, Damage, EventKey, Events, Receipts, Roots,
    RowKey, RowValue, Transactions, VersionKey, Versions,
};
use crate::standing::Standing;
use crate::state_row::StateRow;
use crate::term::terms_of;

/// Removes the block of a height with all that leads to it. Returns how many
/// rows that were.
pub(crate) fn delete_block(
    reader: &Reader<'_>,
    batch: &mut Batch<'_>,
    standing: &Standing,
    height: Height,
) -> Result<usize, ReadError> {
    let receipts = reader.need::<Receipts, _>(&height, all_receipts)?;
    let mut ids: Vec<_> = receipts.iter().map(|receipt| receipt.transaction).collect();
    ids.sort_unstable();
    for id in &ids {
        batch.delete::<Transactions>(id);
    }
    let mut terms: Vec<_> = Vec::new();
    if standing.has_events {
        terms.extend(terms_of(&receipts).into_iter().map(|(term, _)| term));
        terms.dedup();
    }
    for term in terms.iter().copied() {
        batch.delete::<Events>(&EventKey { term, height });
    }
    let block = reader.need::<Roots, _>(&height, |row| Ok(row.block))?;
    batch.delete::<BlockIds>(&block);
    batch.delete::<Blocks>(&height);
    batch.delete::<Certificates>(&height);
    batch.delete::<Receipts>(&height);
    Ok(ids.len() + terms.len() + 4)
}

/// Removes what a height has kept of the state before it, and gives each row
/// with that to `each`. Returns how many rows that were.
pub(crate) fn delete_versions(
    reader: &Reader<'_>,
    batch: &mut Batch<'_>,
    height: Height,
    mut each: impl FnMut(&mut Batch<'_>, StateRow<'_>, Before<'_>),
) -> Result<usize, ReadError> {
    let count = for_each_version(reader, height, |row, before| {
        each(batch, row, before);
        batch.delete::<Versions>(&version_key(row.0, height));
        Ok(())
    })?;
    batch.delete::<Changes>(&height);
    Ok(count + 1)
}

/// Gives each row that a height has changed, with what was there before, to
/// `each`. Returns how many they are.
pub(crate) fn for_each_version(
    reader: &Reader<'_>,
    height: Height,
    mut each: impl FnMut(StateRow<'_>, Before<'_>) -> Result<(), Damage>,
) -> Result<usize, ReadError> {
    let changed = reader.need::<Changes, _>(&height, |rows| {
        rows.iter()
            .map(|row| row.map(|row| row.0.to_vec()))
            .collect::<Result<Vec<_>, Damage>>()
    })?;
    let mut keys: Vec<(Vec<u8>, &[u8])> = Vec::with_capacity(changed.len());
    for row in &changed {
        let mut bytes = Vec::with_capacity(64);
        version_key(row, height).write(&mut bytes);
        keys.push((bytes, row));
    }
    keys.sort_unstable();
    let found = reader.get_sorted::<Versions>(keys.iter().map(|(key, _)| key.as_slice()))?;
    for ((_, row), value) in keys.iter().zip(found) {
        let damaged = |damage| damaged_row::<Versions>(&version_key(row, height), damage);
        let value = value.ok_or_else(|| damaged(Damage::Missing))?;
        let before = Before::read(&value).map_err(damaged)?;
        each(StateRow(row), before).map_err(damaged)?;
    }
    Ok(changed.len())
}

fn version_key(row: &[u8], height: Height) -> VersionKey<'_> {
    VersionKey {
        row: StateRow(row),
        height,
    }
}
