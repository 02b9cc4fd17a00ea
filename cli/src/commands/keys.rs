//! `pyralog keys list|show|sign|verify|possession`: show, sign and check.

use pyralog_primitives::{PublicKey, SignBytes, Signature};
use serde::Serialize;

use super::key_view::KeyView;
use crate::args::{Payload, Possession, ShowKey, SignText, VerifyText};
use crate::error::CliError;
use crate::exit::Exit;
use crate::key_name::Signer;
use crate::keyring::{Keyring, StoredKey};
use crate::output::{Console, table};
use crate::password::{self, Purpose};

/// Bytes of the largest text that is signed. It is held in memory twice; for
/// more, sign its hash.
const TEXT_BYTES_MAX: usize = 16 * 1024 * 1024;

pub(super) fn list(keyring: &Keyring, console: &Console) -> Result<(), CliError> {
    let keys = keyring.list()?;
    if keys.is_empty() {
        let directory = keyring.directory().display();
        console.note(format_args!(
            "there are no keys in {directory}; make one with: pyralog keys new NAME"
        ));
    }
    let good: Vec<&StoredKey> = keys.iter().flatten().collect();
    let views: Vec<KeyView<'_>> = good.iter().map(|key| KeyView::of(key)).collect();
    console.give(&list_text(&views), &views)?;
    let unreadable: Vec<&CliError> = keys.iter().filter_map(|key| key.as_ref().err()).collect();
    for error in &unreadable {
        console.error(error);
    }
    match unreadable.len() {
        0 => Ok(()),
        count => Err(CliError::SomeKeysUnreadable { count }),
    }
}

fn list_text(views: &[KeyView<'_>]) -> String {
    let width = views.iter().map(|view| view.name.len()).max().unwrap_or(0);
    let lines = views.iter().map(|view| {
        let (name, address, description) = (view.name, view.address, view.description);
        format!("{name:width$}  {address}  {description}")
            .trim_end()
            .to_owned()
            + "\n"
    });
    lines.collect()
}

pub(super) fn show(args: &ShowKey, keyring: &Keyring, console: &Console) -> Result<(), CliError> {
    let key = keyring.load(&args.name)?;
    let view = KeyView::of(&key);
    if args.public_key {
        console.give(&view.public_key.to_string(), &view.public_key)
    } else if args.address {
        console.give(&view.address.to_string(), &view.address)
    } else {
        console.give(&view.to_text(), &view)
    }
}

#[derive(Serialize)]
struct Signed<'a> {
    name: &'a str,
    public_key: PublicKey,
    signature: Signature,
}

pub(super) fn sign(args: &SignText, keyring: &Keyring, console: &Console) -> Result<(), CliError> {
    let key = keyring.load(&args.name)?;
    let file = args.password.password_file.as_ref();
    args.payload.source().check(file)?;
    let message = message(&args.payload, console)?;
    let password = password::get(console, file, key.name.as_str(), Purpose::Open)?;
    let signature = key.unlock(&password)?.sign(&message);
    let signed = Signed {
        name: key.name.as_str(),
        public_key: key.keystore.public_key(),
        signature,
    };
    console.give(&signature.to_string(), &signed)
}

#[derive(Serialize)]
struct Checked {
    valid: bool,
    public_key: PublicKey,
}

pub(super) fn verify(
    args: &VerifyText,
    keyring: &Keyring,
    console: &Console,
) -> Result<Exit, CliError> {
    let public_key = match &args.key {
        Signer::Key(key) => *key,
        Signer::Name(name) => keyring.load(name)?.keystore.public_key(),
        Signer::Address(address) => keyring.find(address)?.keystore.public_key(),
    };
    // For a key of small order a signature says nothing: anyone can make it.
    public_key.check_strength()?;
    let message = message(&args.payload, console)?;
    let outcome = public_key.verify(&message, &args.signature);
    let checked = Checked {
        valid: outcome.is_ok(),
        public_key,
    };
    match outcome {
        Ok(()) => {
            let text = format!("the signature is that of key {public_key}");
            console.give(&text, &checked)?;
            Ok(Exit::Ok)
        }
        Err(bad) => {
            console.give("", &checked)?;
            Err(CliError::DoesNotVerify(bad))
        }
    }
}

/// What is signed or checked.
fn message(payload: &Payload, console: &Console) -> Result<SignBytes, CliError> {
    let bytes = payload.source().read(console, TEXT_BYTES_MAX)?;
    Ok(SignBytes::text(&bytes))
}

#[derive(Serialize)]
struct Possessed<'a> {
    chain_id: &'a str,
    public_key: PublicKey,
    possession: Signature,
}

pub(super) fn possession(
    args: &Possession,
    keyring: &Keyring,
    console: &Console,
) -> Result<(), CliError> {
    let key = keyring.load(&args.name)?;
    let file = args.password.password_file.as_ref();
    let password = password::get(console, file, key.name.as_str(), Purpose::Open)?;
    let public_key = key.keystore.public_key();
    let message = SignBytes::possession(args.chain_id.as_str(), &public_key);
    let possession = key.unlock(&password)?.sign(&message);
    let possessed = Possessed {
        chain_id: args.chain_id.as_str(),
        public_key,
        possession,
    };
    let text = table(&[("public key", &public_key), ("possession", &possession)]);
    console.give(&text, &possessed)
}
