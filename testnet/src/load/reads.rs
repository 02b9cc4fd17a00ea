//! How fast reads are answered, to a reader with a thread and connections of
//! its own: what the senders do does not count as a node's delay.

use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use pyralog_api::{Failure, PyralogClient};
use pyralog_keys::{AccountIndex, development_key};
use pyralog_primitives::Address;

use super::latencies::Latencies;
use super::{LoadError, client, runtime_of_one_thread};

/// Between reads: enough of them for a 99th percentile in ten seconds, and no
/// load of their own.
const INTERVAL: Duration = Duration::from_millis(10);

/// What became of reads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reads {
    /// Of those that were answered.
    pub(crate) latencies: Latencies,
    pub(crate) count: u64,
    /// Those that were answered by a refusal.
    pub(crate) refused: u64,
    /// Those without any answer.
    pub(crate) lost: u64,
}

/// Reads from nodes in turn, on a thread of its own, after `lead`, for
/// `measured`.
pub(super) fn start(
    urls: Vec<String>,
    lead: Duration,
    measured: Duration,
) -> JoinHandle<Result<Reads, LoadError>> {
    std::thread::spawn(move || {
        let account = AccountIndex::new(0).expect("the first of all accounts");
        let address = development_key(account).public_key().address();
        runtime_of_one_thread()?.block_on(read(&urls, address, lead, measured))
    })
}

/// Reads an account on a schedule. A late answer does not move the schedule:
/// the time of each read counts from when it was due.
async fn read(
    urls: &[String],
    address: Address,
    lead: Duration,
    measured: Duration,
) -> Result<Reads, LoadError> {
    let clients: Result<Vec<_>, LoadError> = urls.iter().map(|url| client(url)).collect();
    let clients = clients?;
    for client in &clients {
        // The connection is there when the measured time begins. Who does not
        // answer is counted then.
        let _ = client.account(address).await;
    }
    let mut due = Instant::now() + lead;
    let end = due + measured;
    let mut turns = clients.iter().cycle();
    let mut reads = Reads::default();
    let mut times = Vec::new();
    while due < end {
        let client = turns.next().expect("there is a node to be read from");
        tokio::time::sleep_until(due.into()).await;
        reads.count += 1;
        match client.account(address).await {
            Ok(_) => times.push(due.elapsed()),
            Err(error) if Failure::of(&error).is_some() => reads.refused += 1,
            Err(_) => reads.lost += 1,
        }
        due += INTERVAL;
    }
    reads.latencies = Latencies::new(times);
    Ok(reads)
}
