//! What a verb gives: data on standard output, in one of two forms, and notes
//! on standard error.
//!
//! Nothing here is coloured, so `NO_COLOR` needs no asking.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::error::CliError;

/// The form of the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON value.
    Json,
}

/// Room for any reply that holds a secret, so that it never moves in memory.
const SECRET_REPLY_BYTES: usize = 4096;

/// Goes to the beginning of the line and clears it.
const BEGIN_LINE: &str = "\r\x1b[K";

/// A proof that is refused.
#[derive(Serialize)]
struct Refused<S> {
    proved: bool,
    step: S,
    problem: String,
}

/// Where the verbs speak.
pub(crate) struct Console {
    format: Format,
}

impl Console {
    pub(crate) const fn new(format: Format) -> Self {
        Self { format }
    }

    /// Gives data. `text` is for people and may be empty; `data` for programs.
    pub(crate) fn give(&self, text: &str, data: &impl Serialize) -> Result<(), CliError> {
        let mut reply = Zeroizing::new(Vec::with_capacity(SECRET_REPLY_BYTES));
        match self.format {
            Format::Text => reply.extend_from_slice(text.as_bytes()),
            Format::Json => serde_json::to_writer_pretty(&mut *reply, data)
                .expect("memory accepts every byte, and the data has text keys only"),
        }
        if !reply.is_empty() && !reply.ends_with(b"\n") {
            reply.push(b'\n');
        }
        self.give_raw(&reply)
    }

    /// Tells programs that a proof is refused, and at which step. People are told
    /// by the error that follows.
    pub(crate) fn give_refused(
        &self,
        step: impl Serialize,
        problem: &impl Display,
    ) -> Result<(), CliError> {
        let problem = problem.to_string();
        let data = Refused {
            proved: false,
            step,
            problem,
        };
        self.give("", &data)
    }

    /// Gives one of many pieces of data: a line of text, or of JSON.
    pub(crate) fn give_line(&self, text: &str, data: &impl Serialize) -> Result<(), CliError> {
        let line = match self.format {
            Format::Text => text.to_owned(),
            Format::Json => serde_json::to_string(data)
                .expect("memory accepts every byte, and the data has text keys only"),
        };
        self.give_raw(format!("{line}\n").as_bytes())
    }

    /// Gives a line of JSON to programs, and nothing to people, who are told
    /// otherwise.
    pub(crate) fn give_data_line(&self, data: &impl Serialize) -> Result<(), CliError> {
        match self.format {
            Format::Text => Ok(()),
            Format::Json => self.give_line("", data),
        }
    }

    /// Gives bytes that have one form only, such as a file.
    #[expect(clippy::unused_self, reason = "who speaks, speaks through the console")]
    pub(crate) fn give_raw(&self, bytes: &[u8]) -> Result<(), CliError> {
        let mut stdout = io::stdout().lock();
        stdout
            .write_all(bytes)
            .and_then(|()| stdout.flush())
            .map_err(CliError::Stdout)
    }

    /// Tells a person something that is no data.
    pub(crate) fn note(&self, text: impl Display) {
        self.say("", text);
    }

    /// Tells a person at a terminal that it goes on, in place of what this last
    /// said.
    #[expect(clippy::unused_self, reason = "who speaks, speaks through the console")]
    pub(crate) fn progress(&self, text: impl Display) {
        let mut stderr = io::stderr().lock();
        if stderr.is_terminal() {
            let _ = write!(stderr, "{BEGIN_LINE}{text}").and_then(|()| stderr.flush());
        }
    }

    /// Takes the last progress back.
    pub(crate) fn end_progress(&self) {
        self.progress("");
    }

    pub(crate) fn warn(&self, text: impl Display) {
        self.say("warning: ", text);
    }

    pub(crate) fn error(&self, error: &CliError) {
        self.say("error: ", error);
    }

    #[expect(clippy::unused_self, reason = "who speaks, speaks through the console")]
    fn say(&self, kind: &str, text: impl Display) {
        // Nobody is left to tell that standard error is closed.
        let _ = writeln!(io::stderr().lock(), "{kind}{text}");
    }
}

/// Names and values below each other, for people.
pub(crate) fn table(rows: &[(&str, &dyn Display)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines = rows
        .iter()
        .map(|(name, value)| format!("{name:width$}  {value}").trim_end().to_owned() + "\n");
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_aligned_and_has_no_trailing_space() {
        let text = table(&[("name", &"alice"), ("public key", &1), ("note", &"")]);
        assert_eq!(text, "name        alice\npublic key  1\nnote\n");
    }
}
