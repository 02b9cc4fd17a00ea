//! The signing guards of a user: one file for each key and network, in
//! `HOME/guard/`.
//!
//! Each verb takes the lock of the file, so none runs beside a node that signs
//! with it.

use std::fs;
use std::path::{Path, PathBuf};

use pyralog_files::FileDisk;
use pyralog_guard::{GUARD_DIRECTORY, GUARD_FILE_ENDING, Guard, guard_file};
use pyralog_primitives::{Address, ByteCount, GenesisHash};

use crate::error::CliError;
use crate::output::Console;

/// Files that are listed. More means that the directory is not ours.
const FILE_COUNT_MAX: usize = 10_000;

/// The guards below a home directory. It need not exist yet.
pub(crate) struct Guards {
    home: PathBuf,
}

/// A guard that nobody else has, and where it lies.
pub(crate) struct OpenGuard {
    pub(crate) guard: Guard<FileDisk>,
    pub(crate) file: PathBuf,
}

impl Guards {
    pub(crate) const fn new(home: PathBuf) -> Self {
        Self { home }
    }

    pub(crate) fn directory(&self) -> PathBuf {
        self.home.join(GUARD_DIRECTORY)
    }

    /// Where guards lie, in order of name: all, or those of one key.
    pub(crate) fn files(&self, address: Option<Address>) -> Result<Vec<PathBuf>, CliError> {
        let directory = self.directory();
        if !directory.exists() {
            return Ok(Vec::new());
        }
        let failed = || CliError::io("read", &directory);
        let beginning = address.map_or(String::new(), |address| format!("{address}-"));
        let mut files = Vec::new();
        for entry in fs::read_dir(&directory)
            .map_err(failed())?
            .take(FILE_COUNT_MAX)
        {
            let path = entry.map_err(failed())?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            let is_guard = path.extension().is_some_and(|end| end == GUARD_FILE_ENDING);
            if is_guard && name.is_some_and(|name| name.starts_with(&beginning)) {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }

    /// The one guard of a key, or that of a network among several.
    pub(crate) fn of_key(
        &self,
        address: Address,
        genesis: Option<GenesisHash>,
        console: &Console,
    ) -> Result<OpenGuard, CliError> {
        let mut files = self.files(Some(address))?;
        if let Some(genesis) = genesis {
            let wanted = guard_file(&self.home, genesis, address);
            files.retain(|file| *file == wanted);
        }
        match files.as_slice() {
            [file] => open(file, genesis.map(|genesis| (genesis, address)), console),
            [] => Err(CliError::NoGuard {
                address,
                directory: self.directory(),
            }),
            _ => Err(CliError::SeveralGuards { address, files }),
        }
    }

    /// The guard of a key on a network, which is begun if there is none.
    pub(crate) fn of_network(
        &self,
        genesis: GenesisHash,
        address: Address,
        console: &Console,
    ) -> Result<OpenGuard, CliError> {
        let file = guard_file(&self.home, genesis, address);
        open(&file, Some((genesis, address)), console)
    }
}

/// Opens a guard, of whatever network and key unless they are given.
pub(crate) fn open(
    file: &Path,
    whose: Option<(GenesisHash, Address)>,
    console: &Console,
) -> Result<OpenGuard, CliError> {
    let disk = FileDisk::open(file)?;
    let opened = match whose {
        Some((genesis, address)) => Guard::open(disk, genesis, address),
        None => Guard::open_any(disk),
    };
    let (guard, found) = opened.map_err(|problem| CliError::Guard {
        path: file.to_owned(),
        problem,
    })?;
    if found.broken_copies > 0 {
        console.warn(format_args!(
            "{} was mended; damaged copies in it: {}. Check the disk",
            file.display(),
            found.broken_copies
        ));
    }
    if found.torn > ByteCount::default() {
        console.note(format_args!(
            "{} ended in {} bytes that were being written when the machine stopped; they are cut \
             off, and no signature is lost",
            file.display(),
            found.torn
        ));
    }
    let file = file.to_owned();
    Ok(OpenGuard { guard, file })
}
