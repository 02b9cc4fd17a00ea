//! Load: one node or a whole net, offered what it can take, and other shares of
//! that.
//!
//! 1. accounts are funded from those of development;
//! 2. reads alone are timed, as the idle reference;
//! 3. callers that wait for their answers find out what can be taken;
//! 4. shares of that are offered by the clock, twice as much too;
//! 5. the report says what was offered, taken, shed and made final in each
//!    phase, how late, and how fast reads were answered meanwhile.
//!
//! ```text
//! accounts ─▶ groups ─▶ a sender for each node (phase) ─▶ outcomes ─┐
//!               a watch for each node ─▶ blocks told of ────────────┼▶ report
//!                              reads of all nodes in turn ──────────┘
//! ```
//!
//! What a phase sends is signed before it begins, so that signing takes no time
//! from the nodes. An account sends to one node only. Bounded in count and time
//! by its arguments; it only talks to the nodes it is given.
//!
//! Failure model: nodes may end, hang and shed as they like meanwhile; the
//! report says so. If none answers, there is no report.

mod accounts;
mod args;
mod cores;
mod errors;
mod funding;
mod kernel;
mod latencies;
mod measured;
mod outcomes;
mod phase;
mod reads;
mod report;
mod senders;
mod targets;
mod trace;
mod watch;
mod wire;

use std::time::Duration;

use jsonrpsee::http_client::{HttpClient, HttpClientBuilder};
use tokio::runtime::{Builder, Runtime};

pub(crate) use self::args::LoadArgs;
pub(crate) use self::errors::LoadError;
pub(crate) use self::report::Report;
use self::senders::{Load, Senders};
use self::targets::Target;

/// The longest phase, and the longest wait for what is pending.
const MEASURED_MAX: Duration = Duration::from_mins(2);
/// Load comes so long before it is measured.
const LEAD: Duration = Duration::from_secs(2);
/// A call without an answer by then has failed.
const ANSWER_MAX: Duration = Duration::from_mins(1);
/// Lower, and a full block does not fit as JSON; higher, and a node that lies
/// fills the memory.
const RESPONSE_BYTES_MAX: u32 = 64 * 1024 * 1024;
/// What is read alone, and what is found out by answers, needs no longer.
const PROBE_MAX: Duration = Duration::from_secs(10);

/// Makes load; returns what became of it.
pub(crate) fn run(args: &LoadArgs) -> Result<Report, LoadError> {
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(load(args))
}

async fn load(args: &LoadArgs) -> Result<Report, LoadError> {
    let targets = Target::all(args)?;
    let accounts = funding::funded(&targets, args.accounts).await?;
    let kernel = kernel::measure(funding::terms(&targets).await?)?;
    let measured = Duration::from_secs(args.seconds);
    let probe = measured.min(PROBE_MAX);
    let idle = reads::start(urls(&targets), Duration::ZERO, probe);
    let idle = joined(idle).await?;
    let mut senders = Senders::new(args, &targets, accounts);
    let mut phases = Vec::new();
    if let Some(rate) = args.rate {
        let given = Load::Clock { rate };
        phases.push(senders.measure("given", given, measured).await?);
    } else {
        let answers = Load::Answers {
            callers: args.callers,
        };
        let found = senders.measure("answers", answers, probe).await?;
        let once = u32::try_from(found.goodput()).unwrap_or(u32::MAX).max(1);
        phases.push(found);
        for level in &args.levels {
            let rate = u64::from(once) * u64::from(*level) / 100;
            let rate = u32::try_from(rate).unwrap_or(u32::MAX).max(1);
            let name = format!("{level} %");
            let load = Load::Clock { rate };
            phases.push(senders.measure(&name, load, measured).await?);
        }
    }
    Ok(Report::new(&targets, kernel, idle, phases))
}

fn urls(targets: &[Target]) -> Vec<String> {
    targets.iter().map(|target| target.url.clone()).collect()
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
        .max_request_size(16 * 1024 * 1024)
        .max_response_size(RESPONSE_BYTES_MAX);
    Ok(builder.build(url)?)
}

fn runtime_of_one_thread() -> Result<Runtime, LoadError> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}
