//! How a net begins.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pyralog_api::PyralogClient;
use pyralog_primitives::TimestampMs;
use tokio::time::{Instant, sleep};

use super::Net;
use super::addresses::{Subnet, is_free};
use super::calls::client;
use super::error::NetError;
use super::genesis::document;
use super::names::{NetName, Role};
use super::options::Options;
use super::place::{Base, Lock, Place, make_directory};
use super::plan::{arguments, text};
use super::process::{ProcessId, ProcessState};
use super::record::{Node, Record, write_whole};
use super::secrets::{PASSWORD, keystore, node_key_text, peer_key};

/// The program of a node.
const PROGRAM: &str = "pyralog-node";
/// How long a node may take until it answers. Lower, and a busy machine has no
/// nets; higher, and a node that hangs at its start is noticed late.
pub(crate) const START_MAX: Duration = Duration::from_mins(2);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

impl Net {
    /// Begins a net, and returns when all its nodes answer. They stay when the
    /// caller has gone. Dropped before, or failed, nothing is left of it.
    pub async fn up(options: &Options) -> Result<Self, NetError> {
        options.check()?;
        let program = match &options.program {
            Some(program) => absolute(program)?,
            None => find_program()?,
        };
        let base = Base::of(options.base.as_deref())?;
        let lock = base.lock().await?;
        let mut beginning = Beginning::new(prepare(options, &base, &program)?);
        // From here on the net has its place, which others see.
        drop(lock);
        beginning.start_all().await?;
        Ok(beginning.finish())
    }

    /// Starts the process of a node that does not run, and remembers it.
    pub(crate) fn start(&mut self, place: usize) -> Result<(), NetError> {
        let node = &self.record.nodes[place];
        let log = self.place.log(node.name);
        let started = ProcessId::spawn(&self.record.program, &node.args, &log);
        let started = started.map_err(NetError::io("start", &self.record.program))?;
        self.record.nodes[place].process = Some(started.clone());
        self.save().inspect_err(|_| {
            // Nobody would know of it.
            let _ = started.kill();
        })
    }

    /// Waits until these nodes answer, and say that they are of this net.
    pub(crate) async fn wait_until_they_answer(&self, places: &[usize]) -> Result<(), NetError> {
        let end = Instant::now() + START_MAX;
        let mut silent: Vec<&Node> = places.iter().map(|at| &self.record.nodes[*at]).collect();
        while !silent.is_empty() {
            let mut still = Vec::new();
            for node in silent {
                if !self.answers(node).await? {
                    still.push(node);
                }
            }
            silent = still;
            if let Some(node) = silent.first().filter(|_| Instant::now() >= end) {
                return Err(NetError::Silent {
                    node: node.name,
                    waited: START_MAX,
                    log: self.tail(node.name),
                });
            }
            if !silent.is_empty() {
                sleep(LOOK_AGAIN).await;
            }
        }
        Ok(())
    }

    async fn answers(&self, node: &Node) -> Result<bool, NetError> {
        if self.state_of(node)? == ProcessState::Ended {
            return Err(NetError::Ended {
                node: node.name,
                log: self.tail(node.name),
            });
        }
        match client(node)?.node_status().await {
            Err(_) => Ok(false),
            Ok(status) if status.genesis == self.record.genesis => Ok(true),
            Ok(status) => Err(NetError::Stranger {
                node: node.name,
                found: status.genesis,
            }),
        }
    }
}

/// A net that has begun to begin. Unless it is finished, its processes are
/// ended and its directory is removed.
struct Beginning {
    net: Option<Net>,
    /// Nobody else is at work on it before all is there, or all has gone: it is
    /// given back after that.
    at_work: Option<Lock>,
}

impl Beginning {
    fn new(net: Net) -> Self {
        let net = Some(net);
        Self { net, at_work: None }
    }

    async fn start_all(&mut self) -> Result<(), NetError> {
        let net = self.net.as_mut();
        let net = net.expect("it is taken out only when it is finished");
        self.at_work = Some(net.place.lock().await?);
        for place in 0..net.record.nodes.len() {
            net.start(place)?;
        }
        let all: Vec<usize> = (0..net.record.nodes.len()).collect();
        net.wait_until_they_answer(&all).await
    }

    fn finish(mut self) -> Net {
        self.net
            .take()
            .expect("it is finished once, and dropped after that")
    }
}

impl Drop for Beginning {
    fn drop(&mut self) {
        let Some(net) = self.net.take() else {
            return;
        };
        let processes = net
            .record
            .nodes
            .iter()
            .filter_map(|node| node.process.as_ref());
        let killed: Vec<_> = processes.map(ProcessId::kill).collect();
        // What cannot be ended must still be known to whoever looks.
        if killed.iter().all(Result::is_ok) {
            let _ = net.place.remove();
        }
    }
}

/// Puts a directory together, and gives it its name when it is whole.
fn prepare(options: &Options, base: &Base, program: &Path) -> Result<Net, NetError> {
    let place = base.place(&options.name);
    if place.path().exists() {
        return Err(NetError::Exists {
            net: options.name.clone(),
            directory: place.path().to_owned(),
        });
    }
    // Arguments are checked before anything is written.
    let program = PathBuf::from(text(program)?);
    let subnet = free_subnet(options, base)?;
    let time = now();
    let (document, genesis) = document(
        &options.name,
        options.consensus,
        &options.validator_names(),
        time,
    )
    .map_err(|mistakes| NetError::Genesis {
        consensus: options.consensus,
        mistakes,
    })?;
    let record = Record {
        name: options.name.clone(),
        consensus: options.consensus,
        genesis: genesis.hash(),
        program,
        nodes: nodes(options, subnet, &place)?,
    };
    let staging = base.staging(&options.name);
    staging.remove()?;
    let written = write(&record, &staging, &document).and_then(|()| {
        let failed = NetError::io("create", place.path());
        std::fs::rename(staging.path(), place.path()).map_err(failed)
    });
    written.inspect_err(|_| {
        // What is left of it is removed by the next one of this name too.
        let _ = staging.remove();
    })?;
    Ok(Net { place, record })
}

fn nodes(options: &Options, subnet: Subnet, place: &Place) -> Result<Vec<Node>, NetError> {
    let names = options.node_names().into_iter().zip(0..);
    let mut nodes: Vec<Node> = names
        .map(|(name, at)| Node {
            name,
            ip: subnet.address(at),
            key: peer_key(&options.name, name),
            args: Vec::new(),
            process: None,
        })
        .collect();
    for at in 0..nodes.len() {
        nodes[at].args = arguments(&nodes, at, place, &options.settings)?;
    }
    Ok(nodes)
}

/// Writes all files of a net that has no process yet.
fn write(record: &Record, place: &Place, document: &str) -> Result<(), NetError> {
    make_directory(place.path())?;
    write_whole(&place.genesis(), document, 0o644)?;
    write_whole(&place.password(), &format!("{PASSWORD}\n"), 0o600)?;
    for node in &record.nodes {
        write_home(&record.name, node, place)?;
    }
    record.write(&place.record())
}

fn write_home(net: &NetName, node: &Node, place: &Place) -> Result<(), NetError> {
    let home = place.home(node.name);
    let chain = home.join(net.chain_id().as_str());
    make_directory(&chain)?;
    let key = node_key_text(net, node.name);
    write_whole(&chain.join("node.key"), &key, 0o600)?;
    if node.name.role() == Role::Validator {
        let keys = home.join("keys");
        make_directory(&keys)?;
        let path = keys.join(format!("{}.json", node.name));
        write_whole(&path, &keystore(net, node.name)?, 0o600)?;
    }
    Ok(())
}

/// One that neither a program nor another net has. Nets that do not run keep
/// theirs: they may be started again.
fn free_subnet(options: &Options, base: &Base) -> Result<Subnet, NetError> {
    let mut taken = BTreeSet::new();
    for net in base.nets()? {
        let record = Record::read(&base.place(&net).record(), &net)?;
        taken.extend(record.nodes.iter().map(|node| Subnet::of(node.ip)));
    }
    let node_count = options.node_names().len();
    let count = u8::try_from(node_count).expect("the options were checked");
    let free = Subnet::free(&options.name, count, &taken, is_free);
    free.ok_or(NetError::NoFreeAddress { node_count })
}

/// The program of a node that was built with ours, else the one on the path.
fn find_program() -> Result<PathBuf, NetError> {
    let own = std::env::current_exe().ok();
    let beside = own.iter().filter_map(|own| own.parent());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let directories = beside
        .map(Path::to_owned)
        .chain(std::env::split_paths(&path));
    let programs = directories.map(|directory| directory.join(PROGRAM));
    let found = programs.filter(|program| program.is_absolute());
    let mut found = found.filter(|program| program.is_file());
    found.next().ok_or(NetError::NoProgram)
}

fn absolute(path: &Path) -> Result<PathBuf, NetError> {
    std::path::absolute(path).map_err(NetError::io("find", path))
}

/// The start of the current second.
fn now() -> TimestampMs {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    // A clock before 1970 gives a time that the rules refuse.
    let seconds = since_epoch.map_or(0, |duration| duration.as_secs());
    TimestampMs::new(seconds.saturating_mul(1000))
}
