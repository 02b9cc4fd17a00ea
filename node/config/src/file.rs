//! The layer of the file: TOML, read by hand, so that all mistakes come at
//! once and each value knows its line.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::layers::Layering;
use crate::mistake::Mistake;
use crate::origin::{Line, Origin};
use crate::problem::Problem;
use crate::suggest::{suggest_section, suggest_setting};
use crate::table::{SECTIONS, Setting, find};
use crate::value::Form;

/// Ten times the commented defaults. Lower leaves no room for notes; in longer
/// texts the parser remembers a mistake for every byte, if it must.
pub const CONFIG_BYTES_MAX: usize = 64 * 1024;

/// Settings need no braces; filters of the log and comments may have some.
/// Each may begin a table, in which a key with dots makes 80 more, and
/// dropping thousands inside of each other takes more stack than a thread has.
pub(crate) const BRACE_COUNT_MAX: usize = 8;

/// What the parser says of a key that is there already.
const DUPLICATE_KEY: &str = "duplicate key";

/// What stands at a line: a setting with its bare text, or a mistake.
struct Given {
    line: Line,
    outcome: Result<(&'static Setting, String), (String, Problem)>,
}

/// Puts what a file says into its place.
pub(crate) fn put_file(layering: &mut Layering, path: &Path, text: &str) {
    let mut given = read(text);
    given.sort_by_key(|given| given.line);
    for Given { line, outcome } in given {
        let path = path.to_path_buf();
        let origin = Origin::File { path, line };
        match outcome {
            Ok((setting, text)) => layering.put(setting, &text, origin),
            Err((key, problem)) => layering.report(Mistake::new(origin, &key, problem)),
        }
    }
}

fn read(text: &str) -> Vec<Given> {
    let mut reader = Reader::new(text);
    let found = text.len();
    let mut braces = text.bytes().enumerate().filter(|(_, byte)| *byte == b'{');
    if found > CONFIG_BYTES_MAX {
        reader.report(0, "", Problem::FileTooLong { found });
    } else if let Some((at, _)) = braces.nth(BRACE_COUNT_MAX) {
        reader.report(at, "", Problem::TooManyBraces);
    } else {
        match DeTable::parse_recoverable(text) {
            (root, errors) if errors.is_empty() => reader.read_root(root.get_ref()),
            (_, errors) => reader.report_syntax(errors),
        }
    }
    reader.given
}

struct Reader<'t> {
    text: &'t str,
    line_ends: Vec<usize>,
    given: Vec<Given>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self {
            text,
            line_ends: ends.map(|(at, _)| at).collect(),
            given: Vec::new(),
        }
    }

    fn line(&self, at: usize) -> Line {
        let before = self.line_ends.partition_point(|end| *end < at);
        Line::new(u32::try_from(before + 1).unwrap_or(u32::MAX))
    }

    fn report(&mut self, at: usize, key: &str, problem: Problem) {
        let line = self.line(at);
        let outcome = Err((key.to_owned(), problem));
        self.given.push(Given { line, outcome });
    }

    fn report_syntax(&mut self, errors: Vec<toml::de::Error>) {
        for error in errors {
            let Range { start, end } = error.span().unwrap_or_default();
            if error.message() == DUPLICATE_KEY {
                let key = self.text.get(start..end).unwrap_or_default();
                self.report(start, key, Problem::Duplicate);
            } else {
                let message = error.message().to_owned();
                self.report(start, "", Problem::Syntax { message });
            }
        }
        // The parser stumbles over what follows the first error of a line.
        self.given.sort_by_key(|given| given.line);
        self.given.dedup_by_key(|given| given.line);
    }

    fn read_root(&mut self, root: &DeTable<'_>) {
        for (key, value) in root {
            let (name, at) = (key.get_ref().as_ref(), key.span().start);
            let known = SECTIONS.iter().find(|section| section.name == name);
            match (known, value.get_ref()) {
                (Some(_), DeValue::Table(table)) => self.read_section(name, table),
                (Some(_), other) => {
                    let (found, example) = (type_of(other), format!("[{name}]"));
                    self.report(at, name, Problem::WrongType { found, example });
                }
                (None, DeValue::Table(_)) => {
                    let suggestion = suggest_section(name).map(str::to_owned);
                    self.report(at, name, Problem::UnknownSection { suggestion });
                }
                (None, _) => self.report_unknown(at, name),
            }
        }
    }

    fn read_section(&mut self, section: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let key = format!("{section}.{}", name.get_ref());
            let at = name.span().start;
            let Some(setting) = find(&key) else {
                self.report_unknown(at, &key);
                continue;
            };
            match bare_text(setting, value.get_ref()) {
                Ok(text) => {
                    let line = self.line(at);
                    let outcome = Ok((setting, text));
                    self.given.push(Given { line, outcome });
                }
                Err(problem) => self.report(at, &key, problem),
            }
        }
    }

    fn report_unknown(&mut self, at: usize, key: &str) {
        let suggestion = suggest_setting(key).map(|setting| setting.key.to_owned());
        self.report(at, key, Problem::UnknownSetting { suggestion });
    }
}

/// The value as `--set` would give it, if it has the type of the setting.
fn bare_text(setting: &Setting, value: &DeValue<'_>) -> Result<String, Problem> {
    match (setting.form, value) {
        (Form::Text | Form::Size | Form::Duration, DeValue::String(text)) => Ok(text.to_string()),
        (Form::Boolean, DeValue::Boolean(value)) => Ok(value.to_string()),
        (Form::Number, DeValue::Integer(integer)) => {
            let number = u128::from_str_radix(integer.as_str(), integer.radix());
            // What is no such number is refused with the digits it has.
            Ok(number.map_or_else(|_| integer.as_str().to_owned(), |number| number.to_string()))
        }
        // A number is refused for the unit it lacks, not for its type.
        (Form::Size, DeValue::Integer(integer)) => Ok(integer.to_string()),
        (Form::List, DeValue::Array(list)) => join(setting, list),
        (_, other) => Err(wrong_type(setting, other)),
    }
}

/// The entries with commas between, if they would be read as the same entries.
fn join(setting: &Setting, list: &DeArray<'_>) -> Result<String, Problem> {
    let mut entries = Vec::new();
    for (index, entry) in list.iter().map(Spanned::get_ref).enumerate() {
        let text = entry.as_str().ok_or_else(|| wrong_type(setting, entry))?;
        if text.contains(',') || text.trim() != text || text.is_empty() {
            return Err(Problem::WebOriginForm { entry: index + 1 });
        }
        entries.push(text);
    }
    Ok(entries.join(","))
}

fn wrong_type(setting: &Setting, value: &DeValue<'_>) -> Problem {
    let example = match setting.form {
        // An empty list would not show what its entries are.
        Form::List => format!("{} = [\"https://app.example.com\"]", setting.name()),
        _ => setting.to_toml(),
    };
    let found = type_of(value);
    Problem::WrongType { found, example }
}

fn type_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
