//! The verbs, one group for each file.

mod additions;
mod genesis;
mod keys;
mod secrets;

use clap::CommandFactory;

use crate::args::{Args, Verb};
use crate::error::CliError;
use crate::exit::Exit;
use crate::home;
use crate::keyring::Keyring;
use crate::output::Console;

/// Does what the command line says.
pub(crate) fn run(args: &Args, console: &Console) -> Result<Exit, CliError> {
    let keyring = || home::directory(args.global.home.as_ref()).map(|home| Keyring::new(&home));
    match &args.verb {
        Verb::Keys(verb) => keys::run(verb, &keyring()?, console),
        Verb::Genesis(verb) => genesis::run(verb, keyring, console),
        Verb::Completions { shell } => {
            // Written to memory first: the generator does not expect that a
            // reader goes away.
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Args::command(), "pyralog", &mut script);
            console.give_raw(&script)?;
            Ok(Exit::Ok)
        }
    }
}
