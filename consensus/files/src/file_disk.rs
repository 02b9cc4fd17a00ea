//! The file itself.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use pyralog_disk::{Disk, DiskError, Doing};
use pyralog_primitives::ByteCount;

use crate::error::OpenError;

/// Who may read and write what this crate makes: the owner.
const FILE_MODE: u32 = 0o600;
const DIRECTORY_MODE: u32 = 0o700;
/// More than a process id has.
const LOCK_BYTES_MAX: u64 = 32;

/// A file that this process has for itself. See the [crate].
#[derive(Debug)]
pub struct FileDisk {
    path: PathBuf,
    /// None if there is no file.
    file: Option<File>,
    poisoned: Option<Doing>,
    /// Held until this is dropped.
    _lock: File,
}

impl FileDisk {
    /// Takes the file at this path for this process, whether it exists or not.
    /// Its directory is made if it is missing.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let directory = directory_of(path);
        make_directory(directory)?;
        let lock = take_lock(path)?;
        let new = beside(path, "new");
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(OpenError::io("removing", &new)(error));
            }
            _ => {}
        }
        let file = match owned().append(true).open(path) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(OpenError::io("opening", path)(error)),
        };
        // A process that was killed may have left a name that is not durable.
        sync_directory(directory).map_err(OpenError::io("syncing", directory))?;
        Ok(Self {
            path: path.to_owned(),
            file,
            poisoned: None,
            _lock: lock,
        })
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Does something to the file, and nothing any more once it has failed.
    fn write(
        &mut self,
        doing: Doing,
        write: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> Result<(), DiskError> {
        self.check_working()?;
        write(self).map_err(|error| {
            self.poisoned = Some(doing);
            self.failed(doing, &error)
        })
    }

    fn check_working(&self) -> Result<(), DiskError> {
        match self.poisoned {
            Some(doing) => Err(DiskError::Poisoned {
                doing,
                file: self.name(),
            }),
            None => Ok(()),
        }
    }

    fn failed(&self, doing: Doing, error: &io::Error) -> DiskError {
        DiskError::Failed {
            doing,
            file: self.name(),
            cause: error.to_string(),
        }
    }

    fn existing(&mut self) -> io::Result<&mut File> {
        self.file
            .as_mut()
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        let new = beside(&self.path, "new");
        let mut file = owned().append(true).create_new(true).open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        sync_directory(directory_of(&self.path))?;
        self.file = Some(file);
        Ok(())
    }
}

impl Disk for FileDisk {
    fn read(&mut self, bytes_max: ByteCount) -> Result<Option<Vec<u8>>, DiskError> {
        self.check_working()?;
        let Some(file) = &mut self.file else {
            return Ok(None);
        };
        let mut read = || {
            file.seek(SeekFrom::Start(0))?;
            let length = file.metadata()?.len();
            let mut bytes = Vec::new();
            if length <= bytes_max.get() {
                file.take(length).read_to_end(&mut bytes)?;
            }
            Ok((length, bytes))
        };
        let (length, bytes) = read().map_err(|error| self.failed(Doing::Reading, &error))?;
        if length > bytes_max.get() {
            return Err(DiskError::TooLarge {
                file: self.name(),
                bytes: ByteCount::new(length),
                bytes_max,
            });
        }
        Ok(Some(bytes))
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), DiskError> {
        self.write(Doing::Appending, |disk| disk.existing()?.write_all(bytes))
    }

    fn sync(&mut self) -> Result<(), DiskError> {
        self.write(Doing::Syncing, |disk| match &disk.file {
            // With the length, which is what a reader needs besides the bytes.
            Some(file) => file.sync_data(),
            None => Ok(()),
        })
    }

    fn truncate(&mut self, length: ByteCount) -> Result<(), DiskError> {
        self.write(Doing::Truncating, |disk| {
            disk.existing()?.set_len(length.get())
        })
    }

    fn replace(&mut self, bytes: &[u8]) -> Result<(), DiskError> {
        self.write(Doing::Replacing, |disk| disk.put(bytes))
    }
}

/// How files are opened: to read, and with what is made for the owner alone.
fn owned() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).mode(FILE_MODE);
    options
}

/// Takes the lock of a file, and writes into it who has it.
fn take_lock(path: &Path) -> Result<File, OpenError> {
    let name = beside(path, "lock");
    let io = |doing| OpenError::io(doing, &name);
    let mut options = owned();
    let mut lock = options
        .write(true)
        .create(true)
        .truncate(false)
        .open(&name)
        .map_err(io("opening"))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(OpenError::InUse {
                path: path.to_owned(),
                process: holder(&lock),
            });
        }
        Err(TryLockError::Error(error)) => return Err(io("locking")(error)),
    }
    let mut say = || {
        lock.set_len(0)?;
        lock.write_all(format!("{}\n", std::process::id()).as_bytes())
    };
    say().map_err(io("writing"))?;
    Ok(lock)
}

/// Who has the lock, as far as that can be told.
fn holder(lock: &File) -> Option<u32> {
    let mut text = String::new();
    lock.take(LOCK_BYTES_MAX).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(directory) if directory != Path::new("") => directory,
        _ => Path::new("."),
    }
}

/// Makes a directory with those above it, durably.
fn make_directory(directory: &Path) -> Result<(), OpenError> {
    if directory.is_dir() {
        return Ok(());
    }
    let above = directory_of(directory);
    make_directory(above)?;
    match DirBuilder::new().mode(DIRECTORY_MODE).create(directory) {
        // Somebody else was quicker.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => made.map_err(OpenError::io("making", directory))?,
    }
    sync_directory(above).map_err(OpenError::io("syncing", above))
}

fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}
