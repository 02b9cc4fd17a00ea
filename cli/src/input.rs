//! Payloads: from an argument, a file, or standard input, which is `-`.

use std::io::{self, IsTerminal};
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::CliError;
use crate::files;
use crate::output::Console;

/// How standard input is written where a file is asked for.
pub(crate) const STDIN: &str = "-";

/// How standard input is called in messages.
const STDIN_NAME: &str = "standard input";

pub(crate) fn is_stdin(path: &Path) -> bool {
    path == Path::new(STDIN)
}

/// How a message calls a file.
pub(crate) fn shown(path: &Path) -> String {
    if is_stdin(path) {
        STDIN_NAME.to_owned()
    } else {
        path.display().to_string()
    }
}

/// Reads a file, or standard input for `-`.
pub(crate) fn read(
    console: &Console,
    path: &Path,
    bytes_max: usize,
) -> Result<Zeroizing<Vec<u8>>, CliError> {
    if !is_stdin(path) {
        return files::read(path, bytes_max);
    }
    if io::stdin().is_terminal() {
        console.note("reading from the terminal; end with Ctrl-D on a line of its own");
    }
    let bytes = files::read_up_to(io::stdin().lock(), bytes_max).map_err(CliError::Stdin)?;
    bytes.ok_or_else(|| CliError::TooLarge {
        path: STDIN_NAME.into(),
        bytes_max,
    })
}

/// The same, as text.
pub(crate) fn read_text(
    console: &Console,
    path: &Path,
    bytes_max: usize,
) -> Result<Zeroizing<String>, CliError> {
    let bytes = read(console, path, bytes_max)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| CliError::NotText {
        path: shown(path).into(),
    })?;
    Ok(Zeroizing::new(text.to_owned()))
}
