//! The time of a genesis: from text to milliseconds, and back.

use pyralog_primitives::TimestampMs;
use toml::value::{Date, Datetime, Offset, Time};

use crate::problem::Problem;

/// Earlier, and it is a typing error: there was no Pyralog.
/// 2020-01-01T00:00:00Z.
pub(crate) const TIME_MIN: TimestampMs = TimestampMs::new(1_577_836_800_000);
/// From here on it is one too: nobody alive waits for such a network.
/// 2100-01-01T00:00:00Z.
pub(crate) const TIME_END: TimestampMs = TimestampMs::new(4_102_444_800_000);

const EPOCH_YEAR: u16 = 1970;
const DAY_SECONDS: u64 = 86_400;

/// Days in the months before each month, in a year that is no leap year.
const DAYS_BEFORE_MONTH: [u64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

pub(crate) fn check_time(time: TimestampMs) -> Result<(), Problem> {
    if (TIME_MIN..TIME_END).contains(&time) {
        Ok(())
    } else {
        Err(Problem::TimeOutOfRange)
    }
}

/// Reads the time of a genesis, as its document writes it: a date-time in UTC,
/// to the millisecond, in a year that is no typing error.
pub fn parse_time(text: &str) -> Result<TimestampMs, Problem> {
    let time = read_time(text)?;
    check_time(time)?;
    Ok(time)
}

/// Reads a date-time in UTC, to the millisecond, of any year.
fn read_time(text: &str) -> Result<TimestampMs, Problem> {
    let parsed: Datetime = text.parse().map_err(|_| Problem::TimeForm)?;
    let (Some(date), Some(time), Some(offset)) = (parsed.date, parsed.time, parsed.offset) else {
        return Err(Problem::TimeIncomplete);
    };
    if !matches!(offset, Offset::Z | Offset::Custom { minutes: 0 }) {
        return Err(Problem::TimeNotUtc);
    }
    if time.second == Some(60) {
        return Err(Problem::TimeLeapSecond);
    }
    if is_finer_than_milliseconds(text) {
        return Err(Problem::TimeTooFine);
    }
    let days = days_since_epoch(date).ok_or(Problem::TimeOutOfRange)?;
    let milliseconds = (days * DAY_SECONDS + seconds_of_day(time)) * 1000;
    let fraction = u64::from(time.nanosecond.unwrap_or(0)) / 1_000_000;
    Ok(TimestampMs::new(milliseconds + fraction))
}

/// Read from the text, because the parser drops what is finer than it holds.
fn is_finer_than_milliseconds(text: &str) -> bool {
    let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction);
    let digits = fraction.chars().take_while(char::is_ascii_digit);
    digits.skip(3).any(|digit| digit != '0')
}

fn seconds_of_day(time: Time) -> u64 {
    let minutes = u64::from(time.hour) * 60 + u64::from(time.minute);
    minutes * 60 + u64::from(time.second.unwrap_or(0))
}

/// Days from the epoch to a date, unless it lies before.
fn days_since_epoch(date: Date) -> Option<u64> {
    let years = u64::from(date.year.checked_sub(EPOCH_YEAR)?);
    let leap_days = leap_years_before(date.year) - leap_years_before(EPOCH_YEAR);
    let leap_day_of_year = u64::from(date.month > 2 && is_leap(date.year));
    let month = DAYS_BEFORE_MONTH[usize::from(date.month) - 1];
    Some(years * 365 + leap_days + month + leap_day_of_year + u64::from(date.day) - 1)
}

fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// Leap years from year 1 to the one before `year`.
fn leap_years_before(year: u16) -> u64 {
    let before = u64::from(year) - 1;
    before / 4 - before / 100 + before / 400
}

/// Writes a time as a document holds it: `2026-11-21T00:00:00Z`.
pub fn format_time(time: TimestampMs) -> String {
    let (seconds, fraction) = (time.get() / 1000, time.get() % 1000);
    let (days, second_of_day) = (seconds / DAY_SECONDS, seconds % DAY_SECONDS);
    let (year, month, day) = date_of_day(days);
    let (hour, minute) = (second_of_day / 3600, second_of_day / 60 % 60);
    let second = second_of_day % 60;
    let fraction = match fraction {
        0 => String::new(),
        milliseconds => format!(".{milliseconds:03}"),
    };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

/// The date that lies `days` after the epoch.
fn date_of_day(days: u64) -> (u64, u64, u64) {
    // Counted from 1 March of year 0, a leap day ends its year, and months
    // repeat in groups of five with 153 days.
    const DAYS_FROM_MARCH_0: u64 = 719_468;
    const CYCLE_DAYS: u64 = 146_097;
    let days = days + DAYS_FROM_MARCH_0;
    let (cycle, day) = (days / CYCLE_DAYS, days % CYCLE_DAYS);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    (cycle * 400 + year + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_times_are_read_and_written() {
        for (text, milliseconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:34:56Z", 951_827_696_000),
            ("2020-01-01T00:00:00Z", TIME_MIN.get()),
            ("2026-11-21T00:00:00Z", 1_795_219_200_000),
            ("2024-12-31T23:59:59.999Z", 1_735_689_599_999),
            ("2100-01-01T00:00:00Z", TIME_END.get()),
            ("2100-03-01T00:00:00Z", 4_107_542_400_000),
        ] {
            let time = TimestampMs::new(milliseconds);
            assert_eq!(read_time(text), Ok(time), "{text}");
            assert_eq!(format_time(time), text);
        }
    }

    #[test]
    fn one_time_has_many_spellings() {
        let time = read_time("2026-11-21T00:00:00Z");
        for text in [
            "2026-11-21 00:00:00Z",
            "2026-11-21T00:00Z",
            "2026-11-21t00:00:00z",
            "2026-11-21T00:00:00.000000000000Z",
            "2026-11-21T00:00:00+00:00",
        ] {
            assert_eq!(read_time(text), time, "{text}");
        }
    }

    #[test]
    fn each_wrong_time_is_named() {
        for (text, problem) in [
            ("", Problem::TimeForm),
            ("tomorrow", Problem::TimeForm),
            ("2026-02-29T00:00:00Z", Problem::TimeForm),
            ("2026-11-21T24:00:00Z", Problem::TimeForm),
            ("2026-11-21", Problem::TimeIncomplete),
            ("00:00:00", Problem::TimeIncomplete),
            ("2026-11-21T00:00:00", Problem::TimeIncomplete),
            ("2026-11-21T00:00:00+01:00", Problem::TimeNotUtc),
            ("2026-12-31T23:59:60Z", Problem::TimeLeapSecond),
            ("2026-11-21T00:00:00.0001Z", Problem::TimeTooFine),
            ("2026-11-21T00:00:00.0000000000001Z", Problem::TimeTooFine),
            ("1969-12-31T23:59:59Z", Problem::TimeOutOfRange),
            ("0000-01-01T00:00:00Z", Problem::TimeOutOfRange),
        ] {
            assert_eq!(read_time(text), Err(problem), "{text}");
        }
        assert_eq!(check_time(TIME_MIN), Ok(()));
        assert_eq!(check_time(TIME_END), Err(Problem::TimeOutOfRange));
    }

    proptest! {
        #[test]
        fn a_time_reads_what_it_prints(milliseconds in 0u64..253_402_300_800_000) {
            let time = TimestampMs::new(milliseconds);
            prop_assert_eq!(read_time(&format_time(time)), Ok(time));
        }

        #[test]
        fn no_time_makes_printing_fail(milliseconds: u64) {
            prop_assert!(format_time(TimestampMs::new(milliseconds)).ends_with('Z'));
        }
    }
}
