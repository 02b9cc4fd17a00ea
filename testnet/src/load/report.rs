//! What became of the load.

use std::fmt;

use super::reads::Latencies;
use super::senders::Outcomes;

/// What became of the load.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) seconds: u64,
    pub(crate) rate: u32,
    /// One core of this program, for comparison.
    pub(crate) signed_per_second: f64,
    pub(crate) outcomes: Outcomes,
    /// Transactions that became final in the time.
    pub(crate) finals: u64,
    pub(crate) blocks: u64,
    pub(crate) idle: Latencies,
    pub(crate) loaded: Latencies,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per_second = |count: u64| count / self.seconds;
        let Outcomes {
            offered,
            taken,
            refused,
        } = &self.outcomes;
        match self.rate {
            0 => writeln!(f, "schedule   as fast as answers came")?,
            rate => writeln!(f, "schedule   {rate}/s")?,
        }
        writeln!(f, "signing    {:.0}/s, before", self.signed_per_second)?;
        writeln!(f, "offered    {}/s", per_second(*offered))?;
        writeln!(f, "taken      {}/s", per_second(*taken))?;
        for ((reason, retryable), count) in refused {
            let again = if *retryable { "retryable" } else { "for good" };
            writeln!(f, "refused    {}/s {reason} ({again})", per_second(*count))?;
        }
        let (finals, blocks) = (self.finals, self.blocks);
        writeln!(f, "final      {}/s in {blocks} blocks", per_second(finals))?;
        for (name, reads) in [("idle", &self.idle), ("loaded", &self.loaded)] {
            let (p50, p99) = (reads.percentile(50), reads.percentile(99));
            let count = reads.count();
            writeln!(
                f,
                "reads      p50 {p50} µs, p99 {p99} µs ({name}, {count} reads)"
            )?;
        }
        let tenths = 10 * self.loaded.percentile(99) / self.idle.percentile(99).max(1);
        write!(f, "p99        {}.{} × idle", tenths / 10, tenths % 10)
    }
}
