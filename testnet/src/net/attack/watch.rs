//! What becomes of the nodes: heights, payments, bans, memory.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddrV4;
use std::time::Duration;

use jsonrpsee::http_client::HttpClient;
use pyralog_api::{Hex, PyralogClient};
use pyralog_primitives::{Amount, ByteCount, DurationMs, GenesisHash, Height, PublicKey};
use pyralog_swarm::{CONNECTION_BYTES_MAX, Limits};
use tokio::time::{Instant, sleep};

use super::report::{Outcome, Seen};
use super::{Attack, Crowd, Done};
use crate::Account;
use crate::net::Net;
use crate::net::addresses::P2P_PORT;
use crate::net::calls::client;
use crate::net::check::{Acknowledged, Report};
use crate::net::error::NetError;
use crate::net::names::{NodeName, Role};
use crate::net::process::ProcessState;
use crate::net::record::Node;

/// How long what must come may take: blocks, bans, peers that come back.
const PATIENCE: Duration = Duration::from_mins(1);
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// How long a node is asked to wait for a payment: less than a caller waits for
/// an answer.
const WAIT: DurationMs = DurationMs::new(3_000);
/// Who pays during attacks, and whom.
const PAYER: usize = 8;
const PAID: usize = 9;
/// Blocks by which every node goes on.
const BLOCKS: u64 = 2;

/// The nodes that are looked at.
pub(super) struct Watch {
    net: Net,
    nodes: Vec<Watched>,
}

struct Watched {
    name: NodeName,
    at: SocketAddrV4,
    key: PublicKey,
    pid: u32,
    client: HttpClient,
    /// Memory before anything was done, and what it may rise to.
    resting: ByteCount,
    bound: ByteCount,
}

/// How the nodes stood before an attack.
pub(super) struct Before {
    heights: Vec<Option<Height>>,
}

impl Watch {
    /// Looks after the nodes that run.
    pub(super) fn begin(net: &Net) -> Result<Self, NetError> {
        let net = net.as_it_is()?;
        let mut nodes = Vec::new();
        for node in &net.record.nodes {
            if net.state_of(node)? == ProcessState::Running
                && let Some(process) = &node.process
            {
                nodes.push(Watched::of(node, process.pid())?);
            }
        }
        if nodes.is_empty() {
            return Err(NetError::NothingRuns(net.name().clone()));
        }
        Ok(Self { net, nodes })
    }

    pub(super) fn genesis(&self) -> GenesisHash {
        self.net.record.genesis
    }

    /// Where peers reach them.
    pub(super) fn nodes(&self) -> Vec<SocketAddrV4> {
        self.nodes.iter().map(|node| node.at).collect()
    }

    /// Who can be asked about the chain.
    pub(super) fn client(&self) -> &HttpClient {
        &self.nodes[0].client
    }

    /// How they stand. From now on the most memory that they have is noted.
    pub(super) async fn look(&self) -> Before {
        for node in &self.nodes {
            forget_peak(node.pid);
        }
        Before {
            heights: self.heights().await,
        }
    }

    async fn heights(&self) -> Vec<Option<Height>> {
        let mut heights = Vec::new();
        for node in &self.nodes {
            let status = node.client.node_status().await;
            heights.push(status.ok().map(|status| status.height));
        }
        heights
    }

    /// Pays once, by this one of the nodes, and waits until it is final.
    pub(super) async fn pay(&self, by: usize) -> Result<(), String> {
        let node = &self.nodes[by % self.nodes.len()];
        let (from, to) = (Account::development(PAYER), Account::development(PAID));
        let pay = async || {
            let status = node.client.node_status().await?;
            let nonce = node.client.next_nonce(from.address()).await?;
            let payment = from.pay(&status, nonce, to.address(), Amount::new(7));
            let id = payment.id();
            node.client.submit_transaction(Hex(payment)).await?;
            let end = Instant::now() + PATIENCE;
            loop {
                let status = node.client.wait_transaction(id, WAIT, None).await?;
                let told = Acknowledged::of(id, &status);
                if told.is_some() || Instant::now() >= end {
                    return Ok::<_, jsonrpsee::core::ClientError>(told);
                }
            }
        };
        match pay().await {
            Ok(Some(told)) => {
                let noted = self.net.acknowledge(&[told]);
                noted.map_err(|error| error.to_string())
            }
            Ok(None) => Err(format!("{} did not make a payment final", node.name)),
            Err(error) => Err(format!("{}: {error}", node.name)),
        }
    }

    /// What has become of the nodes, while the attackers are still there.
    pub(super) async fn judge(&self, attack: Attack, before: &Before, done: Done) -> Outcome {
        let mut report = Report::default();
        report.note("payments are made final meanwhile", self.payments().await);
        let (after, passed) = self.pass(before).await;
        let what = format!("blocks go on: every node has {BLOCKS} more");
        report.note(what, passed);
        if !done.to_be_banned.is_empty() {
            let what = "who attacked is banned by every node, and it says why";
            report.note(what, self.bans(&done.to_be_banned).await);
        }
        if let Some(crowd) = done.crowd {
            let (what, outcome) = self.crowd(crowd, &done.attackers).await;
            report.note(what, outcome);
        }
        report.note("the nodes are connected with each other", self.meet().await);
        let mut seen = Vec::new();
        for (place, node) in self.nodes.iter().enumerate() {
            seen.push(Seen {
                node: node.name,
                before: before.heights[place],
                after: after[place],
                resting: node.resting,
                peak: peak(node.pid),
                bound: node.bound,
            });
        }
        let what = "no node has more memory than is stated";
        report.note(what, within_bound(&seen));
        Outcome {
            attack,
            sent: done.sent,
            seen,
            bans: self.bans_of(&done.attackers).await,
            report,
        }
    }

    async fn payments(&self) -> Result<(), String> {
        for by in 0..2 {
            self.pay(by).await?;
        }
        Ok(())
    }

    /// Waits until every node has some more blocks.
    async fn pass(&self, before: &Before) -> (Vec<Option<Height>>, Result<(), String>) {
        let end = Instant::now() + PATIENCE;
        loop {
            let after = self.heights().await;
            let mut behind = Vec::new();
            for ((node, before), after) in self.nodes.iter().zip(&before.heights).zip(&after) {
                let since = after
                    .zip(*before)
                    .and_then(|(after, before)| after.since(before));
                if since.is_none_or(|since| since.get() < BLOCKS) {
                    behind.push(format!("{} was at {before:?}, is at {after:?}", node.name));
                }
            }
            if behind.is_empty() {
                return (after, Ok(()));
            }
            if Instant::now() >= end {
                return (after, Err(behind.join("; ")));
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    /// Waits until every node has banned each of these for what it did.
    async fn bans(&self, wanted: &[(PublicKey, &'static str)]) -> Result<(), String> {
        let end = Instant::now() + PATIENCE;
        loop {
            let mut missing = Vec::new();
            for node in &self.nodes {
                let banned = node.client.peers().await;
                let banned = banned.map(|view| view.banned).unwrap_or_default();
                for (peer, reason) in wanted {
                    let is_so = |ban: &pyralog_api::BanView| {
                        ban.peer == *peer && ban.reason.contains(reason)
                    };
                    if !banned.iter().any(is_so) {
                        missing.push(format!("{} has not banned {peer} ({reason})", node.name));
                    }
                }
            }
            if missing.is_empty() {
                return Ok(());
            }
            if Instant::now() >= end {
                return Err(missing.join("; "));
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    /// Whether the first node let in no more of a crowd than it needed to ban the
    /// address.
    async fn crowd(
        &self,
        crowd: Crowd,
        attackers: &BTreeSet<PublicKey>,
    ) -> (String, Result<(), String>) {
        let bans = self.bans_of(attackers).await;
        let first = self.nodes[0].name;
        let banned = bans.iter().filter(|(node, ..)| *node == first).count();
        let Crowd {
            let_in,
            let_in_max,
            banned_min,
        } = crowd;
        let what = format!(
            "{banned_min} or more of them are banned, and at most {let_in_max} were let in"
        );
        let holds = banned >= banned_min && let_in <= let_in_max;
        let wrong = || format!("{banned} are banned, {let_in} were let in");
        (what, if holds { Ok(()) } else { Err(wrong()) })
    }

    /// Which of these are banned, by whom, and why.
    async fn bans_of(&self, attackers: &BTreeSet<PublicKey>) -> Vec<(NodeName, PublicKey, String)> {
        let mut bans = Vec::new();
        for node in &self.nodes {
            let view = node.client.peers().await;
            let banned = view.map(|view| view.banned).unwrap_or_default();
            let theirs = banned
                .into_iter()
                .filter(|ban| attackers.contains(&ban.peer));
            bans.extend(theirs.map(|ban| (node.name, ban.peer, ban.reason)));
        }
        bans
    }

    /// Waits until the validators among them are connected with each other.
    async fn meet(&self) -> Result<(), String> {
        let end = Instant::now() + PATIENCE;
        let validators = || {
            let nodes = self.nodes.iter();
            nodes.filter(|node| node.name.role() == Role::Validator)
        };
        loop {
            let mut apart = Vec::new();
            for node in validators() {
                let view = node.client.peers().await;
                let met = view.map(|view| view.connected).unwrap_or_default();
                let is_met = |other: &&Watched| met.iter().any(|peer| peer.peer == other.key);
                let others = validators().filter(|other| other.key != node.key);
                let lost = others.filter(|other| !is_met(other));
                apart.extend(lost.map(|other| format!("{} has lost {}", node.name, other.name)));
            }
            if apart.is_empty() {
                return Ok(());
            }
            if Instant::now() >= end {
                return Err(apart.join("; "));
            }
            sleep(LOOK_AGAIN).await;
        }
    }
}

impl Watched {
    fn of(node: &Node, pid: u32) -> Result<Self, NetError> {
        let resting = resident(pid);
        let places = u64::from(places(&node.args));
        let connection = u64::try_from(CONNECTION_BYTES_MAX).unwrap_or(u64::MAX);
        let bound = resting
            .get()
            .saturating_add(places.saturating_mul(connection));
        Ok(Self {
            name: node.name,
            at: SocketAddrV4::new(node.ip, P2P_PORT),
            key: node.key,
            pid,
            client: client(node)?,
            resting,
            bound: ByteCount::new(bound),
        })
    }
}

/// How many connections from one address a node takes, by its arguments.
fn places(args: &[String]) -> u32 {
    let set = |key: &str, usual: u32| {
        let values = args.iter().filter_map(|arg| arg.split_once('='));
        let mut values = values.filter(|(set, _)| *set == key);
        let value = values.next().and_then(|(_, value)| value.parse().ok());
        value.unwrap_or(usual)
    };
    let usual = Limits::default();
    let per_host = set("p2p.per_host_max", usual.per_host_max);
    per_host.min(set("p2p.inbound_max", usual.inbound_max))
}

fn within_bound(seen: &[Seen]) -> Result<(), String> {
    let over = seen.iter().filter(|seen| seen.peak > seen.bound);
    let over: Vec<String> = over
        .map(|seen| format!("{} had {} bytes of {}", seen.node, seen.peak, seen.bound))
        .collect();
    if over.is_empty() {
        Ok(())
    } else {
        Err(over.join("; "))
    }
}

/// Memory of a process; none of one that has ended.
fn resident(pid: u32) -> ByteCount {
    line_of_status(pid, "VmRSS:")
}

/// The most that it had since [`forget_peak`].
fn peak(pid: u32) -> ByteCount {
    line_of_status(pid, "VmHWM:")
}

fn forget_peak(pid: u32) {
    // A system that does not know how shows the most that there ever was, and
    // the bound is held against that.
    let _ = fs::write(format!("/proc/{pid}/clear_refs"), "5");
}

fn line_of_status(pid: u32, name: &str) -> ByteCount {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kib: u64 = kib.and_then(|kib| kib.trim().parse().ok()).unwrap_or(0);
    ByteCount::new(kib.saturating_mul(1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_follows_from_the_places_that_one_address_has() {
        let args = |texts: &[&str]| {
            texts
                .iter()
                .map(|&text| text.to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(places(&[]), 4);
        assert_eq!(places(&args(&["--set", "p2p.per_host_max=2"])), 2);
        assert_eq!(places(&args(&["p2p.per_host_max=256"])), 40);
        assert_eq!(
            places(&args(&["p2p.per_host_max=256", "p2p.inbound_max=50"])),
            50
        );
    }

    #[test]
    fn the_memory_of_a_process_is_known() {
        let own = std::process::id();
        assert!(resident(own).get() > 1_000_000);
        assert!(peak(own).get() > 1_000_000);
        assert_eq!(resident(u32::MAX), ByteCount::new(0));
    }
}
