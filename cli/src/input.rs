//! Payloads: from an argument, a file, or standard input, which is `-`.

use std::fs;
use std::io::{self, IsTerminal};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

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

/// Warns of a secret that others can read.
pub(crate) fn warn_if_others_can_read(console: &Console, path: &Path) -> Result<(), CliError> {
    let metadata = fs::metadata(path).map_err(CliError::io("read", path))?;
    // A pipe or device, as a shell's `<(…)` gives, is nobody else's.
    if metadata.is_file() && metadata.permissions().mode() & 0o077 != 0 {
        let path = path.display();
        console.warn(format_args!(
            "other users can read {path}; run: chmod 600 {path}"
        ));
    }
    Ok(())
}

/// Where a payload comes from: an argument, a file, or standard input, which
/// also counts if neither is given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    text: Option<&'a str>,
    file: Option<&'a Path>,
}

impl<'a> Source<'a> {
    pub(crate) const fn new(text: Option<&'a str>, file: Option<&'a Path>) -> Self {
        Self { text, file }
    }

    fn is_stdin(self) -> bool {
        match (self.text, self.file) {
            (_, Some(file)) => is_stdin(file),
            (Some(text), None) => text == STDIN,
            (None, None) => true,
        }
    }

    /// Refuses to take both the payload and a password from standard input.
    pub(crate) fn check(self, password_file: Option<&PathBuf>) -> Result<(), CliError> {
        let twice = self.is_stdin() && password_file.is_some_and(|path| is_stdin(path));
        if twice {
            Err(CliError::StdinTwice)
        } else {
            Ok(())
        }
    }

    /// All bytes of the payload.
    pub(crate) fn read(
        self,
        console: &Console,
        bytes_max: usize,
    ) -> Result<Zeroizing<Vec<u8>>, CliError> {
        match (self.text, self.file) {
            (_, Some(file)) => read(console, file, bytes_max),
            (Some(text), None) if text != STDIN => Ok(Zeroizing::new(text.as_bytes().to_vec())),
            _ => read(console, Path::new(STDIN), bytes_max),
        }
    }
}
