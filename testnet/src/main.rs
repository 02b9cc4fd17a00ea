//! `pyralog-testnet`: puts networks under load and says what became of it.

#![expect(
    clippy::print_stdout,
    reason = "a report on standard output is what the program is for"
)]

mod load;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::load::LoadArgs;

/// Networks under load and faults, and what must hold of them.
#[derive(Debug, Parser)]
#[command(name = "pyralog-testnet", version, arg_required_else_help = true)]
struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Send signed transfers to a node of a development network, and measure
    /// what it takes, what it sheds, and how fast it answers meanwhile
    #[command(after_help = "\
The transfers are signed before the clock starts. Without --rate each sender
goes as fast as it gets answers; with --rate they send on a schedule, whatever
the answers, and what is shed is sent again.

Examples:
  pyralog-node --dev --home /tmp/load --with-unused-ports
  pyralog-testnet load --node $(cat /tmp/load/endpoint) --seconds 10
  pyralog-testnet load --node $(cat /tmp/load/endpoint) --seconds 20 --rate 40000")]
    Load(LoadArgs),
}

fn main() -> ExitCode {
    let Args { verb } = Args::parse();
    let Verb::Load(args) = verb;
    match load::run(&args) {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
