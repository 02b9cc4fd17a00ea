//! Speed, measured as a ratio to a reference in the same run.
//!
//! A time in nanoseconds says as much about the machine and its neighbours as
//! about the code. Here ours and the reference run in turn, many rounds; the
//! result is the median of the rounds' ratios with their range. The reference
//! also runs against itself: where that ratio is off, the row says so.
//! Processor time is counted, so that waiting does not count, unless waiting is
//! what is measured ([`Clock`]).

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Write as _;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Fewer, and one disturbance is the median; more, and nobody runs it.
const ROUND_COUNT: usize = 11;
/// Long enough for the clock, short enough for the patience.
const ROUND_MIN: Duration = Duration::from_millis(60);
/// A reference that differs from itself by more makes the row worthless.
const NOISE_PERCENT_MAX: f64 = 5.0;

/// A claim about speed.
pub struct Comparison<'a> {
    /// What is measured.
    pub what: &'a str,
    /// What it is measured against.
    pub reference: &'a str,
    /// Units of work in one call, the same on both sides.
    pub units: u32,
    /// The ratio that must be reached; `None` where it is only stated.
    pub floor: Option<f64>,
    /// The ratio that would be excellent.
    pub goal: Option<f64>,
}

/// What counts as time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The processor time of the thread that calls: waiting does not count.
    Thread,
    /// The processor time of all threads: work in the background counts too.
    Process,
    /// The clock on the wall: waiting counts, for disks and for neighbours.
    Wall,
}

/// Runs `ours` and `reference` in turn and reports speed ÷ speed, in the
/// processor time of this thread.
pub fn compare<A, B>(
    claim: &Comparison<'_>,
    ours: impl FnMut() -> A,
    reference: impl FnMut() -> B,
) {
    compare_by(Clock::Thread, claim, ours, reference);
}

/// The same by another clock.
pub fn compare_by<A, B>(
    clock: Clock,
    claim: &Comparison<'_>,
    mut ours: impl FnMut() -> A,
    mut reference: impl FnMut() -> B,
) {
    let calls_ours = calls_for_a_round(clock, &mut ours);
    let calls_reference = calls_for_a_round(clock, &mut reference);
    let mut rounds: Vec<[f64; 4]> = (0..ROUND_COUNT)
        .map(|_| {
            let first = time_of(clock, calls_reference, &mut reference);
            let own = time_of(clock, calls_ours, &mut ours);
            let second = time_of(clock, calls_reference, &mut reference);
            [
                f64::midpoint(first, second) / own,
                first / second,
                own,
                f64::midpoint(first, second),
            ]
        })
        .collect();
    let mut column = |index: usize| {
        rounds.sort_by(|a, b| a[index].total_cmp(&b[index]));
        (
            rounds[0][index],
            rounds[ROUND_COUNT / 2][index],
            rounds[ROUND_COUNT - 1][index],
        )
    };
    let (low, ratio, high) = column(0);
    let (_, against_itself, _) = column(1);
    let (_, own, _) = column(2);
    let (_, theirs, _) = column(3);
    let per_unit = |seconds: f64| show_time(seconds / f64::from(claim.units));
    let noisy = (against_itself - 1.0).abs() * 100.0 > NOISE_PERCENT_MAX;
    let verdict = match claim.floor {
        _ if noisy => " (noisy)",
        Some(floor) if ratio < floor => " MISSED",
        _ => "",
    };
    report(&[
        claim.what.to_owned(),
        per_unit(own),
        format!("{} {}", claim.reference, per_unit(theirs)),
        format!("{ratio:.2}{verdict}"),
        format!("{low:.2}–{high:.2}"),
        show_bound(claim.floor),
        show_bound(claim.goal),
    ]);
}

/// Runs each once, for work that takes a minute: no range, and no word on noise.
pub fn compare_once<A, B>(
    claim: &Comparison<'_>,
    mut ours: impl FnMut() -> A,
    mut reference: impl FnMut() -> B,
) {
    let theirs = time_of(Clock::Thread, 1, &mut reference);
    let own = time_of(Clock::Thread, 1, &mut ours);
    let ratio = theirs / own;
    let verdict = match claim.floor {
        Some(floor) if ratio < floor => " MISSED",
        _ => "",
    };
    let per_unit = |seconds: f64| show_time(seconds / f64::from(claim.units));
    report(&[
        claim.what.to_owned(),
        per_unit(own),
        format!("{} {}", claim.reference, per_unit(theirs)),
        format!("{ratio:.4}{verdict}"),
        "one run".to_owned(),
        show_bound(claim.floor),
        show_bound(claim.goal),
    ]);
}

/// States a cost for which there is no reference.
pub fn state<A>(what: &str, units: u32, mut ours: impl FnMut() -> A) {
    let calls = calls_for_a_round(Clock::Thread, &mut ours);
    let mut times: Vec<f64> = (0..ROUND_COUNT)
        .map(|_| time_of(Clock::Thread, calls, &mut ours))
        .collect();
    times.sort_by(f64::total_cmp);
    let per_unit = |index: usize| show_time(times[index] / f64::from(units));
    let range = format!("{}–{}", per_unit(0), per_unit(ROUND_COUNT - 1));
    let dash = || "-".to_owned();
    report(&[
        what.to_owned(),
        per_unit(ROUND_COUNT / 2),
        dash(),
        dash(),
        range,
        dash(),
        dash(),
    ]);
}

/// How many calls fill a round.
fn calls_for_a_round<T>(clock: Clock, work: &mut impl FnMut() -> T) -> u32 {
    let mut calls = 1;
    loop {
        let seconds = time_of(clock, calls, work) * f64::from(calls);
        if seconds >= ROUND_MIN.as_secs_f64() || calls >= 1 << 24 {
            return calls;
        }
        calls *= 2;
    }
}

/// Seconds that one call takes, over `calls` of them.
fn time_of<T>(clock: Clock, calls: u32, work: &mut impl FnMut() -> T) -> f64 {
    let start = now(clock);
    for _ in 0..calls {
        black_box(work());
    }
    now(clock).saturating_sub(start).as_secs_f64() / f64::from(calls)
}

fn now(clock: Clock) -> Duration {
    let time = clock_gettime(match clock {
        Clock::Thread => ClockId::ThreadCPUTime,
        Clock::Process => ClockId::ProcessCPUTime,
        Clock::Wall => ClockId::Monotonic,
    });
    Duration::try_from(time).expect("none of these clocks is ever negative")
}

fn show_bound(bound: Option<f64>) -> String {
    match bound {
        None => "-".to_owned(),
        Some(small) if small < 0.1 => format!("{small:.4}"),
        Some(bound) => format!("{bound:.2}"),
    }
}

fn show_time(seconds: f64) -> String {
    let nanoseconds = seconds * 1e9;
    match nanoseconds {
        below if below < 1e3 => format!("{below:.1} ns"),
        below if below < 1e6 => format!("{:.2} µs", below / 1e3),
        _ => format!("{:.2} ms", nanoseconds / 1e6),
    }
}

/// Prints a row of the table, and adds it to the file that `make bench` names.
#[allow(
    clippy::print_stdout,
    reason = "a bench speaks to the person who runs it"
)]
fn report(cells: &[String]) {
    let mut row = String::from("|");
    for cell in cells {
        write!(row, " {cell} |").expect("a string takes every text");
    }
    println!("{row}");
    if let Some(path) = std::env::var_os("PYRALOG_BENCH_ROWS") {
        let file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path);
        let written = file.and_then(|mut file| writeln!(file, "{row}"));
        if let Err(error) = written {
            eprintln!("the row is not in {}: {error}", path.to_string_lossy());
        }
    }
}
