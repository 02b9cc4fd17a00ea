//! The command line, one group of verbs for each file.

mod genesis;
mod keys;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

pub(crate) use genesis::{AddAccount, AddValidator, GenesisVerb, NewGenesis};
pub(crate) use keys::{
    ExportKey, ImportKey, KeyOrigin, KeysVerb, NewKey, Payload, Possession, ShowKey, SignText,
    VerifyText, Words,
};

use crate::output::Format;

/// The command line of Pyralog, a decentralized autonomous database.
#[derive(Debug, Parser)]
#[command(
    name = "pyralog",
    version,
    arg_required_else_help = true,
    after_help = "\
Examples:
  pyralog keys new alice                     make a key
  pyralog genesis new --chain-id my-net net.toml
  pyralog genesis add-validator net.toml --name Alice --key alice --stake 1000
  pyralog genesis validate net.toml

Exit codes: 0 done, 1 it did not work, 2 wrong usage, 74 reading or writing
failed or a file is damaged, 78 the genesis document is wrong."
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What every verb understands.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        help = "Directory of keys and data [default: $PYRALOG_HOME, else pyralog in \
                $XDG_DATA_HOME or ~/.local/share]"
    )]
    pub(crate) home: Option<PathBuf>,
    /// Form of the data on standard output
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORM")]
    pub(crate) output: Format,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Make, list and use keys
    #[command(subcommand)]
    Keys(KeysVerb),
    /// Write and check the document that begins a network
    #[command(subcommand)]
    Genesis(GenesisVerb),
    /// Print completions for a shell
    #[command(after_help = "\
Examples:
  pyralog completions bash > ~/.local/share/bash-completion/completions/pyralog
  pyralog completions zsh > ~/.zfunc/_pyralog
  pyralog completions fish > ~/.config/fish/completions/pyralog.fish")]
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Where the password of a key comes from.
#[derive(Debug, clap::Args)]
pub(crate) struct PasswordSource {
    /// Read the password from the first line of FILE, - for standard input
    /// [default: ask on the terminal]
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }
}
