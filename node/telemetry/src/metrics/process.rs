//! What the system says of the process, read when it is asked for.
//!
//! From `/proc`, so only where there is one: elsewhere these metrics are left
//! out.

use std::fmt;
use std::fs;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeGaugeValue, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use pyralog_primitives::ByteCount;

/// The clock tick that `/proc` counts in: the same on every architecture that
/// this builds for, whatever the kernel uses inside.
const TICK_MS: u64 = 10;

/// The metrics of any process.
#[derive(Debug)]
pub(super) struct Process {
    /// Seconds since the Unix epoch.
    started: Option<f64>,
}

impl Process {
    pub(super) fn new() -> Self {
        Self { started: started() }
    }
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        gauge(
            &mut encoder,
            "process_start_time_seconds",
            "Start of the process, since the Unix epoch.",
            self.started,
        )?;
        gauge(
            &mut encoder,
            "process_resident_memory_bytes",
            "Memory that the process holds.",
            resident().map(ByteCount::get),
        )?;
        gauge(
            &mut encoder,
            "process_open_fds",
            "File descriptors that are open.",
            open_descriptors().map(|count| count as u64),
        )
    }
}

fn gauge<V: EncodeGaugeValue>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    value: Option<V>,
) -> fmt::Result {
    let Some(value) = value else {
        return Ok(());
    };
    let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    ConstGauge::new(value).encode(metric)
}

fn started() -> Option<f64> {
    let since_boot = started_since_boot(&fs::read_to_string("/proc/self/stat").ok()?)?;
    let boot = booted(&fs::read_to_string("/proc/stat").ok()?)?;
    Some((boot + since_boot).as_secs_f64())
}

fn resident() -> Option<ByteCount> {
    resident_of(&fs::read_to_string("/proc/self/status").ok()?)
}

fn open_descriptors() -> Option<usize> {
    let listed = fs::read_dir("/proc/self/fd").ok()?.count();
    // Without the one that lists them.
    listed.checked_sub(1)
}

/// Field 22 of `/proc/self/stat`. The second field is the name of the program
/// in parentheses and may hold anything, so counting begins after it.
fn started_since_boot(stat: &str) -> Option<Duration> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let ticks: u64 = after_name.split_whitespace().nth(19)?.parse().ok()?;
    Some(Duration::from_millis(ticks.checked_mul(TICK_MS)?))
}

/// The boot of the machine, since the Unix epoch.
fn booted(stat: &str) -> Option<Duration> {
    let line = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
    Some(Duration::from_secs(line.trim().parse().ok()?))
}

fn resident_of(status: &str) -> Option<ByteCount> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    Some(ByteCount::new(kibibytes.checked_mul(1_024)?))
}

#[cfg(test)]
mod tests {
    use std::time::{SystemTime, UNIX_EPOCH};

    use super::*;

    #[test]
    fn the_name_of_the_program_moves_no_field() {
        let stat = "7 (a) b (c)) R 1 1 1 0 -1 4194304 99 0 0 0 0 0 0 0 20 0 1 0 75405 3133440";
        assert_eq!(
            started_since_boot(stat),
            Some(Duration::from_millis(754_050))
        );
        assert_eq!(started_since_boot("7 (a) R 1"), None);
    }

    #[test]
    fn numbers_are_found_by_the_name_of_their_line() {
        let stat = "cpu  1 2 3\nctxt 9\nbtime 1700000000\nprocesses 4\n";
        assert_eq!(booted(stat), Some(Duration::from_secs(1_700_000_000)));
        assert_eq!(booted("cpu 1\n"), None);
        let status = "VmHWM:\t 9 kB\nVmRSS:\t    2080 kB\nRssAnon:\t 1 kB\n";
        assert_eq!(resident_of(status), Some(ByteCount::new(2_129_920)));
        assert_eq!(resident_of("VmRSS: many kB"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_started_in_the_past_and_holds_something() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let started = started().unwrap();
        // The clock may have been set since boot: a day says that the unit is
        // right.
        let day = 86_400.0;
        assert!((now.as_secs_f64() - started).abs() < day, "{started}");
        assert!(resident().unwrap() > ByteCount::new(65_536));
        let before = open_descriptors().unwrap();
        assert!(before > 0);
    }
}
