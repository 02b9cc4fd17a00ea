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
    /// Offer a node of a development network signed transfers, as many as it
    /// takes and then twice as many; measure what it makes final, what it
    /// sheds, and how fast it answers reads meanwhile
    #[command(after_help = "\
First callers that wait for their answers find out how many transfers become
final in a second. Then so many are sent by the clock, whatever the answers,
and then twice so many. What is sent was signed before. Each account has one
transfer without an answer at most, and sends again what was shed. With --rate
there is one phase, at that rate.

In the table, held are transfers that were due and could not go out because too
many calls were without an answer: if there are many, less was offered than the
phase says.

Examples:
  pyralog-node --dev --home /tmp/load --with-unused-ports &
  pyralog-testnet load --node $(cat /tmp/load/endpoint) --pid $!
  pyralog-testnet load --node $(cat /tmp/load/endpoint) --rate 60000 --seconds 20")]
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
