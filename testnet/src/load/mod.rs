//! Load: one node, offered what it can take, and twice that.
//!
//! 1. accounts are funded from those of development;
//! 2. reads alone are timed, as the idle reference;
//! 3. callers that wait for their answers find out what the node can take;
//! 4. that much is offered by the clock, then twice that;
//! 5. the report says what was offered, taken, shed and made final in each
//!    phase, and how fast reads were answered meanwhile.
//!
//! What a phase sends is signed before it begins, so that signing takes no time
//! from the node. Bounded in count and time by its arguments; it only talks to
//! the node it is given.

mod accounts;
mod blocks;
mod funding;
mod kernel;
mod phase;
mod reads;
mod report;

use std::time::Duration;

use clap::Args;
use jsonrpsee::core::ClientError;
use jsonrpsee::http_client::{HttpClient, HttpClientBuilder};
use pyralog_primitives::ByteCount;
use tokio::runtime::{Builder, Runtime};

use self::accounts::Accounts;
use self::phase::{Pace, Phase};
use self::report::Measured;
pub(crate) use self::report::Report;

/// The longest phase, and the longest wait for what is pending.
const MEASURED_MAX: Duration = Duration::from_mins(2);
/// Load comes so long before it is measured.
const LEAD: Duration = Duration::from_secs(2);
/// A call without an answer by then has failed.
const ANSWER_MAX: Duration = Duration::from_mins(1);
/// What is signed to find out what a node can take: more than one machine
/// takes in a second, as far as is known.
const GUESS: u32 = 25_000;

/// How a node is loaded.
#[derive(Clone, Debug, Args)]
pub(crate) struct LoadArgs {
    /// Where the node listens
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:26657")]
    pub(crate) node: String,
    /// Offer so many transfers in a second, and do not look for what the node
    /// can take
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) rate: Option<u32>,
    /// How long each phase is measured, and reads beside nothing else
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub(crate) seconds: u64,
    /// Callers that wait for their answers, to find what the node can take
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub(crate) callers: u32,
    /// Accounts that send, in all
    #[arg(long, default_value_t = 40_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) accounts: u32,
    /// Transfers in one call
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(crate) batch: u32,
    /// Transfers that are signed ahead of one phase, at most
    #[arg(long, default_value_t = 600_000, value_parser = clap::value_parser!(u32).range(1..=2_000_000))]
    pub(crate) transfers: u32,
    /// The process of the node, if it is on this machine: its memory is looked
    /// at
    #[arg(long)]
    pub(crate) pid: Option<u32>,
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
    /// The accounts were not funded.
    #[error("the accounts were not funded: a transaction was refused, {0}")]
    Funding(String),
    /// Not all was included in time.
    #[error(
        "{0} transactions are still pending after {seconds} s; start with a new network",
        seconds = MEASURED_MAX.as_secs()
    )]
    Pending(u32),
    /// Final blocks could not be counted.
    #[error("the node stopped telling of its blocks; it was too slow, or was stopped")]
    Blocks,
    /// A runtime or a thread did not work.
    #[error("a thread of ours did not work: {0}")]
    Thread(#[from] std::io::Error),
}

/// Makes load; returns what became of it.
pub(crate) fn run(args: &LoadArgs) -> Result<Report, LoadError> {
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(load(args))
}

async fn load(args: &LoadArgs) -> Result<Report, LoadError> {
    let client = client(&args.node)?;
    let mut accounts = funding::funded(&client, args.accounts).await?;
    let kernel = kernel::measure(funding::terms(&client).await?);
    let measured = Duration::from_secs(args.seconds);
    let idle = joined(reads::start(&args.node, Duration::ZERO, measured)).await?;
    let mut phases = Vec::new();
    if let Some(rate) = args.rate {
        let pace = Pace::Clock { rate };
        phases.push(measure(args, &client, &mut accounts, ("given", pace)).await?);
    } else {
        let callers = args.callers as usize;
        let pace = Pace::Answers { callers };
        let found = measure(args, &client, &mut accounts, ("by answers", pace)).await?;
        let once = u32::try_from(found.goodput()).unwrap_or(u32::MAX).max(1);
        phases.push(found);
        for (name, rate) in [("1×", once), ("2×", once.saturating_mul(2))] {
            let pace = Pace::Clock { rate };
            phases.push(measure(args, &client, &mut accounts, (name, pace)).await?);
        }
    }
    Ok(Report {
        kernel,
        idle,
        phases,
        memory: args.pid.and_then(peak_memory),
    })
}

/// One phase, from signing to the end of what it left pending.
async fn measure(
    args: &LoadArgs,
    client: &HttpClient,
    accounts: &mut Accounts,
    (name, pace): (&'static str, Pace),
) -> Result<Measured, LoadError> {
    let measured = Duration::from_secs(args.seconds);
    let phase = Phase {
        name,
        pace,
        batch: args.batch,
        lead: LEAD,
        measured,
    };
    let rate = match pace {
        Pace::Answers { .. } => GUESS,
        Pace::Clock { rate } => rate,
    };
    let seconds = (LEAD + measured).as_secs();
    let count = u64::from(rate).saturating_mul(seconds);
    let count = count.min(u64::from(args.transfers));
    let terms = funding::terms(client).await?;
    accounts.sign_transfers(usize::try_from(count).unwrap_or(usize::MAX), terms);
    let reads = reads::start(&args.node, LEAD, measured);
    let blocks = blocks::start(&args.node, LEAD, measured);
    let outcomes = phase::run(client, accounts, &phase).await?;
    let measured = Measured {
        name: phase.name,
        seconds: args.seconds,
        outcomes,
        reads: joined(reads).await?,
        finals: joined(blocks).await?,
    };
    funding::settle(client).await?;
    Ok(measured)
}

/// Waits for a thread without keeping one of the runtime's.
async fn joined<T: Send + 'static>(
    thread: std::thread::JoinHandle<Result<T, LoadError>>,
) -> Result<T, LoadError> {
    let joined = tokio::task::spawn_blocking(|| thread.join()).await;
    let ended = joined.map_err(std::io::Error::other)?;
    ended.unwrap_or_else(|_| Err(std::io::Error::other("it panicked").into()))
}

fn client(url: &str) -> Result<HttpClient, LoadError> {
    let builder = HttpClientBuilder::default()
        .request_timeout(ANSWER_MAX)
        .max_request_size(16 * 1024 * 1024);
    Ok(builder.build(url)?)
}

fn runtime_of_one_thread() -> Result<Runtime, LoadError> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

/// The most that a process of this machine has held; none where that cannot be
/// seen.
fn peak_memory(pid: u32) -> Option<ByteCount> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(ByteCount::new(kib * 1024))
}
