//! Many seeds, on all cores.

use std::io::{IsTerminal, Write};
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use pyralog_sim::Seed;

/// How often the progress is shown.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(500);
/// Its width.
const BAR_CELLS: u64 = 30;
const NO_PANIC: &str = "who holds the lock only adds numbers";

/// What the threads share.
struct Work<T, E> {
    next: AtomicU64,
    done: AtomicU64,
    is_over: AtomicBool,
    totals: Mutex<T>,
    failure: Mutex<Option<E>>,
}

/// Runs so many seeds from the first one on, and adds up what comes of them. The
/// first failure ends it.
pub(super) fn each_seed<T, O, E>(
    first: Seed,
    seeds: u64,
    run: impl Fn(Seed) -> Result<O, E> + Sync,
    add: impl Fn(&mut T, &O) + Sync,
) -> Result<T, E>
where
    T: Default + Send,
    E: Send,
{
    let work = Work {
        next: AtomicU64::new(0),
        done: AtomicU64::new(0),
        is_over: AtomicBool::new(false),
        totals: Mutex::new(T::default()),
        failure: Mutex::new(None),
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| work.run(first, seeds, &run, &add));
        }
        work.show_progress(seeds);
    });
    match work.failure.into_inner().expect(NO_PANIC) {
        Some(failure) => Err(failure),
        None => Ok(work.totals.into_inner().expect(NO_PANIC)),
    }
}

impl<T, E> Work<T, E> {
    fn run<O>(
        &self,
        first: Seed,
        seeds: u64,
        run: &impl Fn(Seed) -> Result<O, E>,
        add: &impl Fn(&mut T, &O),
    ) {
        while !self.is_over.load(Ordering::Relaxed) {
            let place = self.next.fetch_add(1, Ordering::Relaxed);
            if place >= seeds {
                return;
            }
            match run(Seed::new(first.get().wrapping_add(place))) {
                Ok(outcome) => add(&mut self.totals.lock().expect(NO_PANIC), &outcome),
                Err(failure) => {
                    self.is_over.store(true, Ordering::Relaxed);
                    let mut found = self.failure.lock().expect(NO_PANIC);
                    found.get_or_insert(failure);
                }
            }
            self.done.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Shows how far it is, on a terminal, until it is over.
    fn show_progress(&self, seeds: u64) {
        let start = Instant::now();
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

/// What a report begins with.
pub(super) fn heading(
    what: &str,
    validators: usize,
    (first, seeds): (Seed, u64),
    time: Duration,
) -> String {
    let plural = if seeds == 1 { "" } else { "s" };
    let time = minutes(time);
    format!(
        "{what}, {validators} validators: no violation in {seeds} seed{plural} from {first}, {time}"
    )
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_says_how_much_is_left() {
        let text = progress(5_000, 20_000, Duration::from_mins(1));
        assert_eq!(
            text,
            "[#######.......................] 5000 of 20000 seeds, 3 min 00 s left"
        );
        assert!(progress(0, 10, Duration::ZERO).ends_with("] 0 of 10 seeds"));
    }

    #[test]
    fn the_first_failure_ends_it() {
        let run = |seed: Seed| {
            if seed.get() < 12 {
                Ok(1)
            } else {
                Err(seed.get())
            }
        };
        let add = |total: &mut u64, one: &u64| *total += one;
        assert_eq!(each_seed(Seed::new(2), 10, run, add), Ok(10));
        let failed = each_seed(Seed::new(2), 1_000_000, run, add);
        assert!(failed.unwrap_err() < 100);
    }
}
