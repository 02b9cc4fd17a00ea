//! The pool thread: one request after the other, the chain's first.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use pyralog_chain::fees::Usage;
use pyralog_chain::mempool::{
    Admission, Batch, BlockSpace, Checked, Departure, Fate, Included, Left, Limits, LimitsError,
    Mempool, NewTip, Offered, Outcome, Rules, Source, Status, Verified,
};
use pyralog_driver::{FoundTransaction, OFFERED_COUNT_MAX};
use pyralog_primitives::batch::BATCH_COUNT_MAX;
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::write_set::WriteSet;
use pyralog_primitives::{Address, Amount, Height, SignedTransactionId, TransactionId};
use pyralog_store::Store;
use pyralog_telemetry::metrics::Metrics;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::accounts::LatestAccounts;
use super::handle::{Answer, Novelty, Offers, Ordinary, PoolCounts, PoolHandle, Refused, Urgent};
use super::is_peer;
use super::spent::Spent;
use super::waiters::{Waiters, rejected};
use crate::chain::{Clock, Halt};
use crate::threads::{Thread, spawn};

/// Requests of callers in line. Their bytes are bounded apart.
const ORDINARY_COUNT_MAX: usize = 1024;
/// What the chain says; more than one of each kind never waits.
const URGENT_COUNT_MAX: usize = 16;

/// Batches that wait to be passed on to peers. Fewer, and while the driver waits
/// for its disk some are told of a second later; more are memory.
const ADMITTED_COUNT_MAX: usize = 1024;

/// How often peers are told again of what is not in a block: what they took may
/// have had to make room since, and gossip gets lost. More often costs messages;
/// less often, and what got lost waits for longer.
const REOFFER_INTERVAL: Duration = Duration::from_secs(1);
/// Transactions that they are told of again at once: the best, which a block
/// would hold if its proposer knew them. Fewer, and what got lost in a flood
/// comes back slowly; more, and a busy network tells itself what it knows.
const REOFFER_COUNT_MAX: usize = OFFERED_COUNT_MAX / 4;

const _: () = assert!(
    BATCH_COUNT_MAX <= OFFERED_COUNT_MAX,
    "what is verified together is passed on together"
);

/// What the pool must know to begin.
pub(crate) struct PoolSettings {
    pub(crate) rules: Rules,
    pub(crate) limits: Limits,
    /// The last final block.
    pub(crate) height: Height,
    /// That of the block after it.
    pub(crate) base_fee: Amount,
}

/// A block that the pool must follow.
pub(crate) struct FollowedBlock {
    pub(crate) height: Height,
    /// That of the block after it.
    pub(crate) base_fee: Amount,
    pub(crate) included: Vec<Included>,
    pub(crate) touched: Vec<Address>,
    pub(crate) writes: Arc<WriteSet>,
}

/// A pool that runs.
pub(crate) struct Pool {
    pub(crate) handle: PoolHandle,
    /// Transactions that came to this node first, for its peers.
    pub(crate) admitted: mpsc::Receiver<Vec<Checked>>,
    /// The pool and the verifier.
    pub(crate) threads: [Thread; 2],
}

/// Starts the pool and its verifier. They end when all handles are gone.
pub(crate) fn start(
    settings: &PoolSettings,
    store: Arc<Store>,
    metrics: Arc<Metrics>,
) -> Result<Pool, LimitsError> {
    let PoolSettings {
        rules,
        limits,
        height,
        base_fee,
    } = *settings;
    let room = Usage::room(&rules.parameters);
    let (ordinary_in, ordinary) = mpsc::channel(ORDINARY_COUNT_MAX);
    let (urgent_in, urgent) = mpsc::channel(URGENT_COUNT_MAX);
    let (batches_in, batches) = mpsc::channel(1);
    let (verified_in, verified) = mpsc::channel(1);
    let (admitted, admitted_out) = mpsc::channel(ADMITTED_COUNT_MAX);
    let offers = Arc::new(Offers::default());
    let thread = PoolThread {
        admission: Admission::new(rules),
        pool: Mempool::new(rules, limits, height, base_fee)?,
        accounts: LatestAccounts::new(store),
        spent: Spent::default(),
        waiters: Waiters::default(),
        is_verifying: false,
        batches: batches_in,
        offers: Arc::clone(&offers),
        admitted,
        seen: BTreeSet::new(),
        metrics,
        whole_block: BlockSpace {
            bytes: room.bytes,
            compute: room.compute,
        },
    };
    let threads = [
        spawn("pool", move |runtime| {
            runtime.block_on(thread.run(urgent, verified, ordinary))
        }),
        spawn("verifier", move |_| {
            verify(batches, &verified_in);
            Ok(())
        }),
    ];
    Ok(Pool {
        handle: PoolHandle::new(ordinary_in, urgent_in, offers),
        admitted: admitted_out,
        threads,
    })
}

/// Verifies one batch after the other, away from the pool.
fn verify(mut batches: mpsc::Receiver<Batch>, verified: &mpsc::Sender<Verified>) {
    while let Some(batch) = batches.blocking_recv() {
        if verified.blocking_send(batch.verify()).is_err() {
            return;
        }
    }
}

struct PoolThread {
    admission: Admission,
    pool: Mempool,
    accounts: LatestAccounts,
    spent: Spent,
    waiters: Waiters,
    is_verifying: bool,
    batches: mpsc::Sender<Batch>,
    offers: Arc<Offers>,
    /// To the driver.
    admitted: mpsc::Sender<Vec<Checked>>,
    /// What was offered for a block when peers were last told again.
    seen: BTreeSet<TransactionId>,
    metrics: Arc<Metrics>,
    whole_block: BlockSpace,
}

impl PoolThread {
    async fn run(
        mut self,
        mut urgent: mpsc::Receiver<Urgent>,
        mut verified: mpsc::Receiver<Verified>,
        mut ordinary: mpsc::Receiver<Ordinary>,
    ) -> Result<(), Halt> {
        let mut reoffer = tokio::time::interval(REOFFER_INTERVAL);
        reoffer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                _ = reoffer.tick() => self.reoffer(),
                request = urgent.recv() => match request {
                    Some(request) => self.serve_chain(request)?,
                    None => return Ok(()),
                },
                Some(batch) = verified.recv() => self.complete(batch)?,
                Some(request) = ordinary.recv() => self.serve_caller(request)?,
            }
            self.start_verifying().await;
        }
    }

    /// Hands the next batch out, unless one is out already.
    async fn start_verifying(&mut self) {
        if self.is_verifying || self.admission.waiting_count() == 0 {
            return;
        }
        let batch = self.admission.take_batch(BATCH_COUNT_MAX, &self.pool);
        self.is_verifying = true;
        // If the verifier has ended, the node has noticed and stops.
        let _ = self.batches.send(batch).await;
    }

    fn complete(&mut self, verified: Verified) -> Result<(), Halt> {
        self.is_verifying = false;
        let now = Clock::now();
        let completed = self
            .admission
            .complete(now, verified, &mut self.pool, &self.accounts);
        let outcomes = completed.map_err(|failed| Halt::Read(failed.error))?;
        for outcome in &outcomes {
            self.note(outcome);
            self.waiters.settle(outcome);
        }
        self.pass_on(&outcomes);
        self.note_offers();
        Ok(())
    }

    /// Hands over what came to this node first, for the peers.
    fn pass_on(&self, outcomes: &[Outcome]) {
        let is_news = |outcome: &&Outcome| {
            !is_peer(outcome.source) && matches!(outcome.fate, Fate::Admitted(_))
        };
        let news = outcomes.iter().filter(is_news);
        let news = news.filter_map(|outcome| self.pool.get(&outcome.id).cloned());
        let news: Vec<Checked> = news.collect();
        if !news.is_empty() {
            // What has no room is told of later.
            let _ = self.admitted.try_send(news);
        }
    }

    /// Tells peers again of what should be in a block by now: some of them may
    /// have missed it, and one of them may be the one that proposes.
    fn reoffer(&mut self) {
        let base_fee = self.pool.base_fee();
        let candidates = self.pool.candidates(base_fee, self.whole_block);
        let candidates: Vec<Checked> = candidates.take(REOFFER_COUNT_MAX).cloned().collect();
        let overdue = candidates
            .iter()
            .filter(|one| self.seen.contains(&one.id()));
        let overdue: Vec<Checked> = overdue.cloned().collect();
        if !overdue.is_empty() {
            let _ = self.admitted.try_send(overdue);
        }
        self.seen = candidates.iter().map(Checked::id).collect();
    }

    fn note(&self, outcome: &Outcome) {
        match &outcome.fate {
            Fate::Admitted(admitted) => {
                self.metrics.mempool.admitted();
                self.note_left(&admitted.left);
            }
            Fate::Rejected(rejection) => self.metrics.mempool.rejected(rejection.reason()),
            Fate::Known | Fate::Unchecked => {}
        }
    }

    fn note_left(&self, left: &[Left]) {
        for Left { departure, .. } in left {
            match departure {
                Departure::Evicted { reason } => self.metrics.mempool.evicted(reason.reason()),
                Departure::Expired { .. } => self.metrics.mempool.evicted("expired"),
                Departure::Replaced { .. } | Departure::Included { .. } => {}
            }
        }
    }

    fn note_offers(&mut self) {
        let base_fee = self.pool.base_fee();
        let mut candidates = self.pool.candidates(base_fee, self.whole_block);
        let waiting = candidates.next().is_some();
        self.offers.set(waiting);
        let metrics = &self.metrics.mempool;
        metrics.set_size(self.pool.len());
        metrics.set_bytes(self.pool.bytes());
        metrics.set_waiting(self.admission.waiting_count());
    }

    fn serve_chain(&mut self, request: Urgent) -> Result<(), Halt> {
        match request {
            Urgent::Candidates {
                base_fee,
                space,
                reply,
            } => {
                let candidates: Vec<Checked> =
                    self.pool.candidates(base_fee, space).cloned().collect();
                let _ = reply.send(candidates);
            }
            Urgent::Find {
                transactions,
                reply,
            } => {
                let found = transactions.iter().map(|id| self.find(id));
                let _ = reply.send(found.collect());
            }
            Urgent::Follow(block) => self.follow(block)?,
            Urgent::Durable(height) => self.accounts.forget(height),
        }
        Ok(())
    }

    /// A transaction of a block that somebody proposes.
    fn find(&self, id: &SignedTransactionId) -> Option<FoundTransaction> {
        let pending = self.pool.get_signed(id).map(Checked::transaction);
        let is_checked = pending.is_some();
        let transaction = pending.or_else(|| self.admission.get(id))?.clone();
        Some(FoundTransaction {
            transaction,
            is_checked,
        })
    }

    fn follow(&mut self, block: FollowedBlock) -> Result<(), Halt> {
        let height = block.height;
        self.accounts
            .add(height, block.included.len(), block.writes);
        let tip = NewTip {
            height,
            base_fee: block.base_fee,
            included: &block.included,
            touched: &block.touched,
        };
        let now = Clock::now();
        self.spent.note(now, height);
        let left = self.pool.on_block(now, &tip, &self.accounts);
        self.note_left(&left.map_err(Halt::Read)?);
        self.note_offers();
        Ok(())
    }

    fn serve_caller(&mut self, request: Ordinary) -> Result<(), Halt> {
        match request {
            Ordinary::Submit {
                source,
                transactions,
                room,
                reply,
            } => {
                let call = self.waiters.begin(transactions.len(), room, reply);
                self.submit(source, transactions, call);
            }
            Ordinary::Status { id, reply } => {
                let _ = reply.send(self.pool.status(&id));
            }
            Ordinary::NextNonce { address, reply } => {
                let nonce = self.pool.next_nonce(&address, &self.accounts);
                let _ = reply.send(nonce.map_err(Halt::Read)?);
            }
            Ordinary::Counts { reply } => {
                let _ = reply.send(PoolCounts {
                    transactions: self.pool.len() as u64,
                    bytes: self.pool.bytes().get(),
                    settling: self.accounts.settling_count() as u64,
                });
            }
        }
        Ok(())
    }

    fn submit(&mut self, source: Source, transactions: Vec<Transaction>, call: u64) {
        let now = Clock::now();
        for (place, transaction) in transactions.into_iter().enumerate() {
            // The pool knows transactions by body, callers sign them.
            let signed_id = transaction.signed_id();
            let answer = match self.admission.offer(now, source, transaction, &self.pool) {
                Offered::Queued { .. } | Offered::Waiting { .. } => {
                    self.waiters.wait(signed_id, source, (call, place));
                    continue;
                }
                Offered::Known { id } => Answer::Taken {
                    id,
                    novelty: self.novelty(&id),
                },
                Offered::Rejected(rejection) => {
                    self.metrics.mempool.rejected(rejection.reason());
                    rejected(rejection)
                }
                Offered::Busy => Answer::Refused(Refused::Busy),
            };
            self.waiters.answer(call, place, answer);
        }
    }

    /// How new one is that the pool knows.
    fn novelty(&self, id: &TransactionId) -> Novelty {
        match self.pool.status(id) {
            Status::Included { height } if self.spent.holds(height) => Novelty::Spent,
            _ => Novelty::Known,
        }
    }
}
