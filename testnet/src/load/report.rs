//! What became of the load, as people read it.

use std::fmt::{self, Write};

use pyralog_primitives::ByteCount;

use super::cores::peak_memory;
use super::kernel::Kernel;
use super::latencies::{Latencies, Millis};
use super::measured::Measured;
use super::reads::Reads;
use super::targets::Target;

/// What became of the load.
#[derive(Debug)]
pub(crate) struct Report {
    nodes: Vec<String>,
    kernel: Kernel,
    /// Reads beside nothing else.
    idle: Reads,
    phases: Vec<Measured>,
    /// The most that a node has held.
    memory: Option<ByteCount>,
}

impl Report {
    pub(super) fn new(
        targets: &[Target],
        kernel: Kernel,
        idle: Reads,
        phases: Vec<Measured>,
    ) -> Self {
        let memory = targets.iter().filter_map(|target| peak_memory(target.pid?));
        Self {
            nodes: targets.iter().map(|target| target.name.clone()).collect(),
            kernel,
            idle,
            phases,
            memory: memory.max(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.kernel)?;
        self.counts(f)?;
        self.times(f)?;
        self.refusals(f)?;
        self.answers(f)?;
        self.finals(f)?;
        self.ratios(f)?;
        match self.memory {
            Some(most) => write!(f, "memory of a node: at most {} MB", most.get() / 1_000_000),
            None => write!(f, "memory of the node: not looked at (--pid)"),
        }
    }
}

impl Report {
    fn counts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:8}{:>10}{:>9}{:>9}{:>9}{:>9}{:>7}{:>7}{:>7}",
            "phase",
            "offered/s",
            "held/s",
            "taken/s",
            "shed/s",
            "final/s",
            "blocks",
            "nodes",
            "load"
        )?;
        for phase in &self.phases {
            let outcomes = &phase.outcomes;
            let nodes = phase.cores.nodes.map_or("-".to_owned(), hundredths);
            writeln!(
                f,
                "{:8}{:>10}{:>9}{:>9}{:>9}{:>9}{:>7}{:>7}{:>7}",
                phase.name,
                phase.per_second(outcomes.offered),
                phase.per_second(outcomes.held),
                phase.per_second(outcomes.taken.len() as u64),
                phase.per_second(outcomes.refused.values().sum()),
                phase.goodput(),
                phase.finals.blocks,
                nodes,
                hundredths(phase.cores.load),
            )?;
        }
        writeln!(f, "nodes, load: cores that were busy with them\n")
    }

    fn times(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:8}{:>27}{:>27}{:>18}",
            "ms", "final where it was taken", "final on all nodes", "answers   reads"
        )?;
        writeln!(
            f,
            "{:8}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}",
            "phase", "p50", "p99", "p99.9", "p50", "p99", "p99.9", "p99", "p99"
        )?;
        let idle = Millis(self.idle.latencies.permille(990));
        writeln!(f, "{:8}{:>72}", "idle", idle)?;
        for phase in &self.phases {
            let answers = Latencies::new(phase.outcomes.answers.clone());
            writeln!(
                f,
                "{:8}{}{}{:>9}{:>9}",
                phase.name,
                phase.finals.here,
                phase.finals.everywhere,
                Millis(answers.permille(990)),
                Millis(phase.reads.latencies.permille(990)),
            )?;
        }
        writeln!(f, "from the moment at which each was due\n")
    }

    fn refusals(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for phase in &self.phases {
            for ((reason, retryable), count) in &phase.outcomes.refused {
                let again = if *retryable { "retryable" } else { "for good" };
                let count = phase.per_second(*count);
                writeln!(f, "refused at {}: {count}/s {reason} ({again})", phase.name)?;
            }
        }
        Ok(())
    }

    fn answers(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sum = |count: fn(&Measured) -> u64| self.phases.iter().map(count).sum::<u64>();
        let (lost, calls) = (
            sum(|phase| phase.outcomes.lost_calls),
            sum(|phase| phase.outcomes.calls),
        );
        let (lost_reads, reads) = (
            sum(|phase| phase.reads.lost),
            sum(|phase| phase.reads.count),
        );
        write!(
            f,
            "without an answer: {lost} of {calls} calls, {lost_reads} of {reads} reads"
        )?;
        match sum(|phase| phase.outcomes.lost) {
            0 => writeln!(f),
            transfers => writeln!(f, "; {transfers} transfers of which nobody knows"),
        }
    }

    /// On how many nodes what was taken became final.
    fn finals(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = String::new();
        for count in (0..=self.nodes.len()).rev() {
            let of_phase = |phase: &Measured| phase.finals.on_nodes.get(count).copied();
            let transfers: u64 = self.phases.iter().filter_map(of_phase).sum();
            if transfers > 0 || count == self.nodes.len() || count == 0 {
                let comma = if line.is_empty() { "" } else { ", " };
                write!(line, "{comma}{transfers} on {count}")?;
            }
        }
        writeln!(f, "final of what was taken, on nodes: {line}")
    }

    fn ratios(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = self.nodes.len();
        if let Some(best) = self.phases.iter().max_by_key(|phase| phase.goodput()) {
            let (rate, limit) = (best.goodput(), self.kernel.limit(nodes));
            writeln!(f, "final at most: {rate}/s, at {}", best.name)?;
            let share = ratio(rate.into(), self.kernel.costs.verified().into());
            writeln!(f, "final ÷ verified by one core: {share}")?;
            let share = ratio(rate.into(), limit.into());
            writeln!(f, "final ÷ limit of {nodes} here, {limit}/s: {share}")?;
        }
        let levels = self.phases.get(1..).unwrap_or_default();
        if let (Some(once), Some(most)) = (
            levels.iter().find(|phase| phase.name == "100 %"),
            levels.last().filter(|phase| phase.name != "100 %"),
        ) {
            let ratio = ratio(most.goodput().into(), once.goodput().into());
            writeln!(f, "final at {} ÷ {}: {ratio}", most.name, once.name)?;
        }
        if let Some(most) = self.phases.last() {
            let busy = most.reads.latencies.permille(990);
            let idle = self.idle.latencies.permille(990);
            let times = ratio(busy.as_micros(), idle.as_micros());
            writeln!(f, "reads p99 at {} ÷ idle: {times}", most.name)?;
        }
        for phase in &self.phases {
            if let Some(times) = self.received(phase) {
                writeln!(f, "received ÷ unique at {}: {times}", phase.name)?;
            }
        }
        Ok(())
    }

    /// Bytes that nodes received from each other, per byte of transfers that all
    /// but one must receive.
    fn received(&self, phase: &Measured) -> Option<String> {
        let others = self.nodes.len() as u64 - 1;
        let unique = phase.finals.all * self.kernel.costs.bytes.get() * others;
        (unique > 0).then(|| Some(ratio(phase.received?.into(), unique.into())))?
    }
}

/// With two digits, as speeds are compared.
fn ratio(ours: u128, reference: u128) -> String {
    hundredths(100 * ours / reference.max(1))
}

fn hundredths(count: u128) -> String {
    format!("{}.{:02}", count / 100, count % 100)
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
