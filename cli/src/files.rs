//! Files: read within a bound, written whole or not at all.
//!
//! A new content goes to a temporary file beside the target, is synced, takes
//! the target's name in one step, and then the directory is synced. So a crash
//! leaves the old file or the new one.

use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use crate::error::CliError;

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Its owner only.
    Owner,
    /// Whoever the user's umask lets.
    Default,
}

impl Access {
    fn permissions(self) -> Permissions {
        Permissions::from_mode(match self {
            Self::Owner => 0o600,
            Self::Default => 0o666,
        })
    }
}

/// A file that is written and durable, but does not have its name yet.
pub(crate) struct StagedFile {
    file: NamedTempFile,
    target: PathBuf,
}

impl StagedFile {
    pub(crate) fn new(target: &Path, content: &[u8], access: Access) -> Result<Self, CliError> {
        let write = || {
            let mut file = tempfile::Builder::new()
                .prefix(".pyralog-")
                .permissions(access.permissions())
                .tempfile_in(directory_of(target))?;
            file.write_all(content)?;
            file.as_file().sync_all()?;
            Ok(file)
        };
        Ok(Self {
            file: write().map_err(CliError::io("write", target))?,
            target: target.to_owned(),
        })
    }

    /// Gives the file its name, unless there is one of that name.
    pub(crate) fn publish_new(self) -> Result<(), CliError> {
        let Self { file, target } = self;
        file.persist_noclobber(&target).map_err(|error| {
            if error.error.kind() == io::ErrorKind::AlreadyExists {
                return CliError::FileExists {
                    path: target.clone(),
                };
            }
            CliError::io("write", &target)(error.error)
        })?;
        sync_directory_of(&target)
    }

    /// Gives the file its name, and the permissions of the one it replaces.
    pub(crate) fn replace(self) -> Result<(), CliError> {
        let Self { file, target } = self;
        let persist = || {
            if let Ok(old) = fs::metadata(&target) {
                file.as_file().set_permissions(old.permissions())?;
            }
            file.persist(&target).map_err(|error| error.error)
        };
        persist().map_err(CliError::io("write", &target))?;
        sync_directory_of(&target)
    }
}

/// The file behind any links, so that replacing it leaves them in place.
pub(crate) fn resolved(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

fn sync_directory_of(path: &Path) -> Result<(), CliError> {
    let directory = directory_of(path);
    File::open(directory)
        .and_then(|opened| opened.sync_all())
        .map_err(CliError::io("sync", directory))
}

/// Reads a whole file, wiped when dropped, unless it is larger than allowed.
pub(crate) fn read(path: &Path, bytes_max: usize) -> Result<Zeroizing<Vec<u8>>, CliError> {
    let file = File::open(path).map_err(CliError::io("read", path))?;
    let bytes = read_up_to(file, bytes_max).map_err(CliError::io("read", path))?;
    bytes.ok_or_else(|| CliError::TooLarge {
        path: path.to_owned(),
        bytes_max,
    })
}

/// All that a reader gives; `None` if that is more than allowed.
pub(crate) fn read_up_to(
    reader: impl Read,
    bytes_max: usize,
) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let mut bytes = Zeroizing::new(Vec::new());
    let limit = u64::try_from(bytes_max)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    reader.take(limit).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= bytes_max).then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(path: &Path, content: &[u8]) -> StagedFile {
        StagedFile::new(path, content, Access::Owner).unwrap()
    }

    #[test]
    fn a_new_file_is_the_owners_alone_and_never_overwrites() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        stage(&path, b"first").publish_new().unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let error = stage(&path, b"second").publish_new().unwrap_err();
        assert!(matches!(error, CliError::FileExists { .. }), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_replaced_file_keeps_its_permissions() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        fs::write(&path, b"first").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        stage(&path, b"second").replace().unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        assert_eq!(fs::read(&path).unwrap(), b"second");
    }

    #[test]
    fn a_file_that_is_never_named_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        drop(stage(&directory.path().join("a"), b"x"));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn reading_stops_at_the_bound() {
        assert_eq!(**read_up_to(&b"four"[..], 4).unwrap().unwrap(), *b"four");
        assert!(read_up_to(&b"fives"[..], 4).unwrap().is_none());
    }
}
