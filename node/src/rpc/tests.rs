use std::ops::Deref;
use std::sync::Arc;

use jsonrpsee::Extensions;
use pyralog_api::{CometReadsServer, PyralogServer, discover};
use pyralog_chain::mempool::{Included, Limits, Rules, Source};
use pyralog_config::Layers;
use pyralog_genesis::Genesis;
use pyralog_primitives::{ByteCount, DurationMs, Nonce, PublicKey, TransactionId};
use pyralog_replica::Replica;
use pyralog_store::Options;
use pyralog_telemetry::metrics::Metrics;
use tempfile::TempDir;
use tokio::sync::{Semaphore, watch};

use super::context::Context;
use super::gate::Caller;
use super::peers;
use super::prices::PRICES;
use super::reads;
use super::server::methods;
use crate::chain::Feed;
use crate::development;
use crate::node::published;
use crate::pool::{self, FollowedBlock, PoolSettings};
use crate::threads::Awaited;

/// What answers are made from, over a chain without blocks.
/// Whoever has a part of the context must be gone before this is.
struct Answering {
    context: Arc<Context>,
    _pool: Awaited,
    _directory: TempDir,
}

impl Deref for Answering {
    type Target = Arc<Context>;

    fn deref(&self) -> &Arc<Context> {
        &self.context
    }
}

fn answering() -> Answering {
    let directory = tempfile::tempdir().unwrap();
    let document = development::document();
    let genesis = Genesis::parse(&document).unwrap();
    let memory_max = ByteCount::new(1 << 20);
    let replica =
        Replica::open(directory.path(), &genesis, Options::default(), memory_max).unwrap();
    let head = published(&replica).unwrap();
    let metrics = Arc::new(Metrics::new("0"));
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
    let (_, stop) = watch::channel(false);
    let context = Context {
        genesis,
        document,
        validator: None,
        store,
        feed: Arc::new(Feed::new(head)),
        pool: pool.handle,
        metrics,
        settings: Layers::new().load().unwrap().into_settings().rpc,
        is_disk_low: Arc::default(),
        syncing: Arc::default(),
        peers: None,
        index_events: true,
        subscription_room: Arc::new(Semaphore::new(1)),
        stop,
    };
    Answering {
        context: Arc::new(context),
        _pool: Awaited(pool.threads.into()),
        _directory: directory,
    }
}

#[test]
fn the_document_of_the_surface_names_every_method_and_no_other() {
    let context = answering();
    let module = methods(&context);
    let mut served: Vec<&str> = module.method_names().collect();
    served.sort_unstable();
    let document = discover("0");
    let described = document["methods"].as_array().unwrap().iter();
    let mut described: Vec<&str> = described
        .map(|method| method["name"].as_str().unwrap())
        .collect();
    described.sort_unstable();
    assert_eq!(served, described);
    for (name, price) in PRICES {
        assert!(served.contains(&name) && price > 1, "{name}");
    }
}

#[test]
fn names_of_other_chains_are_for_reads_only() {
    let context = answering();
    let ours = super::methods::Methods(Arc::clone(&context)).into_rpc();
    assert!(ours.method_names().all(|name| name.starts_with("pyralog_")));
    let theirs = super::comet::CometReads(Arc::clone(&context)).into_rpc();
    assert!(!theirs.method_names().any(|name| name.contains("broadcast")));
}

#[test]
fn peers_are_ordered_about_from_the_machine_of_the_node_only() {
    let context = answering();
    let ordered_from = |address: Option<&str>| {
        let mut caller = Extensions::new();
        if let Some(address) = address {
            caller.insert(Caller {
                address: address.parse().unwrap(),
                source: Source::new(0),
            });
        }
        let peer = PublicKey::new([7; 32]);
        let day = DurationMs::new(86_400_000);
        let orders = [
            peers::ban(&context, &caller, peer, day, "noise").unwrap_err(),
            peers::unban(&context, &caller, peer).unwrap_err(),
            peers::add(&context, &caller, "somewhere").unwrap_err(),
        ];
        orders.map(|failure| failure.reason.into_owned())
    };
    for address in [None, Some("203.0.113.7"), Some("::ffff:203.0.113.7")] {
        assert_eq!(
            ordered_from(address),
            ["not_the_operator"; 3],
            "{address:?}"
        );
    }
    // This one meets nobody.
    for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
        assert_eq!(ordered_from(Some(address)), ["no_peers"; 3], "{address}");
    }
}

#[tokio::test]
async fn what_is_in_a_block_that_the_disk_has_not_is_pending() {
    let context = answering();
    let pending = async || reads::node_status(&context).await.pending;
    assert_eq!(pending().await, 0);
    let height = context.head().height.next().unwrap();
    let included = Included {
        id: TransactionId::ZERO,
        sender: PublicKey::new([7; 32]).address(),
        nonce: Nonce::new(0),
        height,
    };
    let block = FollowedBlock {
        height,
        base_fee: context.head().chain.base_fee,
        included: vec![included],
        touched: Vec::new(),
        writes: Arc::default(),
    };
    context.pool.follow(block).await;
    assert_eq!(pending().await, 1);
    let pool = context.pool.clone();
    let settled = tokio::task::spawn_blocking(move || pool.durable(height));
    settled.await.unwrap();
    assert_eq!(pending().await, 0);
}
