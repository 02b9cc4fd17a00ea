//! What was done, and what became of the nodes, for people.

use std::fmt;

use pyralog_primitives::{ByteCount, Height, PublicKey};

use super::Attack;
use crate::net::check::Report;
use crate::net::names::NodeName;
use crate::net::table::{Side, table};

/// Bans that are shown of one attack; how many there are more is said.
const BANS_SHOWN: usize = 12;
/// Digits of a key that tell it from others at a glance.
const KEY_DIGITS: usize = 8;

/// All attacks, in the order in which they were done.
#[derive(Clone, Debug, Default)]
pub struct AttackReport {
    outcomes: Vec<Outcome>,
}

/// One attack.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Which.
    pub attack: Attack,
    /// What was sent, and how the nodes took it.
    pub sent: Vec<String>,
    pub(super) seen: Vec<Seen>,
    /// Which attackers are banned, by whom, and why.
    pub bans: Vec<(NodeName, PublicKey, String)>,
    pub(super) report: Report,
}

/// What was seen of a node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) node: NodeName,
    pub(super) before: Option<Height>,
    pub(super) after: Option<Height>,
    pub(super) resting: ByteCount,
    pub(super) peak: ByteCount,
    pub(super) bound: ByteCount,
}

impl AttackReport {
    pub(super) fn push(&mut self, outcome: Outcome) {
        self.outcomes.push(outcome);
    }

    /// Each attack.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// Whether the network withstood all of them.
    pub fn holds(&self) -> bool {
        self.outcomes.iter().all(|outcome| outcome.report.holds())
    }
}

impl fmt::Display for AttackReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, outcome) in self.outcomes.iter().enumerate() {
            if number > 0 {
                writeln!(f)?;
            }
            write!(f, "{outcome}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.attack)?;
        for sent in &self.sent {
            writeln!(f, "  {sent}")?;
        }
        let rows: Vec<[String; 6]> = self.seen.iter().map(row).collect();
        let headings = [
            ("node", Side::Left),
            ("before", Side::Right),
            ("after", Side::Right),
            ("at rest", Side::Right),
            ("most", Side::Right),
            ("may have", Side::Right),
        ];
        write!(f, "{}", table(headings, &rows))?;
        for (node, peer, reason) in self.bans.iter().take(BANS_SHOWN) {
            let peer: String = peer.to_string().chars().take(KEY_DIGITS).collect();
            writeln!(f, "banned  {peer} by {node}: {reason}")?;
        }
        let more = self.bans.len().saturating_sub(BANS_SHOWN);
        if more > 0 {
            writeln!(f, "banned  and {more} more")?;
        }
        write!(f, "{}", self.report)
    }
}

fn row(seen: &Seen) -> [String; 6] {
    let height = |height: Option<Height>| height.map_or("-".to_owned(), |it| it.to_string());
    let mib = |bytes: ByteCount| format!("{} MiB", bytes.get() / (1024 * 1024));
    [
        seen.node.to_string(),
        height(seen.before),
        height(seen.after),
        mib(seen.resting),
        mib(seen.peak),
        mib(seen.bound),
    ]
}
