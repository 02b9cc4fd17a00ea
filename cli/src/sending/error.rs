//! Why a transaction was not sent, or did not do what was wanted.

use pyralog_api::{Failure, FailureKind};
use pyralog_primitives::action::VALUE_BYTES_MAX;
use pyralog_primitives::transaction::SignError;
use pyralog_primitives::{Address, Amount, TransactionId};

use crate::describe::{failure_sentence, harmless, hint};
use crate::error::CliError;
use crate::exit::Exit;
use crate::node::NodeError;
use crate::timeout::Timeout;

/// What went wrong, and whether the transaction may be on the chain.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    // Nothing was sent.
    #[error("no key here has the address {0}; `pyralog keys list` shows which there are")]
    NoKey(Address),
    #[error(
        "everybody knows the key of {key}, and the network '{chain_id}' is not one for \
         development, whose ids begin with 'dev-'; use a key of your own"
    )]
    Development { key: String, chain_id: String },
    #[error(
        "{sender} holds {balance} tokens, too little for {moved} to move and {fee_max} set aside \
         for the fee (at present it is {fee_now}; --fee-max sets another limit)"
    )]
    TooLittle {
        sender: Address,
        balance: Amount,
        moved: Amount,
        fee_max: Amount,
        fee_now: Amount,
    },
    #[error(
        "nothing was sent, because it would fail: {}{}{}",
        failure_sentence(reason),
        at_action(*action),
        behind(*pending)
    )]
    WouldFail {
        action: u16,
        reason: String,
        /// Transactions of the sender that come before it.
        pending: u64,
    },
    #[error(
        "nothing was sent: a value has at most {VALUE_BYTES_MAX} bytes; keep it elsewhere, and \
         notarize its hash"
    )]
    ValueTooLong,
    #[error("nothing was sent: {0}")]
    Sign(#[from] SignError),
    #[error("nothing was sent: {}{}", harmless(&.0.message), what_to_do(.0))]
    Unfit(Failure),

    #[error(
        "another program has just sent the very same transaction, {id}, so this one added \
         nothing to it; try again, or give each a --nonce of its own"
    )]
    Same { id: TransactionId },

    // It was sent.
    #[error("the transaction was not taken: {}{}", harmless(&.0.message), what_to_do(.0))]
    NotTaken(Failure),
    #[error(
        "{problem}\nThe transaction {id} may have been taken all the same; look with: \
         pyralog tx status {id}"
    )]
    MaybeTaken {
        id: TransactionId,
        problem: Box<NodeError>,
    },
    #[error("{problem}\nTo go on waiting: pyralog tx wait {id}")]
    LostWhileWaiting {
        id: TransactionId,
        problem: Box<NodeError>,
    },
    #[error("not {wanted} after {waited}: {known}; to go on waiting: pyralog tx wait {id}{flag}")]
    NotSettled {
        id: TransactionId,
        waited: Timeout,
        wanted: &'static str,
        known: String,
        flag: &'static str,
    },
    #[error("it had no effect, and the fee of {fee_paid} tokens is paid: {sentence}")]
    Failed { fee_paid: Amount, sentence: String },
    #[error("it is not on the chain: {0}")]
    Void(String),
}

impl SendError {
    /// What a node says of a transaction that it tried out, or another trouble
    /// with the node.
    pub(crate) fn unfit(error: NodeError) -> CliError {
        match error {
            NodeError::Refused(failure) if failure.kind == FailureKind::Rejected => {
                Self::Unfit(failure).into()
            }
            other => other.into(),
        }
    }

    /// What a node says of a transaction that it does not take, or another
    /// trouble with the node.
    pub(crate) fn not_taken(error: NodeError) -> CliError {
        match error {
            NodeError::Refused(failure)
                if matches!(failure.kind, FailureKind::Rejected | FailureKind::Busy) =>
            {
                Self::NotTaken(failure).into()
            }
            other => other.into(),
        }
    }

    /// Whether another transaction of the sender has taken the nonce that was
    /// the next free one.
    pub(crate) fn is_nonce_race(&self) -> bool {
        match self {
            Self::Unfit(failure) | Self::NotTaken(failure) => matches!(
                failure.reason.as_ref(),
                // The last one: the other is still pending.
                "nonce_used" | "nonce_ahead" | "replacement_too_cheap"
            ),
            Self::Same { .. } => true,
            _ => false,
        }
    }

    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::MaybeTaken { problem, .. } | Self::LostWhileWaiting { problem, .. } => {
                problem.exit()
            }
            Self::NoKey(_)
            | Self::Development { .. }
            | Self::TooLittle { .. }
            | Self::WouldFail { .. }
            | Self::ValueTooLong
            | Self::Same { .. }
            | Self::Sign(_)
            | Self::Unfit(_)
            | Self::NotTaken(_)
            | Self::NotSettled { .. }
            | Self::Failed { .. }
            | Self::Void(_) => Exit::Runtime,
        }
    }
}

fn what_to_do(failure: &Failure) -> String {
    let hint = hint(&failure.reason);
    if hint.is_empty() && failure.retryable && !failure.message.contains("again") {
        return "; try again".to_owned();
    }
    hint
}

/// Most transactions have one action, whose number says nothing.
fn at_action(action: u16) -> String {
    match action {
        0 => String::new(),
        later => format!(" (action {later})"),
    }
}

fn behind(pending: u64) -> String {
    match pending {
        0 => String::new(),
        count => format!(
            ". {count} transaction(s) of this account are pending before it; if they change that, \
             wait until they are final and try again"
        ),
    }
}
