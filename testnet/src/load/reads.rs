//! How fast reads are answered, to a reader with a thread and a connection of
//! its own: what the senders do does not count as the node's delay.

use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jsonrpsee::http_client::HttpClient;
use pyralog_api::PyralogClient;
use pyralog_keys::{AccountIndex, development_key};
use pyralog_primitives::Address;

use super::{LoadError, client, runtime_of_one_thread};

/// Reads in a second: enough for a 99th percentile in ten seconds, and no load
/// of its own.
const INTERVAL: Duration = Duration::from_millis(10);

/// The times of reads, in microseconds, ascending.
#[derive(Clone, Debug, Default)]
pub(crate) struct Latencies {
    micros: Vec<u128>,
}

impl Latencies {
    /// The time within which so many hundredths of the reads were answered.
    pub(crate) fn percentile(&self, percent: usize) -> u128 {
        let place = self.micros.len() * percent / 100;
        let last = self.micros.len().saturating_sub(1);
        self.micros.get(place.min(last)).copied().unwrap_or(0)
    }
}

/// Reads on a thread of its own, after `lead`, for `measured`.
pub(super) fn start(
    node: &str,
    lead: Duration,
    measured: Duration,
) -> JoinHandle<Result<Latencies, LoadError>> {
    let node = node.to_owned();
    std::thread::spawn(move || {
        let account = AccountIndex::new(0).expect("the first of all accounts");
        let address = development_key(account).public_key().address();
        runtime_of_one_thread()?.block_on(async {
            let client = client(&node)?;
            // The connection is there when the measured time begins.
            client.account(address).await?;
            let start = Instant::now() + lead;
            read(&client, address, start, start + measured).await
        })
    })
}

/// Reads an account on a schedule. A late answer does not move the schedule:
/// the time of each read counts from when it was due.
async fn read(
    client: &HttpClient,
    address: Address,
    start: Instant,
    end: Instant,
) -> Result<Latencies, LoadError> {
    let mut due = start;
    let mut micros = Vec::new();
    while due < end {
        tokio::time::sleep_until(due.into()).await;
        client.account(address).await?;
        micros.push(due.elapsed().as_micros());
        due += INTERVAL;
    }
    micros.sort_unstable();
    Ok(Latencies { micros })
}
