//! `pyralog genesis new|validate|hash`: begin and check a document.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use pyralog_genesis::document::{NewDocument, new_document};
use pyralog_genesis::{Genesis, Line, Mistake, Mistakes, parse_time};
use pyralog_primitives::{GenesisHash, TimestampMs};
use serde::Serialize;

use super::document::{read, refused};
use crate::args::NewGenesis;
use crate::error::CliError;
use crate::files::{self, Access, StagedFile};
use crate::input;
use crate::output::{Console, table};

#[derive(Serialize)]
struct NewView<'a> {
    chain_id: &'a str,
    file: Option<String>,
    document: &'a str,
}

pub(super) fn new(args: &NewGenesis, console: &Console) -> Result<(), CliError> {
    let text = new_text(args)?;
    let file = args.file.as_deref().filter(|path| !input::is_stdin(path));
    let view = NewView {
        chain_id: args.chain_id.as_str(),
        file: file.map(|path| path.display().to_string()),
        document: &text,
    };
    let Some(path) = file else {
        return console.give(&text, &view);
    };
    let target = files::resolved(path);
    let staged = StagedFile::new(&target, text.as_bytes(), Access::Default)?;
    if args.force {
        staged.replace()?;
    } else {
        staged.publish_new()?;
    }
    let shown = path.display();
    console.note(format_args!(
        "wrote {shown}. It needs a validator before it is valid:\n  \
         pyralog genesis add-validator {shown} --name NAME --key KEY --stake TOKENS"
    ));
    console.give("", &view)
}

fn new_text(args: &NewGenesis) -> Result<String, CliError> {
    let time = match &args.time {
        Some(time) => parse_time(time).map_err(CliError::BadTime)?,
        None => now(),
    };
    Ok(new_document(&NewDocument {
        chain_id: args.chain_id.clone(),
        time,
        consensus: args.consensus,
    }))
}

/// The start of the current second.
fn now() -> TimestampMs {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    // A clock before 1970 gives a time that the rules refuse.
    let seconds = since_epoch.map_or(0, |duration| duration.as_secs());
    TimestampMs::new(seconds.saturating_mul(1000))
}

#[derive(Serialize)]
struct MistakeView<'a> {
    line: Option<u32>,
    field: &'a str,
    problem: String,
}

impl<'a> MistakeView<'a> {
    fn of(mistake: &'a Mistake) -> Self {
        Self {
            line: mistake.line.map(Line::get),
            field: &mistake.field,
            problem: mistake.problem.to_string(),
        }
    }
}

#[derive(Serialize)]
struct ValidateView<'a> {
    valid: bool,
    chain_id: Option<&'a str>,
    hash: Option<GenesisHash>,
    mistakes: Vec<MistakeView<'a>>,
    mistakes_left_out: usize,
}

pub(super) fn validate(file: &Path, console: &Console) -> Result<(), CliError> {
    let text = read(file, console)?;
    match Genesis::parse(&text) {
        Ok(genesis) => {
            let view = ValidateView {
                valid: true,
                chain_id: Some(genesis.chain_id().as_str()),
                hash: Some(genesis.hash()),
                mistakes: Vec::new(),
                mistakes_left_out: 0,
            };
            console.give(&summary(&genesis), &view)
        }
        Err(mistakes) => {
            console.give("", &invalid(&mistakes))?;
            Err(refused(file, mistakes))
        }
    }
}

fn summary(genesis: &Genesis) -> String {
    table(&[
        ("chain id", genesis.chain_id()),
        ("hash", &genesis.hash()),
        ("consensus", &genesis.consensus().kind()),
        ("accounts", &genesis.accounts().len()),
        ("validators", &genesis.validators().len()),
        ("supply", &format_args!("{} tokens", genesis.total_supply())),
    ])
}

fn invalid(mistakes: &Mistakes) -> ValidateView<'_> {
    ValidateView {
        valid: false,
        chain_id: None,
        hash: None,
        mistakes: mistakes.iter().map(MistakeView::of).collect(),
        mistakes_left_out: mistakes.left_out(),
    }
}

#[derive(Serialize)]
struct HashView<'a> {
    chain_id: &'a str,
    hash: GenesisHash,
}

pub(super) fn hash(file: &Path, console: &Console) -> Result<(), CliError> {
    let text = read(file, console)?;
    let genesis = Genesis::parse(&text).map_err(|mistakes| refused(file, mistakes))?;
    let hash = genesis.hash();
    let chain_id = genesis.chain_id().as_str();
    console.give(&hash.to_string(), &HashView { chain_id, hash })
}
