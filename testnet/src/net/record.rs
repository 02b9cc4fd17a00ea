//! `net.toml`: all that is remembered of a net.
//!
//! Invariants:
//! - it is written whole or not at all, before the first process is started and
//!   after each, so that what runs stands in it;
//! - it is read strictly: what nobody knows, what is there twice and what could
//!   not be is refused, because by it processes are ended and directories
//!   removed.
//!
//! Failure model: a command that is killed between the start of a process and
//! the writing of its number leaves a process that is not written down. Whoever
//! stops a node therefore looks for its mark as well.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::net::Ipv4Addr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use pyralog_genesis::ConsensusKind;
use pyralog_primitives::{GenesisHash, PublicKey};
use serde::{Deserialize, Serialize};

use super::addresses::{P2P_PORT, RPC_PORT, socket};
use super::error::NetError;
use super::names::{NetName, NoNetName, NoNodeName, NodeName, Role};
use super::options::{NODE_COUNT_MAX, VALIDATOR_COUNT_MAX};
use super::process::ProcessId;

/// The version of the file.
const FORMAT: u32 = 1;
/// Lower, and a net of all validators, each of which is told of all others,
/// cannot be read; higher, and a wrong file takes memory.
const RECORD_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// A net as it was begun, and the processes it has now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) name: NetName,
    pub(crate) consensus: ConsensusKind,
    pub(crate) genesis: GenesisHash,
    pub(crate) program: PathBuf,
    pub(crate) nodes: Vec<Node>,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) name: NodeName,
    pub(crate) ip: Ipv4Addr,
    pub(crate) key: PublicKey,
    pub(crate) args: Vec<String>,
    pub(crate) process: Option<ProcessId>,
}

impl Node {
    /// Where it answers calls.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", socket(self.ip, RPC_PORT))
    }

    /// Where its peers reach it.
    pub(crate) fn peer(&self) -> String {
        format!("{}@{}", self.key, socket(self.ip, P2P_PORT))
    }
}

/// Why a file is not what is written here.
#[derive(Debug, thiserror::Error)]
pub enum RecordProblem {
    /// It is too long.
    #[error("it has more than {RECORD_BYTES_MAX} bytes")]
    TooLong,
    /// It is not the TOML that was expected.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// It was written by another version.
    #[error("its format is {0}, this program knows {FORMAT}")]
    Format(u32),
    /// Its net is called otherwise.
    #[error("it is of the net {0}")]
    OtherNet(String),
    /// A name is none.
    #[error(transparent)]
    NetName(#[from] NoNetName),
    /// The same of a node.
    #[error(transparent)]
    NodeName(#[from] NoNodeName),
    /// Nobody knows the engine.
    #[error("there is no engine {0:?}")]
    Engine(String),
    /// The nodes are not those of a net.
    #[error("node {0} is not in its place: there are validator-0, … and then full-0, …")]
    Order(NodeName),
    /// There are too many or none.
    #[error("it has {0} nodes")]
    Count(usize),
    /// An address is not of this machine, or is there twice.
    #[error("{0} is not an address that a node of a net has")]
    Address(Ipv4Addr),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    format: u32,
    name: String,
    engine: String,
    genesis: GenesisHash,
    program: PathBuf,
    nodes: Vec<NodeForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NodeForm {
    name: String,
    ip: Ipv4Addr,
    key: PublicKey,
    args: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    process: Option<ProcessId>,
}

impl Record {
    /// Reads the file of a net.
    pub(crate) fn read(path: &Path, net: &NetName) -> Result<Self, NetError> {
        let failed = || NetError::io("read", path);
        let file = File::open(path).map_err(failed())?;
        let mut text = String::new();
        let mut limited = file.take(RECORD_BYTES_MAX + 1);
        limited.read_to_string(&mut text).map_err(failed())?;
        Self::parse(&text, net).map_err(|problem| NetError::Record {
            path: path.to_owned(),
            problem: Box::new(problem),
        })
    }

    fn parse(text: &str, net: &NetName) -> Result<Self, RecordProblem> {
        if text.len() as u64 > RECORD_BYTES_MAX {
            return Err(RecordProblem::TooLong);
        }
        let form: Form = toml::from_str(text)?;
        if form.format != FORMAT {
            return Err(RecordProblem::Format(form.format));
        }
        let name: NetName = form.name.parse()?;
        if name != *net {
            return Err(RecordProblem::OtherNet(form.name));
        }
        let known = |kind: &ConsensusKind| kind.as_str() == form.engine;
        let consensus = ConsensusKind::ALL.into_iter().find(known);
        let nodes = form.nodes.into_iter().map(Node::try_from);
        let record = Self {
            name,
            consensus: consensus.ok_or(RecordProblem::Engine(form.engine))?,
            genesis: form.genesis,
            program: form.program,
            nodes: nodes.collect::<Result<_, _>>()?,
        };
        record.check()?;
        Ok(record)
    }

    /// Whether its nodes are those of one net.
    fn check(&self) -> Result<(), RecordProblem> {
        let is_validator = |node: &&Node| node.name.role() == Role::Validator;
        let validators = self.nodes.iter().take_while(is_validator).count();
        let count = self.nodes.len();
        if !(1..=usize::from(VALIDATOR_COUNT_MAX)).contains(&validators)
            || count > usize::from(NODE_COUNT_MAX)
        {
            return Err(RecordProblem::Count(count));
        }
        let mut addresses = BTreeSet::new();
        for (place, node) in self.nodes.iter().enumerate() {
            let expected = match place.checked_sub(validators) {
                None => (Role::Validator, place),
                Some(number) => (Role::Full, number),
            };
            if (node.name.role(), usize::from(node.name.number())) != expected {
                return Err(RecordProblem::Order(node.name));
            }
            if !node.ip.is_loopback() || !addresses.insert(node.ip) {
                return Err(RecordProblem::Address(node.ip));
            }
        }
        Ok(())
    }

    /// The text of the file.
    fn text(&self) -> String {
        let nodes = self.nodes.iter().map(|node| NodeForm {
            name: node.name.to_string(),
            ip: node.ip,
            key: node.key,
            args: node.args.clone(),
            process: node.process.clone(),
        });
        let form = Form {
            format: FORMAT,
            name: self.name.to_string(),
            engine: self.consensus.to_string(),
            genesis: self.genesis,
            program: self.program.clone(),
            nodes: nodes.collect(),
        };
        let body = toml::to_string_pretty(&form).expect("texts, numbers and lists are always TOML");
        format!("# Written by `pyralog-testnet`, which ends processes by it: do not edit.\n{body}")
    }

    /// Writes the file whole or not at all.
    pub(crate) fn write(&self, path: &Path) -> Result<(), NetError> {
        write_whole(path, &self.text(), 0o600)
    }
}

impl TryFrom<NodeForm> for Node {
    type Error = RecordProblem;

    fn try_from(form: NodeForm) -> Result<Self, RecordProblem> {
        Ok(Self {
            name: form.name.parse()?,
            ip: form.ip,
            key: form.key,
            args: form.args,
            process: form.process,
        })
    }
}

/// Writes a file whole or not at all, in place of one of that name, for those
/// whom the mode allows.
pub(crate) fn write_whole(path: &Path, text: &str, mode: u32) -> Result<(), NetError> {
    let failed = || NetError::io("write", path);
    let mut staged = path.as_os_str().to_owned();
    staged.push(".new");
    let staged = PathBuf::from(staged);
    let mut options = File::options();
    options.write(true).create(true).truncate(true).mode(mode);
    let mut file = options.open(&staged).map_err(failed())?;
    std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failed())?;
    file.sync_all().map_err(failed())?;
    fs::rename(&staged, path).map_err(failed())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::secrets::peer_key;

    fn name() -> NetName {
        "net".parse().unwrap()
    }

    fn node(role: Role, number: u8, place: u8) -> Node {
        let node = NodeName::new(role, number);
        Node {
            name: node,
            ip: Ipv4Addr::new(127, 0, 37, place + 1),
            key: peer_key(&name(), node),
            args: vec!["--set".to_owned(), "log.filter=\"info\"".to_owned()],
            process: None,
        }
    }

    fn record() -> Record {
        let mut nodes = vec![
            node(Role::Validator, 0, 0),
            node(Role::Validator, 1, 1),
            node(Role::Full, 0, 2),
        ];
        let process = r#"pid = 7
started = 4321
boot = "b""#;
        nodes[1].process = Some(toml::from_str(process).unwrap());
        Record {
            name: name(),
            consensus: ConsensusKind::Pbft,
            genesis: GenesisHash::ZERO,
            program: PathBuf::from("/a/pyralog-node"),
            nodes,
        }
    }

    #[test]
    fn a_net_is_read_as_it_was_written() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("net.toml");
        for _ in 0..2 {
            record().write(&path).unwrap();
            assert_eq!(Record::read(&path, &name()).unwrap(), record());
        }
        let mode = std::os::unix::fs::MetadataExt::mode(&fs::metadata(&path).unwrap());
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_up_did_not_write_is_refused() {
        let text = record().text();
        assert!(Record::parse(&text, &name()).is_ok());
        for (from, to, expected) in [
            ("format = 1", "format = 2", "its format is 2"),
            ("format = 1", "format = 1\nmore = 1", "unknown field"),
            ("pid = 7", "pid = -7", "invalid value"),
            ("pid = 7", "pid = 7\nname = 1", "unknown field"),
            ("boot = \"b\"\n", "", "missing field"),
            ("\"net\"", "\"other\"", "it is of the net other"),
            ("\"net\"", "\"../net\"", "not the name of a net"),
            ("\"pbft\"", "\"raft\"", "no engine"),
            ("validator-1", "validator-2", "not in its place"),
            ("validator-1", "full-0", "not in its place"),
            ("validator-0", "full-0", "it has 3 nodes"),
            ("127.0.37.2", "127.0.37.1", "127.0.37.1 is not an address"),
            ("127.0.37.2", "10.0.37.2", "10.0.37.2 is not an address"),
        ] {
            assert!(text.contains(from), "{from}");
            let changed = text.replacen(from, to, 1);
            let problem = Record::parse(&changed, &name()).unwrap_err().to_string();
            assert!(problem.contains(expected), "{from} → {to}: {problem}");
        }
    }

    #[test]
    fn a_file_of_any_length_takes_no_memory() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("net.toml");
        let file = File::create(&path).unwrap();
        file.set_len(1 << 40).unwrap();
        let error = Record::read(&path, &name()).unwrap_err();
        assert!(error.to_string().contains("bytes"), "{error}");
    }

    #[test]
    fn the_largest_net_can_be_read_back() {
        let validators = (0..VALIDATOR_COUNT_MAX).map(|n| node(Role::Validator, n, n));
        let full = (VALIDATOR_COUNT_MAX..NODE_COUNT_MAX)
            .map(|place| node(Role::Full, place - VALIDATOR_COUNT_MAX, place));
        let mut nodes: Vec<Node> = validators.chain(full).collect();
        let peers: Vec<String> = nodes.iter().take(64).map(Node::peer).collect();
        for node in &mut nodes {
            node.args.push(peers.join(","));
        }
        let record = Record { nodes, ..record() };
        assert_eq!(Record::parse(&record.text(), &name()).unwrap(), record);
    }
}
