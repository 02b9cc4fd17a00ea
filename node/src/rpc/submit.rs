//! Taking transactions.

use jsonrpsee::Extensions;
use pyralog_api::{Failure, FailureKind, Hex, SubmitOutcome, Submitted};
use pyralog_chain::mempool::Source;
use pyralog_primitives::ByteCount;
use pyralog_primitives::transaction::Transaction;

use super::context::Context;
use super::failures::{rejected, stopping};
use super::gate::Caller;
use crate::pool::{Answer, Crowded, Refused};

/// Transactions of one call. More would wait for each other longer than a
/// batch of signatures takes.
pub(crate) const SUBMIT_COUNT_MAX: usize = 1024;

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
        .map_err(|Crowded| busy(context))?;
    Ok(answers
        .into_iter()
        .map(|answer| outcome(context, answer))
        .collect())
}

fn outcome(context: &Context, answer: Answer) -> Result<Submitted, Failure> {
    match answer {
        Answer::Taken { id, known } => Ok(Submitted {
            transaction: id,
            known,
        }),
        Answer::Refused(Refused::Rejected(rejection)) => Err(rejected(&rejection)),
        Answer::Refused(Refused::Stopping) => Err(stopping()),
        Answer::Refused(Refused::Busy) => Err(busy(context)),
        Answer::Refused(Refused::Unchecked) => {
            let message = "it was not examined, because a forged one came before it over the same \
                           connection; send it again";
            Err(Failure::passing(FailureKind::Busy, "unchecked", message))
        }
    }
}

fn busy(context: &Context) -> Failure {
    context.metrics.rpc.shed("busy");
    let message = "too many transactions wait to be verified; send it again in a moment";
    Failure::passing(FailureKind::Busy, "busy", message)
}
