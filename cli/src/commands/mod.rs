//! The verbs.

mod additions;
mod claim;
mod document;
mod document_digest;
mod events;
mod fetch;
mod genesis;
mod guard;
mod key_view;
mod keys;
mod light;
mod peers;
mod proofs;
mod queries;
mod secrets;
mod status;
mod transactions;
mod zk;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::{Args, GenesisVerb, KeysVerb, LightVerb, ProofVerb, ValidatorVerb, Verb};
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::keyring::Keyring;
use crate::output::Console;

/// Does what the command line says.
pub(crate) fn run(args: &Args, console: &Console) -> Result<Exit, CliError> {
    let context = &Context {
        global: &args.global,
        console,
    };
    match &args.verb {
        Verb::Keys(verb) => return run_keys(verb, &context.keyring()?, console),
        Verb::Genesis(verb) => run_genesis(verb, context)?,
        Verb::Tx(verb) => transactions::run(verb, context)?,
        Verb::Query(verb) => queries::run(verb, context)?,
        Verb::Events(args) => events::follow(args, context)?,
        Verb::Proof(ProofVerb::Save(subject)) => proofs::save(subject, context)?,
        Verb::Light(LightVerb::Verify(args)) => light::verify(args, console)?,
        Verb::Zk(verb) => zk::run(verb, console)?,
        Verb::Validator(ValidatorVerb::Guard(verb)) => guard::run(verb, context)?,
        Verb::Peers(verb) => peers::run(verb, context)?,
        Verb::Status => status::show(context)?,
        Verb::WaitApi(args) => status::wait(args, context)?,
        Verb::Completions { shell } => completions(*shell, console)?,
    }
    Ok(Exit::Ok)
}

fn run_genesis(verb: &GenesisVerb, context: &Context<'_>) -> Result<(), CliError> {
    let console = context.console;
    match verb {
        GenesisVerb::New(args) => genesis::new(args, console),
        GenesisVerb::Validate(args) => genesis::validate(&args.file, console),
        GenesisVerb::Hash(args) => genesis::hash(&args.file, console),
        GenesisVerb::AddAccount(args) => additions::add_account(args, console),
        GenesisVerb::AddValidator(args) => {
            additions::add_validator(args, || context.keyring(), console)
        }
        GenesisVerb::Fetch(args) => fetch::genesis(args, context),
    }
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
