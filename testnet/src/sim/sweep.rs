//! Many seeds, on all cores.

use std::fmt;
use std::io::{IsTerminal, Write};
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use pyralog_sim::{Coverage, Options, Protocol, Seed, Simulation, Span, Violation};

use super::SimError;

/// How often the progress is shown.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(500);
/// Its width.
const BAR_CELLS: u64 = 30;

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

/// What the threads share.
struct Work {
    next: AtomicU64,
    done: AtomicU64,
    is_over: AtomicBool,
    totals: Mutex<Totals>,
    violation: Mutex<Option<Violation>>,
}

/// Runs as many seeds as were asked for.
pub(super) fn sweep<P: Protocol + Sync>(
    protocol: &P,
    options: &Options,
    seeds: u64,
) -> Result<Swept, SimError> {
    let start = Instant::now();
    let work = Work {
        next: AtomicU64::new(0),
        done: AtomicU64::new(0),
        is_over: AtomicBool::new(false),
        totals: Mutex::default(),
        violation: Mutex::default(),
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| work.run(protocol, options, seeds));
        }
        work.show_progress(seeds, start);
    });
    let violation = work.violation.into_inner().expect(NO_PANIC);
    if let Some(violation) = violation {
        return Err(SimError::Violated(violation));
    }
    Ok(Swept {
        engine: protocol.name(),
        validators: options.validators,
        first: options.seed,
        seeds,
        time: start.elapsed(),
        totals: work.totals.into_inner().expect(NO_PANIC),
    })
}

const NO_PANIC: &str = "who holds the lock only adds numbers";

impl Work {
    fn run(&self, protocol: &impl Protocol, options: &Options, seeds: u64) {
        while !self.is_over.load(Ordering::Relaxed) {
            let place = self.next.fetch_add(1, Ordering::Relaxed);
            if place >= seeds {
                return;
            }
            let seed = Seed::new(options.seed.get().wrapping_add(place));
            let options = Options {
                seed,
                ..options.clone()
            };
            match Simulation::new(protocol, options).run_and_shrink() {
                Ok(outcome) => {
                    let mut totals = self.totals.lock().expect(NO_PANIC);
                    totals.coverage.add(&outcome.coverage);
                    totals.events += outcome.events;
                    totals.messages += outcome.messages;
                    totals.slowest = totals.slowest.max(outcome.healed);
                }
                Err(violation) => {
                    self.is_over.store(true, Ordering::Relaxed);
                    let mut found = self.violation.lock().expect(NO_PANIC);
                    found.get_or_insert(violation);
                }
            }
            self.done.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Shows how far it is, on a terminal, until it is over.
    fn show_progress(&self, seeds: u64, start: Instant) {
        let mut stderr = std::io::stderr();
        if !stderr.is_terminal() || seeds == 1 {
            return;
        }
        loop {
            let done = self.done.load(Ordering::Relaxed);
            let bar = progress(done, seeds, start.elapsed());
            // Nobody is there to read it if this fails.
            let _ = write!(stderr, "\r\x1b[K{bar}").and_then(|()| stderr.flush());
            if done >= seeds || self.is_over.load(Ordering::Relaxed) {
                let _ = write!(stderr, "\r\x1b[K");
                return;
            }
            std::thread::sleep(PROGRESS_INTERVAL);
        }
    }
}

fn progress(done: u64, seeds: u64, passed: Duration) -> String {
    let filled = done * BAR_CELLS / seeds;
    let cells = (0..BAR_CELLS).map(|cell| if cell < filled { '#' } else { '.' });
    let bar: String = cells.collect();
    let left = match u32::try_from(done) {
        Ok(count) if count > 0 => {
            let rest = u32::try_from(seeds - done).unwrap_or(u32::MAX);
            format!(", {} left", minutes(passed / count * rest))
        }
        _ => String::new(),
    };
    format!("[{bar}] {done} of {seeds} seeds{left}")
}

fn minutes(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{} min {:02} s", seconds / 60, seconds % 60)
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
        let plural = if *seeds == 1 { "" } else { "s" };
        writeln!(
            f,
            "{engine}, {validators} validators: no violation in {seeds} seed{plural} from {first}, {}",
            minutes(*time)
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

    #[test]
    fn progress_says_how_much_is_left() {
        let text = progress(5_000, 20_000, Duration::from_mins(1));
        assert_eq!(
            text,
            "[#######.......................] 5000 of 20000 seeds, 3 min 00 s left"
        );
        assert!(progress(0, 10, Duration::ZERO).ends_with("] 0 of 10 seeds"));
    }
}
