//! What must not be forgotten, on the disk: two logs, and the guard of a
//! validator's key.

use std::path::Path;

use pyralog_driver::{LocalSigner, Logs};
use pyralog_files::FileDisk;
use pyralog_guard::{Guard, guard_file};
use pyralog_primitives::{GenesisHash, SecretKey};

/// The logs of even and of odd heights.
const LOGS: [&str; 2] = ["even.log", "odd.log"];

/// The memory of a node.
pub(crate) struct Memory {
    pub(crate) logs: Logs<FileDisk>,
    /// None if it only follows.
    pub(crate) signer: Option<LocalSigner<FileDisk>>,
}

/// Why it was not opened. The operator must act.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// A file is in use, or cannot be opened.
    #[error(transparent)]
    File(#[from] pyralog_files::OpenError),
    /// A log cannot be read.
    #[error(transparent)]
    Logs(#[from] pyralog_driver::LogsError),
    /// The guard cannot be read.
    #[error(transparent)]
    Guard(#[from] pyralog_guard::OpenError),
}

/// Opens the logs in a directory, and the guard of a key below another one.
pub(crate) fn open_memory(
    logs: &Path,
    guards: &Path,
    genesis: GenesisHash,
    key: Option<SecretKey>,
) -> Result<Memory, MemoryError> {
    let [even, odd] = LOGS.map(|name| FileDisk::open(&logs.join(name)));
    let logs = Logs::open([even?, odd?])?;
    let signer = key.map(|key| open_signer(guards, genesis, key));
    let signer = signer.transpose()?;
    Ok(Memory { logs, signer })
}

fn open_signer(
    guards: &Path,
    genesis: GenesisHash,
    key: SecretKey,
) -> Result<LocalSigner<FileDisk>, MemoryError> {
    let address = key.public_key().address();
    let path = guard_file(guards, genesis, address);
    let disk = FileDisk::open(&path)?;
    let (guard, found) = Guard::open(disk, genesis, address)?;
    if found.is_new {
        tracing::info!(
            path = %path.display(),
            "a new signing guard: if this key has validated elsewhere, stop, and import what it \
             signed there"
        );
    }
    if found.broken_copies > 0 {
        let copies = found.broken_copies;
        tracing::error!(
            copies,
            "copies in the signing guard were damaged and are mended; check the disk"
        );
    }
    Ok(LocalSigner::new(genesis, key, guard))
}
