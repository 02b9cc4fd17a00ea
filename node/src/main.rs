//! `pyralog-node`: the program.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use pyralog_node::{Args, Exit, run};

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Nobody is left to tell that there is nobody to tell.
            let _ = error.print();
            let exit = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Clean
            };
            return exit.into();
        }
    };
    match run(&args) {
        Ok(()) => Exit::Clean.into(),
        Err(error) => {
            let _ = writeln!(std::io::stderr().lock(), "error: {error}");
            error.exit().into()
        }
    }
}
