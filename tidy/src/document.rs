//! A TOML file that remembers the line of each value.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::{Tree, Violation};

/// A value with its place in the file.
pub(crate) type Value<'tree> = Spanned<DeValue<'tree>>;

/// One parsed TOML file.
pub(crate) struct Document<'tree> {
    pub(crate) path: &'tree str,
    text: &'tree str,
    root: DeTable<'tree>,
}

impl<'tree> Document<'tree> {
    /// Reads TOML; a file that is none is a violation.
    pub(crate) fn parse(path: &'tree str, text: &'tree str) -> Result<Self, Violation> {
        match DeTable::parse(text) {
            Ok(root) => Ok(Self {
                path,
                text,
                root: root.into_inner(),
            }),
            Err(error) => {
                let line = error.span().map_or(1, |span| line_at(text, &span));
                let message = format!("not TOML: {}; mend the file", error.message());
                Err(Violation::new(path, line, message))
            }
        }
    }

    /// Reads the file at `path`; its absence is a violation too.
    pub(crate) fn find(tree: &'tree Tree, path: &'tree str) -> Result<Self, Violation> {
        match tree.text(path) {
            Some(text) => Self::parse(path, text),
            None => Err(Violation::new(path, 1, "does not exist; commit it")),
        }
    }

    pub(crate) fn root(&self) -> &DeTable<'tree> {
        &self.root
    }

    /// The value at `keys`, read from the outside in.
    pub(crate) fn get(&self, keys: &[&str]) -> Option<&Value<'tree>> {
        let (first, rest) = keys.split_first()?;
        let value = self.root.get(*first)?;
        rest.iter()
            .try_fold(value, |value, key| value.get_ref().get(*key))
    }

    /// The table at `keys`, if there is one.
    pub(crate) fn table(&self, keys: &[&str]) -> Option<&DeTable<'tree>> {
        self.get(keys)?.get_ref().as_table()
    }

    /// The string at `keys`, if there is one.
    pub(crate) fn string(&self, keys: &[&str]) -> Option<&str> {
        self.get(keys)?.get_ref().as_str()
    }

    /// Whether `true` stands at `keys`.
    pub(crate) fn is_true(&self, keys: &[&str]) -> bool {
        self.get(keys)
            .is_some_and(|value| value.get_ref().as_bool() == Some(true))
    }

    /// The line where `spanned` begins.
    pub(crate) fn line_of<T>(&self, spanned: &Spanned<T>) -> usize {
        line_at(self.text, &spanned.span())
    }
}

fn line_at(text: &str, span: &Range<usize>) -> usize {
    text.bytes()
        .take(span.start)
        .filter(|byte| *byte == b'\n')
        .count()
        + 1
}
