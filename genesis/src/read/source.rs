//! The text of a document, parsed, and where its values stand.

use std::cell::OnceCell;

use toml::de::{DeTable, DeValue};

use super::dots::find_deep_key;
use crate::collector::Collector;
use crate::mistakes::{Line, Mistake, Mistakes, Place, Step};
use crate::problem::Problem;

/// As many accounts as a document may have, with comments. Longer text is not
/// even looked at.
pub const GENESIS_BYTES_MAX: usize = 16 * 1024 * 1024;

/// In longer texts only the first syntax error is reported: nobody writes
/// them by hand, and the parser remembers an error for every byte if it must.
const RECOVERY_BYTES_MAX: usize = 1024 * 1024;

/// A text that is TOML.
pub(crate) struct Document<'t> {
    text: &'t str,
    root: DeTable<'t>,
    lines: Lines<'t>,
}

impl<'t> Document<'t> {
    /// Reads TOML; what is wrong with it comes back at once.
    pub(crate) fn parse(text: &'t str) -> Result<Self, Mistakes> {
        let lines = Lines::of(text);
        if text.len() > GENESIS_BYTES_MAX {
            let found = text.len();
            let problem = Problem::DocumentTooLong { found };
            return Err(Mistakes::new(vec![mistake(None, problem)], 0));
        }
        if let Some(at) = find_deep_key(text) {
            let mistake = mistake(Some(lines.at(at)), Problem::DeepKey);
            return Err(Mistakes::new(vec![mistake], 0));
        }
        match DeTable::parse(text) {
            Ok(root) => Ok(Self {
                text,
                root: root.into_inner(),
                lines,
            }),
            Err(first) => Err(syntax(&lines, all_errors(text, first))),
        }
    }

    pub(crate) fn root(&self) -> &DeTable<'t> {
        &self.root
    }

    /// The text between two bytes, as it was written.
    pub(crate) fn written(&self, span: std::ops::Range<usize>) -> &'t str {
        self.text.get(span).unwrap_or_default()
    }

    /// The line of a value, or of the nearest table around it that is there.
    pub(crate) fn line(&self, place: &Place) -> Option<Line> {
        let (first, rest) = place.steps().split_first()?;
        let Step::Key(key) = first else { return None };
        let mut value = self.root.get(key.as_ref())?;
        for step in rest {
            let inner = match (step, value.get_ref()) {
                (Step::Key(key), DeValue::Table(table)) => table.get(key.as_ref()),
                (Step::Index(index), DeValue::Array(list)) => list.get(*index),
                _ => None,
            };
            match inner {
                Some(inner) => value = inner,
                None => break,
            }
        }
        Some(self.lines.at(value.span().start))
    }
}

fn all_errors(text: &str, first: toml::de::Error) -> Vec<toml::de::Error> {
    if text.len() > RECOVERY_BYTES_MAX {
        return vec![first];
    }
    let (_, all) = DeTable::parse_recoverable(text);
    if all.is_empty() { vec![first] } else { all }
}

fn syntax(lines: &Lines<'_>, errors: Vec<toml::de::Error>) -> Mistakes {
    let mut found: Vec<Mistake> = errors
        .into_iter()
        .map(|error| {
            let line = error.span().map(|span| lines.at(span.start));
            let message = error.message().to_owned();
            mistake(line, Problem::Syntax { message })
        })
        .collect();
    // The parser stumbles over what follows the first error of a line.
    found.sort_by_key(|mistake| mistake.line);
    found.dedup_by_key(|mistake| mistake.line);
    Collector::sort(found)
}

fn mistake(line: Option<Line>, problem: Problem) -> Mistake {
    Mistake {
        line,
        field: Place::document().to_string(),
        problem,
    }
}

/// Finds the line of a byte. Most documents have no mistake, so the lines are
/// counted when the first one asks.
struct Lines<'t> {
    text: &'t str,
    ends: OnceCell<Vec<usize>>,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        let ends = OnceCell::new();
        Self { text, ends }
    }

    fn at(&self, offset: usize) -> Line {
        let is_end = |(at, byte): (usize, u8)| (byte == b'\n').then_some(at);
        let ends = self.ends.get_or_init(|| {
            let bytes = self.text.bytes().enumerate();
            bytes.filter_map(is_end).collect()
        });
        let before = ends.partition_point(|end| *end < offset);
        Line::new(u32::try_from(before + 1).expect("the text is shorter than 2^32 bytes"))
    }
}
