//! The driver: does what an engine says, in order, and decides nothing.
//!
//! Invariants:
//! - a block is built only while fewer than [`SETTLING_COUNT_MAX`] final ones
//!   wait for the disk, so memory and what a crash costs are bounded;
//! - what is final goes to the committer in the order of heights, and the pool
//!   follows it before the next block is built from it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pyralog_chain::mempool::{BlockSpace, Checked, Included};
use pyralog_chain::{Application, Draft, fees};
use pyralog_consensus::{Effect, Engine, Input, Start, Statement, Tick, Timer};
use pyralog_primitives::block::Block;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::receipt::Receipt;
use pyralog_primitives::state::{ChainState, StateKey};
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::write_set::{CommitBatch, WriteSet};
use pyralog_primitives::{Address, Amount, BlockId, ByteCount, DurationMs, Height, SecretKey};
use pyralog_replica::Replica;
use pyralog_telemetry::metrics::Metrics;
use tokio::sync::{mpsc, watch};

use super::clock::Clock;
use super::committer::FinalBlock;
use super::halt::Halt;
use crate::pool::{FollowedBlock, PoolHandle};

/// Final blocks that may wait for the disk. One, and execution waits for each
/// sync; more than two, and a slow disk is hidden in memory.
pub(crate) const SETTLING_COUNT_MAX: usize = 2;

/// Drives one engine over one ledger.
pub(crate) struct Driver<E> {
    pub(crate) engine: E,
    pub(crate) replica: Replica,
    pub(crate) key: SecretKey,
    /// The last block; none before the first.
    pub(crate) parent: Option<Parent>,
    pub(crate) pool: PoolHandle,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) clock: Clock,
    pub(crate) commits: mpsc::Sender<FinalBlock>,
}

/// What the next block must know of the one before it.
pub(crate) struct Parent {
    pub(crate) certificate: Certificate,
    pub(crate) proposer: Address,
    pub(crate) has_transactions: bool,
}

impl Parent {
    pub(crate) fn new(block: &Block, certificate: Certificate) -> Self {
        Self {
            certificate,
            proposer: block.header.proposer,
            has_transactions: !block.transactions.is_empty(),
        }
    }
}

/// What the loop keeps beside the driver.
#[derive(Default)]
struct Pacing {
    timer: Option<(Tick, Timer)>,
    settling: usize,
    /// The next height begins once there is room for it.
    is_start_due: bool,
    /// The pool offered transactions, and none of them fitted: it is not asked
    /// again before something new comes.
    is_offer_void: bool,
}

impl<E: Engine> Driver<E> {
    /// Drives until `stop` says so, or something fails.
    pub(crate) async fn run(
        mut self,
        mut durable: mpsc::Receiver<Height>,
        mut stop: watch::Receiver<bool>,
    ) -> Result<(), Halt> {
        let mut pacing = Pacing {
            is_start_due: true,
            ..Pacing::default()
        };
        loop {
            if pacing.is_start_due && pacing.settling < SETTLING_COUNT_MAX {
                self.start(&mut pacing).await?;
                continue;
            }
            let timer = pacing.timer;
            let due = async {
                match timer {
                    Some((tick, timer)) => {
                        let left = tick.get().saturating_sub(self.clock.tick().get());
                        tokio::time::sleep(Duration::from_micros(left)).await;
                        timer
                    }
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                // Also when whoever could say so is gone.
                _ = stop.wait_for(|stop| *stop) => return Ok(()),
                height = durable.recv() => match height {
                    Some(height) => {
                        pacing.settling -= 1;
                        self.replica.ledger.commit(height);
                    }
                    // The committer has ended and says why itself.
                    None => return Ok(()),
                },
                () = self.pool.offered() => {
                    pacing.is_offer_void = false;
                    self.step(Input::Waiting, &mut pacing).await?;
                }
                timer = due => {
                    pacing.timer = None;
                    self.step(Input::Timer(timer), &mut pacing).await?;
                }
            }
        }
    }

    async fn start(&mut self, pacing: &mut Pacing) -> Result<(), Halt> {
        pacing.is_start_due = false;
        pacing.timer = None;
        let height = self.replica.ledger.info().height.next();
        let parent = self.parent.as_ref();
        let start = Start {
            height: height.expect("a block each nanosecond reaches the last height in 584 years"),
            validators: Arc::new(self.replica.ledger.validators().clone()),
            last_proposer: parent.map(|parent| parent.proposer),
            has_unproved: parent.is_some_and(|parent| parent.has_transactions),
            has_waiting: self.pool.has_offers() && !pacing.is_offer_void,
            // A lone validator has nobody to contradict.
            records: Vec::new(),
        };
        self.step(Input::Start(start), pacing).await
    }

    /// Gives the engine an input, and does what it says until it says nothing.
    async fn step(&mut self, input: Input, pacing: &mut Pacing) -> Result<(), Halt> {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            let mut effects = Vec::new();
            self.engine.step(self.clock.tick(), input, &mut effects);
            for effect in effects {
                inputs.extend(self.execute(effect, pacing).await?);
            }
        }
        Ok(())
    }

    async fn execute(
        &mut self,
        effect: Effect,
        pacing: &mut Pacing,
    ) -> Result<Option<Input>, Halt> {
        match effect {
            Effect::SetTimer { timer, after } => {
                pacing.timer = Some((self.tick_after(after), timer));
                Ok(None)
            }
            Effect::Build { height } => {
                let block = self.build(pacing).await?;
                Ok(Some(Input::Built { height, block }))
            }
            Effect::Sign(statement) => Ok(Some(self.sign(statement))),
            Effect::Finalize { certificate } => {
                self.finalize(certificate, pacing).await?;
                Ok(None)
            }
            Effect::Persist(_)
            | Effect::Broadcast(_)
            | Effect::Check { .. }
            | Effect::Report(_)
            | Effect::Abstain { .. } => Err(Halt::Alone),
        }
    }

    fn tick_after(&self, after: DurationMs) -> Tick {
        let micros = after.get().saturating_mul(1000);
        Tick::new(self.clock.tick().get().saturating_add(micros))
    }

    async fn build(&mut self, pacing: &mut Pacing) -> Result<BlockId, Halt> {
        let parent = self.replica.ledger.info().block;
        let base_fee = self.base_fee()?;
        let room = fees::Usage::room(self.replica.ledger.parameters());
        let space = BlockSpace {
            bytes: room.bytes,
            compute: room.compute,
        };
        let candidates = self.pool.candidates(base_fee, space).await;
        let offered = candidates.len();
        let certificate = self.parent.as_ref().map(|parent| &parent.certificate);
        let draft = Draft {
            time: Clock::now(),
            proposer: self.key.public_key().address(),
            parent_certificate: certificate.cloned(),
            evidence: Vec::new(),
        };
        let start = Instant::now();
        let mut transactions = candidates.iter().map(Checked::transaction).cloned();
        let proposal = self
            .replica
            .ledger
            .prepare_proposal(&parent, draft, &mut transactions)
            .map_err(Halt::Own)?;
        self.metrics.chain.observe_execution(start.elapsed());
        pacing.is_offer_void = offered > 0 && proposal.block.transactions.is_empty();
        if let Some((id, reason)) = proposal.left_out.first() {
            let count = proposal.left_out.len();
            tracing::debug!(count, first = %id, %reason, "offered transactions did not fit");
        }
        Ok(proposal.id)
    }

    /// What a byte and a unit of compute cost in the next block.
    fn base_fee(&mut self) -> Result<Amount, Halt> {
        let last = self.replica.ledger.info().block;
        let value = self.replica.ledger.query(&last, &StateKey::Chain);
        let value = value.map_err(Halt::Own)?;
        let state = value.and_then(|value| ChainState::decode(&value).ok());
        let state = state.ok_or_else(|| Halt::Read("it has no base fee".to_owned()))?;
        Ok(state.base_fee)
    }

    fn sign(&self, statement: Statement) -> Input {
        let message = statement.sign_bytes(self.replica.ledger.genesis());
        Input::Signed {
            statement,
            signature: self.key.sign(&message),
        }
    }

    async fn finalize(
        &mut self,
        certificate: Certificate,
        pacing: &mut Pacing,
    ) -> Result<(), Halt> {
        let block = certificate.value();
        let ledger = &mut self.replica.ledger;
        let finalized = ledger.finalize_block(&block, certificate.clone());
        let batch = finalized.map_err(Halt::Finalize)?;
        let provable = ledger.provable().cloned();
        self.parent = Some(Parent::new(&batch.block, certificate));
        let base_fee = self.base_fee()?;
        self.pool.follow(followed(&batch, base_fee)).await;
        self.note(&batch);
        pacing.settling += 1;
        pacing.is_start_due = true;
        // If the committer has ended, it has said why.
        let _ = self.commits.send(FinalBlock { batch, provable }).await;
        Ok(())
    }
}

impl<E> Driver<E> {
    fn note(&self, batch: &CommitBatch) {
        let header = &batch.block.header;
        let consensus = &self.metrics.consensus;
        consensus.set_height(header.height);
        consensus.add_transactions(batch.block.transactions.len());
        let bytes = batch
            .block
            .transactions
            .iter()
            .map(Transaction::encoded_bytes);
        let bytes = bytes.map(ByteCount::get).sum();
        consensus.set_block_size(ByteCount::new(bytes));
    }
}

/// What the pool must know of a block.
fn followed(batch: &CommitBatch, base_fee: Amount) -> FollowedBlock {
    FollowedBlock {
        height: batch.block.header.height,
        base_fee,
        included: included(&batch.block, &batch.receipts),
        touched: touched(&batch.write_set),
        writes: Arc::clone(&batch.write_set),
    }
}

fn included(block: &Block, receipts: &[Receipt]) -> Vec<Included> {
    // The receipts name the ids, so that no transaction is hashed again.
    let pairs = block.transactions.iter().zip(receipts);
    pairs
        .map(|(transaction, receipt)| Included {
            id: receipt.transaction,
            sender: transaction.body.sender.address(),
            nonce: transaction.body.nonce,
            height: block.header.height,
        })
        .collect()
}

fn touched(writes: &WriteSet) -> Vec<Address> {
    let address = |(key, _): (&StateKey, _)| match key {
        StateKey::Account { address } => Some(*address),
        _ => None,
    };
    writes.iter().filter_map(address).collect()
}
