//! `pyralog zk …`: proofs of statements, over files.

mod prove;
mod setup;
mod statements;
mod verify;

use std::path::Path;

use crate::args::ZkVerb;
use crate::error::CliError;
use crate::files::{self, Access, StagedFile};
use crate::input;
use crate::output::Console;

pub(super) fn run(verb: &ZkVerb, console: &Console) -> Result<(), CliError> {
    match verb {
        ZkVerb::Prove(args) => prove::run(args, console),
        ZkVerb::Verify(args) => verify::run(args, console),
        ZkVerb::Statements(args) => statements::run(args, console),
        ZkVerb::Setup(args) => setup::run(args, console),
    }
}

/// Writes files, then names them in their order: what cannot be written is known
/// before anything has a name.
fn publish(files: &[(&Path, &[u8])], force: bool) -> Result<(), CliError> {
    let mut staged = Vec::with_capacity(files.len());
    for (path, content) in files {
        let target = files::resolved(path);
        staged.push(StagedFile::new(&target, content, Access::Default)?);
    }
    for file in staged {
        if force {
            file.replace()?;
        } else {
            file.publish_new()?;
        }
    }
    Ok(())
}

/// Refuses a name that is taken, before its owner has waited for what goes there.
fn check_free<'a>(paths: impl IntoIterator<Item = &'a Path>, force: bool) -> Result<(), CliError> {
    let taken = |path: &&Path| !force && std::fs::symlink_metadata(path).is_ok();
    match paths.into_iter().find(taken) {
        Some(path) => Err(CliError::FileExists {
            path: path.to_owned(),
        }),
        None => Ok(()),
    }
}

/// Refuses to take two things from standard input.
fn check_stdin<const N: usize>(paths: [Option<&Path>; N]) -> Result<(), CliError> {
    let from_stdin = paths
        .into_iter()
        .flatten()
        .filter(|path| input::is_stdin(path));
    if from_stdin.count() > 1 {
        Err(CliError::StdinForTwo)
    } else {
        Ok(())
    }
}
