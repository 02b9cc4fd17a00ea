//! Errors of the parts below, as callers are told them.

use std::fmt::Display;

use pyralog_api::{Failure, FailureKind};
use pyralog_chain::mempool::Rejection;
use pyralog_chain::{ProveError, SimulateError, Unfit};
use pyralog_primitives::Height;
use pyralog_replica::ProofError;
use pyralog_store::{AtError, ReadError};
use serde_json::json;

/// Something in the node failed. The log says more than the caller is told.
pub(super) fn internal(what: &'static str, cause: &impl Display) -> Failure {
    tracing::error!(%cause, "{what} failed");
    let message = format!("{what} failed on this node; its log says why");
    Failure::passing(FailureKind::Internal, "internal", message)
}

/// The store cannot be read.
#[expect(clippy::needless_pass_by_value, reason = "it is given to `map_err`")]
pub(super) fn unreadable(error: ReadError) -> Failure {
    internal("reading the store", &error)
}

pub(super) fn stopping() -> Failure {
    let message = "the node is stopping; ask another one, or again later";
    Failure::passing(FailureKind::Internal, "stopping", message)
}

/// There is no such block here, because it is not made yet or not kept.
pub(super) fn no_block(height: Height, head: Height, oldest: Height) -> Failure {
    if height > head {
        let message = format!("block {height} is not there yet; the last one is {head}");
        Failure::passing(FailureKind::NotYet, "not_yet", message).with("head", json!(head))
    } else if height < oldest {
        let message = format!("block {height} is pruned here; the oldest kept is {oldest}");
        Failure::new(FailureKind::Pruned, "pruned", message).with("oldest", json!(oldest))
    } else {
        let message = format!("there is no block {height}; the first one has height 1");
        Failure::new(FailureKind::NotFound, "no_such_block", message)
    }
}

pub(super) fn no_transaction(oldest: Height) -> Failure {
    let message = format!(
        "no transaction with this id is in a block that is kept here, which are those from \
         height {oldest} on; pyralog_transactionStatus knows what waits"
    );
    Failure::new(FailureKind::NotFound, "no_such_transaction", message)
        .with("oldest", json!(oldest))
}

pub(super) fn of_at(error: &AtError, head: Height) -> Failure {
    match error {
        AtError::NotYet { asked, head } => no_block(*asked, *head, Height::new(0)),
        AtError::Pruned { asked, oldest } => no_block(*asked, head, *oldest),
        other => internal("reading the store", other),
    }
}

pub(super) fn rejected(rejection: &Rejection) -> Failure {
    let kind = match rejection {
        Rejection::PoolFull { .. } | Rejection::TooManyOfSender { .. } => FailureKind::Busy,
        _ => FailureKind::Rejected,
    };
    let failure = Failure::new(kind, rejection.reason(), rejection.to_string());
    let failure = failure.retryable_if(rejection.retryable());
    match rejection {
        Rejection::FeeTooLow { needed, .. } => failure.with("needed", json!(needed)),
        Rejection::NonceUsed { next, .. } => failure.with("next_nonce", json!(next)),
        Rejection::NonceGap { next, max, .. } => failure
            .with("next_nonce", json!(next))
            .with("nonce_max", json!(max)),
        Rejection::BalanceTooLow { needed, balance } => failure
            .with("needed", json!(needed))
            .with("balance", json!(balance)),
        Rejection::Expired { height, .. } => failure.with("height", json!(height)),
        Rejection::ValidTooLong { max, .. } => failure.with("valid_until_max", json!(max)),
        Rejection::ReplacementTooCheap {
            tip_min,
            fee_max_min,
        } => failure
            .with("tip_min", json!(tip_min))
            .with("fee_max_min", json!(fee_max_min)),
        Rejection::PoolFull { tip_min, .. } => failure.with("tip_min", json!(tip_min)),
        _ => failure,
    }
}

pub(super) fn unfit(reason: &Unfit) -> Failure {
    Failure::new(FailureKind::Rejected, reason.reason(), reason.to_string())
}

pub(super) fn of_simulation(error: &SimulateError<ReadError>) -> Failure {
    match error {
        SimulateError::Unfit(reason) => unfit(reason),
        SimulateError::State(error) => internal("reading the state", error),
    }
}

pub(super) fn of_proof(error: &ProofError, head: Height) -> Failure {
    let message = error.to_string();
    match error {
        ProofError::NotYet => Failure::passing(FailureKind::NotYet, "not_yet", message),
        ProofError::Unknown { .. }
        | ProofError::Prove(ProveError::UnknownJournal | ProveError::UnknownEntry { .. }) => {
            Failure::new(FailureKind::NotFound, "nothing_to_prove", message)
        }
        ProofError::Prove(ProveError::Read(error)) => of_at(error, head),
        ProofError::Prove(ProveError::NotInTree) => {
            Failure::new(FailureKind::Parameters, "proved_otherwise", message)
        }
        ProofError::Prove(_) => internal("proving", error),
        ProofError::Read(error) => unreadable(error.clone()),
    }
}
