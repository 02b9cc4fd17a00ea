//! What nets and their nodes are called.

use std::fmt;
use std::str::FromStr;

use pyralog_genesis::{ChainId, Problem};

/// What the chain ids of development networks begin with.
const CHAIN_ID_PREFIX: &str = "dev-";

/// The name of a net: what stands behind `dev-` in its chain id, and what its
/// directory is called. Only what a chain id may hold, so that no name leads
/// out of the directory of nets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NetName {
    text: String,
    chain_id: ChainId,
}

/// The text is not the name of a net.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not the name of a net: its chain id would be dev-{text}, but {problem}")]
pub struct NoNetName {
    text: String,
    problem: Problem,
}

impl NetName {
    /// What a net is called if nobody says.
    pub const DEFAULT: &str = "testnet";

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The chain id of the network.
    pub fn chain_id(&self) -> &ChainId {
        &self.chain_id
    }
}

impl fmt::Display for NetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for NetName {
    type Err = NoNetName;

    fn from_str(text: &str) -> Result<Self, NoNetName> {
        let refused = |problem| NoNetName {
            text: text.chars().take(64).collect(),
            problem,
        };
        let chain_id = ChainId::new(format!("{CHAIN_ID_PREFIX}{text}")).map_err(refused)?;
        // The rule of chain ids says this of the whole id. Of the name it keeps
        // `-n` from being taken for a flag.
        if text.starts_with('-') {
            return Err(refused(Problem::ChainIdStart));
        }
        Ok(Self {
            text: text.to_owned(),
            chain_id,
        })
    }
}

/// What a node does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// It votes.
    Validator,
    /// It follows.
    Full,
}

impl Role {
    /// All there are, in the order in which nodes are listed.
    pub const ALL: [Self; 2] = [Self::Validator, Self::Full];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Validator => "validator",
            Self::Full => "full",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A node of a net: `validator-0`, `full-2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeName {
    role: Role,
    number: u8,
}

impl NodeName {
    /// The node of this role and number, counted from 0.
    pub const fn new(role: Role, number: u8) -> Self {
        Self { role, number }
    }

    /// What it does.
    pub const fn role(self) -> Role {
        self.role
    }

    /// Which of its role it is.
    pub const fn number(self) -> u8 {
        self.number
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}-{}", self.role, self.number))
    }
}

/// The text names no node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the name of a node; nodes are validator-0, validator-1, … and full-0, …")]
pub struct NoNodeName(String);

impl FromStr for NodeName {
    type Err = NoNodeName;

    fn from_str(text: &str) -> Result<Self, NoNodeName> {
        let parse = || {
            let (role, number) = text.split_once('-')?;
            let role = Role::ALL.into_iter().find(|known| known.as_str() == role)?;
            let name = Self::new(role, number.parse().ok()?);
            // One node, one spelling: no `+1` and no `01`.
            (name.to_string() == text).then_some(name)
        };
        parse().ok_or_else(|| NoNodeName(text.chars().take(64).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_makes_a_chain_id_of_development() {
        let name: NetName = "three-7".parse().unwrap();
        assert_eq!(name.chain_id().as_str(), "dev-three-7");
        assert!(name.chain_id().is_development());
        assert!(NetName::DEFAULT.parse::<NetName>().is_ok());
        assert!("x".repeat(28).parse::<NetName>().is_ok());
    }

    #[test]
    fn no_name_leads_out_of_the_directory_of_nets() {
        for bad in [
            "", ".", "..", "a/b", "../a", "A", "a_b", "a-", "-a", "--", "a b", "ä", "\0",
        ] {
            let error = bad.parse::<NetName>().unwrap_err();
            assert!(error.to_string().contains("not the name of a net"), "{bad}");
        }
        assert!("x".repeat(29).parse::<NetName>().is_err());
    }

    #[test]
    fn a_node_has_one_spelling() {
        for good in ["validator-0", "validator-63", "full-0", "full-253"] {
            let name: NodeName = good.parse().unwrap();
            assert_eq!(name.to_string(), good);
        }
        for bad in [
            "",
            "validator",
            "validator-",
            "validator-00",
            "full-+1",
            "full-256",
            "peer-0",
            "full-0 ",
            "Full-0",
        ] {
            assert!(bad.parse::<NodeName>().is_err(), "{bad}");
        }
    }
}
