use std::sync::Arc;

use pyralog_api::{CometReadsServer, PyralogServer, discover};
use pyralog_chain::mempool::{Limits, Rules};
use pyralog_config::Layers;
use pyralog_genesis::Genesis;
use pyralog_primitives::ByteCount;
use pyralog_replica::Replica;
use pyralog_store::Options;
use pyralog_telemetry::metrics::Metrics;
use tempfile::TempDir;
use tokio::sync::{Semaphore, watch};

use super::context::Context;
use super::prices::PRICES;
use super::server::methods;
use crate::chain::Feed;
use crate::development;
use crate::node::published;
use crate::pool::{self, PoolSettings};

/// What answers are made from, over a chain without blocks.
fn context(dir: &TempDir) -> Arc<Context> {
    let document = development::document();
    let genesis = Genesis::parse(&document).unwrap();
    let memory_max = ByteCount::new(1 << 20);
    let replica = Replica::open(dir.path(), &genesis, Options::default(), memory_max).unwrap();
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
    let pool = pool.handle;
    let (_, stop) = watch::channel(false);
    Arc::new(Context {
        genesis,
        document,
        validator: None,
        store,
        feed: Arc::new(Feed::new(head)),
        pool,
        metrics,
        settings: Layers::new().load().unwrap().into_settings().rpc,
        is_disk_low: Arc::default(),
        is_syncing: Arc::default(),
        peers: None,
        index_events: true,
        subscription_room: Arc::new(Semaphore::new(1)),
        stop,
    })
}

#[test]
fn the_document_of_the_surface_names_every_method_and_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let module = methods(&context(&dir));
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
    let dir = tempfile::tempdir().unwrap();
    let context = context(&dir);
    let ours = super::methods::Methods(Arc::clone(&context)).into_rpc();
    assert!(ours.method_names().all(|name| name.starts_with("pyralog_")));
    let theirs = super::comet::CometReads(context).into_rpc();
    assert!(!theirs.method_names().any(|name| name.contains("broadcast")));
}
