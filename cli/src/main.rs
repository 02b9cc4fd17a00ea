//! `pyralog`: the command line of users and operators.
//!
//! A verb reads its payload from an argument, a file or standard input, and
//! gives data on standard output: for people, or with `--output json` for
//! programs. Everything else it says goes to standard error.
//!
//! Invariants:
//! - secrets never come in as arguments, which every user of the machine can
//!   read, and are never printed unless that is what the verb is for;
//! - what strangers wrote, on the chain or at its node, is shown so that it
//!   cannot move a terminal's cursor ([`describe`]);
//! - a file is written whole or not at all, and a key is never overwritten;
//! - the exit code says who must act ([`exit`]).

mod args;
mod commands;
mod context;
mod describe;
mod endpoint;
mod error;
mod exit;
mod files;
mod guards;
mod input;
mod key_name;
mod keyring;
mod node;
mod output;
mod party;
mod password;
mod proof_refusal;
mod sending;
mod timeout;
mod zk;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Args;
use crate::exit::Exit;
use crate::output::Console;

fn main() -> ExitCode {
    match Args::try_parse() {
        Ok(args) => run(&args).into(),
        Err(error) => usage(&error).into(),
    }
}

fn run(args: &Args) -> Exit {
    let console = Console::new(args.global.output);
    match commands::run(args, &console) {
        Ok(exit) => exit,
        // Whoever reads our output has enough of it, as `head` does.
        Err(error) if error.is_broken_pipe() => Exit::Ok,
        Err(error) => {
            console.error(&error);
            error.exit()
        }
    }
}

/// Help and version come back from the parser as errors too.
fn usage(error: &clap::Error) -> Exit {
    // Nobody is left to tell that there is nobody to tell.
    let _ = error.print();
    if error.use_stderr() {
        Exit::Usage
    } else {
        Exit::Ok
    }
}
