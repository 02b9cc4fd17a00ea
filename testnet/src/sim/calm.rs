//! How long a block takes where nothing goes wrong, in delays of a link.

use std::fmt;
use std::time::{Duration, Instant};

use pyralog_sim::{Finality, Options, Protocol, Scenario, Seed, Simulation, Span};

use super::SimError;

/// What was measured.
#[derive(Debug)]
pub(super) struct Measured {
    engine: &'static str,
    validators: usize,
    crashed: usize,
    delay: Span,
    /// How long each validator waited for each block, in order.
    spans: Vec<Span>,
    /// Blocks that became final after a timeout.
    late: usize,
    messages: usize,
    blocks: usize,
    /// By the real clock: all validators on this thread.
    time: Duration,
}

/// Runs as many seeds as were asked for, one after the other: the time counts.
pub(super) fn measure(
    protocol: &impl Protocol,
    options: &Options,
    seeds: u64,
) -> Result<Measured, SimError> {
    let Scenario::Calm { delay, crashed } = options.scenario else {
        unreachable!("only a calm scenario is measured");
    };
    let start = Instant::now();
    let (mut spans, mut late, mut messages, mut blocks) = (Vec::new(), 0, 0, 0);
    for place in 0..seeds {
        let options = Options {
            seed: Seed::new(options.seed.get().wrapping_add(place)),
            ..options.clone()
        };
        let outcome = Simulation::new(protocol, options).run();
        let outcome = outcome.map_err(SimError::Violated)?;
        let is_late = |finality: &&Finality| finality.timeouts > Span::ZERO;
        late += outcome.finalities.iter().filter(is_late).count();
        spans.extend(outcome.finalities.iter().map(Finality::without_timeouts));
        messages += outcome.messages;
        blocks += usize::try_from(outcome.height.get()).unwrap_or(usize::MAX);
    }
    spans.sort_unstable();
    Ok(Measured {
        engine: protocol.name(),
        validators: options.validators,
        crashed,
        delay,
        spans,
        late,
        messages,
        blocks,
        time: start.elapsed(),
    })
}

impl Measured {
    /// So many thousandths of the blocks were final after so many delays, or
    /// sooner; with one digit behind the point.
    fn delays(&self, permille: usize) -> String {
        let place = self.spans.len().saturating_sub(1) * permille / 1000;
        let span = self.spans.get(place).copied().unwrap_or_default();
        let tenths = 10 * span.get() / self.delay.get().max(1);
        format!("{}.{}", tenths / 10, tenths % 10)
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            engine,
            validators,
            crashed,
            late,
            ..
        } = self;
        let blocks = self.blocks.max(1);
        let micros = self.time.as_micros() / u128::try_from(blocks).unwrap_or(u128::MAX);
        write!(
            f,
            "{engine}, {validators} validators, {crashed} never up: final after p50 {}, p99 {}, at \
             most {} delays (timeouts not counted; {late} of {} after one); {} messages and \
             {micros} µs of one core for each block of all validators",
            self.delays(500),
            self.delays(990),
            self.delays(1000),
            self.spans.len(),
            self.messages / blocks,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::engines::PbftProtocol;
    use super::*;

    #[test]
    fn a_calm_network_takes_three_delays() {
        let options = Options::calm(4, 0, Span::from_millis(10), Seed::new(1));
        let text = measure(&PbftProtocol, &options, 1).unwrap().to_string();
        assert!(
            text.contains("final after p50 3.0, p99 3.0, at most 3.0 delays"),
            "{text}"
        );
    }
}
