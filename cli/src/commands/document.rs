//! A genesis document as its verbs read it.

use std::path::Path;

use pyralog_genesis::{GENESIS_BYTES_MAX, Genesis, Mistake, Mistakes};

use crate::error::CliError;
use crate::input;
use crate::output::Console;

/// The text of a document, from a file or standard input.
pub(super) fn read(file: &Path, console: &Console) -> Result<String, CliError> {
    let text = input::read_text(console, file, GENESIS_BYTES_MAX)?;
    Ok(text.to_string())
}

/// What is wrong with a document; nothing, if it is valid.
pub(super) fn mistakes(text: &str) -> Vec<Mistake> {
    match Genesis::parse(text) {
        Ok(_) => Vec::new(),
        Err(mistakes) => mistakes.iter().cloned().collect(),
    }
}

/// The error of a verb that needs a valid document.
pub(super) fn refused(file: &Path, mistakes: Mistakes) -> CliError {
    CliError::Mistakes {
        file: input::shown(file),
        mistakes,
    }
}
