//! Whole networks of nodes as processes of this machine.
//!
//! ```text
//! Options ─▶ Net::up ─▶ processes that stay
//!               │           ▲ signals      ▲ calls
//!            net.toml ─▶ Net::open ─▶ kill, pause, …   status, check
//! ```
//!
//! A net outlives the program that began it. What is known of it lies in its
//! directory (see `place.rs`), and each command begins by reading that, so that
//! any number of commands, and people, can deal with one net.
//!
//! Invariants:
//! - either [`Net::up`] returns a net whose nodes all answer, or nothing is left
//!   of it: no process, no directory. That holds too if it is dropped half-way;
//! - no process that is not of the net is signalled or taken for one of it
//!   (see `process.rs`);
//! - whoever changes a net has its lock, and has read what it is since;
//! - whatever is waited for has a bound.
//!
//! Failure model: nodes end, hang and lie as they like; that is what nets are
//! for. The machine may be started again: then all nodes have ended, and
//! `restart` starts them. Of the directory of a net nothing is believed that
//! does not follow the rules of `net.toml`; what could not be written is an
//! error of the operator's disk and ends the command. A command that is killed
//! with SIGKILL leaves what it has started; `down` and `restart` end that, also
//! what nobody had time to write down.

mod addresses;
mod attack;
mod calls;
mod check;
mod control;
mod error;
mod genesis;
mod logs;
mod names;
mod options;
mod place;
mod plan;
mod process;
mod record;
mod secrets;
mod status;
mod table;
mod up;

use std::path::{Path, PathBuf};

use pyralog_genesis::ConsensusKind;

pub use attack::{Attack, AttackReport, Outcome, Strength};
pub use check::{Acknowledged, Claim, NotAcknowledged, Report};
pub use error::NetError;
pub use logs::Follower;
pub use names::{NetName, NoNetName, NoNodeName, NodeName, Role};
pub use options::{NODE_COUNT_MAX, Options, OptionsError, VALIDATOR_COUNT_MAX};
pub use process::ProcessState;
pub use record::RecordProblem;
pub use status::{NetStatus, NodeRow};

use place::{Base, Place};
use record::{Node, Record};

/// A net that is there. Dropping it ends nothing: see [`Net::down`].
#[derive(Clone, Debug)]
pub struct Net {
    place: Place,
    record: Record,
}

impl Net {
    /// A net that was begun before, in the directory of nets that is given or
    /// in that of the user.
    pub fn open(base: Option<&Path>, name: &NetName) -> Result<Self, NetError> {
        let base = Base::of(base)?;
        let place = base.place(name);
        let path = place.record();
        if !path.is_file() {
            let existing = base.nets()?.iter().map(NetName::to_string).collect();
            return Err(NetError::NoSuchNet {
                net: name.clone(),
                directory: base.path().to_owned(),
                existing,
            });
        }
        let record = Record::read(&path, name)?;
        Ok(Self { place, record })
    }

    /// What it is called.
    pub fn name(&self) -> &NetName {
        &self.record.name
    }

    /// What decides which block is next.
    pub fn consensus(&self) -> ConsensusKind {
        self.record.consensus
    }

    /// Its directory.
    pub fn directory(&self) -> &Path {
        self.place.path()
    }

    /// Its genesis document, with which others can join it.
    pub fn genesis(&self) -> PathBuf {
        self.place.genesis()
    }

    /// Its nodes, validators first.
    pub fn nodes(&self) -> impl Iterator<Item = NodeName> {
        self.record.nodes.iter().map(|node| node.name)
    }

    /// Where a node answers calls.
    pub fn url(&self, node: &str) -> Result<String, NetError> {
        Ok(self.record.nodes[self.find(node)?].url())
    }

    /// Where peers reach a node: `KEY@IP:PORT`.
    pub fn peer(&self, node: &str) -> Result<String, NetError> {
        Ok(self.record.nodes[self.find(node)?].peer())
    }

    /// The number of a node's process, running or not; none if it was never
    /// started.
    pub fn pid(&self, node: &str) -> Result<Option<u32>, NetError> {
        let now = self.as_it_is()?;
        let node = &now.record.nodes[now.find(node)?];
        Ok(node.process.as_ref().map(process::ProcessId::pid))
    }

    /// What the process of a node is at.
    pub fn state(&self, node: &str) -> Result<ProcessState, NetError> {
        let now = self.as_it_is()?;
        now.state_of(&now.record.nodes[now.find(node)?])
    }

    /// Where a node stands among all.
    fn find(&self, name: &str) -> Result<usize, NetError> {
        let parsed: Option<NodeName> = name.parse().ok();
        let found = parsed.and_then(|name| self.nodes().position(|node| node == name));
        found.ok_or_else(|| NetError::NoSuchNode {
            net: self.name().clone(),
            node: name.chars().take(64).collect(),
            existing: self.nodes().collect(),
        })
    }

    fn state_of(&self, node: &Node) -> Result<ProcessState, NetError> {
        match &node.process {
            None => Ok(ProcessState::Ended),
            Some(process) => {
                let path = self.place.log(node.name);
                process.state().map_err(NetError::io("look after", &path))
            }
        }
    }

    /// The net with the processes that it has now, whoever started them.
    fn as_it_is(&self) -> Result<Self, NetError> {
        let mut now = self.clone();
        now.reload()?;
        Ok(now)
    }

    /// Reads again what others may have written since.
    fn reload(&mut self) -> Result<(), NetError> {
        self.record = Record::read(&self.place.record(), &self.record.name)?;
        Ok(())
    }

    fn save(&self) -> Result<(), NetError> {
        self.record.write(&self.place.record())
    }
}
