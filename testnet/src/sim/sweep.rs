//! Many seeds of engines alone.

use std::fmt;
use std::time::{Duration, Instant};

use pyralog_sim::{Coverage, Options, Outcome, Protocol, Seed, Simulation, Span};

use super::SimError;
use super::seeds::{each_seed, heading};

/// What came of many seeds.
#[derive(Debug)]
pub(super) struct Swept {
    engine: &'static str,
    validators: usize,
    first: Seed,
    seeds: u64,
    time: Duration,
    totals: Totals,
}

/// What all runs add up to.
#[derive(Debug, Default)]
struct Totals {
    coverage: Coverage,
    events: usize,
    messages: usize,
    /// The longest time that a network needed after all faults had ended.
    slowest: Span,
}

/// Runs as many seeds as were asked for.
pub(super) fn sweep<P: Protocol + Sync>(
    protocol: &P,
    options: &Options,
    seeds: u64,
) -> Result<Swept, SimError> {
    let start = Instant::now();
    let run = |seed| {
        let options = Options {
            seed,
            ..options.clone()
        };
        Simulation::new(protocol, options).run_and_shrink()
    };
    let totals = each_seed(options.seed, seeds, run, Totals::add);
    let totals = totals.map_err(SimError::Violated)?;
    Ok(Swept {
        engine: protocol.name(),
        validators: options.validators,
        first: options.seed,
        seeds,
        time: start.elapsed(),
        totals,
    })
}

impl Totals {
    fn add(&mut self, outcome: &Outcome) {
        self.coverage.add(&outcome.coverage);
        self.events += outcome.events;
        self.messages += outcome.messages;
        self.slowest = self.slowest.max(outcome.healed);
    }
}

impl fmt::Display for Swept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            engine,
            validators,
            first,
            seeds,
            time,
            totals,
        } = self;
        writeln!(
            f,
            "{}",
            heading(engine, *validators, (*first, *seeds), *time)
        )?;
        writeln!(
            f,
            "  events                             {:>12}",
            totals.events
        )?;
        writeln!(
            f,
            "  messages                           {:>12}",
            totals.messages
        )?;
        writeln!(
            f,
            "  slowest to come back                {:>11} after all faults ended",
            totals.slowest.to_string()
        )?;
        write!(f, "{}", totals.coverage)
    }
}

#[cfg(test)]
mod tests {
    use super::super::engines::PbftProtocol;
    use super::*;

    #[test]
    fn seeds_are_counted_whole_on_any_number_of_threads() {
        let options = Options::chaos(4, Seed::new(0x1e61));
        let swept = sweep(&PbftProtocol, &options, 5).unwrap();
        let text = swept.to_string();
        assert!(text.starts_with("pbft, 4 validators: no violation in 5 seeds from 0x1e61, "));
        assert_eq!(swept.totals.coverage.passed(pyralog_sim::Landmark::Run), 5);
    }
}
