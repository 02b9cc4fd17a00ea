//! The verbs.

mod additions;
mod document;
mod genesis;
mod key_view;
mod keys;
mod secrets;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::{Args, GenesisVerb, KeysVerb, Verb};
use crate::error::CliError;
use crate::exit::Exit;
use crate::home;
use crate::keyring::Keyring;
use crate::output::Console;

/// Does what the command line says.
pub(crate) fn run(args: &Args, console: &Console) -> Result<Exit, CliError> {
    let keyring = || home::directory(args.global.home.as_ref()).map(|home| Keyring::new(&home));
    match &args.verb {
        Verb::Keys(verb) => return run_keys(verb, &keyring()?, console),
        Verb::Genesis(GenesisVerb::New(args)) => genesis::new(args, console)?,
        Verb::Genesis(GenesisVerb::Validate(args)) => genesis::validate(&args.file, console)?,
        Verb::Genesis(GenesisVerb::Hash(args)) => genesis::hash(&args.file, console)?,
        Verb::Genesis(GenesisVerb::AddAccount(args)) => additions::add_account(args, console)?,
        Verb::Genesis(GenesisVerb::AddValidator(args)) => {
            additions::add_validator(args, keyring, console)?;
        }
        Verb::Completions { shell } => completions(*shell, console)?,
    }
    Ok(Exit::Ok)
}

fn run_keys(verb: &KeysVerb, keyring: &Keyring, console: &Console) -> Result<Exit, CliError> {
    match verb {
        KeysVerb::New(args) => secrets::new(args, keyring, console)?,
        KeysVerb::Import(args) => secrets::import(args, keyring, console)?,
        KeysVerb::Export(args) => secrets::export(args, keyring, console)?,
        KeysVerb::List => keys::list(keyring, console)?,
        KeysVerb::Show(args) => keys::show(args, keyring, console)?,
        KeysVerb::Sign(args) => keys::sign(args, keyring, console)?,
        KeysVerb::Verify(args) => return keys::verify(args, keyring, console),
        KeysVerb::Possession(args) => keys::possession(args, keyring, console)?,
    }
    Ok(Exit::Ok)
}

fn completions(shell: Shell, console: &Console) -> Result<(), CliError> {
    // Written to memory first: the generator does not expect that a reader
    // goes away.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "pyralog", &mut script);
    console.give_raw(&script)
}
