//! Passwords: asked for without echo, or read from a file, never from an
//! argument, which every user of the machine can read.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use pyralog_keys::Password;
use zeroize::Zeroizing;

use crate::error::CliError;
use crate::files;
use crate::input::{is_stdin, shown, warn_if_others_can_read};
use crate::output::Console;

/// Bytes of a password file. Only its first line counts; more is a mistake.
const FILE_BYTES_MAX: usize = 4096;

/// What the system says (ENOENT, ENXIO) of a process without a terminal when
/// it opens the terminal.
const NO_ENTRY: i32 = 2;
const NO_DEVICE: i32 = 6;

/// Whether a password is a new one, which is better typed twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To open what it has encrypted.
    Open,
    /// To encrypt something from now on.
    Encrypt,
}

/// Gets the password for a key.
pub(crate) fn get(
    console: &Console,
    file: Option<&PathBuf>,
    name: &str,
    purpose: Purpose,
) -> Result<Password, CliError> {
    if let Some(path) = file {
        return Ok(Password::new(&first_line(console, path)?)?);
    }
    if purpose == Purpose::Open {
        return Ok(Password::new(&ask(&format!(
            "Password of key '{name}': "
        ))?)?);
    }
    let first = Password::new(&ask(&format!("New password for key '{name}': "))?)?;
    let second = Password::new(&ask("The same password again: ")?)?;
    if first == second {
        Ok(first)
    } else {
        Err(CliError::PasswordsDiffer)
    }
}

/// Asks on the terminal, without showing what is typed. Standard input may be
/// something else, as long as there is a person who sees the question.
pub(crate) fn ask(question: &str) -> Result<Zeroizing<String>, CliError> {
    if !io::stdin().is_terminal() && !io::stderr().is_terminal() {
        return Err(CliError::NoTerminal);
    }
    rpassword::prompt_password(question)
        .map(Zeroizing::new)
        .map_err(|error| match error.raw_os_error() {
            Some(NO_ENTRY | NO_DEVICE) => CliError::NoTerminal,
            _ => CliError::Stdin(error),
        })
}

/// The first line of a file, or of standard input for `-`.
fn first_line(console: &Console, path: &Path) -> Result<Zeroizing<String>, CliError> {
    let bytes = if is_stdin(path) {
        files::read_up_to(io::stdin().lock(), FILE_BYTES_MAX).map_err(CliError::Stdin)?
    } else {
        warn_if_others_can_read(console, path)?;
        let file = File::open(path).map_err(CliError::io("read", path))?;
        files::read_up_to(file, FILE_BYTES_MAX).map_err(CliError::io("read", path))?
    };
    let bytes = bytes.ok_or_else(|| CliError::TooLarge {
        path: shown(path).into(),
        bytes_max: FILE_BYTES_MAX,
    })?;
    let text = std::str::from_utf8(&bytes).map_err(|_| CliError::NotText {
        path: shown(path).into(),
    })?;
    let line = text.lines().next().unwrap_or("");
    Ok(Zeroizing::new(line.to_owned()))
}
