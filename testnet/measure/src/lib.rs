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
    ours: impl FnMut() -> A,
    reference: impl FnMut() -> B,
) {
    compare_units(clock, claim, claim.units, ours, reference);
}

/// The same for a reference that does so many units in one call, where as many as
/// ours does would take too long.
pub fn compare_few<A, B>(
    claim: &Comparison<'_>,
    reference_units: u32,
    ours: impl FnMut() -> A,
    reference: impl FnMut() -> B,
) {
    compare_units(Clock::Thread, claim, reference_units, ours, reference);
}

fn compare_units<A, B>(
    clock: Clock,
    claim: &Comparison<'_>,
    reference_units: u32,
    mut ours: impl FnMut() -> A,
    mut reference: impl FnMut() -> B,
) {
    let calls_ours = calls_for_a_round(clock, &mut ours);
    let calls_reference = calls_for_a_round(clock, &mut reference);
    let mut time_of_ours = || time_of(clock, calls_ours, &mut ours) / f64::from(claim.units);
    let mut time_of_reference =
        || time_of(clock, calls_reference, &mut reference) / f64::from(reference_units);
    let mut rounds: Vec<[f64; 4]> = (0..ROUND_COUNT)
        .map(|_| {
            let first = time_of_reference();
            let own = time_of_ours();
            let second = time_of_reference();
            let theirs = f64::midpoint(first, second);
            [theirs / own, first / second, own, theirs]
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
    let noisy = (against_itself - 1.0).abs() * 100.0 > NOISE_PERCENT_MAX;
    let verdict = match claim.floor {
        _ if noisy => " (noisy)",
        Some(floor) if ratio < floor => " MISSED",
        _ => "",
    };
    report(&[
        claim.what.to_owned(),
        show_time(own),
        format!("{} {}", claim.reference, show_time(theirs)),
        format!("{ratio:.2}{verdict}"),
        format!("{low:.2}–{high:.2}"),
        show_bound(claim.floor),
        show_bound(claim.goal),
    ]);
}

/// Runs each once, for work that takes a minute: no range, and no word on noise.
/// Returns the time of ours.
pub fn compare_once<A, B>(
    claim: &Comparison<'_>,
    mut ours: impl FnMut() -> A,
    mut reference: impl FnMut() -> B,
) -> Duration {
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
    Duration::from_secs_f64(own)
}

/// A time that is allowed.
pub struct Limit<'a> {
    /// What is measured.
    pub what: &'a str,
    /// Units of work in one call.
    pub units: u32,
    /// How long a unit may take.
    pub time: Duration,
    /// How often it would fit into that, to be excellent.
    pub goal: Option<f64>,
}

/// Says how often `ours` fits into the time that it may take, in the processor
/// time of this thread. Such a row is about this machine as much as about the code.
pub fn within<A>(limit: &Limit<'_>, mut ours: impl FnMut() -> A) {
    let calls = calls_for_a_round(Clock::Thread, &mut ours);
    let mut times: Vec<f64> = (0..ROUND_COUNT)
        .map(|_| time_of(Clock::Thread, calls, &mut ours) / f64::from(limit.units))
        .collect();
    times.sort_by(f64::total_cmp);
    let often = |index: usize| limit.time.as_secs_f64() / times[index];
    let range = format!("{:.2}–{:.2}", often(ROUND_COUNT - 1), often(0));
    report_limit(limit, times[ROUND_COUNT / 2], range);
}

/// The same from one run, for work that takes a minute.
pub fn within_once<A>(limit: &Limit<'_>, mut ours: impl FnMut() -> A) {
    let time = time_of(Clock::Thread, 1, &mut ours);
    within_time(limit, Duration::from_secs_f64(time));
}

/// The same of a time that was measured already.
pub fn within_time(limit: &Limit<'_>, time: Duration) {
    let time = time.as_secs_f64() / f64::from(limit.units);
    report_limit(limit, time, "one run".to_owned());
}

fn report_limit(limit: &Limit<'_>, time: f64, range: String) {
    let allowed = limit.time.as_secs_f64();
    let verdict = if time > allowed { " MISSED" } else { "" };
    report(&[
        limit.what.to_owned(),
        show_time(time),
        format!("{} allowed", show_time(allowed)),
        format!("{:.2}{verdict}", allowed / time),
        range,
        show_bound(Some(1.0)),
        show_bound(limit.goal),
    ]);
}

/// Says how often so many kilobytes, of 1,000 bytes, fit into those that are
/// allowed.
pub fn kilobytes_within(what: &str, found: u32, allowed: u32) {
    let verdict = if found > allowed { " MISSED" } else { "" };
    let ratio = f64::from(allowed) / f64::from(found);
    report(&[
        what.to_owned(),
        show_kilobytes(found),
        format!("{} allowed", show_kilobytes(allowed)),
        format!("{ratio:.2}{verdict}"),
        "one run".to_owned(),
        show_bound(Some(1.0)),
        show_bound(None),
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

fn show_kilobytes(kilobytes: u32) -> String {
    if kilobytes < 1_000_000 {
        format!("{kilobytes} KB")
    } else {
        format!("{:.2} GB", f64::from(kilobytes) / 1e6)
    }
}

fn show_time(seconds: f64) -> String {
    let nanoseconds = seconds * 1e9;
    match nanoseconds {
        below if below < 1e3 => format!("{below:.1} ns"),
        below if below < 1e6 => format!("{:.2} µs", below / 1e3),
        below if below < 1e10 => format!("{:.2} ms", below / 1e6),
        _ => format!("{seconds:.1} s"),
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
