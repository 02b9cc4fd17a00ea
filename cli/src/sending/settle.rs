//! What became of a transaction.

use std::time::{Duration, Instant};

use pyralog_api::{PyralogClient, TransactionStatus, WaitFor};
use pyralog_primitives::{DurationMs, TransactionId};

use super::SendError;
use crate::describe::{failure_sentence, harmless, standing, unheard_of};
use crate::node::{ANSWER_MAX, Node, NodeError};
use crate::output::Console;
use crate::timeout::Timeout;

/// The longest that one call waits. Nodes wait no longer, and connections in
/// between give up what is silent for long.
const CALL_WAIT_MAX: Duration = Duration::from_mins(1);

/// Before a node is asked again that has not waited. Shorter, and it would be
/// asked without end; longer, and what is settled meanwhile is told late.
const PAUSE: Duration = Duration::from_millis(200);

/// What is waited for, and how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) provable: bool,
    pub(crate) timeout: Timeout,
}

impl Wanted {
    const fn word(self) -> &'static str {
        if self.provable { "provable" } else { "final" }
    }

    fn is_enough(self, status: &TransactionStatus) -> bool {
        match status {
            TransactionStatus::Final { provable, .. } => *provable || !self.provable,
            status => status.is_settled(),
        }
    }
}

/// Waits until a transaction is settled, in as many calls as it takes. Gives
/// what is known when the time is over.
pub(crate) fn wait(
    node: &Node,
    id: TransactionId,
    wanted: Wanted,
    console: &Console,
) -> Result<TransactionStatus, NodeError> {
    let begun = Instant::now();
    let wait_for = if wanted.provable {
        WaitFor::Provable
    } else {
        WaitFor::Final
    };
    loop {
        let left = wanted.timeout.get().saturating_sub(begun.elapsed());
        let call = left.min(CALL_WAIT_MAX);
        let milliseconds = u64::try_from(call.as_millis()).unwrap_or(u64::MAX);
        let status = node.ask_within(
            call + ANSWER_MAX,
            |client| client.wait_transaction(id, DurationMs::new(milliseconds), Some(wait_for)),
            || {
                let seconds = begun.elapsed().as_secs();
                let (word, max) = (wanted.word(), wanted.timeout);
                console.progress(format_args!(
                    "waiting until it is {word}: {seconds}s of {max}"
                ));
            },
        );
        console.end_progress();
        let status = status?;
        if wanted.is_enough(&status) || begun.elapsed() >= wanted.timeout.get() {
            return Ok(status);
        }
        let left = wanted.timeout.get().saturating_sub(begun.elapsed());
        std::thread::sleep(left.min(PAUSE));
    }
}

/// Whether a transaction did what was wanted.
pub(crate) fn check_settled(
    id: TransactionId,
    status: &TransactionStatus,
    wanted: Wanted,
) -> Result<(), SendError> {
    let not_settled = |known: String| SendError::NotSettled {
        id,
        waited: wanted.timeout,
        wanted: wanted.word(),
        known,
        flag: if wanted.provable { " --provable" } else { "" },
    };
    match status {
        TransactionStatus::Final {
            failure, receipt, ..
        } if failure.is_some() => Err(SendError::Failed {
            fee_paid: receipt.fee_paid,
            sentence: failure_sentence(failure.as_deref().unwrap_or_default()),
        }),
        TransactionStatus::Final { height, .. } if !wanted.is_enough(status) => {
            Err(not_settled(format!("it is final at height {height}")))
        }
        TransactionStatus::Final { .. } => Ok(()),
        TransactionStatus::Pending { standing: at } => {
            Err(not_settled(format!("it is pending, and {}", standing(*at))))
        }
        TransactionStatus::Unknown { oldest } => Err(not_settled(unheard_of(*oldest))),
        TransactionStatus::Rejected { message, .. }
        | TransactionStatus::Evicted { message, .. } => Err(SendError::Void(format!(
            "{}; send another one",
            harmless(message)
        ))),
        TransactionStatus::Replaced { by } => Err(SendError::Void(format!(
            "another one of this sender and nonce took its place, {by}"
        ))),
        TransactionStatus::Expired { valid_until } => Err(SendError::Void(format!(
            "it was not included up to height {valid_until} and never will be; send another one"
        ))),
    }
}
