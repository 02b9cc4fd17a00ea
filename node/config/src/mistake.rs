//! The mistakes of all layers: where each stands and what it is.

use std::borrow::Cow;
use std::fmt::{self, Write};

use crate::origin::Origin;
use crate::problem::Problem;

/// Nobody corrects more at once. Lower hides mistakes; higher floods the
/// terminal when a wrong file is given.
pub const MISTAKE_COUNT_MAX: usize = 100;

/// Longer keys are shown cut.
const SHOWN_KEY_CHARS_MAX: usize = 64;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where it stands.
    pub origin: Origin,
    /// The setting, as in `rpc.listen`, or what stands there in its place;
    /// empty if the origin says it all.
    pub key: String,
    /// What is wrong and what to do.
    pub problem: Problem,
}

impl Mistake {
    pub(crate) fn new(origin: Origin, key: &str, problem: Problem) -> Self {
        let key = shown_key(key).into_owned();
        Self {
            origin,
            key,
            problem,
        }
    }
}

impl fmt::Display for Mistake {
    /// One line, and nothing in it that moves a terminal's cursor.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            origin,
            key,
            problem,
        } = self;
        let between = if key.is_empty() { "" } else { ": " };
        for c in format!("{origin}: {key}{between}{problem}").chars() {
            f.write_char(if c.is_control() { ' ' } else { c })?;
        }
        Ok(())
    }
}

/// A key as one can read it, cut.
fn shown_key(key: &str) -> Cow<'_, str> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    if key.len() <= SHOWN_KEY_CHARS_MAX && key.bytes().all(is_plain) {
        return Cow::Borrowed(key);
    }
    let cut: String = key.chars().take(SHOWN_KEY_CHARS_MAX).collect();
    let rest = if cut.len() < key.len() { "…" } else { "" };
    Cow::Owned(format!("{cut:?}{rest}"))
}

/// All mistakes, by layer from the farthest to the nearest, those of the file
/// in order of line. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes {
    found: Vec<Mistake>,
    left_out: usize,
}

impl Mistakes {
    /// `Ok` if nothing was found.
    pub(crate) fn check(mut found: Vec<Mistake>) -> Result<(), Self> {
        if found.is_empty() {
            return Ok(());
        }
        let left_out = found.len().saturating_sub(MISTAKE_COUNT_MAX);
        found.truncate(MISTAKE_COUNT_MAX);
        Err(Self { found, left_out })
    }

    /// The mistakes; the first [`MISTAKE_COUNT_MAX`] of them if there are more.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Mistake> {
        self.found.iter()
    }

    /// How many there are besides.
    pub fn left_out(&self) -> usize {
        self.left_out
    }
}

impl fmt::Display for Mistakes {
    /// One line for each mistake.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, mistake) in self.found.iter().enumerate() {
            let between = if place == 0 { "" } else { "\n" };
            write!(f, "{between}{mistake}")?;
        }
        match self.left_out {
            0 => Ok(()),
            1 => f.write_str("\nand one more mistake"),
            more => write!(f, "\nand {more} more mistakes"),
        }
    }
}

impl std::error::Error for Mistakes {}
