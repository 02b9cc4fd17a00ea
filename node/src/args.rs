//! The command line of a node.

use std::path::PathBuf;

use clap::{ArgAction, ArgGroup, Parser, Subcommand};

/// One participant of a Pyralog network.
#[derive(Debug, Parser)]
#[command(
    name = "pyralog-node",
    version,
    arg_required_else_help = true,
    group(ArgGroup::new("network").args(["dev", "genesis"])),
    after_help = "\
Examples:
  pyralog-node --dev                          a network of its own, with funded accounts
  pyralog-node --genesis net.toml --validator-key alice --password-file alice.password
  pyralog-node --dev --with-unused-ports --home /tmp/try
  pyralog-node --dev config show --origin     every setting, and where it comes from

Settings are in HOME/CHAIN/config.toml, which the first start writes. A flag goes
before an environment variable (PYRALOG_RPC__LISTEN for rpc.listen), that before
the file, that before the default.

Exit codes: 0 stopped as asked, 1 something failed, 2 wrong usage, 70 the chain
contradicts itself, 73 another process has the data, 74 reading or writing failed
or files are damaged, 78 the configuration, the genesis document or a limit of
the system is wrong.
Signals: SIGINT and SIGTERM stop in an orderly way, a second one at once; SIGHUP
reads the filter of the log again."
)]
pub struct Args {
    /// Begin, or go on with, a network of one for development: its keys and
    /// funds are known to everybody
    #[arg(long, global = true)]
    pub(crate) dev: bool,
    /// Join the network of this genesis document
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) genesis: Option<PathBuf>,
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        help = "Directory of keys and data [default: $PYRALOG_HOME, else pyralog in \
                $XDG_DATA_HOME or ~/.local/share]"
    )]
    pub(crate) home: Option<PathBuf>,
    /// Validate with this key of HOME/keys
    #[arg(long, value_name = "NAME", conflicts_with = "dev")]
    pub(crate) validator_key: Option<String>,
    /// Read the password of the validator's key from the first line of FILE
    #[arg(long, value_name = "FILE", requires = "validator_key")]
    pub(crate) password_file: Option<PathBuf>,
    /// Set a setting, such as rpc.listen=0.0.0.0:26657
    #[arg(long, global = true, value_name = "KEY=VALUE", action = ArgAction::Append)]
    pub(crate) set: Vec<String>,
    /// Run beside other instances: with data of its own, ports 10·N higher
    #[arg(long, global = true, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=99))]
    pub(crate) instance: u16,
    /// Listen on whatever ports are free; the banner and HOME/endpoint say which
    #[arg(long, global = true)]
    pub(crate) with_unused_ports: bool,
    /// Log more: -v debug, -vv trace
    #[arg(short, long, action = ArgAction::Count, conflicts_with = "quiet")]
    pub(crate) verbose: u8,
    /// Log warnings and errors only
    #[arg(short, long)]
    pub(crate) quiet: bool,
    #[command(subcommand)]
    pub(crate) verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Look at the settings
    #[command(subcommand)]
    Config(ConfigVerb),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigVerb {
    /// Print every setting
    Show {
        /// Also where each value comes from
        #[arg(long)]
        origin: bool,
    },
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
