//! Opens a database of the engine that the store is built on, and ends: what a
//! process that has one cannot start faster than.
//!
//! `bare_open DIR` opens what is there with all its families, or makes one with
//! as many as the store has, all with the engine's own settings.

use std::process::ExitCode;

use rocksdb::{DB, Options};

/// As many as the store has.
const FAMILY_COUNT: usize = 11;

fn main() -> ExitCode {
    let Some(dir) = std::env::args_os().nth(1) else {
        eprintln!("usage: bare_open DIR");
        return ExitCode::FAILURE;
    };
    let mut options = Options::default();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    let there = DB::list_cf(&options, &dir);
    let families = there.unwrap_or_else(|_| {
        let names = (1..FAMILY_COUNT).map(|number| format!("family-{number}"));
        std::iter::once("default".to_owned()).chain(names).collect()
    });
    match DB::open_cf(&options, &dir, families) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
