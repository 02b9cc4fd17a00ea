//! The storage engine, read and written by typed rows only.

use std::path::Path;

use pyralog_primitives::codec::Canonical;
use rocksdb::{
    ColumnFamily, ColumnFamilyDescriptor, DB, DBPinnableSlice, DBRawIterator, ErrorKind,
    ReadOptions, Snapshot, WriteBatch, WriteOptions,
};

use crate::error::ReadError;
use crate::family::Family;
use crate::options::{Shared, database_options, family_options, silent_options};
use crate::rows::{Damage, Owned, RowKey, RowValue, Rows};

/// An open database.
pub(crate) struct Engine {
    db: DB,
}

impl Engine {
    /// Makes a database where none is.
    pub(crate) fn create(dir: &Path, shared: &Shared) -> Result<Self, rocksdb::Error> {
        let mut options = database_options(shared);
        options.create_if_missing(true);
        options.create_missing_column_families(true);
        options.set_error_if_exists(true);
        let db = DB::open_cf_descriptors(&options, dir, descriptors(shared))?;
        Ok(Self { db })
    }

    /// Opens a database to write to it.
    pub(crate) fn open(dir: &Path, shared: &Shared) -> Result<Self, rocksdb::Error> {
        let options = database_options(shared);
        let db = DB::open_cf_descriptors(&options, dir, descriptors(shared))?;
        Ok(Self { db })
    }

    /// Opens a database and leaves no trace of it.
    pub(crate) fn look(dir: &Path, shared: &Shared) -> Result<Self, rocksdb::Error> {
        let options = silent_options(shared);
        let db = DB::open_cf_descriptors_read_only(&options, dir, descriptors(shared), false)?;
        Ok(Self { db })
    }

    pub(crate) fn db(&self) -> &DB {
        &self.db
    }

    pub(crate) fn family(&self, family: Family) -> &ColumnFamily {
        self.db
            .cf_handle(family.name())
            .expect("all families are opened with the database")
    }

    /// Reads what was written last.
    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader {
            engine: self,
            options: ReadOptions::default(),
        }
    }

    /// Reads what was written before the snapshot.
    pub(crate) fn reader_at(&self, snapshot: &Snapshot<'_>) -> Reader<'_> {
        let mut options = ReadOptions::default();
        options.set_snapshot(snapshot);
        Reader {
            engine: self,
            options,
        }
    }

    /// Collects writes.
    pub(crate) fn batch(&self) -> Batch<'_> {
        Batch {
            engine: self,
            rows: WriteBatch::default(),
            key: Vec::new(),
            value: Vec::new(),
        }
    }

    /// Applies all writes of a batch, or none.
    pub(crate) fn write(
        &self,
        batch: Batch<'_>,
        durability: Durability,
    ) -> Result<(), rocksdb::Error> {
        let mut options = WriteOptions::default();
        match durability {
            Durability::Synced => options.set_sync(true),
            Durability::Later => {}
            Durability::OnFlush => options.disable_wal(true),
        }
        self.db.write_opt(batch.rows, &options)
    }

    /// Moves all that is in memory to files.
    pub(crate) fn flush(&self) -> Result<(), rocksdb::Error> {
        let families = Family::ALL.map(|family| self.family(family));
        self.db
            .flush_cfs_opt(&families, &rocksdb::FlushOptions::default())
    }
}

/// When writes survive a loss of power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// On return.
    Synced,
    /// With the next synced write, or earlier.
    Later,
    /// With the next flush of all families; not in the log at all.
    OnFlush,
}

fn descriptors(shared: &Shared) -> Vec<ColumnFamilyDescriptor> {
    let describe = |family: Family| {
        ColumnFamilyDescriptor::new(family.name(), family_options(family, &shared.cache))
    };
    Family::ALL.into_iter().map(describe).collect()
}

/// An error of the engine while reading a family.
pub(crate) fn unreadable(family: Family, error: &rocksdb::Error) -> ReadError {
    ReadError::Unreadable {
        family,
        cause: error.to_string(),
    }
}

/// Whether the engine found its files changed.
pub(crate) fn is_corruption(error: &rocksdb::Error) -> bool {
    error.kind() == ErrorKind::Corruption
}

fn damaged(family: Family, key: &[u8], damage: Damage) -> ReadError {
    use std::fmt::Write as _;
    let mut row = String::with_capacity(key.len() * 2);
    for byte in key {
        write!(row, "{byte:02x}").expect("a string takes every text");
    }
    ReadError::Damaged {
        family,
        row,
        damage,
    }
}

/// What is wrong with the row of a key.
pub(crate) fn damaged_row<R: Rows>(key: &R::Key<'_>, damage: Damage) -> ReadError {
    damaged(R::FAMILY, &key_bytes::<R>(key), damage)
}

/// The bytes of a key.
fn key_bytes<R: Rows>(key: &R::Key<'_>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64);
    key.write(&mut bytes);
    bytes
}

/// Reads rows, all as of one moment if it has a snapshot.
pub(crate) struct Reader<'engine> {
    engine: &'engine Engine,
    options: ReadOptions,
}

impl Reader<'_> {
    /// Reads the value under a key by `take`.
    pub(crate) fn get<R: Rows, T>(
        &self,
        key: &R::Key<'_>,
        take: impl FnOnce(R::Value<'_>) -> Result<T, Damage>,
    ) -> Result<Option<T>, ReadError> {
        let key = key_bytes::<R>(key);
        let family = self.engine.family(R::FAMILY);
        let found = self
            .engine
            .db
            .get_pinned_cf_opt(family, &key, &self.options)
            .map_err(|error| unreadable(R::FAMILY, &error))?;
        let Some(value) = found else { return Ok(None) };
        let taken = R::Value::read(&value).and_then(take);
        taken
            .map(Some)
            .map_err(|damage| damaged(R::FAMILY, &key, damage))
    }

    /// As [`Self::get`], where the row must be there.
    pub(crate) fn need<R: Rows, T>(
        &self,
        key: &R::Key<'_>,
        take: impl FnOnce(R::Value<'_>) -> Result<T, Damage>,
    ) -> Result<T, ReadError> {
        self.get::<R, T>(key, take)?
            .ok_or_else(|| damaged_row::<R>(key, Damage::Missing))
    }

    /// Reads the values under many keys, given as rows in ascending order.
    pub(crate) fn get_sorted<'key, R: Rows>(
        &self,
        keys: impl Iterator<Item = &'key [u8]>,
    ) -> Result<Vec<Option<DBPinnableSlice<'_>>>, ReadError> {
        let family = self.engine.family(R::FAMILY);
        let found = self
            .engine
            .db
            .batched_multi_get_cf_opt(family, keys, true, &self.options);
        found
            .into_iter()
            .map(|value| value.map_err(|error| unreadable(R::FAMILY, &error)))
            .collect()
    }

    /// Stands at the first row of a family from `start` on, to go up.
    pub(crate) fn from<R: Rows>(&self, start: &[u8], options: ReadOptions) -> Cursor<'_> {
        let family = self.engine.family(R::FAMILY);
        let mut rows = self.engine.db.raw_iterator_cf_opt(family, options);
        rows.seek(start);
        Cursor {
            family: R::FAMILY,
            rows,
        }
    }
}

/// A place among the rows of a family.
pub(crate) struct Cursor<'engine> {
    family: Family,
    rows: DBRawIterator<'engine>,
}

impl Cursor<'_> {
    /// The row it stands at, read by `take`; `None` behind the last row.
    pub(crate) fn row<R: Rows, T>(
        &self,
        take: impl FnOnce(R::Key<'_>, R::Value<'_>) -> Result<T, Damage>,
    ) -> Result<Option<T>, ReadError> {
        let Some((key, value)) = self.rows.item() else {
            let status = self.rows.status();
            return match status {
                Ok(()) => Ok(None),
                Err(error) => Err(unreadable(self.family, &error)),
            };
        };
        let parts = R::Key::read(key).and_then(|key| Ok((key, R::Value::read(value)?)));
        parts
            .and_then(|(key, value)| take(key, value))
            .map(Some)
            .map_err(|damage| damaged(self.family, key, damage))
    }

    /// Goes to the next row.
    pub(crate) fn next(&mut self) {
        if self.rows.valid() {
            self.rows.next();
        }
    }
}

/// Writes that take effect together.
pub(crate) struct Batch<'engine> {
    engine: &'engine Engine,
    rows: WriteBatch,
    key: Vec<u8>,
    value: Vec<u8>,
}

impl Batch<'_> {
    /// Stores a value under a key.
    pub(crate) fn put<R: Rows>(&mut self, key: &R::Key<'_>, value: &R::Value<'_>) {
        self.key.clear();
        key.write(&mut self.key);
        self.value.clear();
        value.write(&mut self.value);
        let family = self.engine.family(R::FAMILY);
        self.rows.put_cf(family, &self.key, &self.value);
    }

    /// Stores a canonical value under a key. If it could not be read again, for
    /// its length, it is not stored; the error is the length.
    pub(crate) fn put_canonical<R, T>(&mut self, key: &R::Key<'_>, value: &T) -> Result<(), usize>
    where
        R: for<'a> Rows<Value<'a> = Owned<T>>,
        T: Canonical,
    {
        self.key.clear();
        key.write(&mut self.key);
        self.value.clear();
        borsh::to_writer(&mut self.value, value)
            .expect("memory accepts every byte, and lengths are within u32");
        if self.value.len() > T::ENCODED_BYTES_MAX {
            return Err(self.value.len());
        }
        let family = self.engine.family(R::FAMILY);
        self.rows.put_cf(family, &self.key, &self.value);
        Ok(())
    }

    /// Removes what is under a key.
    pub(crate) fn delete<R: Rows>(&mut self, key: &R::Key<'_>) {
        self.key.clear();
        key.write(&mut self.key);
        let family = self.engine.family(R::FAMILY);
        self.rows.delete_cf(family, &self.key);
    }

    /// How many bytes the batch has.
    pub(crate) fn bytes(&self) -> usize {
        self.rows.size_in_bytes()
    }
}
