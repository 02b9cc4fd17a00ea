//! `pyralog-testnet`: puts networks under load and says what became of it.

#![expect(
    clippy::print_stdout,
    reason = "a report on standard output is what the program is for"
)]

mod load;
mod sim;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::load::LoadArgs;
use crate::sim::SimArgs;

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
    /// Simulate a network on one thread, under faults drawn from a seed
    #[command(after_help = "\
A run is a function of its arguments: the same ones show the same again. A
violation ends it; its faults are left out one by one, as long as the same rule
is broken, and the command that is left is printed.

Examples:
  pyralog-testnet sim --engine pbft --validators 7 --seeds 1000
  pyralog-testnet sim --engine pbft --seed 0x1e61 --faults 3,7 --trace
  pyralog-testnet sim --engine pbft --twins 1 --seeds 2000
  pyralog-testnet sim --engine pbft --validators 4,16,64,100 --calm")]
    Sim(SimArgs),
}

fn main() -> ExitCode {
    let Args { verb } = Args::parse();
    let result = match verb {
        Verb::Load(args) => match load::run(&args) {
            Ok(report) => {
                println!("{report}");
                Ok(())
            }
            Err(error) => Err(error.to_string()),
        },
        Verb::Sim(args) => sim::run(&args).map_err(|error| error.to_string()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
