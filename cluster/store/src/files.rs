//! The directory of a store.
//!
//! ```text
//! LOCK              held by the process that has the store; says which one
//! data/STORE        format and genesis, as text, with a hash
//! data/ACKNOWLEDGED how many writes were acknowledged; written, not synced
//! data/rocks/       the storage engine's files
//! data/rehearsal/   the same with cut logs, for a moment while opening
//! data.new/         a store that is being made; thrown away if it is found
//! ```
//!
//! A store is made in `data.new`, made durable, and renamed. So `data` is
//! there with all it needs, or not at all.
//!
//! Invariant: what `ACKNOWLEDGED` says is never more than what was durable
//! when it was written. It may be less, after a loss of power.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use pyralog_primitives::GenesisHash;

use crate::error::OpenError;

/// The format of what this program writes.
pub(crate) const FORMAT: u32 = 1;

const LOCK: &str = "LOCK";
const DATA: &str = "data";
const DATA_NEW: &str = "data.new";
const STORE: &str = "STORE";
const ACKNOWLEDGED: &str = "ACKNOWLEDGED";
const ROCKS: &str = "rocks";
const REHEARSAL: &str = "rehearsal";
const MAGIC: &str = "pyralog store";
const HASH_CONTEXT: &str = "pyralog 2026-11-21 store file v1";
/// Longer than any of our own small files.
const SMALL_FILE_BYTES_MAX: u64 = 4096;

/// An error of the file system.
fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> OpenError {
    move |source| OpenError::Io {
        doing,
        path: path.to_owned(),
        source,
    }
}

/// What a directory is, as far as its names tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A store.
    Store,
    /// Nothing, or a store that was never finished.
    Nothing,
}

/// Where the parts of a store are.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) dir: PathBuf,
}

impl Layout {
    pub(crate) fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
        }
    }

    pub(crate) fn rocks(&self) -> PathBuf {
        self.dir.join(DATA).join(ROCKS)
    }

    /// The engine's files of a store that is being made.
    pub(crate) fn new_rocks(&self) -> PathBuf {
        self.dir.join(DATA_NEW).join(ROCKS)
    }

    /// A place to try how the engine opens.
    pub(crate) fn rehearsal(&self) -> PathBuf {
        self.dir.join(DATA).join(REHEARSAL)
    }

    /// Throws a rehearsal away.
    pub(crate) fn remove_rehearsal(&self) -> Result<(), OpenError> {
        let dir = self.rehearsal();
        if dir.exists() {
            std::fs::remove_dir_all(&dir).map_err(io("removing", &dir))?;
        }
        Ok(())
    }

    fn store_file(&self) -> PathBuf {
        self.dir.join(DATA).join(STORE)
    }

    /// Looks without changing anything.
    pub(crate) fn look(&self) -> Result<Found, OpenError> {
        let names = match std::fs::read_dir(&self.dir) {
            Ok(names) => names,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Found::Nothing);
            }
            Err(error) => return Err(io("reading directory", &self.dir)(error)),
        };
        let mut found = Found::Nothing;
        for name in names {
            let name = name
                .map_err(io("reading directory", &self.dir))?
                .file_name();
            match name.to_str() {
                Some(DATA) => found = Found::Store,
                Some(LOCK | DATA_NEW) => {}
                _ => {
                    return Err(OpenError::NotAStore {
                        dir: self.dir.clone(),
                        found: name.to_string_lossy().into_owned(),
                    });
                }
            }
        }
        Ok(found)
    }

    /// Whether the store is one that this program reads, of this chain.
    pub(crate) fn check_store_file(&self, genesis: GenesisHash) -> Result<(), OpenError> {
        let path = self.store_file();
        let (format, found) = read_store_file(&path)?;
        let (dir, ours) = (self.dir.clone(), FORMAT);
        match format {
            found if found > ours => return Err(OpenError::NewerFormat { dir, found, ours }),
            found if found < ours => return Err(OpenError::OlderFormat { dir, found, ours }),
            _ => {}
        }
        let damaged = |cause: &str| OpenError::Damaged {
            path: path.clone(),
            cause: cause.to_owned(),
        };
        let found = found.ok_or_else(|| damaged("it names no genesis"))?;
        if found == genesis {
            Ok(())
        } else {
            Err(OpenError::ForeignChain {
                dir,
                found,
                expected: genesis,
            })
        }
    }

    /// Begins a new store: an empty `data.new`.
    pub(crate) fn begin(&self) -> Result<(), OpenError> {
        let new = self.dir.join(DATA_NEW);
        if new.exists() {
            std::fs::remove_dir_all(&new).map_err(io("removing", &new))?;
        }
        std::fs::create_dir(&new).map_err(io("making", &new))
    }

    /// Throws the new store away.
    pub(crate) fn abandon(&self) -> std::io::Result<()> {
        std::fs::remove_dir_all(self.dir.join(DATA_NEW))
    }

    /// Makes the new store durable, and then the store.
    pub(crate) fn finish(&self, genesis: GenesisHash, writes: u64) -> Result<(), OpenError> {
        let new = self.dir.join(DATA_NEW);
        let small = [
            (new.join(STORE), store_file(FORMAT, genesis).into_bytes()),
            (new.join(ACKNOWLEDGED), acknowledged_file(writes).to_vec()),
        ];
        for (path, bytes) in small {
            let write = || {
                let mut file = File::create_new(&path)?;
                file.write_all(&bytes)?;
                file.sync_all()
            };
            write().map_err(io("writing", &path))?;
        }
        sync_dir(&new)?;
        let data = self.dir.join(DATA);
        std::fs::rename(&new, &data).map_err(io("renaming", &new))?;
        sync_dir(&self.dir)
    }
}

/// Makes a directory with those above it, durably.
pub(crate) fn make_dir(dir: &Path) -> Result<(), OpenError> {
    if dir.is_dir() {
        return Ok(());
    }
    let above = match dir.parent() {
        Some(above) if above != Path::new("") => above,
        _ => Path::new("."),
    };
    make_dir(above)?;
    std::fs::create_dir(dir).map_err(io("making", dir))?;
    sync_dir(above)
}

fn sync_dir(dir: &Path) -> Result<(), OpenError> {
    let sync = || File::open(dir)?.sync_all();
    sync().map_err(io("syncing directory", dir))
}

fn read_small(path: &Path) -> Result<Vec<u8>, std::io::Error> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(SMALL_FILE_BYTES_MAX)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn file_hash(bytes: &[u8]) -> blake3::Hash {
    blake3::Hash::from(blake3::derive_key(HASH_CONTEXT, bytes))
}

/// The text of the file `STORE`.
pub(crate) fn store_file(format: u32, genesis: GenesisHash) -> String {
    let said = format!("{MAGIC}\nformat {format}\ngenesis {genesis}\n");
    let hash = file_hash(said.as_bytes());
    format!("{said}hash {hash}\n")
}

/// The format, and the genesis if it is where this format has it.
fn read_store_file(path: &Path) -> Result<(u32, Option<GenesisHash>), OpenError> {
    let bytes = read_small(path).map_err(io("reading", path))?;
    let damaged = |cause: &str| OpenError::Damaged {
        path: path.to_owned(),
        cause: cause.to_owned(),
    };
    let text = std::str::from_utf8(&bytes).map_err(|_| damaged("it is no text"))?;
    let (said, hash) = text
        .split_at_checked(text.trim_end().rfind('\n').map_or(0, |end| end + 1))
        .ok_or_else(|| damaged("it has no lines"))?;
    if hash != format!("hash {}\n", file_hash(said.as_bytes())) {
        return Err(damaged("its hash is not that of its text"));
    }
    let mut lines = said.lines();
    if lines.next() != Some(MAGIC) {
        return Err(damaged("it does not say that this is a store"));
    }
    let mut number = |name: &str| Some(lines.next()?.strip_prefix(name)?.to_owned());
    let format = number("format ").and_then(|format| format.parse().ok());
    let genesis = number("genesis ").and_then(|genesis| genesis.parse().ok());
    Ok((
        format.ok_or_else(|| damaged("it names no format"))?,
        genesis,
    ))
}

/// Keeps other processes out for as long as it lives.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Lock {
    pub(crate) fn take(layout: &Layout) -> Result<Self, OpenError> {
        let path = layout.dir.join(LOCK);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(io("opening", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let pid = read_small(&path).ok();
                let pid = pid.and_then(|pid| std::str::from_utf8(&pid).ok()?.trim().parse().ok());
                let dir = layout.dir.clone();
                return Err(OpenError::InUse { dir, pid });
            }
            Err(TryLockError::Error(error)) => return Err(io("locking", &path)(error)),
        }
        let say = |file: &mut File| {
            file.set_len(0)?;
            writeln!(file, "{}", std::process::id())
        };
        say(&mut file).map_err(io("writing", &path))?;
        Ok(Self { file })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Only a courtesy to who looks: the lock goes with the file.
        let _ = self.file.set_len(0);
    }
}

/// The count of acknowledged writes.
#[derive(Debug)]
pub(crate) struct Acknowledged {
    file: File,
}

const NUMBER: usize = size_of::<u64>();

fn acknowledged_file(writes: u64) -> [u8; 2 * NUMBER] {
    let mut bytes = [0; 2 * NUMBER];
    let (number, check) = bytes.split_at_mut(NUMBER);
    number.copy_from_slice(&writes.to_le_bytes());
    check.copy_from_slice(&file_hash(number).as_bytes()[..NUMBER]);
    bytes
}

impl Acknowledged {
    pub(crate) fn open(layout: &Layout) -> Result<Self, OpenError> {
        let path = layout.dir.join(DATA).join(ACKNOWLEDGED);
        let file = OpenOptions::new().read(true).write(true).open(&path);
        let file = file.map_err(io("opening", &path))?;
        Ok(Self { file })
    }

    /// What it says. A count that was half written when the power went says
    /// nothing.
    pub(crate) fn read(&self) -> Option<u64> {
        let mut bytes = [0; 2 * NUMBER];
        self.file.read_exact_at(&mut bytes, 0).ok()?;
        let writes = u64::from_le_bytes(*bytes.first_chunk()?);
        (bytes == acknowledged_file(writes)).then_some(writes)
    }

    /// Takes note that so many writes are durable.
    pub(crate) fn write(&self, writes: u64) -> std::io::Result<()> {
        self.file.write_all_at(&acknowledged_file(writes), 0)
    }
}
