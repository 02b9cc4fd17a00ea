//! Reading everything, to know that it can be read.
//!
//! Not read are the filters of tables, which only save work: the engine
//! compares their checksums too, and does without a filter that is damaged.

use std::path::PathBuf;

use rocksdb::ReadOptions;

use crate::Store;
use crate::engine::{Engine, Reader};
use crate::error::{OpenError, ReadError, TreeError};
use crate::family::Family;
use crate::log_file::check_log;
use crate::options::Shared;
use crate::receipt_row::all_receipts;
use crate::recovery::engine_logs;
use crate::rows::{
    BlockIds, Blocks, Certificates, Changes, Damage, Events, Meta, Receipts, Roots, Rows, State,
    Transactions, Versions,
};
use crate::store::engine_error;
use crate::view::owned_value;

/// Nothing is read twice.
const CACHE_BYTES: usize = 8 * 1024 * 1024;

/// How many rows each family has.
pub type RowCounts = Vec<(Family, u64)>;

/// What is wrong with a store. The operator must act.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A log of the storage engine is in disorder.
    #[error("{} is damaged at byte {at}: {cause}; restore the store", path.display())]
    Log {
        /// The file.
        path: PathBuf,
        /// Where.
        at: u64,
        /// What is wrong.
        cause: &'static str,
    },
    /// The files cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A row cannot be read, or is damaged.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The state is not the committed one.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

impl Store {
    /// Reads all files with their checksums, all rows, and builds the tree.
    /// Commits go on meanwhile, but for a moment at the beginning.
    pub fn verify(&self) -> Result<RowCounts, VerifyError> {
        let kept = KeptFiles::of(self)?;
        let engine = {
            // An error is for who writes; one can read on.
            let _writer = self.writer();
            self.verify_logs()?;
            let shared = Shared::small(&self.options, CACHE_BYTES);
            Engine::look(&self.layout.rocks(), &shared)
                .map_err(|error| engine_error(&self.layout, &error))?
        };
        let counts = count_rows(&engine.reader())?;
        drop((engine, kept));
        if self.head().is_some() {
            self.load_tree()?;
        }
        Ok(counts)
    }

    fn verify_logs(&self) -> Result<(), VerifyError> {
        for path in engine_logs(&self.layout.rocks())? {
            let check = check_log(&path).map_err(|source| OpenError::Io {
                doing: "reading",
                path: path.clone(),
                source,
            })?;
            if let Some(disorder) = check.disorder {
                let (at, cause) = (disorder.at, disorder.cause);
                return Err(VerifyError::Log { path, at, cause });
            }
        }
        Ok(())
    }
}

/// While it lives, no file of the store is removed.
struct KeptFiles<'store>(&'store Store);

impl<'store> KeptFiles<'store> {
    fn of(store: &'store Store) -> Result<Self, OpenError> {
        let disabled = store.engine.db().disable_file_deletions();
        disabled.map_err(|error| engine_error(&store.layout, &error))?;
        Ok(Self(store))
    }
}

impl Drop for KeptFiles<'_> {
    fn drop(&mut self) {
        // If it fails, files are removed at the next start.
        let _ = self.0.engine.db().enable_file_deletions();
    }
}

fn count_rows(reader: &Reader<'_>) -> Result<RowCounts, ReadError> {
    Ok(vec![
        count::<Blocks>(reader, |_, _| Ok(()))?,
        count::<Certificates>(reader, |_, _| Ok(()))?,
        count::<Receipts>(reader, |_, row| all_receipts(row).map(|_| ()))?,
        count::<BlockIds>(reader, |_, _| Ok(()))?,
        count::<Transactions>(reader, |_, _| Ok(()))?,
        count::<Events>(reader, |_, row| row.positions().map(|_| ()))?,
        count::<State>(reader, |row, value| {
            row.key()?;
            owned_value(value).map(|_| ())
        })?,
        count::<Versions>(reader, |version, _| version.row.key().map(|_| ()))?,
        count::<Changes>(reader, |_, rows| {
            rows.iter().try_for_each(|row| row?.key().map(|_| ()))
        })?,
        count::<Roots>(reader, |_, _| Ok(()))?,
        count::<Meta>(reader, |_, _| Ok(()))?,
    ])
}

/// Reads all rows of a family.
fn count<R: Rows>(
    reader: &Reader<'_>,
    check: impl Fn(R::Key<'_>, R::Value<'_>) -> Result<(), Damage>,
) -> Result<(Family, u64), ReadError> {
    let mut options = ReadOptions::default();
    options.fill_cache(false);
    options.set_readahead_size(1024 * 1024);
    let mut cursor = reader.from::<R>(&[], options);
    let mut rows = 0;
    while cursor.row::<R, ()>(&check)?.is_some() {
        rows += 1;
        cursor.next();
    }
    Ok((R::FAMILY, rows))
}
