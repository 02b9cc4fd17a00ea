//! The state as of one moment.

use pyralog_primitives::action::{Key, Name};
use pyralog_primitives::state::StateKey;
use pyralog_primitives::write_set::StateValue;
use pyralog_primitives::{Domain, GenesisHash, Hash, Height};
use pyralog_tree::StateTree;
use rocksdb::{ReadOptions, Snapshot};

use crate::Store;
use crate::engine::{Reader, damaged_row};
use crate::error::{AtError, ReadError, TreeError, ViewError};
use crate::latest::Known;
use crate::rows::{Damage, Meta, MetaKey, RowKey, State, ValueBytes, VersionKey, Versions};
use crate::standing::{Head, Standing};
use crate::state_row::{StateRow, entries_prefix, write_state_row};

/// The state after one block, whatever is committed meanwhile.
///
/// It keeps replaced values from being cleared away, so it should not be held
/// for much longer than a block takes.
pub struct View<'store> {
    snapshot: Snapshot<'store>,
    reader: Reader<'store>,
    standing: Standing,
    head: Head,
}

/// What changes of a row have replaced.
enum Replaced {
    /// This value, or none.
    Value(Option<StateValue>),
    /// Nothing: there was no change.
    Nothing,
}

/// An entry of a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamespaceEntry {
    /// Its key.
    pub key: Key,
    /// What is stored there.
    pub value: StateValue,
}

impl Store {
    /// The state as it is now.
    pub fn view(&self) -> Result<View<'_>, ViewError> {
        let snapshot = self.engine.db().snapshot();
        let reader = self.engine.reader_at(&snapshot);
        let standing = reader.need::<Meta, _>(&MetaKey, Ok)?;
        let head = standing.head.ok_or(ViewError::NotInitialized)?;
        Ok(View {
            snapshot,
            reader,
            standing,
            head,
        })
    }

    /// What is stored under a key now.
    pub fn get(&self, key: &StateKey) -> Result<Option<StateValue>, ReadError> {
        let row = row_of(key);
        let ticket = match self.latest.get(&row) {
            Known::Value(value) => return Ok(value),
            Known::Nothing(ticket) => ticket,
        };
        let value = get_value(&self.engine.reader(), &row)?;
        self.latest.read(&row, value.as_ref(), &ticket);
        Ok(value)
    }

    /// What is stored under many keys, all as of one moment.
    pub fn get_many(&self, keys: &[StateKey]) -> Result<Vec<Option<StateValue>>, ViewError> {
        Ok(self.view()?.get_many(keys)?)
    }

    /// What was stored under a key after the block of a height.
    pub fn get_at(&self, key: &StateKey, height: Height) -> Result<Option<StateValue>, AtError> {
        self.view()?.get_at(key, height)
    }

    /// Builds the state tree, and so proves that the state is the one that was
    /// committed.
    pub fn load_tree(&self) -> Result<StateTree, TreeError> {
        let view = self.view().map_err(|error| match error {
            ViewError::NotInitialized => TreeError::NotInitialized,
            ViewError::Read(error) => TreeError::Read(error),
        })?;
        let tree = view.tree()?;
        let Head { height, root, .. } = view.head;
        if tree.root() == root {
            Ok(tree)
        } else {
            Err(TreeError::OtherRoot {
                height,
                committed: root,
                found: tree.root(),
            })
        }
    }
}

impl View<'_> {
    /// The block after which the state is seen.
    pub fn head(&self) -> Head {
        self.head
    }

    /// What is stored under a key.
    pub fn get(&self, key: &StateKey) -> Result<Option<StateValue>, ReadError> {
        get_value(&self.reader, &row_of(key))
    }

    /// What is stored under many keys.
    pub fn get_many(&self, keys: &[StateKey]) -> Result<Vec<Option<StateValue>>, ReadError> {
        let rows = keys.iter().map(row_of);
        let mut rows: Vec<(Vec<u8>, usize)> = rows.zip(0..).collect();
        rows.sort_unstable();
        let found = self
            .reader
            .get_sorted::<State>(rows.iter().map(|(row, _)| row.as_slice()))?;
        let mut values = vec![None; keys.len()];
        for ((row, place), value) in rows.iter().zip(found) {
            let value = value.as_deref().map(ValueBytes).map(owned_value);
            let value = value.transpose();
            values[*place] =
                value.map_err(|damage| damaged_row::<State>(&StateRow(row), damage))?;
        }
        Ok(values)
    }

    /// What was stored under a key after the block of a height, which may be
    /// any that is kept.
    pub fn get_at(&self, key: &StateKey, height: Height) -> Result<Option<StateValue>, AtError> {
        let (oldest, head) = (self.standing.oldest, self.head.height);
        if height > head {
            let asked = height;
            return Err(AtError::NotYet { asked, head });
        }
        if height < oldest {
            let asked = height;
            return Err(AtError::Pruned { asked, oldest });
        }
        let row = row_of(key);
        // The first change after the height has kept what was there before.
        let replaced = match height.next() {
            Some(next) => self.first_replaced(StateRow(&row), next)?,
            None => Replaced::Nothing,
        };
        match replaced {
            Replaced::Value(value) => Ok(value),
            Replaced::Nothing => Ok(self.get(key)?),
        }
    }

    /// What the first change of a row at or after a height has replaced.
    fn first_replaced(&self, row: StateRow<'_>, height: Height) -> Result<Replaced, ReadError> {
        let mut start = Vec::with_capacity(64);
        VersionKey { row, height }.write(&mut start);
        let cursor = self.reader.from::<Versions>(&start, self.options());
        let found = cursor.row::<Versions, _>(|key, before| {
            if key.row != row {
                return Ok(Replaced::Nothing);
            }
            let value = before.0.map(ValueBytes).map(owned_value);
            Ok(Replaced::Value(value.transpose()?))
        })?;
        Ok(found.unwrap_or(Replaced::Nothing))
    }

    /// The entries of a namespace in the order of their keys, from `start` on,
    /// at most `limit`.
    pub fn entries(
        &self,
        namespace: &Name,
        start: &Key,
        limit: usize,
    ) -> Result<Vec<NamespaceEntry>, ReadError> {
        let prefix = entries_prefix(namespace);
        let mut from = prefix.clone();
        from.extend_from_slice(start);
        let mut cursor = self.reader.from::<State>(&from, self.options());
        let mut entries = Vec::new();
        while entries.len() < limit {
            let entry = cursor.row::<State, _>(|row, value| {
                if !row.0.starts_with(&prefix) {
                    return Ok(None);
                }
                let StateKey::Entry { key, .. } = row.key()? else {
                    return Err(Damage::Meaning);
                };
                let value = owned_value(value)?;
                Ok(Some(NamespaceEntry { key, value }))
            })?;
            let Some(entry) = entry.flatten() else { break };
            entries.push(entry);
            cursor.next();
        }
        Ok(entries)
    }

    /// Gives each entry of the state to `each`, in the order of rows, until
    /// it breaks off.
    pub(crate) fn for_each<E: From<ReadError>>(
        &self,
        mut each: impl FnMut(StateKey, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut options = self.options();
        options.fill_cache(false);
        options.set_readahead_size(1024 * 1024);
        let mut cursor = self.reader.from::<State>(&[], options);
        loop {
            // What `each` says is no damage, so it passes by the row's result.
            let mut said = Ok(());
            let row = cursor.row::<State, _>(|row, value| {
                said = each(row.key()?, value.0);
                Ok(())
            })?;
            said?;
            if row.is_none() {
                return Ok(());
            }
            cursor.next();
        }
    }

    /// The state tree over what is there.
    pub(crate) fn tree(&self) -> Result<StateTree, ReadError> {
        let mut hashes = Vec::new();
        self.for_each(|key, value| {
            if key.is_in_tree() {
                hashes.push(tree_entry(&key, value));
            }
            Ok::<(), ReadError>(())
        })?;
        Ok(StateTree::new(hashes))
    }

    /// Options for a cursor, which has to see the same moment.
    fn options(&self) -> ReadOptions {
        let mut options = ReadOptions::default();
        options.set_snapshot(&self.snapshot);
        options
    }

    /// The chain of the store.
    pub(crate) fn genesis(&self) -> GenesisHash {
        self.standing.genesis
    }
}

/// What the state tree holds for an entry of the state.
pub(crate) fn tree_entry(key: &StateKey, value: &[u8]) -> (Hash, Hash) {
    (key.hash(), Domain::StateValue.hash(value))
}

fn row_of(key: &StateKey) -> Vec<u8> {
    let mut row = Vec::with_capacity(64);
    write_state_row(key, &mut row);
    row
}

pub(crate) fn owned_value(value: ValueBytes<'_>) -> Result<StateValue, Damage> {
    StateValue::new(value.0.to_vec()).map_err(|_| Damage::Length)
}

fn get_value(reader: &Reader<'_>, row: &[u8]) -> Result<Option<StateValue>, ReadError> {
    reader.get::<State, _>(&StateRow(row), owned_value)
}
