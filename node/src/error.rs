//! Why a node does not start, or stops.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use pyralog_files::OpenError as OpenFileError;
use pyralog_keys::{KeystoreError, PasswordError, UnlockError};
use pyralog_primitives::Address;
use pyralog_replica::OpenError;
use pyralog_store::OpenError as StoreError;
use pyralog_swarm::StartError;

use crate::chain::{BeginError, Halt, MemoryError};
use crate::exit::Exit;

/// Why a node does not start, or stops by itself. The operator must act.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// There is no place for data.
    #[error("there is no place for data: neither HOME nor XDG_DATA_HOME is set; give --home DIR")]
    NoHome,
    /// Neither a mode nor a document was given.
    #[error("say which network: --dev for one of your own, or --genesis FILE to join one")]
    NoNetwork,
    /// A file could not be read or written.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// A file is too long to be what it should be.
    #[error("{} has more than the {bytes_max} bytes that are read", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// What is read.
        bytes_max: usize,
    },
    /// A file is no text.
    #[error("{} is not text in UTF-8", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
    /// The genesis document is wrong.
    #[error("{} is not a valid genesis document:\n{mistakes}", path.display())]
    Genesis {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        mistakes: pyralog_genesis::Mistakes,
    },
    /// The settings are wrong.
    #[error("the settings are wrong:\n{0}")]
    Config(#[from] pyralog_config::Mistakes),
    /// The filter of the log is wrong.
    #[error("log.filter: {0}")]
    Log(pyralog_telemetry::logs::LogError),
    /// Others decide, and they are not to be met.
    #[error(
        "p2p.enabled is false, and this node is not the only validator of the network ({count} in \
         all): it would never have a block. Leave the setting out"
    )]
    NoPeers {
        /// How many validators there are.
        count: usize,
    },
    /// A setting names no peer.
    #[error(
        "{setting}: {text:?} is none; write KEY@IP:PORT, or KEY alone or IP:PORT alone where the \
         setting says so"
    )]
    Peer {
        /// The setting.
        setting: &'static str,
        /// What it says.
        text: String,
    },
    /// The key of the node cannot be read.
    #[error(
        "{} is no key of a node: 64 hex digits; put it back, or remove it, and the node has a new \
         name to its peers", path.display()
    )]
    NodeKey {
        /// The file.
        path: PathBuf,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers for the key of the node: {0}")]
    Randomness(getrandom::Error),
    /// The node cannot meet its peers.
    #[error("p2p: {0}")]
    Swarm(#[from] StartError),
    /// What the node has written down cannot be read.
    #[error("the memory of the node: {0}")]
    Memory(#[from] MemoryError),
    /// The password of the validator's key is missing.
    #[error("the key of the validator is encrypted; give --password-file FILE")]
    NoPassword,
    /// It is no password.
    #[error("{}: {problem}", path.display())]
    Password {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: PasswordError,
    },
    /// It is no key file.
    #[error("{}: {problem}", path.display())]
    Keystore {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: KeystoreError,
    },
    /// The key was not opened.
    #[error("{}: {problem}", path.display())]
    Unlock {
        /// The file.
        path: PathBuf,
        /// Why.
        problem: UnlockError,
    },
    /// The key has no vote.
    #[error(
        "the key given is that of {given}, which is no validator of this network; its validators \
         are:\n{validators}"
    )]
    NoValidator {
        /// The address of the key.
        given: Address,
        /// Those that have a vote, a line each.
        validators: String,
    },
    /// The chain could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The limits of the pool cannot work.
    #[error("mempool: {0}")]
    Mempool(#[from] pyralog_chain::mempool::LimitsError),
    /// A port is taken.
    #[error(
        "cannot listen on {address} for {what}: {source}; another program may have it: give \
         --instance 1, --with-unused-ports or --set {setting}=ADDRESS"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What for.
        what: &'static str,
        /// The setting that says where.
        setting: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// The system allows too few open files.
    #[error(
        "this process may have {limit} files open, and a node needs {least}; allow it more before \
         it starts: `ulimit -n 65536` in a shell, LimitNOFILE=65536 under systemd"
    )]
    FewFiles {
        /// What the system allows.
        limit: u64,
        /// What a node needs.
        least: u64,
    },
    /// The node stopped by itself.
    #[error(transparent)]
    Halt(#[from] Halt),
    /// It did not stop in time.
    #[error("the node did not stop within {seconds} s; what was acknowledged is durable")]
    SlowStop {
        /// How long one waited.
        seconds: u64,
    },
}

impl From<BeginError> for NodeError {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::Open(error) => Self::Open(error),
            BeginError::Driver(halt) => Self::Halt(halt.into()),
        }
    }
}

impl NodeError {
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io {
            doing,
            path: path.to_owned(),
            source,
        }
    }

    /// How the program ends.
    pub fn exit(&self) -> Exit {
        match self {
            Self::NoHome | Self::NoNetwork | Self::NoPassword => Exit::Usage,
            Self::Memory(MemoryError::File(OpenFileError::InUse { .. })) => Exit::InUse,
            Self::Io { .. }
            | Self::NodeKey { .. }
            | Self::Swarm(StartError::File(_))
            | Self::Memory(_)
            | Self::TooLarge { .. }
            | Self::NotText { .. }
            | Self::Keystore { .. } => Exit::Io,
            Self::Genesis { .. }
            | Self::Config(_)
            | Self::Log(_)
            | Self::NoPeers { .. }
            | Self::Peer { .. }
            | Self::NoValidator { .. }
            | Self::FewFiles { .. }
            | Self::Mempool(_) => Exit::Config,
            Self::Password { .. }
            | Self::Unlock { .. }
            | Self::Listen { .. }
            | Self::Randomness(_)
            | Self::Swarm(_)
            | Self::SlowStop { .. } => Exit::Runtime,
            Self::Open(error) => exit_of_open(error),
            Self::Halt(halt) => halt.exit(),
        }
    }
}

fn exit_of_open(error: &OpenError) -> Exit {
    match error {
        OpenError::Store(StoreError::InUse { .. }) => Exit::InUse,
        OpenError::Store(
            StoreError::ForeignChain { .. }
            | StoreError::NewerFormat { .. }
            | StoreError::OlderFormat { .. }
            | StoreError::NotAStore { .. },
        ) => Exit::Config,
        _ => Exit::Io,
    }
}
