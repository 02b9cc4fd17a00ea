//! What can go wrong with a net, whose it is, and what to do.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jsonrpsee::core::ClientError;
use pyralog_genesis::{ConsensusKind, Mistakes};
use pyralog_keys::OutOfMemory;
use pyralog_primitives::GenesisHash;

use super::names::{NetName, NodeName};
use super::options::OptionsError;
use super::record::RecordProblem;

/// Why something could not be done with a net.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// What was asked for makes no net.
    #[error(transparent)]
    Options(#[from] OptionsError),
    /// There is no such net.
    #[error("there is no net {net} in {}; {}", directory.display(), existing_nets(existing))]
    NoSuchNet {
        /// Which.
        net: NetName,
        /// Where it would be.
        directory: PathBuf,
        /// Those that are there.
        existing: Vec<String>,
    },
    /// There is one already.
    #[error(
        "the net {net} is there already, in {}; start what is not running with `restart all`, \
         end it with `down`, or give another --net",
        directory.display()
    )]
    Exists {
        /// Which.
        net: NetName,
        /// Where it is.
        directory: PathBuf,
    },
    /// The net has no such node.
    #[error("the net {net} has no node {node:?}; it has {}", names(existing))]
    NoSuchNode {
        /// The net.
        net: NetName,
        /// What was asked for.
        node: String,
        /// Its nodes.
        existing: Vec<NodeName>,
    },
    /// The node does not run.
    #[error("{node} of the net {net} does not run; start it with `restart {node}`")]
    NotRunning {
        /// The net.
        net: NetName,
        /// The node.
        node: NodeName,
    },
    /// No node of the net runs.
    #[error("no node of the net {0} runs; start them with `restart all`")]
    NothingRuns(NetName),
    /// A node that was started has ended.
    #[error("{node} has ended; the end of its log:\n{log}")]
    Ended {
        /// The node.
        node: NodeName,
        /// The last lines that it wrote.
        log: String,
    },
    /// A node that was started does not answer.
    #[error("{node} did not answer within {} s; the end of its log:\n{log}", waited.as_secs())]
    Silent {
        /// The node.
        node: NodeName,
        /// How long one waited.
        waited: Duration,
        /// The last lines that it wrote.
        log: String,
    },
    /// Somebody else answers where a node should be.
    #[error(
        "what answers in the place of {node} is of another network, {found}; \
         find out which program has its address"
    )]
    Stranger {
        /// The node.
        node: NodeName,
        /// Whose network.
        found: GenesisHash,
    },
    /// A signal did not do what it does.
    #[error(
        "{node} did not do as it was told within {} s; look at it with `ps`",
        waited.as_secs()
    )]
    Stuck {
        /// The node.
        node: NodeName,
        /// How long one waited.
        waited: Duration,
    },
    /// Every address is taken.
    #[error(
        "no 127.0.X.0 has the ports 26656, 26657 and 26660 free for {node_count} nodes; \
         end other nets with `down`, and programs that listen on all addresses"
    )]
    NoFreeAddress {
        /// How many nodes look for one.
        node_count: usize,
    },
    /// The program of a node is not where it should be.
    #[error(
        "there is no pyralog-node beside this program, nor on the path; build it with \
         `cargo build -p pyralog-node`, or say where it is with --program"
    )]
    NoProgram,
    /// The environment does not say where nets belong.
    #[error("neither XDG_STATE_HOME nor HOME says where nets belong; give --base DIR")]
    NoBase,
    /// A path that cannot be written down.
    #[error("the path {0:?} is not UTF-8; choose another --base or --program")]
    PathNotText(PathBuf),
    /// Somebody else is at work.
    #[error("another command is at work in {}; try again when it has ended", .0.display())]
    Busy(PathBuf),
    /// The file that remembers the net is damaged.
    #[error("{} is not what `up` writes: {problem}; if you have not changed it, end the \
             processes by hand and remove its directory", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        problem: Box<RecordProblem>,
    },
    /// The genesis document of the net is not what it was.
    #[error("{} is not what `up` writes: {mistakes}", path.display())]
    Document {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        mistakes: Mistakes,
    },
    /// The file of acknowledged transactions is damaged.
    #[error("line {line} of {} is not `TRANSACTION HEIGHT POSITION`", path.display())]
    Acknowledged {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// The genesis document would not be valid.
    #[error("a net of {consensus} cannot begin like this: {mistakes}")]
    Genesis {
        /// What decides in it.
        consensus: ConsensusKind,
        /// What is wrong with it.
        mistakes: Mistakes,
    },
    /// There was no memory to encrypt a key.
    #[error("a key could not be encrypted")]
    Keystore(#[from] OutOfMemory),
    /// A caller could not be made.
    #[error("a client for {url} could not be made")]
    Client {
        /// Whom it would call.
        url: String,
        /// Why.
        #[source]
        source: Box<ClientError>,
    },
    /// A file or a process.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

impl NetError {
    /// What makes an error of input and output say what was tried.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}

fn existing_nets(existing: &[String]) -> String {
    if existing.is_empty() {
        "there is none at all: begin one with `up`".to_owned()
    } else {
        format!("there are: {}", existing.join(", "))
    }
}

fn names(existing: &[NodeName]) -> String {
    let names = existing.iter().map(NodeName::to_string);
    names.collect::<Vec<_>>().join(", ")
}
