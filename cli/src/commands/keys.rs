//! `pyralog keys …`: the verbs that show, sign and check. Those that bring a
//! secret in or out are in [`super::secrets`].

use std::fmt::Display;
use std::path::Path;

use pyralog_primitives::{Address, PublicKey, SignBytes, Signature};
use serde::Serialize;
use zeroize::Zeroizing;

use super::secrets;
use crate::args::{KeysVerb, Payload, Possession, ShowKey, SignText, VerifyText};
use crate::error::CliError;
use crate::exit::Exit;
use crate::input;
use crate::key_name::Signer;
use crate::keyring::{Keyring, StoredKey};
use crate::output::{Console, table};
use crate::password::{self, Purpose};

/// Bytes of the largest text that is signed. It is held in memory twice; for
/// more, sign its hash.
const TEXT_BYTES_MAX: usize = 16 * 1024 * 1024;

pub(super) fn run(verb: &KeysVerb, keyring: &Keyring, console: &Console) -> Result<Exit, CliError> {
    match verb {
        KeysVerb::New(args) => secrets::new(args, keyring, console)?,
        KeysVerb::Import(args) => secrets::import(args, keyring, console)?,
        KeysVerb::Export(args) => secrets::export(args, keyring, console)?,
        KeysVerb::List => list(keyring, console)?,
        KeysVerb::Show(args) => show(args, keyring, console)?,
        KeysVerb::Sign(args) => sign(args, keyring, console)?,
        KeysVerb::Verify(args) => return verify(args, keyring, console),
        KeysVerb::Possession(args) => possession(args, keyring, console)?,
    }
    Ok(Exit::Ok)
}

/// The public parts of a key.
#[derive(Serialize)]
pub(super) struct KeyView<'a> {
    name: &'a str,
    address: Address,
    public_key: PublicKey,
    path: Option<String>,
    description: &'a str,
    file: String,
}

impl<'a> KeyView<'a> {
    pub(super) fn of(key: &'a StoredKey) -> Self {
        Self {
            name: key.name.as_str(),
            address: key.keystore.address(),
            public_key: key.keystore.public_key(),
            path: key.keystore.path().map(ToString::to_string),
            description: key.keystore.description().as_str(),
            file: key.file.display().to_string(),
        }
    }

    pub(super) fn to_text(&self) -> String {
        let path = self.path.as_deref().unwrap_or("unknown");
        let mut rows: Vec<(&str, &dyn Display)> = vec![
            ("name", &self.name),
            ("address", &self.address),
            ("public key", &self.public_key),
            ("path", &path),
            ("file", &self.file),
        ];
        if !self.description.is_empty() {
            rows.push(("description", &self.description));
        }
        table(&rows)
    }
}

fn list(keyring: &Keyring, console: &Console) -> Result<(), CliError> {
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

fn show(args: &ShowKey, keyring: &Keyring, console: &Console) -> Result<(), CliError> {
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

fn sign(args: &SignText, keyring: &Keyring, console: &Console) -> Result<(), CliError> {
    let key = keyring.load(&args.name)?;
    let file = args.password.password_file.as_ref();
    if file.is_some_and(|path| input::is_stdin(path)) && args.payload.is_stdin() {
        return Err(CliError::StdinTwice);
    }
    let message = args.payload.read(console)?;
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

fn verify(args: &VerifyText, keyring: &Keyring, console: &Console) -> Result<Exit, CliError> {
    let public_key = match &args.key {
        Signer::Key(key) => *key,
        Signer::Name(name) => keyring.load(name)?.keystore.public_key(),
        Signer::Address(address) => keyring.find(address)?.keystore.public_key(),
    };
    // For a key of small order a signature says nothing: anyone can make it.
    public_key.check_strength()?;
    let message = args.payload.read(console)?;
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

impl Payload {
    fn is_stdin(&self) -> bool {
        match (&self.text, &self.file) {
            (_, Some(file)) => input::is_stdin(file),
            (Some(text), None) => text == input::STDIN,
            (None, None) => true,
        }
    }

    fn read(&self, console: &Console) -> Result<SignBytes, CliError> {
        let bytes = match (&self.text, &self.file) {
            _ if self.is_stdin() => input::read(console, Path::new(input::STDIN), TEXT_BYTES_MAX)?,
            (_, Some(file)) => input::read(console, file, TEXT_BYTES_MAX)?,
            (Some(text), None) => Zeroizing::new(text.clone().into_bytes()),
            (None, None) => Zeroizing::default(),
        };
        Ok(SignBytes::text(&bytes))
    }
}

#[derive(Serialize)]
struct Possessed<'a> {
    chain_id: &'a str,
    public_key: PublicKey,
    possession: Signature,
}

fn possession(args: &Possession, keyring: &Keyring, console: &Console) -> Result<(), CliError> {
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
