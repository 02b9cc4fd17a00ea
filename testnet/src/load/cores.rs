//! What processes take of the cores and of memory, where that can be seen.

use std::fs;
use std::time::Duration;

use pyralog_primitives::ByteCount;

/// What the system counts the time of processes in, for all programs.
const TICK: Duration = Duration::from_millis(10);

/// The time that a process has had on all cores.
pub(super) fn time(pid: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let ticks = u32::try_from(ticks(&stat)?).ok()?;
    TICK.checked_mul(ticks)
}

/// Its own and the system's for it: fields 14 and 15. The name before them may
/// hold anything, parentheses too.
fn ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// The most that a process has held in memory.
pub(super) fn peak_memory(pid: u32) -> Option<ByteCount> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(ByteCount::new(kib * 1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_process_moves_no_field() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 1 2 3 4 50 60 8 9 20 0 1 0";
        assert_eq!(ticks(stat), Some(110));
        assert_eq!(ticks("7 (a) S 1"), None);
    }
}
