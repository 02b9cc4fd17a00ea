//! Taking transactions.

use jsonrpsee::Extensions;
use pyralog_api::{Failure, FailureKind, Hex, SubmitOutcome, Submitted};
use pyralog_chain::mempool::Source;
use pyralog_primitives::ByteCount;
use pyralog_primitives::transaction::Transaction;
use pyralog_telemetry::metrics::Metrics;

use super::context::Context;
use super::failures::{rejected, stopping};
use super::gate::Caller;
use crate::pool::{Answer, Crowded, Novelty, PoolHandle, Refused};

/// Transactions of one call. More would wait for each other longer than a
/// batch of signatures takes.
pub(crate) const SUBMIT_COUNT_MAX: usize = 1024;

/// Methods that take transactions.
const SUBMITTING: [&str; 2] = ["pyralog_submitTransaction", "pyralog_submitTransactions"];

/// Sheds a call that submits, by the length of its parameters alone: before it
/// is decoded, so that what is shed takes little time from reads and from what
/// is taken.
pub(super) fn shed_unread(
    pool: &PoolHandle,
    metrics: &Metrics,
    method: &str,
    length: usize,
) -> Result<(), Failure> {
    if !SUBMITTING.contains(&method) {
        return Ok(());
    }
    // Two digits a byte. What else is in them is little.
    let bytes = ByteCount::new(length as u64 / 2);
    if pool.has_room(bytes) {
        Ok(())
    } else {
        Err(busy(metrics))
    }
}

pub(super) async fn one(
    context: &Context,
    caller: &Extensions,
    transaction: Transaction,
) -> Result<Submitted, Failure> {
    let mut outcomes = answers(context, caller, vec![transaction]).await?;
    outcomes.pop().unwrap_or_else(|| Err(stopping()))
}

pub(super) async fn many(
    context: &Context,
    caller: &Extensions,
    transactions: Vec<Hex<Transaction>>,
) -> Result<Vec<SubmitOutcome>, Failure> {
    let count = transactions.len();
    if count > SUBMIT_COUNT_MAX {
        let message = format!(
            "{count} transactions are too many for one call; send at most {SUBMIT_COUNT_MAX}"
        );
        let failure = Failure::new(FailureKind::Limit, "too_many_transactions", message);
        return Err(failure.with("limit", SUBMIT_COUNT_MAX));
    }
    let transactions = transactions.into_iter().map(|Hex(transaction)| transaction);
    let outcomes = answers(context, caller, transactions.collect()).await?;
    Ok(outcomes.into_iter().map(SubmitOutcome::from).collect())
}

async fn answers(
    context: &Context,
    caller: &Extensions,
    transactions: Vec<Transaction>,
) -> Result<Vec<Result<Submitted, Failure>>, Failure> {
    if context.is_disk_low() {
        context.metrics.rpc.shed("disk_low");
        let message = "the disk of this node is nearly full, so it takes no transactions; reads \
                       still work. Send to another node, or free space on this one";
        return Err(Failure::passing(FailureKind::DiskLow, "DISK_LOW", message));
    }
    let bytes: u64 = transactions
        .iter()
        .map(|transaction| transaction.encoded_bytes().get())
        .sum();
    let source = caller
        .get::<Caller>()
        .map_or(Source::new(0), |caller| caller.source);
    let answers = context
        .pool
        .submit(source, transactions, ByteCount::new(bytes))
        .await
        .map_err(|Crowded| busy(&context.metrics))?;
    Ok(answers
        .into_iter()
        .map(|answer| outcome(context, answer))
        .collect())
}

fn outcome(context: &Context, answer: Answer) -> Result<Submitted, Failure> {
    match answer {
        Answer::Taken { id, novelty } => Ok(Submitted {
            transaction: id,
            known: novelty != Novelty::News,
        }),
        Answer::Refused(Refused::Rejected(rejection)) => Err(rejected(&rejection)),
        Answer::Refused(Refused::Stopping) => Err(stopping()),
        Answer::Refused(Refused::Busy) => Err(busy(&context.metrics)),
        Answer::Refused(Refused::Unchecked) => {
            let message = "it was not examined, because a forged one came before it over the same \
                           connection; send it again";
            Err(Failure::passing(FailureKind::Busy, "unchecked", message))
        }
    }
}

fn busy(metrics: &Metrics) -> Failure {
    metrics.rpc.shed("busy");
    let message = "too many transactions wait to be verified; send it again in a moment";
    Failure::passing(FailureKind::Busy, "busy", message)
}
