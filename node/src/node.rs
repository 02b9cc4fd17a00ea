//! The composition: which part is given which.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use pyralog_chain::Application;
use pyralog_chain::mempool::{Checked, Limits, Rules};
use pyralog_config::Settings;
use pyralog_p2p::Gossip;
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::state::{ChainState, StateKey};
use pyralog_primitives::{DurationMs, Round, SecretKey, VotingPower};
use pyralog_replica::{OpenError, Replica};
use pyralog_store::{Options, Store};
use pyralog_swarm::{PeerAddress, Swarm, SwarmHandle};
use pyralog_telemetry::metrics::Metrics;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use crate::chain::{
    AnyEngine, Clock, Feed, Memory, Parts, Published, block_interval, gathering_span, open_memory,
};
use crate::error::NodeError;
use crate::files::Files;
use crate::health::Health;
use crate::home::Home;
use crate::peers;
use crate::pool::{self, Pool, PoolHandle, PoolSettings};
use crate::rpc::{self, Context, Server};
use crate::source::Network;
use crate::spreading::spread;
use crate::syncing::Syncing;
use crate::threads::{Awaited, Thread};

/// A node that runs.
pub(crate) struct Node {
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) server: Server,
    pub(crate) threads: Vec<Thread>,
    pub(crate) tasks: JoinSet<()>,
    pub(crate) store: Arc<Store>,
    pub(crate) feed: Arc<Feed>,
    pub(crate) syncing: Arc<Syncing>,
    pub(crate) pool: PoolHandle,
    pub(crate) rpc: SocketAddr,
    pub(crate) metrics: SocketAddr,
    /// Where peers reach it; none if it meets nobody.
    pub(crate) p2p: Option<PeerAddress>,
    pub(crate) peers: Option<SwarmHandle>,
}

/// Where a node listens.
struct Listeners {
    rpc: TcpListener,
    metrics: TcpListener,
}

impl Node {
    /// Opens the chain, listens, and begins to work.
    pub(crate) async fn start(
        network: Network,
        key: Option<SecretKey>,
        home: &Home,
        (settings, files): (Settings, Files),
    ) -> Result<Self, NodeError> {
        let replica = open(&network, home, &settings, files)?;
        let listeners = listen(&settings).await?;
        let (rpc, metrics_address) = listeners.addresses()?;
        let metrics = Arc::new(Metrics::new(env!("CARGO_PKG_VERSION")));
        let head = published(&replica)?;
        describe(&metrics, &network, &head, replica.store());
        let pool = start_pool(&network, &settings, &head, replica.store(), &metrics)?;
        // Before what holds the pool: where something fails, that is dropped first.
        let mut threads = Awaited(pool.threads.into());
        let (stop, stopped) = watch::channel(false);
        let shared = Shared {
            store: Arc::clone(replica.store()),
            feed: Arc::new(Feed::new(head)),
            pool: pool.handle,
            metrics,
            is_disk_low: Arc::default(),
            syncing: Arc::default(),
            clock: Clock::start(),
            stop: stopped,
        };
        let health = Arc::new(shared.health(block_interval(network.genesis.consensus())));
        health.look_at_disk();
        let swarm = peers::join(&network, home, &settings.p2p, key.as_ref()).await?;
        let peers = swarm.as_ref().map(Swarm::handle);
        let gossip = swarm.as_ref().map(Swarm::gossip);
        let is_follower = key.is_none() && gossip.is_some();
        let (to_driver, to_gossip) = ways(pool.admitted, is_follower);
        let p2p = peers.as_ref().and_then(SwarmHandle::address);
        let chain = (replica, swarm, to_driver);
        threads
            .0
            .extend(shared.begin(&network, home, &settings, key.as_ref(), chain)?);
        let context = Arc::new(shared.context(network, key.as_ref(), &settings, peers.clone()));
        let mut tasks = JoinSet::new();
        tasks.spawn(Arc::clone(&health).watch(peers.clone(), shared.stop.clone()));
        tasks.spawn(shared.clone().serve_health(listeners.metrics, health));
        if let Some(gossip) = gossip {
            tasks.spawn(shared.clone().spread(gossip, to_gossip));
        }
        let server = rpc::serve(listeners.rpc, context, shared.clock);
        let Shared {
            store,
            feed,
            syncing,
            pool,
            ..
        } = shared;
        Ok(Self {
            stop,
            server,
            threads: std::mem::take(&mut threads.0),
            tasks,
            store,
            feed,
            syncing,
            pool,
            rpc,
            metrics: metrics_address,
            p2p,
            peers,
        })
    }
}

/// Transactions that came to this node first.
type Admitted = mpsc::Receiver<Vec<Checked>>;

/// What goes to the driver, and what to gossip: a validator tells the others
/// directly.
fn ways(admitted: Admitted, is_follower: bool) -> (Admitted, Admitted) {
    let (_, nothing) = mpsc::channel(1);
    if is_follower {
        (nothing, admitted)
    } else {
        (admitted, nothing)
    }
}

/// What several parts hold.
#[derive(Clone)]
struct Shared {
    store: Arc<Store>,
    feed: Arc<Feed>,
    pool: PoolHandle,
    metrics: Arc<Metrics>,
    is_disk_low: Arc<AtomicBool>,
    syncing: Arc<Syncing>,
    clock: Clock,
    stop: watch::Receiver<bool>,
}

impl Shared {
    /// Begins the chain: that of a validator, or of a node that follows.
    fn begin(
        &self,
        network: &Network,
        home: &Home,
        settings: &Settings,
        key: Option<&SecretKey>,
        (replica, swarm, admitted): (Replica, Option<Swarm>, Admitted),
    ) -> Result<Vec<Thread>, NodeError> {
        let memory = memory(network, home, key)?;
        let own = key.map(|key| key.public_key().address());
        let keep = settings.store.keep_blocks;
        let parts = Parts {
            settings: driver_settings(network, swarm.is_some()),
            replica,
            engine: AnyEngine::of(network.genesis.consensus(), own),
            signer: memory.signer,
            logs: memory.logs,
            network: swarm,
            own,
            gathering: gathering_span(network.genesis.consensus()),
            pool: self.pool.clone(),
            admitted,
            feed: Arc::clone(&self.feed),
            metrics: Arc::clone(&self.metrics),
            syncing: Arc::clone(&self.syncing),
            clock: self.clock,
            keep_blocks: (keep.get() > 0).then_some(keep),
            stop: self.stop.clone(),
        };
        Ok(parts.begin()?)
    }

    fn health(&self, block_interval: DurationMs) -> Health {
        Health {
            store: Arc::clone(&self.store),
            feed: Arc::clone(&self.feed),
            metrics: Arc::clone(&self.metrics),
            block_interval,
            syncing: Arc::clone(&self.syncing),
            started: Clock::now(),
            is_disk_low: Arc::clone(&self.is_disk_low),
        }
    }

    fn context(
        &self,
        network: Network,
        key: Option<&SecretKey>,
        settings: &Settings,
        peers: Option<SwarmHandle>,
    ) -> Context {
        Context {
            genesis: network.genesis,
            document: network.document,
            validator: key.map(|key| key.public_key().address()),
            store: Arc::clone(&self.store),
            feed: Arc::clone(&self.feed),
            pool: self.pool.clone(),
            metrics: Arc::clone(&self.metrics),
            index_events: settings.store.index_events,
            subscription_room: Arc::new(Semaphore::new(settings.rpc.subscription_total_max)),
            is_disk_low: Arc::clone(&self.is_disk_low),
            syncing: Arc::clone(&self.syncing),
            peers,
            stop: self.stop.clone(),
            settings: settings.rpc.clone(),
        }
    }

    async fn spread(self, gossip: impl Gossip, admitted: Admitted) {
        spread(gossip, self.pool, admitted, self.syncing, self.stop).await;
    }

    async fn serve_health(mut self, listener: TcpListener, health: Arc<Health>) {
        let report = move || health.report();
        let stopped = async move {
            // Also when whoever could say so is gone.
            let _ = self.stop.wait_for(|stop| *stop).await;
        };
        pyralog_telemetry::health::serve(listener, self.metrics, report, stopped).await;
    }
}

fn open(
    network: &Network,
    home: &Home,
    settings: &Settings,
    files: Files,
) -> Result<Replica, NodeError> {
    let options = Options {
        cache: settings.store.cache,
        reserve: settings.store.reserve,
        index_events: settings.store.index_events,
        open_file_count_max: Some(files.store),
    };
    let memory_max = settings.ledger.memory_max;
    let opened = Replica::open(&home.store(), &network.genesis, options, memory_max);
    opened.map_err(NodeError::from)
}

async fn listen(settings: &Settings) -> Result<Listeners, NodeError> {
    async fn bind(
        address: SocketAddr,
        what: &'static str,
        setting: &'static str,
    ) -> Result<TcpListener, NodeError> {
        let failed = |source| NodeError::Listen {
            address,
            what,
            setting,
            source,
        };
        TcpListener::bind(address).await.map_err(failed)
    }
    Ok(Listeners {
        rpc: bind(settings.rpc.listen, "calls", "rpc.listen").await?,
        metrics: bind(
            settings.metrics.listen,
            "metrics and health",
            "metrics.listen",
        )
        .await?,
    })
}

impl Listeners {
    fn addresses(&self) -> Result<(SocketAddr, SocketAddr), NodeError> {
        let address = |listener: &TcpListener| {
            let failed = NodeError::io("ask for the address of", "a listener".as_ref());
            listener.local_addr().map_err(failed)
        };
        Ok((address(&self.rpc)?, address(&self.metrics)?))
    }
}

/// The last durable block.
pub(crate) fn published(replica: &Replica) -> Result<Published, NodeError> {
    let tip = replica.ledger.info();
    let value = replica.store().get(&StateKey::Chain);
    let value = value.map_err(OpenError::from)?;
    let chain = value.and_then(|value| ChainState::decode(&value).ok());
    let missing = OpenError::Missing {
        what: "base fee",
        height: tip.height,
    };
    Ok(Published {
        height: tip.height,
        block: tip.block,
        time: tip.time,
        state_root: tip.tree.root(),
        chain: chain.ok_or(missing)?,
        provable: replica.ledger.provable().cloned(),
    })
}

/// What metrics show before the first block.
fn describe(metrics: &Metrics, network: &Network, head: &Published, store: &Store) {
    metrics
        .consensus
        .set_validators(network.genesis.validators().len());
    metrics.consensus.set_height(head.height);
    metrics.consensus.set_round(Round::FIRST);
    metrics.consensus.set_missing_power(VotingPower::new(0));
    metrics.blocksync.set_syncing(false);
    metrics.chain.set_base_fee(head.chain.base_fee);
    metrics.chain.set_burned(head.chain.burned);
    metrics.store.set_durable_height(head.height);
    metrics.store.set_oldest_height(store.oldest());
}

fn start_pool(
    network: &Network,
    settings: &Settings,
    head: &Published,
    store: &Arc<Store>,
    metrics: &Arc<Metrics>,
) -> Result<Pool, NodeError> {
    let rules = Rules {
        genesis: network.genesis.hash(),
        parameters: *network.genesis.parameters(),
    };
    let limits = Limits {
        bytes_max: settings.mempool.bytes_max,
        gapped_bytes_max: settings.mempool.gapped_bytes_max,
        sender_count_max: settings.mempool.sender_count_max,
    };
    let pool = PoolSettings {
        rules,
        limits,
        height: head.height,
        base_fee: head.chain.base_fee,
    };
    let pool = pool::start(&pool, Arc::clone(store), Arc::clone(metrics))?;
    Ok(pool)
}

fn driver_settings(network: &Network, has_peers: bool) -> pyralog_driver::Settings {
    pyralog_driver::Settings {
        genesis: network.genesis.hash(),
        drift_max: network.genesis.parameters().time_drift_max,
        has_peers,
    }
}

/// What the node has written down. In development the guard lies beside the
/// chain: who throws that away begins anew, with a key that all know.
fn memory(network: &Network, home: &Home, key: Option<&SecretKey>) -> Result<Memory, NodeError> {
    let genesis = &network.genesis;
    let guards = if genesis.is_development() {
        &home.chain
    } else {
        &home.directory
    };
    let key = key.map(|key| SecretKey::from_seed(&key.to_seed()));
    Ok(open_memory(&home.consensus(), guards, genesis.hash(), key)?)
}
