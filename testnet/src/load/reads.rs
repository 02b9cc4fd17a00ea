//! How fast reads are answered.

use std::time::{Duration, Instant};

use jsonrpsee::http_client::HttpClient;
use pyralog_api::PyralogClient;
use pyralog_keys::{AccountIndex, development_key};

use super::LoadError;

/// Reads in a second: enough for a 99th percentile in ten seconds, and no load
/// of its own.
const INTERVAL: Duration = Duration::from_millis(10);

/// The times of reads, in microseconds, ascending.
#[derive(Debug, Default)]
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

    /// How many there were.
    pub(crate) fn count(&self) -> usize {
        self.micros.len()
    }
}

/// Reads an account on a schedule. A late answer does not move the schedule:
/// the time of each read counts from when it was due.
pub(super) async fn time_for(
    client: &HttpClient,
    window: Duration,
) -> Result<Latencies, LoadError> {
    let account = AccountIndex::new(0).expect("the first of all accounts");
    let address = development_key(account).public_key().address();
    let end = Instant::now() + window;
    let mut due = Instant::now();
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
