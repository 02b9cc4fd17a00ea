//! What a number may be, and what breaks beyond.

use crate::problem::Problem;
use crate::value::Form;

/// The least and the most that a setting may be, each with its reason. The
/// reasons go into messages, after "with less, " and "with more, ".
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) min: u64,
    pub(crate) below: &'static str,
    pub(crate) max: u64,
    pub(crate) above: &'static str,
    /// Whether 0 is allowed below the least, with a meaning of its own.
    pub(crate) zero: bool,
}

/// For settings that are no numbers.
pub(crate) const ANY: Bounds = at_least(0, "");

/// The least that a setting may be, and what happens below.
pub(crate) const fn at_least(min: u64, below: &'static str) -> Bounds {
    Bounds {
        min,
        below,
        max: u64::MAX,
        above: "",
        zero: false,
    }
}

impl Bounds {
    /// The most that it may be, and what happens above.
    pub(crate) const fn at_most(self, max: u64, above: &'static str) -> Self {
        assert!(self.min < max);
        Self { max, above, ..self }
    }

    /// Allows 0 besides.
    pub(crate) const fn or_zero(self) -> Self {
        Self { zero: true, ..self }
    }

    /// Gives the number back if it lies within.
    pub(crate) fn check(&self, number: u64, form: Form) -> Result<u64, Problem> {
        if self.zero && number == 0 {
            return Ok(number);
        }
        if number < self.min {
            let (min, reason) = (form.show(self.min), self.below);
            return Err(Problem::TooSmall { min, reason });
        }
        if number > self.max {
            let (max, reason) = (form.show(self.max), self.above);
            return Err(Problem::TooLarge { max, reason });
        }
        Ok(number)
    }
}
