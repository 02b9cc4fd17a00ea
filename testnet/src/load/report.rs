//! What became of the load.

use std::fmt;

use pyralog_primitives::ByteCount;

use super::blocks::Final;
use super::kernel::Kernel;
use super::phase::Outcomes;
use super::reads::Latencies;

/// What became of one phase.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    pub(crate) name: &'static str,
    pub(crate) seconds: u64,
    pub(crate) outcomes: Outcomes,
    pub(crate) finals: Final,
    pub(crate) reads: Latencies,
}

impl Measured {
    /// Transfers made final in a second.
    pub(super) fn goodput(&self) -> u64 {
        self.finals.transactions / self.seconds
    }
}

/// What became of the load.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) kernel: Kernel,
    /// Reads beside nothing else.
    pub(crate) idle: Latencies,
    pub(crate) phases: Vec<Measured>,
    /// The most that the node has held.
    pub(crate) memory: Option<ByteCount>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Kernel { signed, verified } = self.kernel;
        writeln!(
            f,
            "one core alone: {signed} signed/s, {verified} verified/s"
        )?;
        writeln!(
            f,
            "\n{:10}{:>11}{:>8}{:>9}{:>8}{:>9}{:>8}{:>14}{:>9}",
            "phase",
            "offered/s",
            "held/s",
            "taken/s",
            "shed/s",
            "final/s",
            "blocks",
            "reads p99 µs",
            "× idle"
        )?;
        let idle = self.idle.percentile(99);
        writeln!(f, "{:10}{:>67}{:>9}", "idle", idle, "1.00")?;
        for phase in &self.phases {
            self.row(phase, f)?;
        }
        writeln!(f)?;
        for phase in &self.phases {
            for ((reason, retryable), count) in &phase.outcomes.refused {
                let again = if *retryable { "retryable" } else { "for good" };
                let count = count / phase.seconds;
                writeln!(f, "refused at {}: {count}/s {reason} ({again})", phase.name)?;
            }
        }
        if let Some(best) = self.phases.iter().map(Measured::goodput).max() {
            let share = ratio(best.into(), verified.into());
            writeln!(f, "final ÷ verified by one core: {share}")?;
        }
        if let [.., once, twice] = self.phases.as_slice() {
            let ratio = ratio(twice.goodput().into(), once.goodput().into());
            writeln!(f, "final at {} ÷ {}: {ratio}", twice.name, once.name)?;
        }
        match self.memory {
            Some(most) => write!(
                f,
                "memory of the node: at most {} MB",
                most.get() / 1_000_000
            ),
            None => write!(f, "memory of the node: not looked at (--pid)"),
        }
    }
}

impl Report {
    fn row(&self, phase: &Measured, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per_second = |count: u64| count / phase.seconds;
        let outcomes = &phase.outcomes;
        let p99 = phase.reads.percentile(99);
        let times = ratio(p99, self.idle.percentile(99));
        writeln!(
            f,
            "{:10}{:>11}{:>8}{:>9}{:>8}{:>9}{:>8}{:>14}{:>9}",
            phase.name,
            per_second(outcomes.offered),
            per_second(outcomes.held),
            per_second(outcomes.taken),
            per_second(outcomes.refused.values().sum()),
            phase.goodput(),
            phase.finals.blocks,
            p99,
            times
        )
    }
}

/// With two digits, as speeds are compared.
fn ratio(ours: u128, reference: u128) -> String {
    let hundredths = 100 * ours / reference.max(1);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_has_two_digits_and_never_fails() {
        assert_eq!(ratio(93, 100), "0.93");
        assert_eq!(ratio(1_205, 100), "12.05");
        assert_eq!(ratio(3, 0), "3.00");
    }
}
