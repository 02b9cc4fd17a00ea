//! Load: accounts that pay each other as long as the node answers.

use std::sync::{Arc, Mutex};

use jsonrpsee::core::ClientError;
use jsonrpsee::http_client::HttpClient;
use pyralog_api::{Failure, Hex, PyralogClient, SubmitOutcome, TransactionStatus};
use pyralog_primitives::receipt::Receipt;
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::{Amount, DurationMs, Height, Nonce, TransactionId};
use pyralog_testnet::{Account, Chance, NodeProcess};
use tokio::task::JoinSet;

/// Payments that are sent together, at most.
const TOGETHER_COUNT_MAX: usize = 8;
/// Longer than any block takes.
const WAIT: DurationMs = DurationMs::new(30_000);

/// A payment of which a node has said that it is final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Acknowledged {
    pub(crate) transaction: TransactionId,
    pub(crate) height: Height,
    pub(crate) position: u32,
    pub(crate) receipt: Receipt,
}

/// All of them, in the order in which callers were told.
pub(crate) type Book = Arc<Mutex<Vec<Acknowledged>>>;

impl Acknowledged {
    /// What a status says, if it says that it is final.
    pub(crate) fn of(transaction: TransactionId, status: TransactionStatus) -> Option<Self> {
        match status {
            TransactionStatus::Final {
                height,
                position,
                receipt,
                ..
            } => Some(Self {
                transaction,
                height,
                position,
                receipt,
            }),
            _ => None,
        }
    }
}

/// Starts so many accounts that each pay the next, until the node is gone.
pub(crate) fn pay_in_a_circle(
    node: &NodeProcess,
    count: usize,
    chance: &mut Chance,
    book: &Book,
) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for index in 0..count {
        tasks.spawn(pay_until_it_is_gone(
            Account::development(index),
            Account::development((index + 1) % count),
            node.client(),
            chance.split(),
            Arc::clone(book),
        ));
    }
    tasks
}

/// Pays, waits until it is final, writes that into the book, and pays again,
/// until the node is gone. What a node that is there answers must be good.
async fn pay_until_it_is_gone(
    account: Account,
    to: Account,
    client: HttpClient,
    mut chance: Chance,
    book: Book,
) {
    loop {
        let count = 1 + chance.below(TOGETHER_COUNT_MAX);
        match pay(&account, &to, &client, count, &book).await {
            Ok(()) => {}
            Err(error) => match Failure::of(&error) {
                Some(failure) if failure.reason != "stopping" => {
                    panic!("a payment failed: {failure:?}")
                }
                _ => return,
            },
        }
    }
}

async fn pay(
    account: &Account,
    to: &Account,
    client: &HttpClient,
    count: usize,
    book: &Book,
) -> Result<(), ClientError> {
    let status = client.node_status().await?;
    let first = client.next_nonce(account.address()).await?;
    let nonces = (first.get()..).take(count).map(Nonce::new);
    let payments: Vec<Transaction> = nonces
        .map(|nonce| account.pay(&status, nonce, to.address(), Amount::new(7)))
        .collect();
    let ids: Vec<TransactionId> = payments.iter().map(Transaction::id).collect();
    let outcomes = client.submit_transactions(payments.into_iter().map(Hex).collect());
    for (outcome, id) in outcomes.await?.into_iter().zip(ids) {
        match outcome {
            SubmitOutcome::Taken(submitted) => assert_eq!(submitted.transaction, id),
            SubmitOutcome::Refused { ref reason, .. } if reason == "stopping" => return Ok(()),
            // What was sent to the process before, and never acknowledged, was
            // in its log and has become final since the nonce was asked for.
            SubmitOutcome::Refused { ref reason, .. } if reason == "nonce_used" => return Ok(()),
            refused @ SubmitOutcome::Refused { .. } => panic!("{refused:?}"),
        }
        let status = client.wait_transaction(id, WAIT, None).await?;
        let told = Acknowledged::of(id, status.clone());
        let told = told.unwrap_or_else(|| panic!("a payment is not final: {status:?}"));
        book.lock().unwrap().push(told);
    }
    Ok(())
}
