//! Load: many senders, one node.
//!
//! 1. accounts are funded from those of development;
//! 2. all transfers are signed and encoded;
//! 3. reads alone are timed, as the idle reference;
//! 4. senders send, while reads are timed and blocks counted;
//! 5. the report says what was offered, taken, shed and made final.
//!
//! Bounded in count and time by its arguments; it only talks to the node it is
//! given.

mod accounts;
mod reads;
mod report;
mod senders;

use std::time::{Duration, Instant};

use clap::Args;
use jsonrpsee::core::ClientError;
use jsonrpsee::core::client::Subscription;
use jsonrpsee::http_client::{HttpClient, HttpClientBuilder};
use jsonrpsee::ws_client::WsClientBuilder;
use pyralog_api::{BlockItem, PyralogClient};

use self::accounts::Accounts;
use self::reads::Latencies;
pub(crate) use self::report::Report;
use self::senders::Plan;

/// How a node is loaded.
#[derive(Clone, Debug, Args)]
pub(crate) struct LoadArgs {
    /// Where the node listens
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:26657")]
    pub(crate) node: String,
    /// Transfers offered in a second; 0: as fast as answers come
    #[arg(long, default_value_t = 0)]
    pub(crate) rate: u32,
    /// How long
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) seconds: u64,
    /// Senders, each with a connection of its own
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub(crate) senders: u32,
    /// Accounts that send, in all
    #[arg(long, default_value_t = 4_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) accounts: u32,
    /// Transfers in one call
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(crate) batch: u32,
    /// Transfers that are signed ahead, in all
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u32).range(1..=2_000_000))]
    pub(crate) transfers: u32,
}

/// Why load could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// The node did not answer.
    #[error("the node does not answer: {0}")]
    Node(#[from] ClientError),
    /// It is no development network, whose accounts everybody can spend from.
    #[error("the chain is {0}; load is made only on development networks (dev-…)")]
    NotDevelopment(String),
    /// The accounts were not funded in time.
    #[error("the accounts were not funded: {0}")]
    Funding(String),
    /// The runtime did not start.
    #[error("the runtime did not start: {0}")]
    Runtime(#[from] std::io::Error),
}

/// Makes load; returns what became of it.
pub(crate) fn run(args: &LoadArgs) -> Result<Report, LoadError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(load(args))
}

async fn load(args: &LoadArgs) -> Result<Report, LoadError> {
    let client = client(&args.node)?;
    let mut accounts = Accounts::fund(&client, args.accounts).await?;
    let plan = Plan::sign(&mut accounts, args);
    let signed_per_second = plan.signed_per_second;
    let idle = reads::time_for(&client, Duration::from_secs(3)).await?;
    let window = Duration::from_secs(args.seconds);
    let ws = WsClientBuilder::default()
        .build(args.node.replacen("http", "ws", 1))
        .await?;
    let blocks = ws.subscribe_blocks(None).await?;
    let start = Instant::now();
    let counted = tokio::spawn(count_final(blocks, start + window));
    let probe = client.clone();
    let loaded = tokio::spawn(async move { reads::time_for(&probe, window).await });
    let outcomes = senders::send(plan, args, start + window).await?;
    let loaded: Latencies = loaded.await.unwrap_or_else(|_| Ok(Latencies::default()))?;
    let (finals, blocks) = counted.await.unwrap_or_default();
    Ok(Report {
        seconds: args.seconds,
        rate: args.rate,
        signed_per_second,
        outcomes,
        finals,
        blocks,
        idle,
        loaded,
    })
}

fn client(url: &str) -> Result<HttpClient, LoadError> {
    let builder = HttpClientBuilder::default()
        .request_timeout(Duration::from_mins(1))
        .max_request_size(16 * 1024 * 1024);
    Ok(builder.build(url)?)
}

/// Counts transactions and blocks that become final until then.
async fn count_final(mut blocks: Subscription<BlockItem>, end: Instant) -> (u64, u64) {
    let (mut transactions, mut count) = (0, 0);
    loop {
        let next = tokio::time::timeout_at(end.into(), blocks.next()).await;
        match next {
            Ok(Some(Ok(BlockItem::Block {
                transactions: more, ..
            }))) => {
                transactions += u64::from(more);
                count += 1;
            }
            Ok(Some(Ok(_))) => {}
            Ok(Some(Err(_)) | None) | Err(_) => return (transactions, count),
        }
    }
}
