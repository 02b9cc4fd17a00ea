//! `pyralog query …`: what is on the chain.

use pyralog_api::{AccountView, BlockView, EntriesView, PyralogClient, StateView, ValidatorsView};
use pyralog_genesis::format_time;
use pyralog_primitives::action::Writers;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::state::{
    AccountState, AttendanceState, JournalState, NotarizationState, StateKey,
};
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::{Address, Height};
use serde::Serialize;

use crate::args::{
    At, QueryAccount, QueryAttendance, QueryBlock, QueryEntries, QueryEntry, QueryJournal,
    QueryJournalEntry, QueryNotarization, QueryReceipt, QueryVerb,
};
use crate::context::Context;
use crate::describe::{Row, harmless, key_text, receipt_rows, rows_text, value_line, value_text};
use crate::error::CliError;
use crate::output::table;

pub(super) fn run(verb: &QueryVerb, context: &Context<'_>) -> Result<(), CliError> {
    match verb {
        QueryVerb::Account(args) => account(args, context),
        QueryVerb::Entry(args) => entry(args, context),
        QueryVerb::Entries(args) => entries(args, context),
        QueryVerb::Journal(args) => journal(args, context),
        QueryVerb::JournalEntry(args) => journal_entry(args, context),
        QueryVerb::Notarization(args) => notarization(args, context),
        QueryVerb::Attendance(args) => attendance(args, context),
        QueryVerb::Block(args) => block(args, context),
        QueryVerb::Receipt(args) => receipt(args, context),
        QueryVerb::Validators => validators(context),
    }
}

#[derive(Serialize)]
struct AttendanceView {
    validator: Address,
    #[serde(flatten)]
    attendance: AttendanceState,
    height: Height,
}

/// Asks for what is stored under a key.
fn ask_state(key: StateKey, at: At, context: &Context<'_>) -> Result<StateView, CliError> {
    let node = context.node()?;
    Ok(node.ask(|client| client.state(key, at.height))?)
}

/// The bytes that are stored.
fn stored<'a>(view: &'a StateView, what: &str) -> Result<&'a [u8], CliError> {
    let value = view.value.as_deref();
    value.ok_or_else(|| CliError::NothingThere {
        what: what.to_owned(),
        height: view.height,
    })
}

fn decoded<T: Canonical>(bytes: &[u8], what: &str) -> Result<T, CliError> {
    T::decode(bytes).map_err(|problem| CliError::Undecodable {
        what: what.to_owned(),
        problem,
    })
}

fn account(args: &QueryAccount, context: &Context<'_>) -> Result<(), CliError> {
    let address = args.account.address(|| context.keyring())?;
    let key = StateKey::Account { address };
    let state = ask_state(key, args.at, context)?;
    // One that never held anything is not stored.
    let account = match state.value.as_deref() {
        Some(bytes) => decoded(bytes, "the account")?,
        None => AccountState::default(),
    };
    let view = AccountView {
        address,
        balance: account.balance,
        nonce: account.nonce,
        height: state.height,
    };
    let text = table(&[
        ("address", &view.address),
        ("balance", &format_args!("{} tokens", view.balance)),
        ("nonce", &view.nonce),
        ("height", &view.height),
    ]);
    context.console.give(&text, &view)
}

/// Gives a value that someone stored.
fn give_value(
    view: &StateView,
    what: &str,
    raw: bool,
    context: &Context<'_>,
) -> Result<(), CliError> {
    let value = stored(view, what)?;
    if raw {
        return context.console.give_raw(value);
    }
    context.console.give(&value_text(value), view)
}

fn entry(args: &QueryEntry, context: &Context<'_>) -> Result<(), CliError> {
    let (namespace, key) = (&args.namespace, &args.key.0);
    let what = format!("entry '{}' in the namespace '{namespace}'", key_text(key));
    let key = StateKey::Entry {
        namespace: namespace.clone(),
        key: key.clone(),
    };
    let view = ask_state(key, args.at, context)?;
    give_value(&view, &what, args.raw, context)
}

fn entries(args: &QueryEntries, context: &Context<'_>) -> Result<(), CliError> {
    let node = context.node()?;
    let start = args.start.as_ref().map(|key| key.0.clone());
    let namespace = args.namespace.clone();
    let view = node.ask(|client| client.entries(namespace, start, args.limit))?;
    context.console.give(&entries_text(&view), &view)?;
    if view.entries.is_empty() {
        let (namespace, height) = (&args.namespace, view.height);
        context.console.note(format_args!(
            "there are no such entries in the namespace '{namespace}' after block {height}"
        ));
    }
    if let Some(next) = &view.next {
        let next = key_text(next);
        context
            .console
            .note(format_args!("there are more; go on with: --start '{next}'"));
    }
    Ok(())
}

fn entries_text(view: &EntriesView) -> String {
    let keys: Vec<String> = view
        .entries
        .iter()
        .map(|entry| key_text(&entry.key))
        .collect();
    let width = keys
        .iter()
        .map(|key| key.chars().count())
        .max()
        .unwrap_or(0);
    let lines = view.entries.iter().zip(&keys).map(|(entry, key)| {
        let line = format!("{key:width$}  {}", value_line(&entry.value));
        line.trim_end().to_owned() + "\n"
    });
    lines.collect()
}

fn journal(args: &QueryJournal, context: &Context<'_>) -> Result<(), CliError> {
    let journal = &args.journal;
    let key = StateKey::Journal {
        journal: journal.clone(),
    };
    let what = format!("journal '{journal}'");
    let view = ask_state(key, args.at, context)?;
    let state: JournalState = decoded(stored(&view, &what)?, &what)?;
    let writers = match state.writers {
        Writers::Owner => "its owner",
        Writers::Anyone => "anyone",
    };
    let text = table(&[
        ("journal", journal),
        ("owner", &state.owner),
        ("writers", &writers),
        ("entries", &state.entries.count()),
        ("height", &view.height),
    ]);
    context.console.give(&text, &view)
}

fn journal_entry(args: &QueryJournalEntry, context: &Context<'_>) -> Result<(), CliError> {
    let (journal, index) = (&args.journal, args.index);
    let key = StateKey::JournalEntry {
        journal: journal.clone(),
        index,
    };
    let what = format!("entry {index} in a journal '{journal}'");
    let view = ask_state(key, args.at, context)?;
    give_value(&view, &what, args.raw, context)
}

fn notarization(args: &QueryNotarization, context: &Context<'_>) -> Result<(), CliError> {
    let digest = args.document.digest()?;
    let what = format!("notarization of {digest}");
    let view = ask_state(StateKey::Notarization { digest }, args.at, context)?;
    let state: NotarizationState = decoded(stored(&view, &what)?, &what)?;
    let text = table(&[
        ("digest", &digest),
        ("notarized by", &state.by),
        ("in block", &state.height),
        ("time", &format_time(state.time)),
    ]);
    context.console.give(&text, &view)
}

fn attendance(args: &QueryAttendance, context: &Context<'_>) -> Result<(), CliError> {
    let validator = args.validator.address(|| context.keyring())?;
    let state = ask_state(StateKey::Attendance { validator }, args.at, context)?;
    // That of a validator that never missed is not stored.
    let attendance = match state.value.as_deref() {
        Some(bytes) => decoded(bytes, "the attendance")?,
        None => AttendanceState::default(),
    };
    let view = AttendanceView {
        validator,
        attendance,
        height: state.height,
    };
    let text = table(&[
        ("validator", &view.validator),
        ("missed", &view.attendance.missed),
        ("in a row", &view.attendance.missed_in_row),
        ("height", &view.height),
    ]);
    context.console.give(&text, &view)
}

fn block(args: &QueryBlock, context: &Context<'_>) -> Result<(), CliError> {
    let node = context.node()?;
    let view = node.ask(|client| client.block(args.height))?;
    context.console.give(&block_text(&view), &view)
}

fn block_text(view: &BlockView) -> String {
    let (block, header) = (&view.block, &view.block.header);
    let finality = match &view.certificate {
        Certificate::Solo { .. } => "signed by the only validator".to_owned(),
        Certificate::Quorum {
            round, signatures, ..
        } => format!("signed by {} validators in round {round}", signatures.len()),
    };
    let mut rows: Vec<Row> = vec![
        ("block", view.id.to_string()),
        ("height", header.height.to_string()),
        ("time", format_time(header.time)),
        ("proposer", header.proposer.to_string()),
        ("finality", finality),
        ("parent", header.parent.to_string()),
        ("state before", header.state_root.to_string()),
        ("evidence", block.evidence.len().to_string()),
        ("transactions", block.transactions.len().to_string()),
    ];
    let ids = block.transactions.iter().map(Transaction::id);
    rows.extend(ids.map(|id| ("", id.to_string())));
    rows_text(&rows)
}

fn receipt(args: &QueryReceipt, context: &Context<'_>) -> Result<(), CliError> {
    let node = context.node()?;
    let view = node.ask(|client| client.receipt(args.transaction))?;
    let mut rows: Vec<Row> = vec![
        ("transaction", view.receipt.transaction.to_string()),
        ("height", view.height.to_string()),
        ("position", view.position.to_string()),
    ];
    rows.extend(receipt_rows(&view.receipt, view.failure.as_deref()));
    context.console.give(&rows_text(&rows), &view)
}

fn validators(context: &Context<'_>) -> Result<(), CliError> {
    let node = context.node()?;
    let view = node.ask(PyralogClient::validators)?;
    context.console.give(&validators_text(&view), &view)
}

fn validators_text(view: &ValidatorsView) -> String {
    let names: Vec<String> = view
        .validators
        .iter()
        .map(|validator| harmless(&validator.name))
        .collect();
    let width = names
        .iter()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(0);
    let lines = view.validators.iter().zip(&names).map(|(validator, name)| {
        let (address, power) = (validator.address, validator.power);
        format!("{name:width$}  {address}  power {power}\n")
    });
    lines.collect()
}
