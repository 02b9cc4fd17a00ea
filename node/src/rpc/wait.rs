//! What became of a transaction, now or once it is settled.

use std::sync::Arc;
use std::time::Duration;

use pyralog_api::{Failure, PendingStanding, TransactionStatus, WaitFor};
use pyralog_chain::ActionError;
use pyralog_chain::mempool::{Standing, Status};
use pyralog_primitives::receipt::{Outcome, Receipt};
use pyralog_primitives::{DurationMs, TransactionId};
use tokio::time::{Instant, timeout_at};

use super::context::Context;
use super::failures::{stopping, unreadable};

/// The longest that one call waits. Longer, and connections in between give
/// it up; a caller that wants to wait longer asks again.
pub(crate) const WAIT_MAX: DurationMs = DurationMs::new(60_000);

/// How often the pool is asked whether a transaction has left it otherwise
/// than into a block.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// The word for a failure, if a transaction failed.
pub(super) fn failure_of(receipt: &Receipt) -> Option<String> {
    match receipt.outcome {
        Outcome::Applied { .. } => None,
        Outcome::Failed { code, .. } => Some(match ActionError::from_code(code) {
            Some(error) => error.reason().to_owned(),
            None => format!("code_{code}"),
        }),
    }
}

/// What is known now.
pub(super) async fn status(
    context: &Context,
    id: TransactionId,
) -> Result<TransactionStatus, Failure> {
    if let Some(status) = in_a_block(context, id)? {
        return Ok(status);
    }
    let status = context.pool.status(id).await.ok_or_else(stopping)?;
    Ok(match status {
        Status::Pending { standing } => TransactionStatus::Pending {
            standing: standing_view(standing),
        },
        Status::Rejected { reason } => TransactionStatus::Rejected {
            message: reason.to_string(),
            reason: reason.reason().to_owned(),
            retryable: reason.retryable(),
        },
        Status::Evicted { reason } => TransactionStatus::Evicted {
            message: reason.to_string(),
            reason: reason.reason().to_owned(),
            retryable: reason.retryable(),
        },
        Status::Replaced { by } => TransactionStatus::Replaced { by },
        Status::Expired { valid_until } => TransactionStatus::Expired { valid_until },
        // It is final, and durable in a moment: then it is told.
        Status::Included { .. } => in_a_block(context, id)?.unwrap_or(TransactionStatus::Pending {
            standing: PendingStanding::Offered,
        }),
        Status::Unknown => TransactionStatus::Unknown {
            oldest: context.store.oldest(),
        },
    })
}

/// What is known once it is settled, or after a while.
pub(super) async fn wait(
    context: &Context,
    id: TransactionId,
    timeout: DurationMs,
    wait_for: WaitFor,
) -> Result<TransactionStatus, Failure> {
    let timeout = timeout.get().min(WAIT_MAX.get());
    let deadline = Instant::now() + Duration::from_millis(timeout);
    let mut heads = context.feed.watch();
    let mut stop = context.stop.clone();
    loop {
        heads.mark_unchanged();
        let status = status(context, id).await?;
        if is_enough(&status, wait_for) || Instant::now() >= deadline {
            return Ok(status);
        }
        let look_again = deadline.min(Instant::now() + LOOK_AGAIN);
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return Err(stopping()),
            // A new head, or time to look into the pool.
            _ = timeout_at(look_again, next_block(context, &mut heads, id)) => {}
        }
    }
}

/// Waits for a block with the transaction. Looking for it in each new head is
/// cheaper than asking the pool.
async fn next_block(
    context: &Context,
    heads: &mut tokio::sync::watch::Receiver<Arc<crate::chain::Published>>,
    id: TransactionId,
) {
    while heads.changed().await.is_ok() {
        if !matches!(in_a_block(context, id), Ok(None)) {
            return;
        }
    }
    std::future::pending::<()>().await;
}

fn is_enough(status: &TransactionStatus, wait_for: WaitFor) -> bool {
    match (status, wait_for) {
        (TransactionStatus::Final { provable, .. }, WaitFor::Provable) => *provable,
        // Nobody here has heard of it; it may be on its way from elsewhere.
        (status, _) => status.is_settled(),
    }
}

/// Where it is, if it is in a block that is durable here.
fn in_a_block(context: &Context, id: TransactionId) -> Result<Option<TransactionStatus>, Failure> {
    let Some(place) = context.store.transaction_place(id).map_err(unreadable)? else {
        return Ok(None);
    };
    let receipt = context.store.receipt(place).map_err(unreadable)?;
    Ok(receipt.map(|receipt| TransactionStatus::Final {
        height: place.height,
        position: place.position,
        failure: failure_of(&receipt),
        receipt,
        provable: context.head().height > place.height,
    }))
}

const fn standing_view(standing: Standing) -> PendingStanding {
    match standing {
        Standing::Gapped => PendingStanding::Gapped,
        Standing::Held => PendingStanding::Held,
        Standing::Offered => PendingStanding::Offered,
    }
}
