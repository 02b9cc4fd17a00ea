//! The thread that executes: builds, examines and makes final.

use std::sync::Arc;
use std::time::Instant;

use pyralog_chain::mempool::{Checked, Included};
use pyralog_driver::{Body, Event, Executor, Order, Settled};
use pyralog_primitives::block::Block;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::receipt::Receipt;
use pyralog_primitives::state::StateKey;
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::validators::ValidatorSet;
use pyralog_primitives::vote::Evidence;
use pyralog_primitives::write_set::{CommitBatch, WriteSet};
use pyralog_primitives::{Address, ByteCount, Height, Round, VotingPower};
use pyralog_replica::Durable;
use pyralog_telemetry::metrics::Metrics;
use tokio::sync::mpsc;

use super::clock::Clock;
use super::committer::FinalBlock;
use super::halt::Halt;
use crate::pool::{FollowedBlock, PoolHandle};

/// What the driver has done. It is done in order.
#[derive(Debug)]
pub(crate) enum Work {
    Build {
        evidence: Vec<Evidence>,
    },
    Examine(Body),
    Finalize {
        body: Body,
        certificate: Certificate,
    },
    Durable(Height),
    /// The pool has something that it did not have before.
    Offered,
}

/// The ledger, on a thread of its own: votes go on meanwhile.
pub(crate) struct Execution {
    pub(crate) executor: Executor<Durable>,
    /// Who proposes what is built; a node that only follows builds nothing.
    pub(crate) own: Option<Address>,
    pub(crate) pool: PoolHandle,
    pub(crate) metrics: Arc<Metrics>,
    /// To the driver.
    pub(crate) events: mpsc::Sender<Event>,
    pub(crate) commits: mpsc::Sender<FinalBlock>,
    /// The pool offered transactions, and none of them fitted: they are no
    /// reason for a block before something new comes.
    pub(crate) is_offer_void: bool,
}

impl Execution {
    /// Works until nobody asks any more.
    pub(crate) async fn run(mut self, mut work: mpsc::Receiver<Work>) -> Result<(), Halt> {
        while let Some(work) = work.recv().await {
            let event = match work {
                Work::Build { evidence } => Some(self.build(evidence).await?),
                Work::Examine(body) => Some(self.examine(&body)?),
                Work::Finalize { body, certificate } => {
                    self.finalize(&body, certificate).await?;
                    None
                }
                Work::Durable(height) => {
                    self.executor.commit(height);
                    None
                }
                Work::Offered => {
                    self.is_offer_void = false;
                    None
                }
            };
            if let Some(event) = event {
                // Nobody waits for it once the driver has stopped.
                let _ = self.events.send(event).await;
            }
        }
        Ok(())
    }

    async fn build(&mut self, evidence: Vec<Evidence>) -> Result<Event, Halt> {
        let base_fee = self.executor.base_fee().map_err(Halt::Build)?;
        let candidates = self.pool.candidates(base_fee, self.executor.space()).await;
        let order = Order {
            time: Clock::now(),
            proposer: self.own.expect("an engine without a key asks for no block"),
            evidence,
        };
        let start = Instant::now();
        let mut transactions = candidates.iter().map(Checked::transaction).cloned();
        let proposal = self.executor.build(order, &mut transactions);
        let proposal = proposal.map_err(Halt::Build)?;
        self.metrics.chain.observe_execution(start.elapsed());
        let is_empty = proposal.block.transactions.is_empty();
        self.is_offer_void = !candidates.is_empty() && is_empty;
        if let Some((id, reason)) = proposal.left_out.first() {
            let count = proposal.left_out.len();
            tracing::debug!(count, first = %id, %reason, "offered transactions did not fit");
        }
        Ok(Event::Built(proposal.block))
    }

    fn examine(&mut self, body: &Body) -> Result<Event, Halt> {
        let block = body.block.id();
        let start = Instant::now();
        let verdict = self.executor.examine(body).map_err(Halt::Examine)?;
        self.metrics.chain.observe_execution(start.elapsed());
        if let Err(reason) = &verdict {
            let height = body.block.header.height;
            tracing::warn!(%height, %block, %reason, "a proposed block is refused");
        }
        let is_valid = verdict.is_ok();
        Ok(Event::Examined { block, is_valid })
    }

    async fn finalize(&mut self, body: &Body, certificate: Certificate) -> Result<(), Halt> {
        let settled = self.executor.finalize(body, certificate);
        let Settled {
            batch,
            provable,
            base_fee,
            next,
        } = settled.map_err(Halt::Finalize)?;
        self.note(&batch, &next.validators);
        let followed = FollowedBlock {
            height: batch.block.header.height,
            base_fee,
            included: included(&batch.block, &batch.receipts),
            touched: touched(&batch.write_set),
            writes: Arc::clone(&batch.write_set),
        };
        // Before the next block is built from it.
        self.pool.follow(followed).await;
        let has_waiting = self.pool.has_offers() && !self.is_offer_void;
        // The driver hears that it is final before it hears that it is durable.
        let _ = self
            .events
            .send(Event::Finalized { next, has_waiting })
            .await;
        // If the committer has ended, it has said why.
        let _ = self.commits.send(FinalBlock { batch, provable }).await;
        Ok(())
    }

    fn note(&self, batch: &CommitBatch, validators: &ValidatorSet) {
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
        let (round, missing) = match &batch.certificate {
            Certificate::Solo { .. } => (Round::FIRST, 0),
            Certificate::Quorum { round, signers, .. } => {
                let absent = validators
                    .indexes()
                    .filter(|index| !signers.contains(*index));
                let power = absent.filter_map(|index| validators.get(index));
                (*round, power.map(|validator| validator.power.get()).sum())
            }
        };
        consensus.set_round(round);
        consensus.set_missing_power(VotingPower::new(missing));
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
