//! The nodes themselves.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use pyralog_chain::mempool::{Limits, Rules, Source};
use pyralog_chain::transaction_compute;
use pyralog_driver::{LocalSigner, Logs, Settings};
use pyralog_files::FileDisk;
use pyralog_genesis::{
    Account, Consensus, ConsensusKind, Genesis, GenesisParts, GenesisValidator, Parameters,
    RoundTiming,
};
use pyralog_guard::{Guard, guard_file};
use pyralog_p2p::{MemoryNetwork, PeerId};
use pyralog_primitives::action::Action;
use pyralog_primitives::codec::{List, Version};
use pyralog_primitives::transaction::{Transaction, TransactionBody};
use pyralog_primitives::{
    Amount, ByteCount, DurationMs, Height, Nonce, SecretKey, SignBytes, TimestampMs,
};
use pyralog_replica::Replica;
use pyralog_store::{Options, Store};
use pyralog_telemetry::metrics::Metrics;
use tokio::sync::watch;

use super::fuse::{Fuse, Fused, Said, Watched};
use crate::chain::{AnyEngine, Clock, Feed, Parts, gathering_span};
use crate::pool::{self, Answer, PoolHandle, PoolSettings};
use crate::threads::Thread;

/// Who was refused tries again after a while.
const AGAIN_SPAN: Duration = Duration::from_millis(10);
const CHAIN: &str = "dev-several";
pub(super) const TIME: TimestampMs = TimestampMs::new(1_700_000_000_000);
/// Keys of senders begin after those of validators.
const SENDER_FIRST: u32 = 1_000;
/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

pub(super) fn key(number: u32) -> SecretKey {
    let mut seed = [7; 32];
    seed[..4].copy_from_slice(&number.to_be_bytes());
    SecretKey::from_seed(&seed)
}

/// Several nodes, whichever of them run.
pub(super) struct Several {
    pub(super) genesis: Genesis,
    network: MemoryNetwork,
    pub(super) said: Said,
    pub(super) nodes: Vec<Node>,
}

/// One of them.
pub(super) struct Node {
    number: u32,
    directory: PathBuf,
    pub(super) running: Option<Running>,
}

/// A node that runs.
pub(super) struct Running {
    pub(super) store: Arc<Store>,
    pub(super) feed: Arc<Feed>,
    pub(super) pool: PoolHandle,
    pub(super) fuse: Fuse,
    stop: watch::Sender<bool>,
    threads: Vec<Thread>,
}

impl Several {
    /// A network of so many validators, whose nodes do not run yet.
    pub(super) fn new(kind: ConsensusKind, directory: &Path, nodes: u32, senders: u32) -> Self {
        Self {
            genesis: genesis(kind, nodes, senders),
            network: MemoryNetwork::new(),
            said: Said::default(),
            nodes: (0..nodes)
                .map(|number| Node {
                    number,
                    directory: directory.join(number.to_string()),
                    running: None,
                })
                .collect(),
        }
    }

    pub(super) fn start(&mut self, place: usize, fuse: Fuse) {
        let running = self.open(&self.nodes[place], fuse);
        self.nodes[place].running = Some(running);
    }

    fn open(&self, node: &Node, fuse: Fuse) -> Running {
        let genesis = &self.genesis;
        let options = Options::default();
        let memory_max = ByteCount::new(1 << 28);
        let store = node.directory.join("store");
        let replica = Replica::open(&store, genesis, options, memory_max).unwrap();
        let head = crate::node::published(&replica).unwrap();
        let metrics = Arc::new(Metrics::new("test"));
        let settings = PoolSettings {
            rules: Rules {
                genesis: genesis.hash(),
                parameters: *genesis.parameters(),
            },
            limits: Limits::default(),
            height: head.height,
            base_fee: head.chain.base_fee,
        };
        let store = Arc::clone(replica.store());
        let pool = pool::start(&settings, Arc::clone(&store), Arc::clone(&metrics)).unwrap();
        let key = key(node.number);
        let own = PeerId::new(key.public_key());
        let (logs, signer) = memory(&node.directory, genesis, key, &fuse);
        let proposer = own.get().address();
        let (stop, stopped) = watch::channel(false);
        let feed = Arc::new(Feed::new(head));
        let network = Watched {
            endpoint: self.network.join(own).unwrap(),
            fuse: fuse.clone(),
            said: self.said.clone(),
        };
        let parts = Parts {
            settings: Settings {
                genesis: genesis.hash(),
                drift_max: genesis.parameters().time_drift_max,
                has_peers: true,
            },
            replica,
            engine: AnyEngine::of(genesis.consensus(), Some(proposer)),
            signer: Some(signer),
            logs,
            network: Some(network),
            own: Some(proposer),
            gathering: gathering_span(genesis.consensus()),
            pool: pool.handle.clone(),
            admitted: pool.admitted,
            feed: Arc::clone(&feed),
            metrics,
            syncing: Arc::default(),
            clock: Clock::start(),
            keep_blocks: None,
            stop: stopped,
        };
        let mut threads = parts.begin().unwrap();
        threads.extend(pool.threads);
        Running {
            store,
            feed,
            pool: pool.handle,
            fuse,
            stop,
            threads,
        }
    }

    pub(super) fn start_all(&mut self) {
        for place in 0..self.nodes.len() {
            self.start(place, Fuse::never());
        }
    }

    /// Ends a node, and waits until its threads have. What had been asked of its
    /// store is done then, as if the process had been killed a moment later.
    pub(super) fn end(&mut self, place: usize) {
        let Some(running) = self.nodes[place].running.take() else {
            return;
        };
        let Running {
            stop,
            threads,
            pool,
            store,
            fuse,
            ..
        } = running;
        let _ = stop.send(true);
        drop((pool, store));
        for (name, thread) in threads {
            let ended = thread.join().unwrap();
            // It may burn while the node stops.
            assert!(ended.is_ok() || fuse.is_burnt(), "{name}: {ended:?}");
        }
    }

    pub(super) fn end_all(&mut self) {
        for place in 0..self.nodes.len() {
            self.end(place);
        }
    }

    pub(super) fn running(&self) -> impl Iterator<Item = &Running> {
        self.nodes.iter().filter_map(|node| node.running.as_ref())
    }

    /// The transfer of a sender with this nonce.
    pub(super) fn transfer(&self, sender: u32, nonce: u64) -> Transaction {
        transfer(&self.genesis, sender, nonce, Height::new(900))
    }

    /// Waits until something holds.
    #[track_caller]
    pub(super) fn until(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let start = Instant::now();
        while !holds(self) {
            assert!(
                start.elapsed() < PATIENCE,
                "{what} does not come: {}",
                self.heights()
            );
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn heights(&self) -> String {
        let heights = self
            .running()
            .map(|node| node.feed.head().height.to_string());
        heights.collect::<Vec<_>>().join(", ")
    }

    /// All nodes have the same chain, up to where each of them is.
    pub(super) fn assert_one_chain(&self) {
        let heads: Vec<_> = self.running().map(|node| node.feed.head()).collect();
        for one in &heads {
            for node in self.running() {
                if node.feed.head().height < one.height {
                    continue;
                }
                let certificate = node.store.certificate(one.height).unwrap();
                let block = certificate.map(|certificate| certificate.value());
                assert!(one.height.get() == 0 || block == Some(one.block), "a fork");
            }
        }
        let same = |other: &&Arc<crate::chain::Published>| {
            heads
                .iter()
                .all(|head| head.height != other.height || head.state_root == other.state_root)
        };
        assert!(heads.iter().all(|head| same(&head)), "roots differ");
    }
}

impl Running {
    /// Gives transactions to the pool; how many it took.
    pub(super) fn submit(&self, transactions: Vec<Transaction>) -> usize {
        let count = transactions.len();
        count - self.offer(transactions).len()
    }

    /// Gives transactions to the pool until it has taken all of them.
    pub(super) fn submit_all(&self, mut waiting: Vec<Transaction>) {
        loop {
            waiting = self.offer(waiting);
            if waiting.is_empty() {
                return;
            }
            std::thread::sleep(AGAIN_SPAN);
        }
    }

    /// Gives transactions to the pool; those that it did not take.
    fn offer(&self, transactions: Vec<Transaction>) -> Vec<Transaction> {
        let bytes = transactions.iter().map(Transaction::encoded_bytes);
        let bytes = ByteCount::new(bytes.map(ByteCount::get).sum());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let submitted = self
            .pool
            .submit(Source::new(0), transactions.clone(), bytes);
        let Ok(answers) = runtime.block_on(submitted) else {
            return transactions;
        };
        let answered = transactions.into_iter().zip(answers);
        let refused = answered.filter(|(_, answer)| !matches!(answer, Answer::Taken { .. }));
        refused.map(|(transaction, _)| transaction).collect()
    }
}

pub(super) fn genesis(kind: ConsensusKind, nodes: u32, senders: u32) -> Genesis {
    let validator = |number: u32| {
        let public_key = key(number).public_key();
        GenesisValidator {
            name: format!("v{number}").parse().unwrap(),
            public_key,
            stake: Amount::from_tokens(1),
            possession: key(number).sign(&SignBytes::possession(CHAIN, &public_key)),
        }
    };
    let account = |number: u32| Account {
        address: key(SENDER_FIRST + number).public_key().address(),
        balance: Amount::from_tokens(1_000_000),
    };
    // Short, so that a node that is killed costs little time.
    let timing = RoundTiming {
        timeout_propose: DurationMs::new(300),
        timeout_vote: DurationMs::new(150),
        timeout_step: DurationMs::new(100),
        empty_block_interval: DurationMs::new(50),
    };
    let consensus = match kind {
        ConsensusKind::Pbft => Consensus::Pbft(timing),
        ConsensusKind::Tendermint => Consensus::Tendermint(timing),
        ConsensusKind::Solo => Consensus::with_defaults(kind),
    };
    Genesis::new(GenesisParts {
        chain_id: CHAIN.parse().unwrap(),
        time: TIME,
        consensus,
        parameters: Parameters::default(),
        accounts: (0..senders).map(account).collect(),
        validators: (0..nodes).map(validator).collect(),
        bootstrap: Vec::new(),
    })
    .unwrap()
}

/// The transfer of a sender with this nonce.
pub(super) fn transfer(
    genesis: &Genesis,
    sender: u32,
    nonce: u64,
    valid_until: Height,
) -> Transaction {
    let key = key(SENDER_FIRST + sender);
    let action = Action::Transfer {
        to: self::key(SENDER_FIRST).public_key().address(),
        amount: Amount::new(1),
    };
    let body = TransactionBody {
        version: Version::V1,
        genesis: genesis.hash(),
        sender: key.public_key(),
        nonce: Nonce::new(nonce),
        valid_until,
        fee_max: Amount::from_tokens(1),
        tip: Amount::new(1),
        compute_max: transaction_compute([&action]),
        actions: List::new(vec![action]).unwrap(),
        work: None,
    };
    body.sign(&key).unwrap()
}

type Disks = Fused<FileDisk>;

fn memory(
    directory: &Path,
    genesis: &Genesis,
    key: SecretKey,
    fuse: &Fuse,
) -> (Logs<Disks>, LocalSigner<Disks>) {
    let open = |path: &Path, fuse: Fuse| Fused {
        disk: FileDisk::open(path).unwrap(),
        fuse,
    };
    // It opens what is there before it may burn.
    let [even, odd] = ["even", "odd"].map(|name| open(&directory.join(name), fuse.clone()));
    let logs = Logs::open([even, odd]).unwrap();
    let address = key.public_key().address();
    let path = guard_file(directory, genesis.hash(), address);
    let (guard, _) = Guard::open(open(&path, fuse.clone()), genesis.hash(), address).unwrap();
    (logs, LocalSigner::new(genesis.hash(), key, guard))
}
