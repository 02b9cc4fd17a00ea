//! A peer that breaks the rules, and what becomes of a network that meets it.
//!
//! ```text
//! Net::attack ─▶ Attack ─▶ RawPeer, bare sockets ─▶ nodes
//!                   └─▶ Watch: heights, payments, bans, memory of the nodes
//! ```
//!
//! What breaks the protocol is said by hand, on libp2p itself or on sockets.
//! Nothing here knows how the nodes are made: what is claimed of them is what
//! they say of themselves, and what the system says of their processes.
//!
//! Invariants:
//! - an attack is bounded in count and in time, whatever the nodes do;
//! - it talks to the addresses of the nodes, which are on this machine, and
//!   comes from addresses of this machine that no node has;
//! - keys and addresses of attackers follow from a seed, so that a second run
//!   with another seed is not held up by the bans of the first.
//!
//! Failure model: nodes may refuse, close, be slow or be gone. That is what is
//! looked at, and no error. An error means that nothing could be said.

mod deeds;
mod host;
mod raw;
mod report;
mod sockets;
mod watch;

use std::collections::BTreeSet;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use pyralog_primitives::{GenesisHash, PublicKey, SecretKey};

pub use self::report::{AttackReport, Outcome};

use self::raw::{Gone, RawPeer, Who, Words};
use self::watch::Watch;
use super::Net;
use super::error::NetError;

/// A node ends the connection of who reads nothing for a minute, and bans at the
/// third time; until there is something to be read, it takes a while each time.
const FULL_TIME: Duration = Duration::from_mins(6);

const KEY_CONTEXT: &str = "pyralog 2026-11-30 testnet attacker key v1";
const HOST_CONTEXT: &str = "pyralog 2026-11-30 testnet attacker host v1";

/// What is done to the nodes of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attack {
    /// Bytes that mean nothing: on a bare connection, in place of a hello, in
    /// place of a word, in place of transactions.
    Garbage,
    /// Frames longer than any may be, words of the greatest length that mean
    /// nothing, and more streams than there may be.
    Oversize,
    /// Very many connections, from many addresses.
    Connections,
    /// Asks for all there is, and reads nothing of it.
    SlowReading,
    /// Transactions that are well formed and signed, and of no use.
    UselessGossip,
    /// Transactions that have long been in a block, in messages that are new.
    SpentGossip,
    /// What validators have said, again and again.
    ReplayedVotes,
    /// Says that it is ahead, and answers with blocks that it has made up.
    LyingSync,
    /// Very many keys, from one address.
    Identities,
}

impl Attack {
    /// All of them, in the order in which they are done.
    pub const ALL: [Self; 9] = [
        Self::Garbage,
        Self::Oversize,
        Self::Connections,
        Self::SlowReading,
        Self::UselessGossip,
        Self::SpentGossip,
        Self::ReplayedVotes,
        Self::LyingSync,
        Self::Identities,
    ];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Garbage => "garbage",
            Self::Oversize => "oversize",
            Self::Connections => "connections",
            Self::SlowReading => "slow-reading",
            Self::UselessGossip => "useless-gossip",
            Self::SpentGossip => "spent-gossip",
            Self::ReplayedVotes => "replayed-votes",
            Self::LyingSync => "lying-sync",
            Self::Identities => "identities",
        }
    }
}

impl fmt::Display for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How much is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strength {
    /// Connections that are tried.
    pub connections: u32,
    /// Keys that come from one address.
    pub identities: u32,
    /// How long nothing is read, at most.
    pub time: Duration,
    /// What keys and addresses of attackers follow from.
    pub seed: u64,
}

impl Strength {
    /// All that must be withstood.
    pub const fn full(seed: u64) -> Self {
        Self {
            connections: 10_000,
            identities: 1_000,
            time: FULL_TIME,
            seed,
        }
    }

    /// Whether it is time enough for who reads nothing to be banned.
    const fn is_full(self) -> bool {
        self.time.as_millis() >= FULL_TIME.as_millis()
    }
}

/// Where the attacks go, and how much is done.
#[derive(Clone, Debug)]
struct Targets {
    genesis: GenesisHash,
    /// Where peers reach the nodes that run.
    nodes: Vec<SocketAddrV4>,
    strength: Strength,
}

impl Targets {
    /// One of the attackers: a key of its own at the address of the attack.
    fn who(&self, attack: Attack, number: u32) -> Who {
        let key = self.derived(KEY_CONTEXT, attack, number);
        Who {
            key: SecretKey::from_seed(&key),
            from: self.host(attack, 1),
            genesis: self.genesis,
            streams: 1,
            spreads: false,
        }
    }

    /// An address of this machine that belongs to an attack: each attack has a
    /// network of 24 bits of its own, above those that nets have.
    fn host(&self, attack: Attack, last: u8) -> Ipv4Addr {
        let bytes = self.derived(HOST_CONTEXT, attack, 0);
        Ipv4Addr::new(127, 64 + bytes[0] % 64, bytes[1], last)
    }

    fn derived(&self, context: &'static str, attack: Attack, number: u32) -> [u8; 32] {
        let name = format!("{}/{attack}/{number}", self.strength.seed);
        blake3::derive_key(context, name.as_bytes())
    }
}

/// What an attack has done, while its connections still stand.
#[derive(Default)]
struct Done {
    /// In words.
    sent: Vec<String>,
    /// Who must be banned by every node, and what the reason must say.
    to_be_banned: Vec<(PublicKey, &'static str)>,
    /// All who attacked.
    attackers: BTreeSet<PublicKey>,
    /// What must have become of a crowd at the first node.
    crowd: Option<Crowd>,
    /// Connections that are held until the nodes were looked at.
    held: Vec<(RawPeer, Words)>,
}

/// Many keys at the first node.
#[derive(Clone, Copy, Debug)]
struct Crowd {
    let_in: usize,
    let_in_max: usize,
    banned_min: usize,
}

impl Done {
    /// One attacker has said something to every node, which ended so; and what a
    /// ban of it must say, if it is to be banned.
    fn say(
        &mut self,
        what: &str,
        who: &Who,
        told: &[Result<(), Gone>],
        reason: Option<&'static str>,
    ) {
        let is_ended = |told: &&Result<(), Gone>| matches!(told, Err(Gone::Closed | Gone::Refused));
        let ended = told.iter().filter(is_ended).count();
        let count = told.len();
        self.sent
            .push(format!("{what}: {ended} of {count} nodes ended it"));
        self.attackers.insert(who.peer());
        let banned = reason.map(|reason| (who.peer(), reason));
        self.to_be_banned.extend(banned);
    }
}

impl Net {
    /// Attacks all nodes that run, one attack after the other, and looks at what
    /// becomes of them. Payments are made meanwhile from the development
    /// accounts: nobody else may use them. What became of each attack is told
    /// when it is over.
    pub async fn attack(
        &self,
        attacks: &[Attack],
        strength: Strength,
        mut told: impl FnMut(&Outcome),
    ) -> Result<AttackReport, NetError> {
        let watch = Watch::begin(self)?;
        let targets = Targets {
            genesis: watch.genesis(),
            nodes: watch.nodes(),
            strength,
        };
        let mut report = AttackReport::default();
        for &attack in attacks {
            let before = watch.look().await;
            let done = deeds::run(attack, &targets, &watch).await;
            let outcome = watch.judge(attack, &before, done).await;
            told(&outcome);
            report.push(outcome);
        }
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attackers_have_keys_of_their_own_and_addresses_that_no_node_has() {
        let targets = |seed| Targets {
            genesis: GenesisHash::ZERO,
            nodes: Vec::new(),
            strength: Strength::full(seed),
        };
        let mut keys = BTreeSet::new();
        for seed in 0..3 {
            for attack in Attack::ALL {
                let first = targets(seed).who(attack, 0);
                assert_eq!(first.peer(), targets(seed).who(attack, 0).peer());
                assert!(keys.insert(first.peer()));
                assert!(keys.insert(targets(seed).who(attack, 1).peer()));
                assert!(first.from.is_loopback());
                assert!(first.from.octets()[1] >= 64, "nets are below 127.0");
            }
        }
        assert_ne!(
            targets(0).host(Attack::Garbage, 1),
            targets(1).host(Attack::Garbage, 1)
        );
    }
}
