//! The table of all settings: each with its type, its default, its meaning
//! and its bounds, with what breaks beyond them.
//!
//! The doc comments below are also the comments of a new `config.toml`.

use std::fmt;
use std::net::SocketAddr;

use pyralog_primitives::transaction::NONCE_GAP_MAX;
use pyralog_primitives::{BlockCount, ByteCount};

use crate::bounds::{ANY, at_least};
use crate::table::settings;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const TIB: u64 = 1 << 40;

/// How lines of the log are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people at a terminal.
    Pretty,
    /// `key=value`, for people and machines.
    Logfmt,
    /// One JSON object in each line.
    Json,
}

impl LogFormat {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Pretty, Self::Logfmt, Self::Json];

    /// Its name in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pretty => "pretty",
            Self::Logfmt => "logfmt",
            Self::Json => "json",
        }
    }
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Keys and addresses of peers, as texts: what they mean is for the network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeerNames(pub Vec<String>);

settings! {
    /// JSON-RPC, by HTTP and WebSocket.
    rpc: RpcSettings {
        /// Where it listens. Other machines reach it only if this is an address
        /// of the network, such as 0.0.0.0:26657.
        listen: SocketAddr = "127.0.0.1:26657", ANY;
        /// The longest request.
        body_bytes_max: ByteCount = "1MiB",
            at_least(4 * KIB, "not even a transfer fits a request")
                .at_most(64 * MIB, "a few requests fill the memory");
        /// The longest answer.
        response_bytes_max: ByteCount = "16MiB",
            at_least(64 * KIB, "a block of a few transfers fits no answer")
                .at_most(256 * MIB, "a few answers fill the memory");
        /// How many calls a batch may hold.
        batch_count_max: usize = "25",
            at_least(1, "every batch is refused")
                .at_most(1_000, "one request keeps the node busy for seconds");
        /// How many clients may be connected at once.
        connection_count_max: usize = "900",
            at_least(1, "nobody can connect")
                .at_most(60_000, "connections use up the ports and files of the system");
        /// How many subscriptions a connection may hold.
        subscription_count_max: usize = "64",
            at_least(1, "nobody can follow the chain")
                .at_most(4_096, "one client takes the memory of all");
        /// How many subscriptions all connections may hold together.
        subscription_total_max: usize = "4096",
            at_least(1, "nobody can follow the chain")
                .at_most(65_536, "each block is copied for longer than it takes to make one");
        /// The origins of web pages that may call, such as
        /// `https://app.example.com`; `*` allows any.
        cors_origins: Vec<String> = "", ANY;
        /// What the calls of one client's address may cost in a second, where a
        /// simple call costs 1; 0 is no limit.
        price_per_second_max: u32 = "5000",
            at_least(100, "a single dear call is never answered")
                .at_most(1_000_000_000, "it limits nothing, for which 0 is the word")
                .or_zero();
    }
    /// Other nodes of the network.
    p2p: P2pSettings {
        /// Whether this node meets others.
        enabled: bool = "true", ANY;
        /// Where others reach this node.
        listen: SocketAddr = "0.0.0.0:26656", ANY;
        /// Where others reach it if that is not where it listens, as behind a
        /// router: IP:PORT.
        external: PeerNames = "", ANY;
        /// Peers to begin with, besides those of the genesis document:
        /// KEY@IP:PORT, as the banner of a node says.
        bootstrap: PeerNames = "", ANY;
        /// Peers to be connected with always, such as the sentries of a validator:
        /// KEY@IP:PORT.
        persistent_peers: PeerNames = "", ANY;
        /// Keys of peers that others are not told of, such as the validator behind
        /// a sentry.
        private_peer_ids: PeerNames = "", ANY;
        /// Keys of peers who are not counted among those that are connected. How
        /// many may come from one address holds for them too.
        unconditional_peer_ids: PeerNames = "", ANY;
        /// Whether peers are asked for more peers. Without it a node knows those
        /// it was told of and those who come to it.
        discovery: bool = "true", ANY;
        /// Whether addresses that only some can reach count: those of private
        /// networks and of this machine.
        allow_private_addresses: bool = "false", ANY;
        /// How many peers the node looks for by itself.
        outbound_target: u32 = "16",
            at_least(1, "the node depends on those who come to it")
                .at_most(32, "it never has so many, and dials on and on");
        /// How many peers may come to the node by themselves.
        inbound_max: u32 = "40",
            at_least(1, "nobody can join by this node")
                .at_most(256, "their messages take more memory than they are worth");
        /// How many of them from one address.
        per_host_max: u32 = "4",
            at_least(1, "nobody can come to the node")
                .at_most(256, "one machine takes the room of all");
        /// How many of them from one subnet.
        per_subnet_max: u32 = "16",
            at_least(1, "nobody can come to the node")
                .at_most(256, "one network takes the room of all");
    }
    /// Metrics for Prometheus, and whether the node is healthy, by HTTP.
    metrics: MetricsSettings {
        /// Where they are served.
        listen: SocketAddr = "127.0.0.1:26660", ANY;
    }
    /// What the node writes to standard error.
    log: LogSettings {
        /// The form of a line: pretty for people, logfmt or json for machines.
        format: LogFormat = "pretty", ANY;
        /// What is written: error, warn, info, debug or trace, also by part, as in
        /// `info,pyralog_store=debug`.
        filter: String = "info", ANY;
    }
    /// The database of the chain.
    store: StoreSettings {
        /// Memory for what is read often.
        cache: ByteCount = "256MiB",
            at_least(8 * MIB, "each account that a block touches is read from disk")
                .at_most(TIB, "no machine has the memory");
        /// With less free space on the disk than this, new transactions are refused.
        reserve: ByteCount = "1GiB",
            at_least(64 * MIB, "what is under way may fill the disk, and the node stops")
                .at_most(16 * TIB, "every disk counts as full");
        /// Whether blocks can be found by their events. Costs about as much as
        /// everything else in a block of transfers.
        index_events: bool = "true", ANY;
        /// How many of the last blocks are kept, with the state after each; older
        /// ones are forgotten. 0 keeps all history.
        keep_blocks: BlockCount = "0",
            at_least(16, "a client that was away for some seconds can no longer catch up")
                .at_most(1_000_000_000, "nothing is ever forgotten, for which 0 is the word")
                .or_zero();
    }
    /// Transactions that wait for a block.
    mempool: MempoolSettings {
        /// Memory for all of them.
        bytes_max: ByteCount = "256MiB",
            at_least(MIB, "the largest transaction does not fit")
                .at_most(64 * GIB, "more waits than the chain can include before it expires");
        /// Of that, for those that wait for an earlier one of their sender.
        gapped_bytes_max: ByteCount = "32MiB",
            at_least(MIB, "the largest transaction can never wait")
                .at_most(64 * GIB, "what cannot run takes the room of what can");
        /// How many may wait for each sender.
        sender_count_max: usize = "65",
            at_least(1, "nobody can send anything")
                .at_most(NONCE_GAP_MAX + 1, "nothing changes: nonces reach no further ahead");
    }
    /// Blocks that are not final yet.
    ledger: LedgerSettings {
        /// Memory for them and for what they change.
        memory_max: ByteCount = "512MiB",
            at_least(64 * MIB, "a few full blocks do not fit, and good ones are refused")
                .at_most(TIB, "no machine has the memory");
    }
}
