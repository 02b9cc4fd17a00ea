//! The state of one height as a stream: to start another store from.
//!
//! ```text
//! "PYRSNP" ‖ version u16 ‖ genesis ‖ height u64 ‖ block id ‖ state root
//! { 1 ‖ key: length u32, canonical bytes ‖ value: length u32, bytes }
//! 0 ‖ count of entries u64 ‖ hash of all before
//! ```
//!
//! Entries are in the order of rows, so that a state has one stream. Numbers
//! are least significant byte first, as in every canonical encoding.
//!
//! The hash tells that the stream is as it was written; that the entries are
//! those of the root, the tree tells. That the root is the one of the chain is
//! for the caller to know: it is in the header of the next block.

use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;

use borsh::{BorshDeserialize, BorshSerialize};
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::state::StateKey;
use pyralog_primitives::state_proof::{STATE_KEY_BYTES_MAX, STATE_VALUE_BYTES_MAX};
use pyralog_primitives::{GenesisHash, Hash, StateRoot};
use pyralog_tree::StateTree;

use crate::commit::put_root;
use crate::engine::{Durability, Engine};
use crate::error::{OpenError, ReadError};
use crate::files::{Found, Layout, Lock, make_dir};
use crate::options::{Options, Shared};
use crate::rows::{Meta, MetaKey, State, ValueBytes};
use crate::standing::{Head, Standing};
use crate::state_row::{StateRow, write_state_row};
use crate::view::{View, tree_entry};

const MAGIC: [u8; 6] = *b"PYRSNP";
/// The version that this program writes.
pub const SNAPSHOT_VERSION: u16 = 1;
const HASH_CONTEXT: &str = "pyralog 2026-11-21 state snapshot v1";
/// More takes memory, less takes time.
const BATCH_BYTES: usize = 4 * 1024 * 1024;
const ENTRY: u8 = 1;
const END: u8 = 0;

/// Why a snapshot was not written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The state could not be read. The operator must act.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The receiving end failed.
    #[error("the snapshot could not be written")]
    Write(#[from] io::Error),
}

/// Why a snapshot was not taken in. The directory holds no store.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There is a store already, or something else. The caller must act.
    #[error("{} is not empty: it holds {found}", dir.display())]
    NotEmpty {
        /// The directory.
        dir: std::path::PathBuf,
        /// What is in it.
        found: String,
    },
    /// It does not begin as a snapshot does.
    #[error("this is no snapshot of a state")]
    NotASnapshot,
    /// Made by a later version of this program.
    #[error("the snapshot has version {found}; this program reads version {ours}: update it")]
    NewerVersion {
        /// Its version.
        found: u16,
        /// The version of this program.
        ours: u16,
    },
    /// The state of another network.
    #[error("the snapshot is of genesis {found}; this node follows genesis {expected}")]
    ForeignChain {
        /// The chain of the snapshot.
        found: GenesisHash,
        /// The chain that was asked for.
        expected: GenesisHash,
    },
    /// It ends early. Whoever sent it is to send it again.
    #[error("the snapshot is truncated: it ends after {entries} entries")]
    Truncated {
        /// Entries that were there.
        entries: u64,
    },
    /// It is not as it was written. Whoever sent it is to blame.
    #[error("the snapshot was changed, at entry {entry} or before: {cause}")]
    Changed {
        /// Entries that were read before it was seen.
        entry: u64,
        /// What is wrong.
        cause: &'static str,
    },
    /// The entries are not those of the root. Whoever made it is to blame.
    #[error("the snapshot promises root {promised}, its entries have root {found}")]
    OtherRoot {
        /// The root it names.
        promised: StateRoot,
        /// The root over its entries.
        found: StateRoot,
    },
    /// The sending end failed.
    #[error("the snapshot could not be read")]
    Read(#[source] io::Error),
    /// The disk refused. The operator must act.
    #[error(transparent)]
    Disk(#[from] OpenError),
}

impl View<'_> {
    /// Writes the state as a snapshot. Returns how many entries it has.
    pub fn export(&self, to: &mut impl Write) -> Result<u64, ExportError> {
        let mut to = Hashing::new(to);
        to.write_all(&MAGIC)?;
        to.write_all(&SNAPSHOT_VERSION.to_le_bytes())?;
        (self.genesis(), self.head()).serialize(&mut to)?;
        let mut count = 0u64;
        self.for_each(|key, value| {
            count += 1;
            to.write_all(&[ENTRY])?;
            key.encode().serialize(&mut to)?;
            value.serialize(&mut to)?;
            Ok::<(), ExportError>(())
        })?;
        to.write_all(&[END])?;
        count.serialize(&mut to)?;
        let hash = to.hash();
        to.write_all(hash.as_bytes())?;
        to.inner.flush()?;
        Ok(count)
    }
}

/// Makes a store, where there is none, of a snapshot. Returns its head.
pub fn import(
    dir: &Path,
    genesis: GenesisHash,
    options: &Options,
    from: &mut impl Read,
) -> Result<Head, ImportError> {
    let layout = Layout::new(dir);
    let not_empty = |found: String| ImportError::NotEmpty {
        dir: dir.to_owned(),
        found,
    };
    let look = || match layout.look() {
        Ok(Found::Nothing) => Ok(()),
        Ok(Found::Store) => Err(not_empty("a store".to_owned())),
        Err(OpenError::NotAStore { found, .. }) => Err(not_empty(found)),
        Err(error) => Err(ImportError::Disk(error)),
    };
    look()?;
    let mut from = Hashing::new(from);
    let head = read_header(&mut from, genesis)?;
    make_dir(dir)?;
    let _lock = Lock::take(&layout)?;
    look()?;
    layout.begin()?;
    let taken = take_in(&layout, options, (genesis, head), &mut from);
    if taken.is_err() {
        // What is left is thrown away by the next attempt in any case.
        let _ = layout.abandon();
    }
    taken?;
    layout.finish(genesis, 1)?;
    Ok(head)
}

/// Fills the new database, and makes it durable.
fn take_in<R: Read>(
    layout: &Layout,
    options: &Options,
    (genesis, head): (GenesisHash, Head),
    from: &mut Hashing<&mut R>,
) -> Result<(), ImportError> {
    let failed = |error: rocksdb::Error| {
        ImportError::Disk(OpenError::Io {
            doing: "writing",
            path: layout.new_rocks(),
            source: io::Error::other(error.to_string()),
        })
    };
    let engine = Engine::create(&layout.new_rocks(), &Shared::of(options)).map_err(failed)?;
    let mut entries = Entries::default();
    let mut batch = engine.batch();
    while let Some((key, value)) = entries.next(from)? {
        batch.put::<State>(&StateRow(&entries.row), &ValueBytes(&value));
        if key.is_in_tree() {
            entries.hashes.push(tree_entry(&key, &value));
        }
        if batch.bytes() > BATCH_BYTES {
            engine.write(batch, Durability::OnFlush).map_err(failed)?;
            batch = engine.batch();
        }
    }
    let found = StateTree::new(entries.hashes).root();
    if found != head.root {
        let promised = head.root;
        return Err(ImportError::OtherRoot { promised, found });
    }
    put_root(&mut batch, head);
    batch.put::<Meta>(
        &MetaKey,
        &Standing {
            writes: 1,
            head: Some(head),
            base: head.height,
            oldest: head.height,
            cleared: head.height,
            ..Standing::new(genesis)
        },
    );
    engine.write(batch, Durability::OnFlush).map_err(failed)?;
    engine.flush().map_err(failed)
}

fn read_header(from: &mut impl Read, expected: GenesisHash) -> Result<Head, ImportError> {
    let mut magic = [0; MAGIC.len()];
    match from.read_exact(&mut magic) {
        Ok(()) if magic == MAGIC => {}
        Err(error) if error.kind() != ErrorKind::UnexpectedEof => {
            return Err(ImportError::Read(error));
        }
        _ => return Err(ImportError::NotASnapshot),
    }
    let found = read::<u16>(from, 0)?;
    match found {
        SNAPSHOT_VERSION => {}
        0 => return Err(ImportError::NotASnapshot),
        found => {
            let ours = SNAPSHOT_VERSION;
            return Err(ImportError::NewerVersion { found, ours });
        }
    }
    let (found, head) = read::<(GenesisHash, Head)>(from, 0)?;
    if found == expected {
        Ok(head)
    } else {
        Err(ImportError::ForeignChain { found, expected })
    }
}

/// The way through the entries of a snapshot.
#[derive(Default)]
struct Entries {
    count: u64,
    /// The row of the last entry.
    row: Vec<u8>,
    hashes: Vec<(Hash, Hash)>,
}

impl Entries {
    /// The next entry; `None` when the end was read and is right.
    fn next<R: Read>(
        &mut self,
        from: &mut Hashing<&mut R>,
    ) -> Result<Option<(StateKey, Vec<u8>)>, ImportError> {
        match read::<u8>(from, self.count)? {
            ENTRY => {}
            END => return self.end(from).map(|()| None),
            _ => return Err(self.changed("neither an entry nor the end")),
        }
        let key = self.read_bytes(from, STATE_KEY_BYTES_MAX)?;
        let key = StateKey::decode(&key).map_err(|_| self.changed("a key is none of the state"))?;
        let value = self.read_bytes(from, STATE_VALUE_BYTES_MAX)?;
        let mut row = Vec::with_capacity(64);
        write_state_row(&key, &mut row);
        if self.count > 0 && row <= self.row {
            return Err(self.changed("the entries are not in order"));
        }
        self.row = row;
        self.count += 1;
        Ok(Some((key, value)))
    }

    fn read_bytes(&self, from: &mut impl Read, bytes_max: usize) -> Result<Vec<u8>, ImportError> {
        let length = read::<u32>(from, self.count)?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > bytes_max {
            return Err(self.changed("a key or value is too long"));
        }
        let mut bytes = vec![0; length];
        let read = from.read_exact(&mut bytes);
        read.map_err(|error| read_error(error, self.count))?;
        Ok(bytes)
    }

    fn end<R: Read>(&self, from: &mut Hashing<&mut R>) -> Result<(), ImportError> {
        if read::<u64>(from, self.count)? != self.count {
            return Err(self.changed("the count of entries is another one"));
        }
        let hash = from.hash();
        if read::<[u8; blake3::OUT_LEN]>(from, self.count)? != *hash.as_bytes() {
            return Err(self.changed("the hash at the end is another one"));
        }
        match from.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(self.changed("something follows the end")),
            Err(error) => Err(ImportError::Read(error)),
        }
    }

    fn changed(&self, cause: &'static str) -> ImportError {
        let entry = self.count;
        ImportError::Changed { entry, cause }
    }
}

fn read<T: BorshDeserialize>(from: &mut impl Read, entries: u64) -> Result<T, ImportError> {
    T::deserialize_reader(from).map_err(|error| read_error(error, entries))
}

fn read_error(error: io::Error, entries: u64) -> ImportError {
    match error.kind() {
        // Borsh reports the end of input as the one or the other.
        ErrorKind::UnexpectedEof | ErrorKind::InvalidData => ImportError::Truncated { entries },
        _ => ImportError::Read(error),
    }
}

/// Hashes what passes.
struct Hashing<T> {
    inner: T,
    hasher: blake3::Hasher,
}

impl<T> Hashing<T> {
    fn new(inner: T) -> Self {
        let hasher = blake3::Hasher::new_derive_key(HASH_CONTEXT);
        Self { inner, hasher }
    }

    /// The hash of all that has passed.
    fn hash(&self) -> blake3::Hash {
        self.hasher.finalize()
    }
}

impl<T: Write> Write for Hashing<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<T: Read> Read for Hashing<T> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(bytes)?;
        self.hasher.update(&bytes[..count]);
        Ok(count)
    }
}
