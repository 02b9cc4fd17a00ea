//! The types that settings have, and how each is written.

use std::net::SocketAddr;

use pyralog_primitives::{BlockCount, ByteCount, DurationMs};

use crate::bounds::{ANY, Bounds};
use crate::problem::Problem;
use crate::settings::{LogFormat, PeerNames};

/// A text is a filter or a name. Longer ones are somebody's file.
pub(crate) const TEXT_BYTES_MAX: usize = 1024;
/// Each request is compared with all of them.
pub(crate) const LIST_COUNT_MAX: usize = 64;

/// From the longest ending on, because all end with `B`.
const SIZE_UNITS: [(&str, u64); 5] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("B", 1),
];
const DURATION_UNITS: [(&str, u64); 2] = [("ms", 1), ("s", 1_000)];

/// How a value is written, in a file and in messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// In quotes.
    Text,
    /// In quotes, with a unit of bytes.
    Size,
    /// In quotes, with a unit of time.
    Duration,
    /// Digits.
    Number,
    /// `true` or `false`.
    Boolean,
    /// Texts between brackets; outside of files, between commas.
    List,
}

impl Form {
    /// A number in this form.
    pub(crate) fn show(self, number: u64) -> String {
        match self {
            Self::Size => show_with_unit(number, &SIZE_UNITS),
            Self::Duration => show_with_unit(number, &[DURATION_UNITS[1], DURATION_UNITS[0]]),
            Self::Text | Self::Number | Self::Boolean | Self::List => number.to_string(),
        }
    }

    /// A value, given as bare text, as a file holds it.
    pub(crate) fn to_toml(self, text: &str) -> String {
        match self {
            Self::Text | Self::Size | Self::Duration => toml::Value::from(text).to_string(),
            Self::Number | Self::Boolean => text.to_owned(),
            Self::List => toml::Value::from(entries(text).collect::<Vec<_>>()).to_string(),
        }
    }
}

/// What a setting can be. Reading takes bare text, as in `--set`.
pub(crate) trait Value: Sized {
    const FORM: Form;

    fn read(text: &str, bounds: &Bounds) -> Result<Self, Problem>;

    /// Text that reads as this value.
    fn show(&self) -> String;

    /// Where a listener listens; nothing else has a port to move.
    fn as_listener(&mut self) -> Option<&mut SocketAddr> {
        None
    }
}

/// Reads the default of a setting.
pub(crate) fn read_default<V: Value>(text: &str, bounds: &Bounds) -> V {
    V::read(text, bounds).expect("a test reads every default of the table")
}

impl Value for SocketAddr {
    const FORM: Form = Form::Text;

    fn read(text: &str, _: &Bounds) -> Result<Self, Problem> {
        text.parse().map_err(|_| Problem::AddressForm)
    }

    fn show(&self) -> String {
        self.to_string()
    }

    fn as_listener(&mut self) -> Option<&mut SocketAddr> {
        Some(self)
    }
}

impl Value for ByteCount {
    const FORM: Form = Form::Size;

    fn read(text: &str, bounds: &Bounds) -> Result<Self, Problem> {
        if is_digits(text) {
            let digits = text.to_owned();
            return Err(Problem::SizeWithoutUnit { digits });
        }
        let number = read_with_unit(text, &SIZE_UNITS).ok_or(Problem::SizeForm)?;
        bounds.check(number, Self::FORM).map(Self::new)
    }

    fn show(&self) -> String {
        Self::FORM.show(self.get())
    }
}

impl Value for DurationMs {
    const FORM: Form = Form::Duration;

    fn read(text: &str, bounds: &Bounds) -> Result<Self, Problem> {
        let number = read_with_unit(text, &DURATION_UNITS).ok_or(Problem::DurationForm)?;
        bounds.check(number, Self::FORM).map(Self::new)
    }

    fn show(&self) -> String {
        Self::FORM.show(self.get())
    }
}

impl Value for BlockCount {
    const FORM: Form = Form::Number;

    fn read(text: &str, bounds: &Bounds) -> Result<Self, Problem> {
        read_number(text, bounds).map(Self::new)
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for usize {
    const FORM: Form = Form::Number;

    fn read(text: &str, bounds: &Bounds) -> Result<Self, Problem> {
        let number = read_number(text, bounds)?;
        Ok(Self::try_from(number).expect("a test reads the largest number within each bound"))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for u32 {
    const FORM: Form = Form::Number;

    fn read(text: &str, bounds: &Bounds) -> Result<Self, Problem> {
        let number = read_number(text, bounds)?;
        Ok(Self::try_from(number).expect("a test reads the largest number within each bound"))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for bool {
    const FORM: Form = Form::Boolean;

    fn read(text: &str, _: &Bounds) -> Result<Self, Problem> {
        text.parse().map_err(|_| Problem::BooleanForm)
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for LogFormat {
    const FORM: Form = Form::Text;

    fn read(text: &str, _: &Bounds) -> Result<Self, Problem> {
        let chosen = Self::ALL.into_iter().find(|form| form.as_str() == text);
        chosen.ok_or_else(|| {
            let [others @ .., last] = Self::ALL.map(Self::as_str);
            let choices = format!("{} or {last}", others.join(", "));
            Problem::UnknownChoice { choices }
        })
    }

    fn show(&self) -> String {
        self.as_str().to_owned()
    }
}

impl Value for String {
    const FORM: Form = Form::Text;

    fn read(text: &str, _: &Bounds) -> Result<Self, Problem> {
        let fits = (1..=TEXT_BYTES_MAX).contains(&text.len());
        if fits && !text.chars().any(char::is_control) {
            Ok(text.to_owned())
        } else {
            Err(Problem::TextForm)
        }
    }

    fn show(&self) -> String {
        self.clone()
    }
}

/// Origins of web pages.
impl Value for Vec<String> {
    const FORM: Form = Form::List;

    fn read(text: &str, _: &Bounds) -> Result<Self, Problem> {
        let mut first = entries(text).take(LIST_COUNT_MAX);
        match first.position(|entry| !is_web_origin(entry)) {
            Some(place) => Err(Problem::WebOriginForm { entry: place + 1 }),
            None => read_list(text),
        }
    }

    fn show(&self) -> String {
        self.join(",")
    }
}

impl Value for PeerNames {
    const FORM: Form = Form::List;

    fn read(text: &str, _: &Bounds) -> Result<Self, Problem> {
        read_list(text).map(Self)
    }

    fn show(&self) -> String {
        self.0.join(",")
    }
}

/// Few entries, no two of which are equal.
fn read_list(text: &str) -> Result<Vec<String>, Problem> {
    let found = entries(text).count();
    if found > LIST_COUNT_MAX {
        return Err(Problem::ListTooLong { found });
    }
    let mut list = Vec::new();
    for entry in entries(text) {
        let entry = String::read(entry, &ANY)?;
        if list.contains(&entry) {
            return Err(Problem::Duplicate);
        }
        list.push(entry);
    }
    Ok(list)
}

/// The entries between commas; none if there is nothing at all.
fn entries(text: &str) -> impl Iterator<Item = &str> {
    let is_empty = text.trim().is_empty();
    let all = text.split(',').map(str::trim);
    all.filter(move |_| !is_empty)
}

/// What browsers send as the origin of a page. They compare letter by letter,
/// so a capital or a slash at the end would never match.
fn is_web_origin(text: &str) -> bool {
    let Some((scheme, host)) = text.split_once("://") else {
        return text == "*";
    };
    let is_quiet = |c: char| c.is_ascii_graphic() && !c.is_ascii_uppercase();
    let starts_with_letter = scheme.starts_with(|c: char| c.is_ascii_lowercase());
    let is_whole = starts_with_letter && !host.is_empty() && text.len() <= TEXT_BYTES_MAX;
    is_whole && text.chars().all(is_quiet) && !host.contains(['/', '?', '#', '@', '*', '"', '\''])
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A number beyond the type becomes the largest one, which every bound refuses.
fn read_digits(text: &str) -> Option<u64> {
    is_digits(text).then(|| text.parse().unwrap_or(u64::MAX))
}

fn read_number(text: &str, bounds: &Bounds) -> Result<u64, Problem> {
    let number = read_digits(text).ok_or(Problem::NumberForm)?;
    bounds.check(number, Form::Number)
}

/// Reads digits before the first ending that fits.
fn read_with_unit(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let mut fitting = units
        .iter()
        .filter_map(|(ending, unit)| Some((text.strip_suffix(ending)?, unit)));
    let (digits, unit) = fitting.next()?;
    Some(read_digits(digits)?.saturating_mul(*unit))
}

/// Writes a number in the first unit that divides it.
fn show_with_unit(number: u64, units: &[(&str, u64)]) -> String {
    let divides = |(_, unit): &&(&str, u64)| number >= *unit && number.is_multiple_of(*unit);
    let smallest = units.last();
    match units.iter().find(divides).or(smallest) {
        Some((ending, unit)) => format!("{}{ending}", number / unit),
        None => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounds::at_least;

    fn refused<V: Value>(text: &str) -> Problem {
        V::read(text, &ANY)
            .err()
            .unwrap_or_else(|| panic!("{text:?} was read"))
    }

    #[test]
    fn sizes_read_what_they_print() {
        for (text, bytes) in [
            ("0B", 0),
            ("10B", 10),
            ("1025B", 1025),
            ("64KiB", 64 << 10),
            ("1MiB", 1 << 20),
            ("1025KiB", 1025 << 10),
            ("3GiB", 3 << 30),
            ("2TiB", 2 << 40),
        ] {
            let size = ByteCount::new(bytes);
            assert_eq!(ByteCount::read(text, &ANY), Ok(size));
            assert_eq!(size.show(), text);
        }
    }

    #[test]
    fn durations_read_what_they_print() {
        for (text, milliseconds) in [("0ms", 0), ("500ms", 500), ("5s", 5_000), ("1001ms", 1_001)] {
            let duration = DurationMs::new(milliseconds);
            assert_eq!(DurationMs::read(text, &ANY), Ok(duration));
            assert_eq!(duration.show(), text);
        }
        for text in ["", "5", "s", "-1s", "1.5s", "5 s", "5m", "٥s"] {
            assert_eq!(refused::<DurationMs>(text), Problem::DurationForm, "{text}");
        }
    }

    #[test]
    fn a_size_without_unit_is_told_which_to_write() {
        let problem = refused::<ByteCount>("1024");
        assert!(problem.to_string().contains("\"1024B\""), "{problem}");
        for text in [
            "", "B", "MiB", "1MB", "1kib", "1 KiB", "1.5MiB", "-1B", "+1B", "1k",
        ] {
            assert_eq!(refused::<ByteCount>(text), Problem::SizeForm, "{text}");
        }
    }

    #[test]
    fn numbers_beyond_the_type_are_too_large_not_wrapped() {
        let bounds = at_least(1, "a").at_most(9 << 40, "b");
        let too_large = |max: &str| Problem::TooLarge {
            max: max.to_owned(),
            reason: "b",
        };
        for text in ["18446744073709551616B", "16777216TiB", "10TiB"] {
            let read = ByteCount::read(text, &bounds);
            assert_eq!(read, Err(too_large("9TiB")), "{text}");
        }
        let bounds = at_least(1, "a").at_most(9, "b");
        assert_eq!(
            u32::read("99999999999999999999", &bounds),
            Err(too_large("9"))
        );
        for text in ["", "-1", "+1", "1.0", "0x10", "1_000", " 1"] {
            assert_eq!(refused::<usize>(text), Problem::NumberForm, "{text}");
        }
    }

    #[test]
    fn zero_is_allowed_below_the_least_where_it_has_a_meaning() {
        let bounds = at_least(10, "a").at_most(20, "b");
        assert!(u32::read("0", &bounds).is_err());
        assert_eq!(u32::read("0", &bounds.or_zero()), Ok(0));
        assert!(u32::read("9", &bounds.or_zero()).is_err());
    }

    #[test]
    fn addresses_need_digits_and_a_port() {
        for text in ["0.0.0.0:26657", "[::1]:0"] {
            let address = SocketAddr::read(text, &ANY).unwrap();
            assert_eq!(address.show(), text);
        }
        for text in ["", "127.0.0.1", "localhost:1", "::1:1", "127.0.0.1:65536"] {
            assert_eq!(refused::<SocketAddr>(text), Problem::AddressForm, "{text}");
        }
    }

    #[test]
    fn web_origins_are_those_that_browsers_send() {
        let text = "https://app.example.com, http://localhost:3000,moz-extension://0a-1b,*";
        let list = Vec::read(text, &ANY).unwrap();
        assert_eq!(list.len(), 4);
        assert_eq!(list.show(), text.replace(", ", ","));
        assert_eq!(Vec::<String>::read(" ", &ANY), Ok(Vec::new()));
        for text in [
            "app.example.com",
            "https://",
            "https://a/",
            "https://A.example",
            "https://a b",
            "://a",
            "https://*.a",
            "null",
            ",",
        ] {
            let problem = refused::<Vec<String>>(text);
            assert_eq!(problem, Problem::WebOriginForm { entry: 1 }, "{text}");
        }
        assert_eq!(refused::<Vec<String>>("*, *"), Problem::Duplicate);
        let many = vec!["*"; LIST_COUNT_MAX + 1].join(",");
        let found = LIST_COUNT_MAX + 1;
        assert_eq!(
            refused::<Vec<String>>(&many),
            Problem::ListTooLong { found }
        );
    }
}
