//! Opening: all checks first, then writing.
//!
//! 1. The names in the directory: a store, nothing, or something else.
//! 2. `STORE`: the format, then the chain.
//! 3. The lock.
//! 4. The engine's files, looked at without leaving a trace: the logs by
//!    ourselves, then all by the engine (see `recovery`).
//! 5. Only now are the files opened for writing.
//!
//! Invariant: an error leaves every file but `LOCK` as it was.

use std::path::Path;

use pyralog_primitives::GenesisHash;

use crate::Store;
use crate::engine::{Durability, Engine};
use crate::error::{OpenError, ReadError};
use crate::files::{Acknowledged, Found, Layout, Lock, make_dir};
use crate::options::{Options, Shared};
use crate::recovery::recover;
use crate::rows::{Meta, MetaKey};
use crate::standing::Standing;
use crate::store::engine_error;

impl Store {
    /// Opens the store of a chain, or makes it where there is nothing.
    pub fn open(dir: &Path, genesis: GenesisHash, options: Options) -> Result<Self, OpenError> {
        let layout = Layout::new(dir);
        match layout.look()? {
            Found::Store => layout.check_store_file(genesis)?,
            Found::Nothing => make_dir(dir)?,
        }
        let lock = Lock::take(&layout)?;
        let shared = Shared::of(&options);
        // Someone may have made the store between the look and the lock.
        let acknowledged = match layout.look()? {
            Found::Store => {
                layout.check_store_file(genesis)?;
                recover(&layout, &shared)?
            }
            Found::Nothing => {
                create(&layout, &shared, genesis)?;
                Acknowledged::open(&layout)?
            }
        };
        let engine = Engine::open(&layout.rocks(), &shared);
        let engine = engine.map_err(|error| engine_error(&layout, &error))?;
        let standing = read_standing(&engine)?;
        check_genesis(&layout, &standing, genesis)?;
        let store = Self::new(engine, (layout, options, lock), acknowledged, standing);
        store.finish_rollback()?;
        Ok(store)
    }
}

/// Makes an empty store.
fn create(layout: &Layout, shared: &Shared, genesis: GenesisHash) -> Result<(), OpenError> {
    layout.begin()?;
    let write = || {
        let engine = Engine::create(&layout.new_rocks(), shared)?;
        let mut batch = engine.batch();
        batch.put::<Meta>(&MetaKey, &Standing::new(genesis));
        engine.write(batch, Durability::Synced)
    };
    write().map_err(|error| engine_error(layout, &error))?;
    layout.finish(genesis, 0)
}

/// What is true of the store, as its own row says.
pub(crate) fn read_standing(engine: &Engine) -> Result<Standing, ReadError> {
    engine.reader().need::<Meta, _>(&MetaKey, Ok)
}

/// `STORE` has said the same, or files were mixed.
fn check_genesis(
    layout: &Layout,
    standing: &Standing,
    genesis: GenesisHash,
) -> Result<(), OpenError> {
    if standing.genesis == genesis {
        return Ok(());
    }
    Err(OpenError::Damaged {
        path: layout.rocks(),
        cause: format!("it holds the chain of genesis {}", standing.genesis),
    })
}
