//! `pyralog validator guard show|export|import`.

use std::fmt::Display;

use pyralog_guard::{INTERCHANGE_BYTES_MAX, ImportError, Interchange, PlaceText, SignedPlace};
use pyralog_primitives::{Address, GenesisHash};
use serde::Serialize;

use crate::args::{ExportGuard, GuardVerb, ImportGuard, ShowGuard};
use crate::context::Context;
use crate::error::CliError;
use crate::files::{self, Access, StagedFile};
use crate::guards::{self, OpenGuard};
use crate::input;
use crate::output::table;
use crate::party::Party;

pub(super) fn run(verb: &GuardVerb, context: &Context<'_>) -> Result<(), CliError> {
    match verb {
        GuardVerb::Show(args) => show(args, context),
        GuardVerb::Export(args) => export(args, context),
        GuardVerb::Import(args) => import(args, context),
    }
}

/// A guard as it is shown.
#[derive(Serialize)]
struct GuardView {
    address: Address,
    genesis_hash: GenesisHash,
    /// What was signed in the round of the watermark; the last is the highest.
    signed: Vec<SignedPlace>,
    file: String,
}

impl GuardView {
    fn of(open: &OpenGuard) -> Self {
        Self {
            address: open.guard.address(),
            genesis_hash: open.guard.genesis(),
            signed: open.guard.signed(),
            file: open.file.display().to_string(),
        }
    }

    fn text(&self) -> String {
        let last = self.signed.last().map(SignedPlace::place);
        let place = last.as_ref().map(PlaceText);
        let signed: &dyn Display = place.as_ref().map_or(&"nothing yet", |place| place);
        table(&[
            ("key", &self.address),
            ("network", &self.genesis_hash),
            ("signed up to", signed),
            ("file", &self.file),
        ])
    }
}

fn show(args: &ShowGuard, context: &Context<'_>) -> Result<(), CliError> {
    let address = args.key.as_ref().map(|key| address_of(key, context));
    let (guards, address) = (context.guards()?, address.transpose()?);
    let files = guards.files(address)?;
    let (mut views, mut unreadable) = (Vec::new(), None);
    for file in &files {
        match guards::open(file, None, context.console) {
            Ok(open) => views.push(GuardView::of(&open)),
            Err(error) if unreadable.is_some() => context.console.note(format_args!("{error}")),
            Err(error) => unreadable = Some(error),
        }
    }
    if files.is_empty() {
        let directory = guards.directory();
        let none = format_args!("there is no guard in {}", directory.display());
        context.console.note(none);
    }
    let texts: Vec<String> = views.iter().map(GuardView::text).collect();
    context.console.give(&texts.join("\n"), &views)?;
    // The others were shown; this one still needs somebody.
    unreadable.map_or(Ok(()), Err)
}

fn export(args: &ExportGuard, context: &Context<'_>) -> Result<(), CliError> {
    let address = address_of(&args.key, context)?;
    let console = context.console;
    let open = context.guards()?.of_key(address, args.genesis, console)?;
    if open.guard.address() != address {
        return Err(CliError::Import(ImportError::ForeignKey {
            found: open.guard.address(),
            expected: address,
        }));
    }
    let interchange = open.guard.export();
    let text = interchange.to_json();
    let file = args.file.as_deref().filter(|path| !input::is_stdin(path));
    if let Some(path) = file {
        let staged = StagedFile::new(&files::resolved(path), text.as_bytes(), Access::Default)?;
        if args.force {
            staged.replace()?;
        } else {
            staged.publish_new()?;
        }
    }
    console.note(
        "from now on this machine must not sign with the key: what it signs later, the export \
         does not know. Remove the key here before it is used elsewhere",
    );
    let shown = if file.is_none() { text.as_str() } else { "" };
    console.give(shown, &interchange)
}

/// What an import did, as it is shown.
#[derive(Serialize)]
struct ImportView {
    #[serde(flatten)]
    guard: GuardView,
    /// Whether anything is known now that was not.
    raised: bool,
    /// Where the key has signed two things.
    conflicts: Vec<String>,
}

fn import(args: &ImportGuard, context: &Context<'_>) -> Result<(), CliError> {
    let console = context.console;
    let text = input::read(console, &args.file, INTERCHANGE_BYTES_MAX)?;
    let interchange = Interchange::from_json(&text).map_err(|problem| CliError::Interchange {
        file: input::shown(&args.file),
        problem,
    })?;
    let expected = address_of(&args.key, context)?;
    // Before a guard is begun that nobody asked for.
    if interchange.address() != expected {
        return Err(CliError::Import(ImportError::ForeignKey {
            found: interchange.address(),
            expected,
        }));
    }
    let genesis = interchange.genesis_hash();
    let mut open = context.guards()?.of_network(genesis, expected, console)?;
    let before = open.guard.signed();
    let imported = open.guard.import(&interchange)?;
    let conflicts = imported.conflicts.iter();
    let conflicts: Vec<String> = conflicts
        .map(|place| PlaceText(place).to_string())
        .collect();
    for place in &conflicts {
        console.warn(format_args!(
            "this key has signed two things at {place}: it has been used in two places, and the \
             network may punish it"
        ));
    }
    let view = ImportView {
        raised: open.guard.signed() != before,
        guard: GuardView::of(&open),
        conflicts,
    };
    if !view.raised {
        console.note("all of it was known here already");
    }
    console.give(&view.guard.text(), &view)
}

fn address_of(key: &Party, context: &Context<'_>) -> Result<Address, CliError> {
    key.address(|| context.keyring())
}
