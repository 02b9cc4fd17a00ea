//! `pyralog genesis add-…`: append to a document.
//!
//! What is appended is text, so the comments of the document stay. The whole is
//! checked before anything is written.

use std::path::{Path, PathBuf};

use pyralog_genesis::document::{account_entry, validator_entry};
use pyralog_genesis::{ChainId, Genesis, Mistake, Problem};
use pyralog_primitives::{Address, Amount, PublicKey, SignBytes, Signature};
use serde::Serialize;

use super::document::{mistakes, read, refused};
use crate::args::{AddAccount, AddValidator};
use crate::error::CliError;
use crate::files::{self, Access, StagedFile};
use crate::input;
use crate::key_name::KeyName;
use crate::keyring::Keyring;
use crate::output::Console;
use crate::password::{self, Purpose};

#[derive(Serialize)]
struct AccountView {
    address: Address,
    balance: Amount,
}

pub(super) fn add_account(args: &AddAccount, console: &Console) -> Result<(), CliError> {
    let text = read_readable(&args.file, console)?;
    let added = Addition {
        file: &args.file,
        before: &text,
        entry: account_entry(&args.address, args.balance),
    };
    let view = AccountView {
        address: args.address,
        balance: args.balance,
    };
    let what = format!("account {} with {} tokens", args.address, args.balance);
    added.write(&what, &view, console)
}

#[derive(Serialize)]
struct ValidatorView<'a> {
    name: &'a str,
    address: Address,
    public_key: PublicKey,
    stake: Amount,
    possession: Signature,
}

pub(super) fn add_validator(
    args: &AddValidator,
    keyring: impl FnOnce() -> Result<Keyring, CliError>,
    console: &Console,
) -> Result<(), CliError> {
    let password_file = args.password.password_file.as_ref();
    if input::is_stdin(&args.file) && password_file.is_some_and(|path| input::is_stdin(path)) {
        return Err(CliError::StdinTwice);
    }
    let text = read_readable(&args.file, console)?;
    let (public_key, possession) = match (&args.key, args.public_key, args.possession) {
        (Some(name), ..) => {
            let chain_id = chain_id(&text)?;
            prove(name, &chain_id, password_file, &keyring()?, console)?
        }
        (None, Some(public_key), Some(possession)) => (public_key, possession),
        _ => unreachable!("the parser wants a key, or public key and possession"),
    };
    let addition = Addition {
        file: &args.file,
        before: &text,
        entry: validator_entry(&args.name, &public_key, args.stake, &possession),
    };
    let view = ValidatorView {
        name: args.name.as_str(),
        address: public_key.address(),
        public_key,
        stake: args.stake,
        possession,
    };
    let what = format!("validator '{}' with {} tokens", args.name, args.stake);
    addition.write(&what, &view, console)
}

/// Reads a document that may have mistakes, but none that hides others: what
/// is appended to it could not be checked.
fn read_readable(file: &Path, console: &Console) -> Result<String, CliError> {
    let text = read(file, console)?;
    let Err(mistakes) = Genesis::parse(&text) else {
        return Ok(text);
    };
    let hides_others = |mistake: &Mistake| {
        matches!(
            mistake.problem,
            Problem::Syntax { .. } | Problem::UnknownFormat | Problem::DocumentTooLong { .. }
        )
    };
    if mistakes.left_out() > 0 || mistakes.iter().any(hides_others) {
        Err(refused(file, mistakes))
    } else {
        Ok(text)
    }
}

/// The name of the network of a document that need not be valid yet.
fn chain_id(text: &str) -> Result<ChainId, CliError> {
    let table: toml::Table = text.parse().unwrap_or_default();
    let value = table.get("chain_id").and_then(toml::Value::as_str);
    value
        .and_then(|text| ChainId::new(text).ok())
        .ok_or(CliError::NoChainId)
}

/// The public key and the proof that its secret is here.
fn prove(
    name: &KeyName,
    chain_id: &ChainId,
    password_file: Option<&PathBuf>,
    keyring: &Keyring,
    console: &Console,
) -> Result<(PublicKey, Signature), CliError> {
    let key = keyring.load(name)?;
    let password = password::get(console, password_file, name.as_str(), Purpose::Open)?;
    let public_key = key.keystore.public_key();
    let message = SignBytes::possession(chain_id.as_str(), &public_key);
    Ok((public_key, key.unlock(&password)?.sign(&message)))
}

/// A block of text to append to a document, whose comments stay.
struct Addition<'a> {
    file: &'a Path,
    before: &'a str,
    entry: String,
}

impl Addition<'_> {
    /// Appends, unless that makes a mistake that was not there before.
    fn write(&self, what: &str, view: &impl Serialize, console: &Console) -> Result<(), CliError> {
        let after = self.after();
        let left = self.check(&after)?;
        if input::is_stdin(self.file) {
            return console.give_raw(after.as_bytes());
        }
        let target = files::resolved(self.file);
        StagedFile::new(&target, after.as_bytes(), Access::Default)?.replace()?;
        let shown = self.file.display();
        console.note(format_args!("added {what} to {shown}"));
        if left > 0 {
            console.note(format_args!(
                "it is not valid yet; see: pyralog genesis validate {shown}"
            ));
        }
        console.give("", view)
    }

    fn after(&self) -> String {
        let is_closed = self.before.is_empty() || self.before.ends_with('\n');
        let end = if is_closed { "" } else { "\n" };
        format!("{}{end}{}", self.before, self.entry)
    }

    /// How many mistakes are left, none of them new.
    fn check(&self, after: &str) -> Result<usize, CliError> {
        let known = mistakes(self.before);
        let left = mistakes(after);
        let is_known = |new: &Mistake| {
            let same = |old: &Mistake| old.field == new.field && old.problem == new.problem;
            known.iter().any(same)
        };
        let new: Vec<Mistake> = left.iter().filter(|m| !is_known(m)).cloned().collect();
        if new.is_empty() {
            Ok(left.len())
        } else {
            Err(CliError::NewMistakes(new))
        }
    }
}
