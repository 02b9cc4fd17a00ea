//! Times that something took, in order.

use std::fmt;
use std::time::Duration;

/// Times, ascending.
#[derive(Clone, Debug, Default)]
pub(crate) struct Latencies(Vec<Duration>);

impl Latencies {
    pub(crate) fn new(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// The time within which so many thousandths were done.
    pub(crate) fn permille(&self, permille: usize) -> Duration {
        let place = self.0.len() * permille / 1000;
        let last = self.0.len().saturating_sub(1);
        self.0.get(place.min(last)).copied().unwrap_or_default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The three that are looked at, in milliseconds, in columns of nine.
impl fmt::Display for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for permille in [500, 990, 999] {
            if self.is_empty() {
                write!(f, "{:>9}", "-")?;
            } else {
                write!(f, "{:>9}", Millis(self.permille(permille)))?;
            }
        }
        Ok(())
    }
}

/// A time in milliseconds, with as many digits as mean something.
pub(crate) struct Millis(pub(crate) Duration);

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.as_micros();
        let text = if micros < 100_000 {
            format!("{}.{}", micros / 1000, micros % 1000 / 100)
        } else {
            (micros / 1000).to_string()
        };
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permille_is_a_time_that_was_measured() {
        let times = (1..=1000).rev().map(Duration::from_micros).collect();
        let latencies = Latencies::new(times);
        assert_eq!(latencies.permille(500), Duration::from_micros(501));
        assert_eq!(latencies.permille(999), Duration::from_millis(1));
        assert_eq!(latencies.permille(1000), Duration::from_millis(1));
        assert_eq!(Latencies::default().permille(990), Duration::ZERO);
        let shown = latencies.to_string();
        assert_eq!(shown, "      0.5      0.9      1.0");
        let none = Latencies::default().to_string();
        assert_eq!(none.split_whitespace().collect::<Vec<_>>(), ["-", "-", "-"]);
    }

    #[test]
    fn a_long_time_has_no_tenths() {
        let shown = |micros| Millis(Duration::from_micros(micros)).to_string();
        assert_eq!(shown(99_950), "99.9");
        assert_eq!(shown(1_234_567), "1234");
    }
}
