//! Virtual time.

use std::fmt;

use pyralog_primitives::DurationMs;

/// A point of virtual time: so many microseconds after the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

/// A length of virtual time, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(u64);

impl Moment {
    /// So many microseconds after the beginning.
    pub const fn new(micros: u64) -> Self {
        Self(micros)
    }

    /// The number without its meaning.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// How long after `earlier` this is; nothing if it is not.
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }

    pub(crate) const fn after(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// So many microseconds.
    pub const fn new(micros: u64) -> Self {
        Self(micros)
    }

    /// The number without its meaning.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// So many milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1000))
    }

    /// As long as this.
    pub const fn of(duration: DurationMs) -> Self {
        Self::from_millis(duration.get())
    }

    /// So many times as long.
    #[must_use]
    pub(crate) const fn times(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(factor))
    }

    /// Both, one after the other.
    #[must_use]
    pub(crate) const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// How long this takes by the real clock, if it is read off one that runs
    /// at `permille` thousandths of the right speed.
    #[must_use]
    pub(crate) const fn by_clock(self, permille: u64) -> Self {
        Self(self.0.saturating_mul(1000) / permille)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Span(self.0).fmt(f)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03} ms", self.0 / 1000, self.0 % 1000)
    }
}
