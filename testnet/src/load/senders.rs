//! Senders: each with its accounts, its connection and its schedule.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use jsonrpsee::http_client::HttpClient;
use pyralog_api::{Hex, PyralogClient, SubmitOutcome};
use pyralog_primitives::transaction::Transaction;

use super::accounts::Accounts;
use super::{LoadArgs, LoadError, client};

/// What each sender is going to send, in order.
pub(super) struct Plan {
    queues: Vec<VecDeque<Transaction>>,
    pub(super) signed_per_second: f64,
}

/// What senders were told.
#[derive(Debug, Default)]
pub(crate) struct Outcomes {
    /// Transfers sent, again and again if they were shed.
    pub(crate) offered: u64,
    pub(crate) taken: u64,
    /// By the word for the reason, and whether it may work later.
    pub(crate) refused: BTreeMap<(String, bool), u64>,
}

impl Outcomes {
    fn add(&mut self, other: Self) {
        self.offered += other.offered;
        self.taken += other.taken;
        for (reason, count) in other.refused {
            *self.refused.entry(reason).or_default() += count;
        }
    }
}

impl Plan {
    /// Signs all transfers: those of an account in the order of nonces, all
    /// accounts in turn.
    pub(super) fn sign(accounts: &mut Accounts, args: &LoadArgs) -> Self {
        let start = Instant::now();
        let mut queues = vec![VecDeque::new(); args.senders as usize];
        let (count, senders) = (accounts.all.len(), queues.len());
        for number in 0..args.transfers as usize {
            let account = number % count;
            // An account has one sender, so that its nonces stay in order.
            queues[account % senders].push_back(accounts.transfer(account));
        }
        let signed_per_second = f64::from(args.transfers) / start.elapsed().as_secs_f64();
        Self {
            queues,
            signed_per_second,
        }
    }
}

/// Sends until `end`, or until nothing is left.
pub(super) async fn send(plan: Plan, args: &LoadArgs, end: Instant) -> Result<Outcomes, LoadError> {
    let mut tasks = Vec::new();
    for queue in plan.queues {
        let sender = Sender {
            client: client(&args.node)?,
            queue,
            batch: args.batch as usize,
            interval: interval(args),
            end,
        };
        tasks.push(tokio::spawn(sender.run()));
    }
    let mut all = Outcomes::default();
    for task in tasks {
        match task.await {
            Ok(outcomes) => all.add(outcomes?),
            Err(error) => return Err(LoadError::Runtime(std::io::Error::other(error))),
        }
    }
    Ok(all)
}

/// The time between the calls of one sender; none if it goes by answers.
fn interval(args: &LoadArgs) -> Option<Duration> {
    let per_sender = f64::from(args.rate) / f64::from(args.senders);
    (args.rate > 0).then(|| Duration::from_secs_f64(f64::from(args.batch) / per_sender))
}

struct Sender {
    client: HttpClient,
    queue: VecDeque<Transaction>,
    batch: usize,
    interval: Option<Duration>,
    end: Instant,
}

impl Sender {
    async fn run(mut self) -> Result<Outcomes, LoadError> {
        let mut outcomes = Outcomes::default();
        let mut due = Instant::now();
        while Instant::now() < self.end && !self.queue.is_empty() {
            if let Some(interval) = self.interval {
                tokio::time::sleep_until(due.into()).await;
                due += interval;
            }
            let count = self.batch.min(self.queue.len());
            let batch: Vec<Transaction> = self.queue.drain(..count).collect();
            self.send(batch, &mut outcomes).await?;
        }
        Ok(outcomes)
    }

    async fn send(
        &mut self,
        batch: Vec<Transaction>,
        outcomes: &mut Outcomes,
    ) -> Result<(), LoadError> {
        outcomes.offered += batch.len() as u64;
        let call = batch.iter().cloned().map(Hex).collect();
        let answers = self.client.submit_transactions(call).await?;
        let mut again = Vec::new();
        for (transaction, answer) in batch.into_iter().zip(answers) {
            match answer {
                SubmitOutcome::Taken(_) => outcomes.taken += 1,
                SubmitOutcome::Refused {
                    reason, retryable, ..
                } => {
                    *outcomes.refused.entry((reason, retryable)).or_default() += 1;
                    if retryable {
                        again.push(transaction);
                    }
                }
            }
        }
        let is_shed = !again.is_empty();
        for transaction in again.into_iter().rev() {
            self.queue.push_front(transaction);
        }
        if self.interval.is_none() && is_shed {
            // Who goes by answers waits a moment where something is shed.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }
}
