//! Where each crate stands: the table of who may use whom.
//!
//! A crate that is not in the table has no standing, so adding one means
//! deciding, here and in the design, what it may use.

/// A place in the architecture. Crates of one part have the same rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Primitives,
    Keys,
    Genesis,
    Zk,
    Consensus,
    /// What lives beside the consensus crate: engines, log, simulator.
    Engine,
    /// The signing guard: an engine crate that the command line uses too.
    Guard,
    /// What a log and a guard need of a disk: pure, with a disk in memory.
    Disk,
    /// The real file behind that; for programs, not for what is pure.
    Files,
    P2p,
    Cluster,
    /// The state tree: pure, and seen by the chain as by the cluster.
    Tree,
    Chain,
    Api,
    /// The settings: pure, and the home directory for the command line too.
    Config,
    Node,
    Cli,
    Testnet,
    /// What tests and benches stand on; any crate may use it for those.
    TestSupport,
    Tidy,
    /// Fuzzes the decoders of all that a node is made of.
    Fuzz,
}

use Part::{
    Api, Chain, Cli, Cluster, Config, Consensus, Disk, Engine, Files, Fuzz, Genesis, Guard, Keys,
    Node, P2p, Primitives, TestSupport, Testnet, Tidy, Tree, Zk,
};

const BELOW_CLI: &[Part] = &[
    Primitives, Keys, Genesis, Chain, Zk, Guard, Disk, Files, Api, Config,
];
const BELOW_NODE: &[Part] = &[
    Primitives, Keys, Genesis, Zk, Consensus, Engine, Guard, Disk, Files, P2p, Cluster, Tree,
    Chain, Api, Config, Node,
];
const BELOW_TESTNET: &[Part] = &[
    Primitives,
    Keys,
    Genesis,
    Zk,
    Consensus,
    Engine,
    Guard,
    Disk,
    Files,
    P2p,
    Cluster,
    Tree,
    Chain,
    Api,
    Config,
    Node,
    Cli,
    Testnet,
    TestSupport,
];

/// Folder, part, and the parts it may use. The first row that fits counts; a
/// star stands for any folder below.
const TABLE: &[(&str, Part, &[Part])] = &[
    ("primitives", Primitives, &[]),
    ("primitives/keys", Keys, &[Primitives]),
    ("genesis", Genesis, &[Primitives]),
    ("zk", Zk, &[Primitives]),
    ("zk/plonky3", TestSupport, &[Zk, TestSupport]),
    ("zk/*", Zk, &[Primitives, Zk]),
    ("consensus", Consensus, &[Primitives]),
    ("consensus/disk", Disk, &[Primitives]),
    ("consensus/files", Files, &[Primitives, Disk]),
    ("consensus/guard", Guard, &[Primitives, Consensus, Disk]),
    ("consensus/wal", Engine, &[Primitives, Disk]),
    ("consensus/council", TestSupport, &[Primitives, Consensus]),
    (
        "consensus/sim",
        Engine,
        &[Primitives, Consensus, Engine, Guard, Disk],
    ),
    ("consensus/*", Engine, &[Primitives, Consensus]),
    ("p2p", P2p, &[Primitives]),
    ("p2p/swarm", P2p, &[Primitives, P2p]),
    ("cluster/tree", Tree, &[Primitives]),
    ("cluster/*", Cluster, &[Primitives, Tree, Cluster]),
    ("chain", Chain, &[Primitives, Genesis, Zk, Tree]),
    ("node/api", Api, &[Primitives, Genesis, Chain]),
    ("node/config", Config, &[Primitives]),
    ("node", Node, BELOW_NODE),
    ("node/*", Node, BELOW_NODE),
    ("cli", Cli, BELOW_CLI),
    ("testnet", Testnet, BELOW_TESTNET),
    ("testnet/crashes", TestSupport, &[]),
    ("testnet/limit", TestSupport, &[Primitives, Tree]),
    ("testnet/measure", TestSupport, &[]),
    ("testnet/world", Testnet, BELOW_TESTNET),
    ("tidy", Tidy, &[]),
    ("fuzz", Fuzz, BELOW_NODE),
];

/// A crate's part and the parts it may use.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) part: Part,
    may_use: &'static [Part],
}

impl Standing {
    /// The standing of the crate in `folder`; `None` if nobody decided yet.
    pub(crate) fn of(folder: &str) -> Option<Self> {
        let (_, part, may_use) = TABLE.iter().find(|(row, _, _)| fits(row, folder))?;
        Some(Self {
            part: *part,
            may_use,
        })
    }

    /// Whether its code may name a crate of `other`.
    pub(crate) fn may_use(&self, other: Part) -> bool {
        self.may_use.contains(&other)
    }

    /// Whether its tests and benches may name a crate of `other`.
    pub(crate) fn tests_may_use(&self, other: Part) -> bool {
        other == TestSupport || self.may_use(other)
    }

    /// Whether it does without async, clock, randomness, map order and IO.
    pub(crate) fn is_pure(&self) -> bool {
        matches!(
            self.part,
            Primitives
                | Keys
                | Genesis
                | Zk
                | Consensus
                | Engine
                | Guard
                | Disk
                | Tree
                | Chain
                | Config
        )
    }
}

fn fits(row: &str, folder: &str) -> bool {
    match row.strip_suffix('*') {
        Some(above) => folder.starts_with(above),
        None => folder == row,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(folder: &str) -> Standing {
        Standing::of(folder).expect("the folder is in the table")
    }

    #[test]
    fn a_star_stands_for_any_folder_below() {
        assert_eq!(standing("consensus/pbft").part, Engine);
        assert_eq!(standing("consensus/guard").part, Guard);
        assert_eq!(standing("cluster/store").part, Cluster);
        assert_eq!(standing("cluster/tree").part, Tree);
        assert!(Standing::of("cluster").is_none());
        assert!(Standing::of("util").is_none());
    }

    #[test]
    fn the_seams_of_the_design_hold() {
        for below in ["cluster/store", "p2p", "consensus", "consensus/pbft"] {
            assert!(!standing(below).may_use(Chain), "{below}");
        }
        assert!(!standing("cli").may_use(Node) && standing("cli").may_use(Api));
        for below in ["consensus/disk", "consensus/guard", "consensus/wal"] {
            assert!(standing(below).is_pure() && !standing(below).may_use(Files));
        }
        assert!(!standing("consensus/files").is_pure() && standing("cli").may_use(Files));
        assert!(!standing("node/api").may_use(Node) && standing("node/engines").may_use(Api));
        assert!(standing("testnet").may_use(Cli) && !standing("tidy").may_use(Primitives));
    }

    #[test]
    fn nothing_uses_testnet_but_testnet() {
        for (folder, part, may_use) in TABLE {
            assert_eq!(may_use.contains(&Testnet), *part == Testnet, "{folder}");
        }
    }

    #[test]
    fn nothing_uses_what_only_checks() {
        for (folder, _, may_use) in TABLE {
            assert!(
                !may_use.contains(&Tidy) && !may_use.contains(&Fuzz),
                "{folder}"
            );
        }
    }
}
