//! The time in front of a line for people.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

/// Hours, minutes and seconds in UTC: `14:03:07Z`. Who watches a terminal knows
/// the day; the other shapes of the log say it.
pub(super) struct TimeOfDay;

impl FormatTime for TimeOfDay {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        // A clock before 1970 is wrong anyway; the line matters more.
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        writer.write_str(&time_of_day(now.unwrap_or_default()))
    }
}

fn time_of_day(since_epoch: Duration) -> String {
    let seconds = since_epoch.as_secs();
    let (hours, minutes) = (seconds / 3_600 % 24, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}Z", seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_day_begins_again_at_midnight() {
        for (seconds, text) in [
            (0, "00:00:00Z"),
            (86_399, "23:59:59Z"),
            (86_400, "00:00:00Z"),
            (1_700_000_000, "22:13:20Z"),
        ] {
            assert_eq!(time_of_day(Duration::from_secs(seconds)), text);
        }
    }
}
