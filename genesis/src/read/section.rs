//! One table of a document: finds keys, and reports those that are missing,
//! unknown or of the wrong type.

use toml::Spanned;
use toml::de::{DeArray, DeInteger, DeTable, DeValue};

use super::suggest::suggest;
use crate::collector::Collector;
use crate::limits::Limit;
use crate::mistakes::Place;
use crate::problem::Problem;
use crate::quantity::{Unit, parse_duration, parse_size};

/// The longest value is a peer's address or a signature in hex.
pub(crate) const TEXT_BYTES_MAX: usize = 1024;

/// A key and a value it might have, for messages.
#[derive(Clone, Copy)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) example: &'static str,
}

/// A table, and where it stands.
#[derive(Clone, Copy)]
pub(crate) struct Section<'t> {
    table: &'t DeTable<'t>,
    at: At,
}

#[derive(Clone, Copy)]
enum At {
    Root,
    Table(&'static str),
    Item(&'static str, usize),
}

impl<'t> Section<'t> {
    pub(crate) fn root(table: &'t DeTable<'t>) -> Self {
        let at = At::Root;
        Self { table, at }
    }

    /// Built on demand: most documents have no mistake.
    pub(crate) fn place(&self, key: impl Into<std::borrow::Cow<'static, str>>) -> Place {
        let own = match self.at {
            At::Root => Place::document(),
            At::Table(name) => Place::of(name),
            At::Item(list, index) => Place::of(list).index(index),
        };
        own.key(key)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.table.get(key)
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &'t str> {
        self.table.keys().map(|key| key.get_ref().as_ref())
    }

    /// Reports the keys that are not `known`.
    pub(crate) fn check_keys(&self, known: &[&'static str], report: &mut Collector<'_>) {
        self.check_keys_but(&[], known, report);
    }

    /// Reports the keys that are neither `known` nor reported already.
    pub(crate) fn check_keys_but(
        &self,
        reported: &[&str],
        known: &[&'static str],
        report: &mut Collector<'_>,
    ) {
        let unknown = |key: &&str| !known.contains(key) && !reported.contains(key);
        for key in self.keys().filter(unknown) {
            let suggestion = suggest(key, known);
            report.report(
                &self.place(key.to_owned()),
                Problem::UnknownKey { suggestion },
            );
        }
    }

    /// The value of a key that must be there.
    pub(crate) fn required(
        &self,
        key: Key,
        report: &mut Collector<'_>,
    ) -> Option<&'t Spanned<DeValue<'t>>> {
        let value = self.get(key.name);
        if value.is_none() {
            let example = key.example;
            report.report(&self.place(key.name), Problem::MissingKey { example });
        }
        value
    }

    /// The text of a key that must be there.
    pub(crate) fn text(&self, key: Key, report: &mut Collector<'_>) -> Option<&'t str> {
        let value = self.required(key, report)?.get_ref();
        let text = as_text(value, key.example);
        text.map_err(|problem| report.report(&self.place(key.name), problem))
            .ok()
    }

    /// The text of a key that must be there, in the form that `parse` wants.
    pub(crate) fn parsed<T>(
        &self,
        key: Key,
        parse: impl Fn(&str) -> Result<T, Problem>,
        report: &mut Collector<'_>,
    ) -> Option<T> {
        let text = self.text(key, report)?;
        parse(text)
            .map_err(|problem| report.report(&self.place(key.name), problem))
            .ok()
    }

    /// A table below the root; `None` if it is not there.
    pub(crate) fn table(&self, key: Key, report: &mut Collector<'_>) -> Option<Section<'t>> {
        match self.get(key.name)?.get_ref() {
            DeValue::Table(table) => Some(Section {
                table,
                at: At::Table(key.name),
            }),
            other => {
                report.report(&self.place(key.name), wrong_type(key.example, other));
                None
            }
        }
    }

    /// A list; empty if it is not there.
    pub(crate) fn list(&self, key: Key, report: &mut Collector<'_>) -> &'t [Spanned<DeValue<'t>>] {
        match self.get(key.name).map(Spanned::get_ref) {
            None => &[],
            Some(DeValue::Array(list)) => DeArray::as_ref(list),
            Some(other) => {
                report.report(&self.place(key.name), wrong_type(key.example, other));
                &[]
            }
        }
    }

    /// The tables of a list below the root; `None` for what is no table.
    pub(crate) fn items(&self, key: Key, report: &mut Collector<'_>) -> Vec<Option<Section<'t>>> {
        let list = self.list(key, report).iter().enumerate();
        let item = |(index, value): (usize, &'t Spanned<DeValue<'t>>)| match value.get_ref() {
            DeValue::Table(table) => Some(Section {
                table,
                at: At::Item(key.name, index),
            }),
            other => {
                let place = self.place(key.name).index(index);
                report.report(&place, wrong_type(key.example, other));
                None
            }
        };
        list.map(item).collect()
    }

    /// The number of a limit: its default if the key is not there.
    pub(crate) fn number(&self, limit: &Limit, report: &mut Collector<'_>) -> Option<u128> {
        match self.get(limit.key) {
            None => Some(limit.default_number()),
            Some(value) => read_number(limit.unit, value.get_ref())
                .map_err(|problem| report.report(&self.place(limit.key), problem))
                .ok(),
        }
    }
}

fn read_number(unit: Unit, value: &DeValue<'_>) -> Result<u128, Problem> {
    let example = match unit {
        Unit::Bytes => "\"64KiB\" or 65536",
        Unit::Milliseconds => "\"500ms\"",
        Unit::Plain => "1000",
    };
    match (unit, value) {
        (Unit::Milliseconds, DeValue::String(_)) => parse_duration(as_text(value, example)?),
        (Unit::Bytes, DeValue::String(_)) => parse_size(as_text(value, example)?),
        (Unit::Bytes | Unit::Plain, DeValue::Integer(integer)) => read_integer(integer),
        _ => Err(wrong_type(example, value)),
    }
}

/// A number beyond the type becomes the largest one, which every limit refuses.
fn read_integer(integer: &DeInteger<'_>) -> Result<u128, Problem> {
    if integer.as_str().starts_with('-') {
        return Err(Problem::Negative);
    }
    Ok(u128::from_str_radix(integer.as_str(), integer.radix()).unwrap_or(u128::MAX))
}

/// The text of a value, if it is one and not too long.
pub(crate) fn as_text<'v>(
    value: &'v DeValue<'_>,
    example: &'static str,
) -> Result<&'v str, Problem> {
    let text = value.as_str().ok_or_else(|| wrong_type(example, value))?;
    let found = text.len();
    if found > TEXT_BYTES_MAX {
        return Err(Problem::TextTooLong { found });
    }
    Ok(text)
}

pub(crate) fn wrong_type(example: &'static str, value: &DeValue<'_>) -> Problem {
    let found = match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    Problem::WrongType { example, found }
}
