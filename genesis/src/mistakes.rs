//! The mistakes of a document: where each stands and what it is.

use std::borrow::Cow;
use std::fmt::{self, Write};

use crate::problem::Problem;

/// Nobody corrects more at once. Lower hides mistakes, higher lets a hostile
/// document fill the memory with messages.
pub const MISTAKE_COUNT_MAX: usize = 1_000;

/// Longer keys are shown cut.
const SHOWN_KEY_CHARS_MAX: usize = 64;

/// A line of a document, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line(u32);

impl Line {
    /// The line of this number.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.0)
    }
}

/// The way to a value: keys and indices from the outside in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place(Vec<Step>);

/// One step into a table or list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Key(Cow<'static, str>),
    Index(usize),
}

impl Place {
    /// The document itself.
    pub(crate) const fn document() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn of(key: impl Into<Cow<'static, str>>) -> Self {
        Self::document().key(key)
    }

    pub(crate) fn key(mut self, key: impl Into<Cow<'static, str>>) -> Self {
        self.0.push(Step::Key(key.into()));
        self
    }

    pub(crate) fn index(mut self, index: usize) -> Self {
        self.0.push(Step::Index(index));
        self
    }

    pub(crate) fn steps(&self) -> &[Step] {
        &self.0
    }
}

impl fmt::Display for Place {
    /// As in `validators[2].stake`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => {
                    f.write_str(if depth == 0 { "" } else { "." })?;
                    f.write_str(&shown_key(key))?;
                }
            }
        }
        Ok(())
    }
}

/// A key as TOML would write it, cut to what one can read.
fn shown_key(key: &str) -> Cow<'_, str> {
    let is_bare = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    if key.len() <= SHOWN_KEY_CHARS_MAX && !key.is_empty() && key.bytes().all(is_bare) {
        return Cow::Borrowed(key);
    }
    let cut: String = key.chars().take(SHOWN_KEY_CHARS_MAX).collect();
    let rest = if cut.len() < key.len() { "…" } else { "" };
    Cow::Owned(format!("{cut:?}{rest}"))
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where it stands; `None` if it stands nowhere, because a key of the
    /// document is missing or there is no text.
    pub line: Option<Line>,
    /// The value, as in `validators[2].stake`, counted from 0; empty where
    /// the text is no TOML.
    pub field: String,
    /// What is wrong and what to do.
    pub problem: Problem,
}

impl fmt::Display for Mistake {
    /// One line, and nothing in it that moves a terminal's cursor.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "{line}: ")?;
        }
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        for c in self.problem.to_string().chars() {
            f.write_char(if c.is_control() { ' ' } else { c })?;
        }
        Ok(())
    }
}

/// All mistakes of a document in order of line, those without a line first.
/// Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes {
    found: Vec<Mistake>,
    left_out: usize,
}

impl Mistakes {
    pub(crate) fn new(found: Vec<Mistake>, left_out: usize) -> Self {
        Self { found, left_out }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(line: Option<Line>, place: &Place) -> Mistake {
        Mistake {
            line,
            field: place.to_string(),
            problem: Problem::Negative,
        }
    }

    #[test]
    fn a_mistake_is_one_line_with_its_place() {
        let place = Place::of("validators").index(2).key("stake");
        let shown = mistake(Some(Line::new(12)), &place).to_string();
        assert!(
            shown.starts_with("line 12: validators[2].stake: a negative"),
            "{shown}"
        );
        let shown = mistake(None, &Place::document()).to_string();
        assert!(shown.starts_with("a negative"), "{shown}");
    }

    #[test]
    fn keys_are_shown_as_toml_and_cut() {
        for (key, shown) in [
            ("block_bytes-max2", "block_bytes-max2".to_owned()),
            ("", "\"\"".to_owned()),
            ("a.b", "\"a.b\"".to_owned()),
            ("a\n\u{1b}[2J", "\"a\\n\\u{1b}[2J\"".to_owned()),
            (&"k".repeat(65), format!("\"{}\"…", "k".repeat(64))),
        ] {
            assert_eq!(Place::of(key.to_owned()).to_string(), shown);
        }
    }

    #[test]
    fn a_message_cannot_move_the_cursor() {
        let problem = Problem::Syntax {
            message: "a\r\n\u{1b}[2Jb".to_owned(),
        };
        let field = String::new();
        let shown = Mistake {
            line: None,
            field,
            problem,
        }
        .to_string();
        assert!(shown.chars().all(|c| !c.is_control()), "{shown:?}");
    }

    #[test]
    fn what_is_left_out_is_counted() {
        let found = vec![mistake(None, &Place::of("a")); 2];
        assert_eq!(
            Mistakes::new(found.clone(), 0).to_string().lines().count(),
            2
        );
        let shown = Mistakes::new(found, 7).to_string();
        assert_eq!(shown.lines().last(), Some("and 7 more mistakes"));
    }
}
