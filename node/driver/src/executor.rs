//! The ledger's side: builds, examines and makes final what the driver says.
//!
//! It runs where the host puts it, on a thread of its own in a node, so that
//! votes go on meanwhile.

use std::sync::Arc;

use pyralog_chain::mempool::BlockSpace;
use pyralog_chain::{
    Application, CheckError, Draft, FinalizeError as LedgerError, Ledger, Proposal, Provable,
    StateReader, fees,
};
use pyralog_primitives::block::Block;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::state::{ChainState, StateKey};
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::validators::ValidatorSet;
use pyralog_primitives::vote::Evidence;
use pyralog_primitives::write_set::CommitBatch;
use pyralog_primitives::{Address, Amount, Height, TimestampMs};

use crate::bodies::Body;
use crate::events::Next;

/// A ledger, and what its next block must know of the last one.
#[derive(Debug)]
pub struct Executor<R> {
    ledger: Ledger<R>,
    validators: Arc<ValidatorSet>,
    last: Option<Last>,
}

/// The last final block, as far as the next one needs it.
#[derive(Clone, Debug)]
struct Last {
    block: Arc<Block>,
    certificate: Certificate,
}

/// What a block is to be built of, besides transactions.
#[derive(Clone, Debug)]
pub struct Order {
    /// The clock on the wall.
    pub time: TimestampMs,
    /// Who proposes it.
    pub proposer: Address,
    /// Offences that it should name.
    pub evidence: Vec<Evidence>,
}

/// A block that became final.
#[derive(Debug)]
pub struct Settled {
    /// What is to become durable.
    pub batch: CommitBatch,
    /// What its header makes provable.
    pub provable: Option<Provable>,
    /// What a byte and a unit of compute cost in the block after it.
    pub base_fee: Amount,
    /// What the next height begins with.
    pub next: Next,
}

/// Why no block was built. The operator must act.
#[derive(Debug, thiserror::Error)]
pub enum BuildError<E: std::error::Error> {
    /// The ledger refused it.
    #[error("the ledger refused what it built: {0}")]
    Own(CheckError<E>),
    /// The state has no base fee.
    #[error("the state has no base fee")]
    NoBaseFee,
}

/// Why a decided block did not become final. The operator must act: this node
/// and the network do not agree.
#[derive(Debug, thiserror::Error)]
pub enum FinalizeError<E: std::error::Error> {
    /// The block breaks a rule here.
    #[error("block {height} is decided, and breaks a rule here: {error}")]
    Diverged {
        /// Its height.
        height: Height,
        /// Which rule.
        error: CheckError<E>,
    },
    /// The ledger refused to make it final.
    #[error(transparent)]
    Ledger(LedgerError<E>),
    /// The state cannot be read.
    #[error(transparent)]
    Read(BuildError<E>),
}

/// Whether a block keeps the rules, and if not, which one it breaks.
pub type Verdict<E> = Result<(), CheckError<E>>;

impl<R: StateReader> Executor<R> {
    /// The ledger, and its last block with the reason why it is final.
    pub fn new(ledger: Ledger<R>, last: Option<(Arc<Block>, Certificate)>) -> Self {
        let validators = Arc::new(ledger.validators().clone());
        let last = last.map(|(block, certificate)| Last { block, certificate });
        Self {
            ledger,
            validators,
            last,
        }
    }

    /// The ledger, to look at.
    pub const fn ledger(&self) -> &Ledger<R> {
        &self.ledger
    }

    /// What the next height begins with.
    pub fn next(&self) -> Next {
        let height = self.ledger.info().height.next();
        let last = self.last.as_ref().map(|last| &last.block);
        let evidence = last.map(|block| block.evidence.iter());
        Next {
            height: height.expect("a block each nanosecond reaches the last height in 584 years"),
            last_proposer: last.map(|block| block.header.proposer),
            has_unproved: last.is_some_and(|block| !block.transactions.is_empty()),
            validators: Arc::clone(&self.validators),
            next_validators: Arc::clone(&self.validators),
            punished: evidence
                .into_iter()
                .flatten()
                .map(Evidence::offence)
                .collect(),
        }
    }

    /// What a byte and a unit of compute cost in the next block.
    pub fn base_fee(&mut self) -> Result<Amount, BuildError<R::Error>> {
        let last = self.ledger.info().block;
        let value = self.ledger.query(&last, &StateKey::Chain);
        let value = value.map_err(BuildError::Own)?;
        let state = value.and_then(|value| ChainState::decode(&value).ok());
        Ok(state.ok_or(BuildError::NoBaseFee)?.base_fee)
    }

    /// How much a block takes.
    pub fn space(&self) -> BlockSpace {
        let room = fees::Usage::room(self.ledger.parameters());
        BlockSpace {
            bytes: room.bytes,
            compute: room.compute,
        }
    }

    /// Builds a block on the last final one.
    pub fn build(
        &mut self,
        order: Order,
        transactions: &mut dyn Iterator<Item = Transaction>,
    ) -> Result<Proposal, BuildError<R::Error>> {
        let parent = self.ledger.info().block;
        let certificate = self.last.as_ref().map(|last| &last.certificate);
        let draft = Draft {
            time: order.time,
            proposer: order.proposer,
            parent_certificate: certificate.cloned(),
            evidence: order.evidence,
        };
        let proposal = self.ledger.prepare_proposal(&parent, draft, transactions);
        proposal.map_err(BuildError::Own)
    }

    /// Whether a block keeps the rules on the last final one. If it does not,
    /// says why; if that cannot be told, the operator must act.
    pub fn examine(&mut self, body: &Body) -> Result<Verdict<R::Error>, CheckError<R::Error>> {
        match self.take(body) {
            Ok(()) => Ok(Ok(())),
            Err(error @ CheckError::State(_)) => Err(error),
            Err(error) => Ok(Err(error)),
        }
    }

    fn take(&mut self, body: &Body) -> Result<(), CheckError<R::Error>> {
        let parent = body.block.header.parent;
        let last = self.ledger.info().block;
        if parent != last && last != body.block.id() {
            return Err(CheckError::UnknownParent { parent });
        }
        let is_checked = |id: &_| !body.unchecked.contains(id);
        let block = Arc::clone(&body.block);
        self.ledger.process_proposal(block, &is_checked).map(|_| ())
    }

    /// Makes a decided block final.
    pub fn finalize(
        &mut self,
        body: &Body,
        certificate: Certificate,
    ) -> Result<Settled, FinalizeError<R::Error>> {
        let height = body.block.header.height;
        self.take(body)
            .map_err(|error| FinalizeError::Diverged { height, error })?;
        let id = certificate.value();
        let batch = self.ledger.finalize_block(&id, certificate.clone());
        let batch = batch.map_err(FinalizeError::Ledger)?;
        self.last = Some(Last {
            block: Arc::clone(&body.block),
            certificate,
        });
        Ok(Settled {
            batch,
            provable: self.ledger.provable().cloned(),
            base_fee: self.base_fee().map_err(FinalizeError::Read)?,
            next: self.next(),
        })
    }

    /// Blocks up to this height are durable.
    pub fn commit(&mut self, durable: Height) {
        self.ledger.commit(durable);
    }
}
