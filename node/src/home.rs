//! The files of a node.
//!
//! ```text
//! HOME/keys/NAME.json      keys of people and validators, of the command line
//! HOME/endpoint            where the node started last listens for calls
//! HOME/CHAIN/config.toml   settings
//! HOME/CHAIN/genesis.toml  the genesis document, to verify proofs against
//! HOME/CHAIN/store/        the chain: never edit it
//! HOME/CHAIN/consensus/    what was said and heard at the last heights
//! HOME/CHAIN/node.key      who the node is to its peers; made by the first start
//! HOME/CHAIN/peers/        peers that were met, and those that are banned
//! HOME/guard/              what its key has signed: never delete or copy it
//! ```
//!
//! A further instance of a chain has `CHAIN-N` in place of `CHAIN`.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use pyralog_config::home_directory;
use pyralog_genesis::ChainId;

use crate::args::Args;
use crate::error::NodeError;

/// Where a node keeps things.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    pub(crate) directory: PathBuf,
    pub(crate) chain: PathBuf,
}

impl Home {
    pub(crate) fn of(args: &Args, chain_id: &ChainId) -> Result<Self, NodeError> {
        let directory = home_directory(args.home.as_ref(), std::env::var_os);
        let directory = directory.ok_or(NodeError::NoHome)?;
        let name = match args.instance {
            0 => chain_id.to_string(),
            instance => format!("{chain_id}-{instance}"),
        };
        let chain = directory.join(name);
        Ok(Self { directory, chain })
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.chain.join("config.toml")
    }

    pub(crate) fn genesis(&self) -> PathBuf {
        self.chain.join("genesis.toml")
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.chain.join("store")
    }

    pub(crate) fn consensus(&self) -> PathBuf {
        self.chain.join("consensus")
    }

    pub(crate) fn node_key(&self) -> PathBuf {
        self.chain.join("node.key")
    }

    pub(crate) fn peers(&self) -> PathBuf {
        self.chain.join("peers")
    }

    pub(crate) fn endpoint(&self) -> PathBuf {
        self.directory.join("endpoint")
    }

    pub(crate) fn key(&self, name: &str) -> PathBuf {
        self.directory.join("keys").join(format!("{name}.json"))
    }

    /// Makes the directories, for the owner alone.
    pub(crate) fn create(&self) -> Result<(), NodeError> {
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder
            .create(&self.chain)
            .map_err(NodeError::io("create", &self.chain))
    }
}

/// Reads a text of at most so many bytes.
pub(crate) fn read_text(path: &Path, bytes_max: usize) -> Result<String, NodeError> {
    let failed = || NodeError::io("read", path);
    let file = File::open(path).map_err(failed())?;
    let mut bytes = Vec::new();
    let mut limited = file.take(bytes_max as u64 + 1);
    limited.read_to_end(&mut bytes).map_err(failed())?;
    let path = || path.to_owned();
    if bytes.len() > bytes_max {
        return Err(NodeError::TooLarge {
            path: path(),
            bytes_max,
        });
    }
    String::from_utf8(bytes).map_err(|_| NodeError::NotText { path: path() })
}

/// The same, of a file that need not be there.
pub(crate) fn read_text_if_there(
    path: &Path,
    bytes_max: usize,
) -> Result<Option<String>, NodeError> {
    match read_text(path, bytes_max) {
        Err(NodeError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

/// Writes a file whole or not at all, in place of one of that name.
pub(crate) fn write_text(path: &Path, text: &str) -> Result<(), NodeError> {
    write_with_mode(path, text, 0o666)
}

/// The same, for the owner alone.
pub(crate) fn write_secret(path: &Path, text: &str) -> Result<(), NodeError> {
    write_with_mode(path, text, 0o600)
}

fn write_with_mode(path: &Path, text: &str, mode: u32) -> Result<(), NodeError> {
    let failed = || NodeError::io("write", path);
    let staged = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(mode);
    let mut file = options.open(&staged).map_err(failed())?;
    file.write_all(text.as_bytes()).map_err(failed())?;
    file.sync_all().map_err(failed())?;
    fs::rename(&staged, path).map_err(failed())
}
