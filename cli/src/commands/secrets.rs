//! The verbs that bring a secret in or out: new, import, export.

use std::path::{Path, PathBuf};

use pyralog_keys::{
    DerivationPath, EncryptOptions, EncryptRandomness, KdfCost, Keystore, Mnemonic, Password,
    derive,
};
use pyralog_primitives::text::encode_hex;
use serde::Serialize;
use zeroize::Zeroizing;

use super::key_view::KeyView;
use crate::args::{ExportKey, ImportKey, KeyOrigin, NewKey, Words};
use crate::error::CliError;
use crate::input::{self, STDIN};
use crate::key_name::KeyName;
use crate::keyring::{Keyring, StagedKey};
use crate::output::Console;
use crate::password::{self, Purpose};

#[derive(Serialize)]
struct NewView<'a> {
    #[serde(flatten)]
    key: KeyView<'a>,
    mnemonic: &'a str,
}

pub(super) fn new(args: &NewKey, keyring: &Keyring, console: &Console) -> Result<(), CliError> {
    keyring.check_free(&args.name)?;
    let file = args.password.password_file.as_ref();
    let password = password::get(console, file, args.name.as_str(), Purpose::Encrypt)?;
    let mnemonic = new_mnemonic(args.words)?;
    let staged = stage(&mnemonic, &args.origin, &args.name, &password, keyring)?;
    // Shown before the key gets its name: a key whose mnemonic nobody saw
    // would be lost with its file.
    show_new(&staged, &mnemonic, console).map_err(|error| match error {
        CliError::Stdout(error) => CliError::MnemonicNotShown(error),
        other => other,
    })?;
    staged.publish()?;
    console.warn(
        "write the mnemonic on paper now. It is not shown again, it is the only way\n\
         back without the file and its password, and whoever has it owns the key.",
    );
    Ok(())
}

fn show_new(staged: &StagedKey, mnemonic: &Mnemonic, console: &Console) -> Result<(), CliError> {
    let phrase = mnemonic.to_phrase();
    let key = KeyView::of(&staged.key);
    let mut text = Zeroizing::new(String::with_capacity(4096));
    text.push_str(&key.to_text());
    text.push_str("mnemonic\n");
    text.push_str(&phrase);
    let mnemonic = &phrase;
    console.give(&text, &NewView { key, mnemonic })
}

fn new_mnemonic(words: Words) -> Result<Mnemonic, CliError> {
    let mut entropy = Zeroizing::new([0; 32]);
    getrandom::fill(entropy.as_mut_slice()).map_err(CliError::Randomness)?;
    let bytes = match words {
        Words::Twelve => 16,
        Words::TwentyFour => 32,
    };
    Ok(Mnemonic::from_entropy(&entropy[..bytes])?)
}

/// Derives a key and encrypts it under a file that has no name yet.
fn stage(
    mnemonic: &Mnemonic,
    origin: &KeyOrigin,
    name: &KeyName,
    password: &Password,
    keyring: &Keyring,
) -> Result<StagedKey, CliError> {
    let path = DerivationPath::account(origin.account);
    let secret = derive(&mnemonic.to_seed(""), &path);
    let mut random = [0; EncryptRandomness::BYTES];
    getrandom::fill(&mut random).map_err(CliError::Randomness)?;
    let options = EncryptOptions {
        path: Some(path),
        description: origin.description.clone(),
        cost: KdfCost::DEFAULT,
        randomness: EncryptRandomness::from_bytes(&random),
    };
    keyring.stage(name, Keystore::encrypt(&secret, password, options)?)
}

pub(super) fn import(
    args: &ImportKey,
    keyring: &Keyring,
    console: &Console,
) -> Result<(), CliError> {
    keyring.check_free(&args.name)?;
    let staged = match &args.keystore {
        Some(file) => import_keystore(args, file, keyring, console)?,
        None => import_mnemonic(args, keyring, console)?,
    };
    let key = staged.publish()?;
    let view = KeyView::of(&key);
    console.give(&view.to_text(), &view)
}

fn import_mnemonic(
    args: &ImportKey,
    keyring: &Keyring,
    console: &Console,
) -> Result<StagedKey, CliError> {
    let file = args.password.password_file.as_ref();
    let mnemonic = read_mnemonic(file, console)?;
    let password = password::get(console, file, args.name.as_str(), Purpose::Encrypt)?;
    stage(&mnemonic, &args.origin, &args.name, &password, keyring)
}

/// From the person at the terminal, without echo, or from standard input.
fn read_mnemonic(password_file: Option<&PathBuf>, console: &Console) -> Result<Mnemonic, CliError> {
    use std::io::{IsTerminal, stdin};

    if stdin().is_terminal() {
        return Ok(password::ask("Mnemonic (not shown): ")?.parse()?);
    }
    refuse_stdin_twice(password_file)?;
    let text = input::read_text(console, STDIN.as_ref(), Mnemonic::PHRASE_BYTES_MAX)?;
    Ok(text.parse()?)
}

fn import_keystore(
    args: &ImportKey,
    file: &Path,
    keyring: &Keyring,
    console: &Console,
) -> Result<StagedKey, CliError> {
    let password_file = args.password.password_file.as_ref();
    if input::is_stdin(file) {
        refuse_stdin_twice(password_file)?;
    }
    let bytes = input::read(console, file, Keystore::FILE_BYTES_MAX)?;
    let keystore = Keystore::from_json(&bytes).map_err(|problem| CliError::Keystore {
        path: input::shown(file).into(),
        problem,
    })?;
    // A key that does not open is better refused now than when it is needed.
    let password = password::get(console, password_file, args.name.as_str(), Purpose::Open)?;
    let staged = keyring.stage(&args.name, keystore)?;
    staged.key.unlock(&password)?;
    Ok(staged)
}

fn refuse_stdin_twice(password_file: Option<&PathBuf>) -> Result<(), CliError> {
    match password_file {
        Some(path) if input::is_stdin(path) => Err(CliError::StdinTwice),
        _ => Ok(()),
    }
}

#[derive(Serialize)]
struct SeedView<'a> {
    seed: &'a str,
}

pub(super) fn export(
    args: &ExportKey,
    keyring: &Keyring,
    console: &Console,
) -> Result<(), CliError> {
    let key = keyring.load(&args.name)?;
    if !args.unencrypted {
        return console.give_raw(key.keystore.to_json().as_bytes());
    }
    if !args.yes {
        return Err(CliError::NeedsYes);
    }
    let file = args.password.password_file.as_ref();
    let password = password::get(console, file, args.name.as_str(), Purpose::Open)?;
    let seed = key.unlock(&password)?.to_seed();
    let seed = Zeroizing::new(encode_hex(&*seed));
    console.warn("this is the secret key: whoever has it can sign as its owner");
    console.give(&seed, &SeedView { seed: &seed })
}
