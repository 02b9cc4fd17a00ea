//! How long a user is willing to wait: `500ms`, `30s`, `5m`, `1h`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The longest wait. More is a typing error: nothing here takes a day.
const MAX: Duration = Duration::from_hours(24);

/// Units and their milliseconds. `ms` stands before `m`, which it begins with.
const UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)];

/// A span of time as users write it: a whole number and a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timeout(Duration);

impl Timeout {
    pub(crate) const fn get(self) -> Duration {
        self.0
    }
}

impl fmt::Display for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = self.0.as_millis();
        if milliseconds.is_multiple_of(1000) {
            write!(f, "{}s", milliseconds / 1000)
        } else {
            write!(f, "{milliseconds}ms")
        }
    }
}

/// Why a text is no span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TimeoutError {
    #[error("write a whole number and a unit, such as 500ms, 30s, 5m or 1h")]
    Form,
    #[error("at most 24h is waited for")]
    TooLong,
}

impl FromStr for Timeout {
    type Err = TimeoutError;

    fn from_str(text: &str) -> Result<Self, TimeoutError> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let found = UNITS.iter().find(|(name, _)| *name == unit);
        let (_, milliseconds) = found.ok_or(TimeoutError::Form)?;
        if number.is_empty() {
            return Err(TimeoutError::Form);
        }
        // Digits that do not fit a number are too many.
        let number: u64 = number.parse().map_err(|_| TimeoutError::TooLong)?;
        let span = number.checked_mul(*milliseconds).map(Duration::from_millis);
        let within = span.filter(|span| *span <= MAX);
        within.map(Self).ok_or(TimeoutError::TooLong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_in_each_unit_and_shown_in_a_short_one() {
        for (text, milliseconds, shown) in [
            ("500ms", 500, "500ms"),
            ("30s", 30_000, "30s"),
            ("2000ms", 2000, "2s"),
            ("5m", 300_000, "300s"),
            ("24h", 86_400_000, "86400s"),
            ("0s", 0, "0s"),
        ] {
            let timeout: Timeout = text.parse().unwrap();
            assert_eq!(timeout.get(), Duration::from_millis(milliseconds), "{text}");
            assert_eq!(timeout.to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_span_is_refused() {
        for text in ["", "30", "s", "1.5s", "-1s", "30 s", "30sec", "30S", "1d"] {
            assert_eq!(text.parse::<Timeout>(), Err(TimeoutError::Form), "{text}");
        }
        for text in [
            "25h",
            "86400001ms",
            "18446744073709551615h",
            "99999999999999999999s",
        ] {
            assert_eq!(
                text.parse::<Timeout>(),
                Err(TimeoutError::TooLong),
                "{text}"
            );
        }
    }
}
