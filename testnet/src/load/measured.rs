//! What became of one phase.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokio::time::{Instant, sleep_until};

use super::cores;
use super::outcomes::Outcomes;
use super::reads::Reads;
use super::trace::Finals;

/// What became of one phase.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    pub(crate) name: String,
    /// How long it was measured.
    pub(crate) time: Duration,
    pub(crate) outcomes: Outcomes,
    pub(crate) finals: Finals,
    pub(crate) reads: Reads,
    pub(crate) cores: Cores,
    /// What nodes received from each other, in bytes, until everything was
    /// final.
    pub(crate) received: Option<u64>,
}

impl Measured {
    /// So many a second.
    pub(crate) fn per_second(&self, count: u64) -> u64 {
        count / self.time.as_secs().max(1)
    }

    /// Transfers made final in a second.
    pub(crate) fn goodput(&self) -> u64 {
        self.per_second(self.finals.transactions)
    }
}

/// How many cores were busy with what, in hundredths.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cores {
    /// With the nodes, if their processes are known.
    pub(crate) nodes: Option<u128>,
    /// With making the load, and measuring.
    pub(crate) load: u128,
}

impl Cores {
    /// Looks at both moments, which are to come.
    pub(super) async fn between(pids: Vec<Option<u32>>, from: Instant, to: Instant) -> Self {
        let look = || {
            let nodes: Option<Duration> = pids.iter().map(|pid| cores::time((*pid)?)).sum();
            (nodes, own_time())
        };
        sleep_until(from).await;
        let (nodes_before, own_before) = look();
        sleep_until(to).await;
        let (nodes_after, own_after) = look();
        let busy = |time: Duration| 100 * time.as_micros() / (to - from).as_micros().max(1);
        let nodes = nodes_before.zip(nodes_after);
        Self {
            nodes: nodes.map(|(before, after)| busy(after.saturating_sub(before))),
            load: busy(own_after.saturating_sub(own_before)),
        }
    }
}

/// The time that this process has had on all cores.
fn own_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(time).expect("this clock is never negative")
}
