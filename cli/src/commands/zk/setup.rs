//! `pyralog zk setup`: the key of a statement for development.

use pyralog_setup::unsafe_setup;
use pyralog_zk::groth16::{KeyHash, UNSAFE_CHAIN_PREFIX};
use serde::Serialize;

use super::{check_free, publish};
use crate::args::SetUp;
use crate::error::CliError;
use crate::output::{Console, table};
use crate::zk::catalog::Known;
use crate::zk::error::ZkError;
use crate::zk::keys::verifying_document;
use crate::zk::task::Stage;
use crate::zk::worker;

#[derive(Serialize)]
struct SetUpView {
    statement: Known,
    key: String,
    /// Everybody forges proofs for it.
    r#unsafe: bool,
    file: String,
    verifying_file: String,
}

pub(super) fn run(args: &SetUp, console: &Console) -> Result<(), CliError> {
    let statement = args.statement;
    let Some(circuit) = statement.circuit() else {
        return Err(ZkError::NoKeyNeeded { statement }.into());
    };
    check_free([&*args.key, &*args.verifying_key], args.force)?;
    let made = worker::run(console, statement.name(), move |reporter| {
        let _ = reporter.now(Stage::MakingKey);
        let key = unsafe_setup(circuit).ok()?;
        Some((
            key.to_unsafe_file()?,
            verifying_document(statement, &key),
            key.hash(),
        ))
    })?;
    let made = made.filter(|(.., hash)| *hash == circuit.record().key);
    let (proving, verifying, hash) = made.ok_or(ZkError::Circuit { statement })?;
    let files = [
        (&*args.verifying_key, verifying.as_bytes()),
        (&*args.key, &*proving),
    ];
    publish(&files, args.force)?;
    tell(args, hash, console)
}

fn tell(args: &SetUp, hash: KeyHash, console: &Console) -> Result<(), CliError> {
    let (file, verifying_file) = (args.key.display(), args.verifying_key.display());
    console.warn(format_args!(
        "this key is UNSAFE. It is made from a public seed: everybody has it,\n\
         and everybody forges proofs for it. Only networks whose chain id begins\n\
         with {UNSAFE_CHAIN_PREFIX} take it.",
    ));
    let text = table(&[
        ("key", &hash),
        ("to prove", &file),
        ("to verify", &verifying_file),
    ]);
    let view = SetUpView {
        statement: args.statement,
        key: hash.to_string(),
        r#unsafe: true,
        file: file.to_string(),
        verifying_file: verifying_file.to_string(),
    };
    console.give(&text, &view)
}
