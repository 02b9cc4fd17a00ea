//! What a proof claims, in words.

use pyralog_genesis::format_time;
use pyralog_primitives::chain_proof::Claim;
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::receipt::{Event, Outcome, OutcomeSummary};
use pyralog_primitives::state::{
    AccountState, AttendanceState, ChainState, JournalState, NamespaceState, NotarizationState,
    OffenceState, StateKey,
};
use pyralog_primitives::state_proof::StateProof;

use serde_json::{Value, json};

use crate::describe::{EventText, Row, attributes, key_text, receipt_rows, value_text};

/// The kind of a claim, for programs.
pub(super) const fn kind(claim: &Claim) -> &'static str {
    match claim {
        Claim::State { .. } => "state",
        Claim::Receipt { .. } => "receipt",
        Claim::Transaction { .. } => "transaction",
        Claim::Event { .. } => "event",
        Claim::JournalEntry { .. } => "journal_entry",
    }
}

/// What is claimed, for programs: without the path, which is checked.
pub(super) fn decoded(claim: &Claim) -> Value {
    match claim {
        Claim::State { proof } => {
            let key = StateKey::decode(&proof.key).ok();
            let value = proof.value().map(|value| {
                let known = key.as_ref().and_then(|key| value_json(key, value));
                known.unwrap_or_else(|| json!(value_text(value)))
            });
            json!({ "key": key, "value": value })
        }
        Claim::Receipt { receipt, .. } => {
            let events = match &receipt.outcome {
                Outcome::Applied { events } => events.iter().map(event_json).collect(),
                Outcome::Failed { .. } => Vec::new(),
            };
            let outcome = receipt.summary().outcome;
            json!({
                "transaction": receipt.transaction,
                "fee_paid": receipt.fee_paid,
                "compute_used": receipt.compute_used,
                "outcome": outcome,
                "events": events,
            })
        }
        Claim::Transaction { transaction, place } => json!({
            "signed_transaction": transaction,
            "position": place.index,
        }),
        Claim::Event {
            event,
            event_place,
            receipt,
            ..
        } => json!({
            "transaction": receipt.transaction,
            "index": event_place.index,
            "event": event_json(event),
        }),
        Claim::JournalEntry { entry, place, .. } => json!({
            "journal": journal_name(claim),
            "index": place.index,
            "count": place.count,
            "entry": entry,
            "text": std::str::from_utf8(entry).ok(),
        }),
    }
}

fn event_json(event: &Event) -> Value {
    json!({ "name": event.name, "attributes": attributes(event) })
}

/// The journal of an entry; nothing for another claim, or a key of another
/// kind, with which the claim does not verify.
fn journal_name(claim: &Claim) -> Option<String> {
    let Claim::JournalEntry { journal, .. } = claim else {
        return None;
    };
    match StateKey::decode(&journal.key) {
        Ok(StateKey::Journal { journal }) => Some(journal.to_string()),
        _ => None,
    }
}

/// What is claimed, row by row.
pub(super) fn rows(claim: &Claim) -> Vec<Row> {
    match claim {
        Claim::State { proof } => state_rows(proof),
        Claim::Receipt { receipt, .. } => {
            let id = receipt.transaction;
            let mut rows = vec![("proved", format!("what transaction {id} did"))];
            rows.extend(receipt_rows(receipt, None));
            rows
        }
        Claim::Transaction { transaction, place } => vec![
            (
                "proved",
                "that a signed transaction is in the block".to_owned(),
            ),
            ("signed id", transaction.to_string()),
            ("position", place.index.to_string()),
        ],
        Claim::Event {
            event,
            event_place,
            receipt,
            ..
        } => vec![
            (
                "proved",
                format!(
                    "event {} of transaction {}",
                    event_place.index, receipt.transaction
                ),
            ),
            ("event", EventText(event).to_string()),
            ("outcome", outcome(&receipt.outcome)),
        ],
        Claim::JournalEntry { entry, place, .. } => {
            let name = journal_name(claim).unwrap_or_default();
            let (index, count) = (place.index, place.count);
            vec![
                (
                    "proved",
                    format!("entry {index} of {count} in the journal '{name}'"),
                ),
                ("entry", value_text(entry)),
            ]
        }
    }
}

fn outcome(outcome: &OutcomeSummary) -> String {
    match outcome {
        OutcomeSummary::Applied { .. } => "applied".to_owned(),
        OutcomeSummary::Failed { action, code } => {
            format!("failed at action {action} with code {code}")
        }
    }
}

/// What the state holds, or that it holds nothing.
fn state_rows(proof: &StateProof) -> Vec<Row> {
    let key = StateKey::decode(&proof.key);
    let subject = match &key {
        Ok(key) => subject(key),
        // Such a proof does not verify.
        Err(_) => format!("key {}", value_text(&proof.key)),
    };
    let mut rows = vec![("proved", format!("what the state holds of {subject}"))];
    let Some(value) = proof.value() else {
        rows.push(("found", "nothing".to_owned()));
        return rows;
    };
    let known = key.ok().and_then(|key| value_rows(&key, value));
    rows.extend(known.unwrap_or_else(|| vec![("value", value_text(value))]));
    rows
}

fn subject(key: &StateKey) -> String {
    match key {
        StateKey::Chain => "the whole chain".to_owned(),
        StateKey::Account { address } => format!("account {address}"),
        StateKey::Namespace { namespace } => format!("namespace '{namespace}'"),
        StateKey::Entry { namespace, key } => {
            format!("entry '{}' in the namespace '{namespace}'", key_text(key))
        }
        StateKey::Journal { journal } => format!("journal '{journal}'"),
        StateKey::JournalEntry { journal, index } => format!("entry {index} of '{journal}'"),
        StateKey::JournalNode { journal, .. } => format!("a node of '{journal}'"),
        StateKey::Notarization { digest } => format!("the document with the hash {digest}"),
        StateKey::Offence { offence } => format!("an offence of {}", offence.validator),
        StateKey::Attendance { validator } => format!("blocks that {validator} did not sign for"),
    }
}

/// A value whose key says what it is, for programs; `None` if its bytes are
/// something else.
fn value_json(key: &StateKey, value: &[u8]) -> Option<Value> {
    fn json_of<T: Canonical + serde::Serialize>(value: &[u8]) -> Option<Value> {
        T::decode(value).ok().map(|value| json!(value))
    }
    match key {
        StateKey::Chain => json_of::<ChainState>(value),
        StateKey::Account { .. } => json_of::<AccountState>(value),
        StateKey::Namespace { .. } => json_of::<NamespaceState>(value),
        StateKey::Journal { .. } => json_of::<JournalState>(value),
        StateKey::Notarization { .. } => json_of::<NotarizationState>(value),
        StateKey::Offence { .. } => json_of::<OffenceState>(value),
        StateKey::Attendance { .. } => json_of::<AttendanceState>(value),
        StateKey::Entry { .. } | StateKey::JournalEntry { .. } | StateKey::JournalNode { .. } => {
            None
        }
    }
}

/// A value whose key says what it is; `None` if its bytes are something else.
fn value_rows(key: &StateKey, value: &[u8]) -> Option<Vec<Row>> {
    Some(match key {
        StateKey::Chain => {
            let state = ChainState::decode(value).ok()?;
            vec![
                ("base fee", format!("{} tokens", state.base_fee)),
                ("burned", format!("{} tokens", state.burned)),
            ]
        }
        StateKey::Account { .. } => {
            let state = AccountState::decode(value).ok()?;
            vec![
                ("balance", format!("{} tokens", state.balance)),
                ("nonce", state.nonce.to_string()),
            ]
        }
        StateKey::Namespace { .. } => {
            let state = NamespaceState::decode(value).ok()?;
            vec![("owner", state.owner.to_string())]
        }
        StateKey::Journal { .. } => {
            let state = JournalState::decode(value).ok()?;
            vec![
                ("owner", state.owner.to_string()),
                ("entries", state.entries.count().to_string()),
            ]
        }
        StateKey::Notarization { .. } => {
            let state = NotarizationState::decode(value).ok()?;
            vec![
                ("notarized by", state.by.to_string()),
                ("in block", state.height.to_string()),
                ("time", format_time(state.time)),
            ]
        }
        StateKey::Offence { .. } => {
            let state = OffenceState::decode(value).ok()?;
            vec![("in block", state.height.to_string())]
        }
        StateKey::Attendance { .. } => {
            let state = AttendanceState::decode(value).ok()?;
            vec![
                ("missed", state.missed.to_string()),
                ("in a row", state.missed_in_row.to_string()),
            ]
        }
        StateKey::Entry { .. } | StateKey::JournalEntry { .. } | StateKey::JournalNode { .. } => {
            vec![("value", value_text(value))]
        }
    })
}
