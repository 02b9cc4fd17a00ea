//! `pyralog zk prove`: from a claim and a witness to a proof.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use pyralog_zk::watch::Step;
use serde::Serialize;
use serde_json::Value;

use super::{check_free, check_stdin, publish};
use crate::args::ProveClaim;
use crate::error::CliError;
use crate::input;
use crate::output::Console;
use crate::zk::catalog::Known;
use crate::zk::claim::{self, Completed};
use crate::zk::document::{Kind, Opened};
use crate::zk::error::ZkError;
use crate::zk::keys::ProvingKeyFile;
use crate::zk::proof_file;
use crate::zk::task::{Blinding, SnarkTask, Stage, StarkTask, Task};
use crate::zk::worker::{self, Reporter};

#[derive(Serialize)]
struct ProvedView {
    statement: Known,
    file: String,
    /// Of the proof, without the head of its file.
    proof_bytes: usize,
    claim_file: Option<String>,
    /// The document, complete.
    claim: Value,
}

pub(super) fn run(args: &ProveClaim, console: &Console) -> Result<(), CliError> {
    let begun = Instant::now();
    check_stdin([Some(&args.claim), Some(&args.witness)])?;
    let saved = args.save_claim.as_deref();
    check_free(saved.into_iter().chain(file_of(args)), args.force)?;
    let opened = Opened::read(console, &args.claim, Kind::Claim)?;
    let statement = opened.statement;
    if args.key.is_some() && statement.circuit().is_none() {
        return Err(ZkError::NoKeyNeeded { statement }.into());
    }
    let completed = complete(args, &opened, console)?;
    let proof = match completed.task {
        Task::Snark(task) => prove_snark(args, statement, task, console)?,
        Task::Stark(task) => prove_stark(statement, task, console)?,
    };
    let made = Made {
        statement,
        proof,
        claim: completed.text,
    };
    made.write(args)?;
    made.tell(args, begun.elapsed(), console)
}

/// The file of the proof, unless it goes to standard output.
fn file_of(args: &ProveClaim) -> Option<&Path> {
    Some(&*args.proof).filter(|path| !input::is_stdin(path))
}

/// Compares the claim with the witness.
fn complete(args: &ProveClaim, claim: &Opened, console: &Console) -> Result<Completed, CliError> {
    let path = &args.witness;
    let is_secret = claim.statement.circuit().is_some();
    if is_secret && !input::is_stdin(path) {
        input::warn_if_others_can_read(console, path)?;
    }
    let witness = Opened::read_of(console, path, Kind::Witness, claim.statement)?;
    let completed = claim::complete(claim, &witness)?;
    if completed.was_filled && args.save_claim.is_none() {
        let claim = claim.name.clone();
        return Err(ZkError::NeedsSaveClaim { claim }.into());
    }
    Ok(completed)
}

fn prove_snark(
    args: &ProveClaim,
    statement: Known,
    task: SnarkTask,
    console: &Console,
) -> Result<Vec<u8>, CliError> {
    let (Some(path), Some(circuit)) = (&args.key, statement.circuit()) else {
        return Err(ZkError::NeedsProvingKey { statement }.into());
    };
    let file = ProvingKeyFile::read(path, statement, circuit)?;
    let blinding = Blinding::draw().map_err(CliError::Randomness)?;
    let proof = worker::run(console, statement.name(), move |reporter| {
        // Called off or not, the steps of the prover come soon enough.
        let _ = reporter.now(Stage::ReadingKey);
        let key = file.key()?;
        let watch = told(reporter, Stage::Snark);
        Ok::<_, ZkError>(task.prove(&key, blinding, &watch)?)
    })?;
    Ok(proof?.to_vec())
}

fn prove_stark(statement: Known, task: StarkTask, console: &Console) -> Result<Vec<u8>, CliError> {
    let proof = worker::run(console, statement.name(), move |reporter| {
        let watch = told(reporter, Stage::Stark);
        task.prove(&watch)
    })?;
    Ok(proof.map_err(ZkError::Prove)?)
}

/// Tells that it begins, and each step from then on.
fn told<T>(
    reporter: &Reporter<T>,
    stage: impl Fn(Option<Step>) -> Stage,
) -> impl Fn(Step) -> ControlFlow<()> {
    let _ = reporter.now(stage(None));
    move |step| reporter.now(stage(Some(step)))
}

/// What came of it.
struct Made {
    statement: Known,
    proof: Vec<u8>,
    claim: String,
}

impl Made {
    /// The claim first: who sees a proof finds what it is of.
    fn write(&self, args: &ProveClaim) -> Result<(), CliError> {
        let proof = proof_file::write(self.statement, &self.proof);
        let saved = args.save_claim.as_deref();
        let claim = saved.map(|path| (path, self.claim.as_bytes()));
        let proof = file_of(args).map(|path| (path, &*proof));
        let files: Vec<_> = claim.into_iter().chain(proof).collect();
        publish(&files, args.force)
    }

    fn tell(&self, args: &ProveClaim, took: Duration, console: &Console) -> Result<(), CliError> {
        let claim = args.save_claim.as_ref().unwrap_or(&args.claim).display();
        let Some(file) = file_of(args) else {
            return console.give_raw(&proof_file::write(self.statement, &self.proof));
        };
        let (file, bytes) = (file.display(), self.proof.len());
        let rest = match self.statement.circuit() {
            Some(_) => " \\\n    --verifying-key FILE --genesis FILE",
            None => "",
        };
        console.note(format_args!(
            "wrote {file}, a proof of {bytes} bytes, in {:.1}s; to check it:\n  \
             pyralog zk verify {file} --claim {claim}{rest}",
            took.as_secs_f64(),
        ));
        let view = ProvedView {
            statement: self.statement,
            file: file.to_string(),
            proof_bytes: bytes,
            claim_file: args
                .save_claim
                .as_ref()
                .map(|path| path.display().to_string()),
            claim: serde_json::from_str(&self.claim).expect("a document is JSON"),
        };
        console.give("", &view)
    }
}
