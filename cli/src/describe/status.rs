//! What is known of a transaction, for people.

use std::fmt::Display;

use pyralog_api::{PendingStanding, TransactionStatus};
use pyralog_primitives::Height;
use pyralog_primitives::receipt::{Outcome, Receipt};

use super::bytes::harmless;
use super::event::EventText;
use super::reason::failure_sentence;
use crate::output::table;

/// A row of a table.
pub(crate) type Row = (&'static str, String);

/// What is known of a transaction.
pub(crate) fn status_rows(status: &TransactionStatus) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    match status {
        TransactionStatus::Pending { standing: at } => {
            rows.push(("status", format!("pending: {}", standing(*at))));
        }
        TransactionStatus::Final {
            height,
            position,
            receipt,
            failure,
            provable,
        } => {
            rows.push(("status", "final".to_owned()));
            rows.push(("height", height.to_string()));
            rows.push(("position", position.to_string()));
            rows.push(("provable", yes_or_not_yet(*provable).to_owned()));
            rows.extend(receipt_rows(receipt, failure.as_deref()));
        }
        TransactionStatus::Rejected { message, .. } => {
            rows.push(("status", format!("not taken: {}", harmless(message))));
        }
        TransactionStatus::Evicted { message, .. } => {
            rows.push((
                "status",
                format!("was pending and had to go: {}", harmless(message)),
            ));
        }
        TransactionStatus::Replaced { by } => rows.push(("status", format!("replaced by {by}"))),
        TransactionStatus::Expired { valid_until } => {
            rows.push(("status", format!("expired after height {valid_until}")));
        }
        TransactionStatus::Unknown { oldest } => {
            rows.push(("status", format!("unknown: {}", unheard_of(*oldest))));
        }
    }
    rows
}

/// What a transaction did.
pub(crate) fn receipt_rows(receipt: &Receipt, failure: Option<&str>) -> Vec<Row> {
    let mut rows = vec![
        ("fee paid", format!("{} tokens", receipt.fee_paid)),
        ("compute used", receipt.compute_used.to_string()),
    ];
    match &receipt.outcome {
        Outcome::Applied { events } => {
            rows.push(("outcome", "applied".to_owned()));
            rows.extend(
                events
                    .iter()
                    .map(|event| ("event", EventText(event).to_string())),
            );
        }
        Outcome::Failed { action, code } => {
            let word = failure.map_or_else(|| format!("code_{code}"), str::to_owned);
            let sentence = failure_sentence(&word);
            rows.push(("outcome", format!("failed at action {action}: {sentence}")));
        }
    }
    rows
}

/// What keeps a pending transaction out of a block.
pub(crate) const fn standing(standing: PendingStanding) -> &'static str {
    match standing {
        PendingStanding::Gapped => "an earlier nonce of the sender is missing",
        PendingStanding::Held => "it, or one before it, does not cover the present base fee",
        PendingStanding::Offered => "it can be in the next block",
    }
}

/// Why a node does not know a transaction.
pub(crate) fn unheard_of(oldest: Height) -> String {
    let heard = "the node has not heard of it";
    if oldest <= Height::FIRST {
        heard.to_owned()
    } else {
        format!("{heard}, or it is in a block below height {oldest}, which it no longer has")
    }
}

fn yes_or_not_yet(provable: bool) -> &'static str {
    if provable { "yes" } else { "not yet" }
}

/// Rows whose values are texts already.
pub(crate) fn rows_text(rows: &[Row]) -> String {
    let rows: Vec<(&str, &dyn Display)> = rows
        .iter()
        .map(|(name, value)| (*name, value as &dyn Display))
        .collect();
    table(&rows)
}
