//! A node that comes late takes all that is final from others, over a swarm on
//! loopback addresses.
//!
//! With `PYRALOG_MEASURE` set, as `make bench` does, its rate is printed, beside
//! that at which one node executes the same blocks from its own disk. How many
//! blocks, how many transfers in each, and how many peers give them, say
//! `PYRALOG_SYNC_BLOCKS`, `PYRALOG_SYNC_TRANSFERS` and `PYRALOG_SYNC_PEERS`.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use pyralog_chain::mempool::{Limits, Rules};
use pyralog_consensus::QuorumCertificate;
use pyralog_driver::{Body, Executor, LocalSigner, Logs, Order, Settings};
use pyralog_files::FileDisk;
use pyralog_genesis::{ConsensusKind, Genesis};
use pyralog_p2p::{Network, PeerId};
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::vote::{Vote, VoteKind};
use pyralog_primitives::{BlockId, ByteCount, Height, Round, SignBytes, TimestampMs};
use pyralog_replica::{Durable, Replica};
use pyralog_store::{Options, Store};
use pyralog_swarm::{
    Clock as SwarmClock, Limits as SwarmLimits, PeerAddress, Swarm, SwarmSettings,
};
use pyralog_telemetry::metrics::Metrics;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use super::network::{TIME, genesis, key, transfer};
use crate::chain::{AnyEngine, Clock, Feed, Parts, gathering_span};
use crate::pool::{self, PoolSettings};
use crate::syncing::Syncing;
use crate::threads::Thread;

/// Validators of the chain; none of them runs.
const VALIDATOR_COUNT: u32 = 4;
/// Keys of nodes begin here.
const NODE_FIRST: u32 = 5_000;
/// Longer than the few blocks of a test take.
const PATIENCE: Duration = Duration::from_mins(2);

/// How long a chain, and who has it.
#[derive(Clone, Copy)]
struct Plan {
    blocks: u64,
    transfers: u32,
    peers: u32,
}

fn open(directory: &Path, genesis: &Genesis) -> Replica {
    let memory_max = ByteCount::new(1 << 28);
    Replica::open(directory, genesis, Options::default(), memory_max).unwrap()
}

/// The certificate of all validators.
fn certificate(genesis: &Genesis, height: Height, block: BlockId) -> Certificate {
    let kind = VoteKind::Precommit;
    let bytes = SignBytes::vote(genesis.hash(), kind, height, Round::FIRST, Some(block));
    let vote = |number| {
        let key = key(number);
        Vote {
            kind,
            height,
            round: Round::FIRST,
            value: Some(block),
            validator: key.public_key().address(),
            signature: key.sign(&bytes),
        }
    };
    let votes: Vec<Vote> = (0..VALIDATOR_COUNT).map(vote).collect();
    QuorumCertificate::assemble(
        kind,
        (height, Round::FIRST, block),
        |voter| votes.iter().find(|vote| vote.validator == *voter),
        &genesis.validator_set(),
    )
    .into_final()
}

/// Makes a chain in a store: each sender has one transfer in each block.
fn make(genesis: &Genesis, directory: &Path, plan: Plan) {
    let replica = open(directory, genesis);
    let store = Arc::clone(replica.store());
    let mut executor = Executor::new(replica.ledger, None);
    for raw in 1..=plan.blocks {
        let transfers = (0..plan.transfers)
            .map(|sender| transfer(genesis, sender, raw - 1, Height::new(raw + 100)));
        let order = Order {
            time: TimestampMs::new(TIME.get() + raw * 1_000),
            proposer: key(0).public_key().address(),
            evidence: Vec::new(),
        };
        let transfers: Vec<_> = transfers.collect();
        let built = executor.build(order, &mut transfers.into_iter()).unwrap();
        let block = built.block;
        assert_eq!(block.transactions.len(), plan.transfers as usize);
        let (height, id) = (block.header.height, block.id());
        let certificate = certificate(genesis, height, id);
        let settled = executor.finalize(&Body::own(block), certificate).unwrap();
        store.commit(&settled.batch).unwrap();
        executor.commit(height);
    }
}

/// Executes what a store has into another one, as a node does it: one thread
/// verifies and executes, another one makes durable.
fn replay(genesis: &Genesis, from: &Store, directory: &Path, blocks: u64) -> Duration {
    let replica = open(directory, genesis);
    let store = Arc::clone(replica.store());
    let mut executor: Executor<Durable> = Executor::new(replica.ledger, None);
    let durable = AtomicU64::new(0);
    let (batches, commits) = sync_channel(super::super::COMMIT_COUNT_MAX);
    let start = Instant::now();
    std::thread::scope(|scope| {
        let durable = &durable;
        scope.spawn(move || {
            while let Ok((height, batch)) = commits.recv() {
                store.commit(&batch).unwrap();
                durable.store(height, Ordering::Release);
            }
        });
        for raw in 1..=blocks {
            let height = Height::new(raw);
            let block = from.block(height).unwrap().unwrap();
            let certificate = from.certificate(height).unwrap().unwrap();
            let body = Body::unchecked(Arc::new(block));
            let settled = executor.finalize(&body, certificate).unwrap();
            batches.send((raw, settled.batch)).unwrap();
            executor.commit(Height::new(durable.load(Ordering::Acquire)));
        }
        drop(batches);
    });
    start.elapsed()
}

/// A node that follows.
struct Follower {
    store: Arc<Store>,
    feed: Arc<Feed>,
    syncing: Arc<Syncing>,
    at: PeerAddress,
    stop: watch::Sender<bool>,
    threads: Vec<Thread>,
}

impl Follower {
    /// Begins with what is in its directory, knowing these peers.
    fn begin(
        runtime: &Runtime,
        genesis: &Genesis,
        (directory, number): (&Path, u32),
        known: &[PeerAddress],
    ) -> Self {
        let swarm = swarm(genesis, (directory, number), known);
        let swarm = runtime.block_on(Swarm::start(swarm)).unwrap();
        let at = PeerAddress {
            peer: swarm.own(),
            at: swarm.handle().listening()[0],
        };
        let replica = open(&directory.join("store"), genesis);
        let head = crate::node::published(&replica).unwrap();
        let metrics = Arc::new(Metrics::new("test"));
        let store = Arc::clone(replica.store());
        let settings = PoolSettings {
            rules: Rules {
                genesis: genesis.hash(),
                parameters: *genesis.parameters(),
            },
            limits: Limits::default(),
            height: head.height,
            base_fee: head.chain.base_fee,
        };
        let pool = pool::start(&settings, Arc::clone(&store), Arc::clone(&metrics)).unwrap();
        let disks = ["even", "odd"].map(|name| FileDisk::open(&directory.join(name)).unwrap());
        let (stop, stopped) = watch::channel(false);
        let (feed, syncing) = (Arc::new(Feed::new(head)), Arc::new(Syncing::default()));
        let parts = Parts {
            settings: Settings {
                genesis: genesis.hash(),
                drift_max: genesis.parameters().time_drift_max,
                has_peers: true,
            },
            replica,
            engine: AnyEngine::of(genesis.consensus(), None),
            signer: None::<LocalSigner<FileDisk>>,
            logs: Logs::open(disks).unwrap(),
            network: Some(swarm),
            own: None,
            gathering: gathering_span(genesis.consensus()),
            pool: pool.handle.clone(),
            admitted: pool.admitted,
            feed: Arc::clone(&feed),
            metrics,
            syncing: Arc::clone(&syncing),
            clock: Clock::start(),
            keep_blocks: None,
            stop: stopped,
        };
        let mut threads = parts.begin().unwrap();
        threads.extend(pool.threads);
        Self {
            store,
            feed,
            syncing,
            at,
            stop,
            threads,
        }
    }

    fn height(&self) -> u64 {
        self.feed.head().height.get()
    }

    fn end(self) {
        let _ = self.stop.send(true);
        for (name, thread) in self.threads {
            let ended = thread.join().unwrap();
            assert!(ended.is_ok(), "{name}: {ended:?}");
        }
    }
}

fn swarm(
    genesis: &Genesis,
    (directory, number): (&Path, u32),
    known: &[PeerAddress],
) -> SwarmSettings {
    SwarmSettings {
        node_key: key(NODE_FIRST + number),
        chain: "dev-several".to_owned(),
        genesis: genesis.hash(),
        proof: None,
        agent: "test".to_owned(),
        listen: vec!["127.0.0.1:0".parse().unwrap()],
        external: Vec::new(),
        bootstrap: known.to_vec(),
        persistent: Vec::new(),
        private: std::collections::BTreeSet::<PeerId>::new(),
        unconditional: std::collections::BTreeSet::new(),
        allows_private_addresses: true,
        discovers: false,
        limits: SwarmLimits::default(),
        directory: directory.join("peers"),
        clock: SwarmClock::system(),
    }
}

/// Makes a chain, and has a node that comes late take it; how long one node took
/// to execute it, and how long that one took.
fn run(plan: Plan, patience: Duration) -> (Duration, Duration) {
    let directory = tempfile::tempdir().unwrap();
    let place = |name: &str| directory.path().join(name);
    let genesis = genesis(ConsensusKind::Pbft, VALIDATOR_COUNT, plan.transfers.max(1));
    make(&genesis, &place("0").join("store"), plan);
    // Each peer that gives executed the same blocks.
    let spans = (1..plan.peers.max(2)).map(|number| {
        let source = open(&place("0").join("store"), &genesis);
        let own = place(&number.to_string()).join("store");
        replay(&genesis, source.store(), &own, plan.blocks)
    });
    let replayed = spans.min().unwrap();
    let runtime = Runtime::new().unwrap();
    let givers: Vec<Follower> = (0..plan.peers)
        .map(|number| {
            let own = place(&number.to_string());
            Follower::begin(&runtime, &genesis, (&own, number), &[])
        })
        .collect();
    let known: Vec<PeerAddress> = givers.iter().map(|giver| giver.at).collect();
    let start = Instant::now();
    let late = Follower::begin(&runtime, &genesis, (&place("late"), 99), &known);
    let mut was_syncing = false;
    while late.height() < plan.blocks {
        was_syncing |= late.syncing.is_syncing();
        assert!(start.elapsed() < patience, "it is at {}", late.height());
        std::thread::sleep(Duration::from_millis(2));
    }
    let synced = start.elapsed();
    assert!(was_syncing);
    while late.syncing.is_syncing() {
        assert!(start.elapsed() < patience, "it says that it is behind");
        std::thread::sleep(Duration::from_millis(2));
    }
    let last = Height::new(plan.blocks);
    let roots = givers.iter().chain([&late]).map(|node| {
        let block = node.store.certificate(last).unwrap().unwrap().value();
        (block, node.feed.head().state_root)
    });
    let roots: Vec<_> = roots.collect();
    assert!(roots.iter().all(|one| *one == roots[0]), "one chain");
    late.end();
    givers.into_iter().for_each(Follower::end);
    (replayed, synced)
}

#[test]
fn a_node_that_comes_late_takes_all_blocks_from_two_peers_and_says_so() {
    let plan = Plan {
        blocks: 150,
        transfers: 3,
        peers: 2,
    };
    run(plan, PATIENCE);
}

#[test]
fn catching_up_is_measured_if_asked() {
    if std::env::var_os("PYRALOG_MEASURE").is_none() {
        return;
    }
    let number = |name, default| {
        let given = std::env::var(name).ok();
        given.map_or(default, |given| given.parse().expect("a number"))
    };
    let plan = Plan {
        blocks: number("PYRALOG_SYNC_BLOCKS", 300),
        transfers: u32::try_from(number("PYRALOG_SYNC_TRANSFERS", 300)).unwrap(),
        peers: u32::try_from(number("PYRALOG_SYNC_PEERS", 1)).unwrap(),
    };
    let (replayed, synced) = run(plan, Duration::from_hours(2));
    let rate = |span: Duration| f64::from(u32::try_from(plan.blocks).unwrap()) / span.as_secs_f64();
    println!(
        "catching up: {} blocks of {} transfers from {} peers: {:.1} blocks/s; the same \
         from the own disk {:.1} blocks/s; ratio {:.2}",
        plan.blocks,
        plan.transfers,
        plan.peers,
        rate(synced),
        rate(replayed),
        rate(synced) / rate(replayed)
    );
}
