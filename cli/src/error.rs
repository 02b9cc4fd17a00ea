//! Everything that can go wrong in a verb, each with what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use pyralog_api::Cursor;
use pyralog_genesis::{Mistake, Mistakes, Problem};
use pyralog_guard::{ImportError, InterchangeError};
use pyralog_keys::{KeystoreError, MnemonicError, OutOfMemory, PasswordError, UnlockError};
use pyralog_primitives::codec::DecodeError;
use pyralog_primitives::{Address, BadSignature, GenesisHash, Height, WeakKey};

use crate::endpoint::{NodeUrlError, Origin};
use crate::node::NodeError;
use crate::proof_refusal::ProofRefusal;
use crate::sending::SendError;
use crate::zk::error::ZkError;

/// Why a verb failed. The exit code of each is in [`crate::exit`].
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    // The command line and what is around it.
    #[error("there is no place for data: neither HOME nor XDG_DATA_HOME is set; give --home DIR")]
    NoHome,
    #[error("there is no terminal to ask for the password; give --password-file FILE")]
    NoTerminal,
    #[error(
        "standard input cannot give both the password and the text; put one of them into a file"
    )]
    StdinTwice,
    #[error("this prints the secret key for everyone to read; add --yes if that is what you want")]
    NeedsYes,
    #[error("standard input cannot give two documents; put one of them into a file")]
    StdinForTwo,
    #[error("--time: {0}")]
    BadTime(Problem),

    // Reading and writing.
    #[error("cannot {action} {}: {}", path.display(), said(source))]
    Io {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("cannot read standard input: {}", said(.0))]
    Stdin(#[source] io::Error),
    #[error("cannot write to standard output: {}", said(.0))]
    Stdout(#[source] io::Error),
    #[error("the mnemonic could not be shown, so no key was made: {}", said(.0))]
    MnemonicNotShown(#[source] io::Error),
    #[error("{} is not text in UTF-8", path.display())]
    NotText { path: PathBuf },
    #[error("{} has more than the {bytes_max} bytes that are read", path.display())]
    TooLarge { path: PathBuf, bytes_max: usize },
    #[error("{} exists; choose another name, or give --force to replace it", path.display())]
    FileExists { path: PathBuf },
    #[error("the system gave no randomness: {0}")]
    Randomness(getrandom::Error),

    // Keys.
    #[error(
        "a key '{name}' exists in {}; choose another name, keys are never overwritten",
        path.display()
    )]
    KeyExists { name: String, path: PathBuf },
    #[error(
        "there is no key '{name}' in {}; `pyralog keys list` shows which there are",
        directory.display()
    )]
    NoSuchKey { name: String, directory: PathBuf },
    #[error(
        "no key here has the address {0}; an address is a hash, so give the public key itself \
         (64 hex digits)"
    )]
    NoKeyForAddress(Address),
    #[error("{}: {problem}", path.display())]
    Keystore {
        path: PathBuf,
        problem: KeystoreError,
    },
    #[error("{count} key file(s) cannot be read; see above")]
    SomeKeysUnreadable { count: usize },
    #[error(transparent)]
    WeakKey(#[from] WeakKey),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error("the two passwords differ; try again")]
    PasswordsDiffer,
    #[error("the mnemonic is not valid: {0}")]
    Mnemonic(#[from] MnemonicError),
    #[error("key '{name}': {problem}")]
    Unlock { name: String, problem: UnlockError },
    #[error(transparent)]
    OutOfMemory(#[from] OutOfMemory),
    #[error("the signature does not verify: it is not that of key {} over this text", .0.signer)]
    DoesNotVerify(BadSignature),

    // The signing guard.
    #[error(
        "{} is in use{}: it signs with this key, or looks at its guard, right now. Stop it first; \
         what it signs meanwhile would be missing",
        path.display(),
        process.map_or(String::new(), |process| format!(" by process {process}"))
    )]
    GuardInUse { path: PathBuf, process: Option<u32> },
    #[error(transparent)]
    GuardFile(pyralog_files::OpenError),
    #[error("{}: {problem}", path.display())]
    Guard {
        path: PathBuf,
        problem: pyralog_guard::OpenError,
    },
    #[error(
        "there is no guard of {address} in {}; `pyralog validator guard show` shows which there \
         are",
        directory.display()
    )]
    NoGuard {
        address: Address,
        directory: PathBuf,
    },
    #[error(
        "the key {address} validates on several networks; give --genesis HASH, which \
         `pyralog validator guard show` shows for each of\n{}",
        shown(files)
    )]
    SeveralGuards {
        address: Address,
        files: Vec<PathBuf>,
    },
    #[error("{file}: {problem}")]
    Interchange {
        file: String,
        problem: InterchangeError,
    },
    #[error(transparent)]
    Import(#[from] ImportError),

    // The genesis document.
    #[error(
        "{file} is not a valid genesis document, {}:\n{mistakes}",
        counted(mistakes)
    )]
    Mistakes { file: String, mistakes: Mistakes },
    #[error("nothing was added, because the document would get new mistakes:\n{}", lines(.0))]
    NewMistakes(Vec<Mistake>),
    #[error("the document has no valid chain_id; `pyralog genesis validate` says why")]
    NoChainId,

    // The node.
    #[error("{origin} names no node: {problem}")]
    BadNode {
        origin: Origin,
        problem: NodeUrlError,
    },
    #[error("the system gave no means to wait for a node: {}", said(.0))]
    Runtime(#[source] io::Error),
    #[error(transparent)]
    Node(#[from] NodeError),
    #[error(
        "the node at {url} contradicts itself: it says that its genesis has the hash {named}, and \
         gives a document with the hash {found}; do not trust it"
    )]
    OtherGenesis {
        url: String,
        named: GenesisHash,
        found: GenesisHash,
    },
    #[error("what the node gives for {what} makes no sense: {problem}; do not trust it")]
    Undecodable { what: String, problem: DecodeError },
    #[error("there is no {what} after block {height}")]
    NothingThere { what: String, height: Height },
    #[error(
        "the node is now of the network {found}, not of {followed}; cursors of the one mean \
         nothing on the other"
    )]
    NetworkChanged {
        followed: GenesisHash,
        found: GenesisHash,
    },
    #[error("{problem}\nTo go on later: pyralog events --after {after}")]
    LostEvents { after: Cursor, problem: NodeError },

    // Transactions and proofs.
    #[error(transparent)]
    Send(Box<SendError>),
    #[error("the node gave a proof of something else than was asked for; do not trust it")]
    OtherProof,
    #[error(transparent)]
    Proof(#[from] ProofRefusal),
    #[error(transparent)]
    Zk(Box<ZkError>),
}

impl CliError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }

    /// Whether the same transaction with another nonce may be taken.
    pub(crate) fn is_nonce_race(&self) -> bool {
        matches!(self, Self::Send(error) if error.is_nonce_race())
    }

    /// Whether the reader of our output went away.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Stdout(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl From<SendError> for CliError {
    fn from(error: SendError) -> Self {
        Self::Send(Box::new(error))
    }
}

impl From<pyralog_files::OpenError> for CliError {
    fn from(error: pyralog_files::OpenError) -> Self {
        match error {
            pyralog_files::OpenError::InUse { path, process } => Self::GuardInUse { path, process },
            error @ pyralog_files::OpenError::Io { .. } => Self::GuardFile(error),
        }
    }
}

/// What the system says, with what one can do about the common cases.
fn said(error: &io::Error) -> String {
    let remedy = match error.kind() {
        io::ErrorKind::NotFound => "; check the path",
        io::ErrorKind::PermissionDenied => "; check who owns it and its permissions",
        io::ErrorKind::StorageFull => "; free some space",
        _ => "",
    };
    format!("{error}{remedy}")
}

fn counted(mistakes: &Mistakes) -> String {
    match mistakes.iter().len() + mistakes.left_out() {
        1 => "1 mistake".to_owned(),
        count => format!("{count} mistakes"),
    }
}

fn lines(mistakes: &[Mistake]) -> String {
    let lines: Vec<String> = mistakes.iter().map(Mistake::to_string).collect();
    lines.join("\n")
}

fn shown(files: &[PathBuf]) -> String {
    let lines: Vec<String> = files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    lines.join("\n")
}
