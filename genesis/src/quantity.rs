//! Numbers with a unit, as people write them: `500ms`, `2MiB`, `1000`.

use std::fmt;

use crate::problem::Problem;

const KIB: u128 = 1024;
const MIB: u128 = 1024 * KIB;
const SECOND: u128 = 1000;

/// Fewer digits are read at a glance.
const GROUPED_DIGITS_MIN: usize = 5;

/// What a number counts, which decides how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Bytes: a text with `KiB` or `MiB`, or the plain count.
    Bytes,
    /// Milliseconds: a text with `ms` or `s`.
    Milliseconds,
    /// Anything else: the plain count.
    Plain,
}

/// A number with its unit, to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantity {
    number: u128,
    unit: Unit,
}

impl Quantity {
    pub(crate) const fn new(number: u128, unit: Unit) -> Self {
        Self { number, unit }
    }

    /// The quantity as the document holds it: texts in quotes.
    pub(crate) fn to_toml(self) -> String {
        match self.unit {
            Unit::Plain => self.to_string(),
            Unit::Bytes if !self.number.is_multiple_of(KIB) => self.to_string(),
            Unit::Bytes | Unit::Milliseconds => format!("\"{self}\""),
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (divisor, ending) = match self.unit {
            Unit::Bytes if self.number.is_multiple_of(MIB) => (MIB, "MiB"),
            Unit::Bytes if self.number.is_multiple_of(KIB) => (KIB, "KiB"),
            Unit::Milliseconds if self.number.is_multiple_of(SECOND) => (SECOND, "s"),
            Unit::Milliseconds => (1, "ms"),
            Unit::Bytes | Unit::Plain => (1, ""),
        };
        let digits = (self.number / divisor).to_string();
        if ending.is_empty() {
            f.write_str(&grouped(&digits))
        } else {
            write!(f, "{digits}{ending}")
        }
    }
}

/// Underscores between thousands, as TOML allows, where there are many digits.
fn grouped(digits: &str) -> String {
    if digits.len() < GROUPED_DIGITS_MIN {
        return digits.to_owned();
    }
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('_');
        }
        text.push(digit);
    }
    text
}

/// Reads a duration such as `500ms`, in milliseconds.
pub(crate) fn parse_duration(text: &str) -> Result<u128, Problem> {
    parse_with_endings(text, &[("ms", 1), ("s", SECOND)]).ok_or(Problem::DurationForm)
}

/// Reads a size such as `64KiB`, in bytes.
pub(crate) fn parse_size(text: &str) -> Result<u128, Problem> {
    parse_with_endings(text, &[("KiB", KIB), ("MiB", MIB)]).ok_or(Problem::SizeForm)
}

/// Reads digits before the first ending that fits. A number beyond the type
/// becomes the largest one, which every limit refuses.
fn parse_with_endings(text: &str, endings: &[(&str, u128)]) -> Option<u128> {
    let (digits, factor) = endings
        .iter()
        .find_map(|(ending, factor)| Some((text.strip_suffix(ending)?, factor)))?;
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: u128 = plain.then(|| digits.parse().unwrap_or(u128::MAX))?;
    Some(number.saturating_mul(*factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_read_what_they_print() {
        for (text, number) in [
            ("1ms", 1),
            ("500ms", 500),
            ("3s", 3_000),
            ("1001ms", 1_001),
            ("10001ms", 10_001),
        ] {
            assert_eq!(parse_duration(text), Ok(number));
            assert_eq!(Quantity::new(number, Unit::Milliseconds).to_string(), text);
        }
        for (text, number) in [("1KiB", 1024), ("2MiB", 2 << 20), ("1025KiB", 1025 * 1024)] {
            assert_eq!(parse_size(text), Ok(number));
            assert_eq!(Quantity::new(number, Unit::Bytes).to_string(), text);
        }
        assert_eq!(Quantity::new(1000, Unit::Bytes).to_toml(), "1000");
        assert_eq!(Quantity::new(10_000, Unit::Plain).to_string(), "10_000");
        assert_eq!(
            Quantity::new(123_456_789, Unit::Plain).to_toml(),
            "123_456_789"
        );
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "", "s", "ms", "1", "1.5s", "-1s", "+1s", "1 s", "1m", "1S", "١s",
        ] {
            assert_eq!(parse_duration(text), Err(Problem::DurationForm), "{text}");
        }
        for text in ["", "1", "MiB", "1MB", "1kib", "1 KiB", "1.5MiB", "1B"] {
            assert_eq!(parse_size(text), Err(Problem::SizeForm), "{text}");
        }
    }

    #[test]
    fn a_number_beyond_the_type_is_the_largest() {
        let digits = "9".repeat(60);
        assert_eq!(parse_duration(&format!("{digits}s")), Ok(u128::MAX));
        assert_eq!(parse_size(&format!("{}MiB", u128::MAX)), Ok(u128::MAX));
    }
}
