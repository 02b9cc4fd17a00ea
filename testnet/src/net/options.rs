//! What a net is to be.

use std::path::PathBuf;

use pyralog_genesis::ConsensusKind;

use super::names::{NetName, NodeName, Role};

/// A node is told of all other validators, and takes a list of 64.
pub const VALIDATOR_COUNT_MAX: u8 = 64;
/// Each has an address of its own below 127.0.X.0, and a machine has memory for
/// far fewer.
pub const NODE_COUNT_MAX: u8 = 254;

/// Settings that follow from the place of a node in its net.
const OURS: [&str; 6] = [
    "rpc.listen",
    "metrics.listen",
    "p2p.enabled",
    "p2p.listen",
    "p2p.bootstrap",
    "p2p.persistent_peers",
];

/// What a net is to be.
#[derive(Clone, Debug)]
pub struct Options {
    /// What it is called.
    pub name: NetName,
    /// The directory of nets; that of the user if there is none.
    pub base: Option<PathBuf>,
    /// How many nodes vote.
    pub validators: u8,
    /// How many only follow.
    pub full_nodes: u8,
    /// What decides which block is next.
    pub consensus: ConsensusKind,
    /// Settings for every node, each `section.key=value`.
    pub settings: Vec<String>,
    /// The program of a node; the one beside this program if there is none.
    pub program: Option<PathBuf>,
}

/// What was asked for makes no net.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    /// Nobody would vote.
    #[error("a net has at least one validator")]
    NoValidator,
    /// More than can be told of each other.
    #[error("a net has at most {VALIDATOR_COUNT_MAX} validators, not {0}")]
    TooManyValidators(u8),
    /// More than there are addresses.
    #[error("a net has at most {NODE_COUNT_MAX} nodes, not {0}")]
    TooManyNodes(u16),
    /// Solo is for one.
    #[error("with --engine solo one validator decides alone; give -n 1, or another engine")]
    SoloWithMany,
    /// A setting that is none.
    #[error("{0:?} is not SECTION.KEY=VALUE")]
    SettingForm(String),
    /// A setting that follows from the place of a node.
    #[error("{0} of each node follows from its place in the net; it cannot be set for all")]
    SettingIsOurs(String),
    /// A setting that is given twice.
    #[error("{0} is set twice")]
    SettingTwice(String),
}

impl Options {
    /// Four validators by Tendermint, and nothing else.
    pub fn new(name: NetName) -> Self {
        Self {
            name,
            base: None,
            validators: 4,
            full_nodes: 0,
            consensus: ConsensusKind::Tendermint,
            settings: Vec::new(),
            program: None,
        }
    }

    /// Whether it makes a net.
    pub(crate) fn check(&self) -> Result<(), OptionsError> {
        let nodes = u16::from(self.validators) + u16::from(self.full_nodes);
        if self.validators == 0 {
            return Err(OptionsError::NoValidator);
        }
        if self.validators > VALIDATOR_COUNT_MAX {
            return Err(OptionsError::TooManyValidators(self.validators));
        }
        if nodes > u16::from(NODE_COUNT_MAX) {
            return Err(OptionsError::TooManyNodes(nodes));
        }
        if self.consensus == ConsensusKind::Solo && self.validators > 1 {
            return Err(OptionsError::SoloWithMany);
        }
        let mut seen = Vec::new();
        for setting in &self.settings {
            let form = || OptionsError::SettingForm(setting.clone());
            let (key, _) = setting.split_once('=').ok_or_else(form)?;
            if !key.contains('.') {
                return Err(form());
            }
            if OURS.contains(&key) {
                return Err(OptionsError::SettingIsOurs(key.to_owned()));
            }
            if seen.contains(&key) {
                return Err(OptionsError::SettingTwice(key.to_owned()));
            }
            seen.push(key);
        }
        Ok(())
    }

    /// Its validators.
    pub(crate) fn validator_names(&self) -> Vec<NodeName> {
        let name = |number| NodeName::new(Role::Validator, number);
        (0..self.validators).map(name).collect()
    }

    /// All its nodes, validators first.
    pub(crate) fn node_names(&self) -> Vec<NodeName> {
        let mut names = self.validator_names();
        let full = |number| NodeName::new(Role::Full, number);
        names.extend((0..self.full_nodes).map(full));
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Options {
        Options::new("net".parse().unwrap())
    }

    #[test]
    fn what_makes_no_net_is_refused_by_name() {
        assert_eq!(options().check(), Ok(()));
        let with = |change: &dyn Fn(&mut Options)| {
            let mut options = options();
            change(&mut options);
            options.check()
        };
        assert_eq!(with(&|o| o.validators = 0), Err(OptionsError::NoValidator));
        assert_eq!(
            with(&|o| o.validators = 65),
            Err(OptionsError::TooManyValidators(65))
        );
        assert_eq!(with(&|o| o.full_nodes = 250), Ok(()));
        assert_eq!(
            with(&|o| o.full_nodes = 251),
            Err(OptionsError::TooManyNodes(255))
        );
        assert_eq!(
            with(&|o| o.consensus = ConsensusKind::Solo),
            Err(OptionsError::SoloWithMany)
        );
    }

    #[test]
    fn settings_have_a_form_and_leave_each_node_its_place() {
        let set = |settings: &[&str]| {
            let mut options = options();
            options.settings = settings.iter().map(|&text| text.to_owned()).collect();
            options.check()
        };
        assert_eq!(set(&["rpc.batch_count_max=3", "log.filter=a=b"]), Ok(()));
        for bad in ["", "rpc.listen", "listen=1", "="] {
            let form = OptionsError::SettingForm(bad.to_owned());
            assert_eq!(set(&[bad]), Err(form));
        }
        for ours in OURS {
            let expected = OptionsError::SettingIsOurs(ours.to_owned());
            assert_eq!(set(&[&format!("{ours}=1")]), Err(expected));
        }
        let twice = OptionsError::SettingTwice("a.b".to_owned());
        assert_eq!(set(&["a.b=1", "c.d=1", "a.b=2"]), Err(twice));
    }
}
