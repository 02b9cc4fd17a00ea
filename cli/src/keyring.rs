//! The keys of a user: one encrypted file for each, `HOME/keys/NAME.json`.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use pyralog_keys::{Keystore, Password};
use pyralog_primitives::{Address, SecretKey};

use crate::error::CliError;
use crate::files::{self, Access, StagedFile};
use crate::key_name::KeyName;

/// Files that are listed. More means that the directory is not ours.
const FILE_COUNT_MAX: usize = 10_000;

const ENDING: &str = "json";

/// The directory of keys. It need not exist yet.
pub(crate) struct Keyring {
    directory: PathBuf,
}

/// A key and where it is stored.
pub(crate) struct StoredKey {
    pub(crate) name: KeyName,
    pub(crate) file: PathBuf,
    pub(crate) keystore: Keystore,
}

impl StoredKey {
    /// Opens the key. Takes a moment, by design.
    pub(crate) fn unlock(&self, password: &Password) -> Result<SecretKey, CliError> {
        self.keystore
            .decrypt(password)
            .map_err(|problem| CliError::Unlock {
                name: self.name.to_string(),
                problem,
            })
    }
}

/// A key that is written and durable, but does not have its name yet.
pub(crate) struct StagedKey {
    pub(crate) key: StoredKey,
    file: StagedFile,
}

impl StagedKey {
    /// Adds the key to the ring, unless it has one of that name by now.
    pub(crate) fn publish(self) -> Result<StoredKey, CliError> {
        match self.file.publish_new() {
            Ok(()) => Ok(self.key),
            Err(CliError::FileExists { path }) => Err(CliError::KeyExists {
                name: self.key.name.to_string(),
                path,
            }),
            Err(error) => Err(error),
        }
    }
}

impl Keyring {
    /// The keys below a home directory.
    pub(crate) fn new(home: &Path) -> Self {
        Self {
            directory: home.join("keys"),
        }
    }

    pub(crate) fn directory(&self) -> &PathBuf {
        &self.directory
    }

    fn file(&self, name: &KeyName) -> PathBuf {
        self.directory.join(format!("{name}.{ENDING}"))
    }

    /// Refuses a name that is taken, before its owner types a password.
    pub(crate) fn check_free(&self, name: &KeyName) -> Result<(), CliError> {
        let path = self.file(name);
        if fs::symlink_metadata(&path).is_err() {
            return Ok(());
        }
        Err(CliError::KeyExists {
            name: name.to_string(),
            path,
        })
    }

    /// Writes a key without giving it its name.
    pub(crate) fn stage(&self, name: &KeyName, keystore: Keystore) -> Result<StagedKey, CliError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.directory)
            .map_err(CliError::io("create", &self.directory))?;
        let path = self.file(name);
        let file = StagedFile::new(&path, keystore.to_json().as_bytes(), Access::Owner)?;
        let key = StoredKey {
            name: name.clone(),
            file: path,
            keystore,
        };
        Ok(StagedKey { key, file })
    }

    /// Reads a key, still encrypted.
    pub(crate) fn load(&self, name: &KeyName) -> Result<StoredKey, CliError> {
        let file = self.file(name);
        if fs::symlink_metadata(&file).is_err() {
            return Err(CliError::NoSuchKey {
                name: name.to_string(),
                directory: self.directory.clone(),
            });
        }
        let bytes = files::read(&file, Keystore::FILE_BYTES_MAX)?;
        match Keystore::from_json(&bytes) {
            Ok(keystore) => Ok(StoredKey {
                name: name.clone(),
                file,
                keystore,
            }),
            Err(problem) => Err(CliError::Keystore {
                path: file,
                problem,
            }),
        }
    }

    /// Reads all keys in order of name. A file that cannot be read is an error
    /// of its own and hides no other key.
    pub(crate) fn list(&self) -> Result<Vec<Result<StoredKey, CliError>>, CliError> {
        let names = self.names()?;
        Ok(names.iter().map(|name| self.load(name)).collect())
    }

    /// The key of an address, if it is here.
    pub(crate) fn find(&self, address: &Address) -> Result<StoredKey, CliError> {
        let keys = self.list()?.into_iter().flatten();
        keys.into_iter()
            .find(|key| key.keystore.address() == *address)
            .ok_or(CliError::NoKeyForAddress(*address))
    }

    fn names(&self) -> Result<Vec<KeyName>, CliError> {
        if !self.directory.exists() {
            return Ok(Vec::new());
        }
        let failed = || CliError::io("read", &self.directory);
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.directory)
            .map_err(failed())?
            .take(FILE_COUNT_MAX)
        {
            let path = PathBuf::from(entry.map_err(failed())?.file_name());
            // Other files are none of our business.
            if path.extension().is_some_and(|ending| ending == ENDING) {
                let stem = path.file_stem().and_then(|stem| stem.to_str());
                names.extend(stem.and_then(|stem| stem.parse::<KeyName>().ok()));
            }
        }
        names.sort();
        Ok(names)
    }
}
