//! How the nodes of a net stand, in one table.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pyralog_api::{NodeStatus, PyralogClient};
use pyralog_genesis::ConsensusKind;
use pyralog_primitives::TimestampMs;
use tokio::task::JoinSet;

use super::Net;
use super::calls::client;
use super::error::NetError;
use super::names::{NetName, NodeName, Role};
use super::process::ProcessState;
use super::table::{Side, table};

/// Digits of a block's id that tell it from others at a glance.
const BLOCK_DIGITS: usize = 8;
/// What stands where nothing is known.
const NOTHING: &str = "-";

/// How a net stood at one moment.
#[derive(Clone, Debug)]
pub struct NetStatus {
    name: NetName,
    consensus: ConsensusKind,
    now: SystemTime,
    rows: Vec<NodeRow>,
}

/// How a node stood.
#[derive(Clone, Debug)]
pub struct NodeRow {
    /// Which.
    pub name: NodeName,
    /// What its process was at.
    pub state: ProcessState,
    /// What it said; none if it did not answer.
    status: Option<NodeStatus>,
}

impl NodeRow {
    /// How it says that it stands; none if it did not answer.
    pub const fn status(&self) -> Option<&NodeStatus> {
        self.status.as_ref()
    }
}

impl Net {
    /// Asks all nodes how they stand, at once.
    pub async fn status(&self) -> Result<NetStatus, NetError> {
        let now = self.as_it_is()?;
        let mut asked = JoinSet::new();
        for (place, node) in now.record.nodes.iter().enumerate() {
            let state = self.state_of(node)?;
            let name = node.name;
            // One that is paused takes the call and never answers.
            let client = (state == ProcessState::Running).then(|| client(node));
            let client = client.transpose()?;
            asked.spawn(async move {
                let status = match client {
                    Some(client) => client.node_status().await.ok(),
                    None => None,
                };
                let row = NodeRow {
                    name,
                    state,
                    status,
                };
                (place, row)
            });
        }
        let mut rows = asked.join_all().await;
        rows.sort_by_key(|(place, _)| *place);
        Ok(NetStatus {
            name: self.name().clone(),
            consensus: self.consensus(),
            now: SystemTime::now(),
            rows: rows.into_iter().map(|(_, row)| row).collect(),
        })
    }
}

impl NetStatus {
    /// All nodes, validators first.
    pub fn nodes(&self) -> &[NodeRow] {
        &self.rows
    }

    fn row(&self, row: &NodeRow) -> [String; 8] {
        let or_nothing = |text: Option<String>| text.unwrap_or_else(|| NOTHING.to_owned());
        let status = row.status();
        let block = status.filter(|status| status.height.get() > 0);
        let id = block.map(|status| {
            let id = status.block.to_string();
            id.chars().take(BLOCK_DIGITS).collect()
        });
        let syncing = status.map(|status| if status.syncing { "yes" } else { "no" });
        [
            row.name.to_string(),
            row.name.role().to_string(),
            row.state.to_string(),
            or_nothing(status.map(|status| status.height.to_string())),
            or_nothing(status.map(|status| status.peers.to_string())),
            or_nothing(syncing.map(str::to_owned)),
            or_nothing(id),
            or_nothing(block.map(|status| age(self.now, status.time))),
        ]
    }
}

impl fmt::Display for NetStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |role| {
            let nodes = self.rows.iter().filter(|row| row.name.role() == role);
            nodes.count()
        };
        let (validators, full) = (count(Role::Validator), count(Role::Full));
        let plural = |count| if count == 1 { "" } else { "s" };
        write!(f, "net {}: {}, ", self.name, self.consensus)?;
        write!(f, "{validators} validator{}", plural(validators))?;
        if full > 0 {
            write!(f, ", {full} full node{}", plural(full))?;
        }
        let rows: Vec<[String; 8]> = self.rows.iter().map(|row| self.row(row)).collect();
        let headings = [
            ("node", Side::Left),
            ("role", Side::Left),
            ("state", Side::Left),
            ("height", Side::Right),
            ("peers", Side::Right),
            ("syncing", Side::Left),
            ("block", Side::Left),
            ("age", Side::Right),
        ];
        write!(f, "\n\n{}", table(headings, &rows))
    }
}

/// How long ago a time was, in what people count it in.
/// How long ago that was. Clocks of validators may be ahead of ours by a little.
pub(super) fn since(now: SystemTime, time: TimestampMs) -> Duration {
    let then = UNIX_EPOCH.checked_add(Duration::from_millis(time.get()));
    then.map_or(Duration::ZERO, |then| {
        now.duration_since(then).unwrap_or_default()
    })
}

fn age(now: SystemTime, time: TimestampMs) -> String {
    let age = since(now, time);
    let seconds = age.as_secs();
    match seconds {
        0..=9 => format!("{:.1} s", age.as_secs_f64()),
        10..=99 => format!("{seconds} s"),
        100..=5_999 => format!("{} min", seconds / 60),
        6_000..=359_999 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A node that has seen more than any will.
    fn told(height: u64, time: TimestampMs) -> NodeStatus {
        let view = serde_json::json!({
            "version": "0.1.0",
            "chain_id": "dev-net",
            "genesis": "00".repeat(32),
            "consensus": "pbft",
            "height": height.to_string(),
            "block": "1f3a9c2e".repeat(8),
            "time": time.get().to_string(),
            "state_root": "00".repeat(32),
            "oldest": "0",
            "syncing": height == 0,
            "peers": if height > 0 { 253 } else { 0 },
            "pending": 0,
            "base_fee": "100",
            "validator": null,
        });
        serde_json::from_value(view).unwrap()
    }

    fn row(role: Role, number: u8, state: ProcessState, status: Option<NodeStatus>) -> NodeRow {
        NodeRow {
            name: NodeName::new(role, number),
            state,
            status,
        }
    }

    #[test]
    fn the_widest_table_fits_80_columns() {
        let name = "x".repeat(28);
        let status = NetStatus {
            name: name.parse().unwrap(),
            consensus: ConsensusKind::Tendermint,
            now: SystemTime::now(),
            rows: vec![
                row(
                    Role::Validator,
                    254,
                    ProcessState::Running,
                    Some(told(9_999_999_999, TimestampMs::new(0))),
                ),
                row(Role::Full, 0, ProcessState::Paused, None),
            ],
        };
        let text = status.to_string();
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(80), "{widest:?}:\n{text}");
    }

    #[test]
    fn a_table_says_of_each_node_what_is_known() {
        let now = UNIX_EPOCH + Duration::from_secs(1_000);
        let seen = |height, ms: u64| Some(told(height, TimestampMs::new(1_000_000 - ms)));
        let status = NetStatus {
            name: "net".parse().unwrap(),
            consensus: ConsensusKind::Pbft,
            now,
            rows: vec![
                row(Role::Validator, 0, ProcessState::Running, seen(12, 1_234)),
                row(Role::Validator, 1, ProcessState::Paused, None),
                row(Role::Full, 0, ProcessState::Running, seen(0, 0)),
                row(Role::Full, 1, ProcessState::Ended, None),
            ],
        };
        let expected = "\
net net: pbft, 2 validators, 2 full nodes

node         role       state    height  peers  syncing  block       age
validator-0  validator  running      12    253  no       1f3a9c2e  1.2 s
validator-1  validator  paused        -      -  -        -             -
full-0       full       running       0      0  yes      -             -
full-1       full       ended         -      -  -        -             -
";
        assert_eq!(status.to_string(), expected);
    }

    #[test]
    fn an_age_is_said_as_people_count() {
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000);
        for (seconds, expected) in [
            (0, "0.0 s"),
            (9, "9.0 s"),
            (10, "10 s"),
            (99, "99 s"),
            (100, "1 min"),
            (5_999, "99 min"),
            (6_000, "1 h"),
            (359_999, "99 h"),
            (360_000, "4 d"),
        ] {
            let time = TimestampMs::new((1_000_000 - seconds) * 1000);
            assert_eq!(age(now, time), expected);
        }
        // Ahead of us, and beyond all clocks.
        for ahead in [1_000_000_500, u64::MAX] {
            assert_eq!(age(now, TimestampMs::new(ahead)), "0.0 s");
        }
    }
}
