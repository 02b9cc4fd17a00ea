//! Building a block, and trying out a transaction.

use std::sync::Arc;

use pyralog_genesis::Parameters;
use pyralog_primitives::block::{
    BLOCK_EVIDENCE_COUNT_MAX, BLOCK_TRANSACTION_COUNT_MAX, Block, evidence_root, tx_root,
};
use pyralog_primitives::codec::{Canonical, List};
use pyralog_primitives::receipt::Receipt;
use pyralog_primitives::transaction::{Transaction, TransactionBody};
use pyralog_primitives::vote::Evidence;
use pyralog_primitives::{
    Amount, BlockId, ByteCount, GenesisHash, Height, Signature, TimestampMs, TransactionId,
};

use crate::compute::TRANSACTION_COMPUTE;
use crate::execute::{BlockContext, Candidate, ExecuteError, Execution};
use crate::invalid::{CheckError, InvalidBlock};
use crate::ledger::{Facts, Ledger, candidate};
use crate::overlay::StateReader;
use crate::rules::{BodyRoots, Draft, earliest_time, height_after, next_height, time_after};
use crate::tip::Tip;
use crate::unfit::Unfit;

/// No transaction is shorter: its keys, numbers and signature alone are longer.
const SHORTEST: ByteCount = ByteCount::new(180);
/// More reasons help nobody, and a list of unfit transactions has no end.
const LEFT_OUT_COUNT_MAX: usize = 4096;

/// Whether nothing more fits a block of so many transactions.
fn is_full<R: StateReader>(execution: &Execution<'_, R>, count: usize) -> bool {
    let left = execution.left();
    count == BLOCK_TRANSACTION_COUNT_MAX
        || left.bytes < SHORTEST
        || left.compute < TRANSACTION_COMPUTE
}

/// A block that was built here, and is in the fork tree.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Its id.
    pub id: BlockId,
    /// The block.
    pub block: Arc<Block>,
    /// Transactions that did not fit, with the reasons.
    pub left_out: Vec<(TransactionId, Unfit)>,
}

/// What a transaction would do in the next block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulation {
    /// What it would do.
    pub receipt: Receipt,
    /// What a byte and a unit of compute would cost.
    pub base_fee: Amount,
}

impl<R: StateReader> Ledger<R> {
    pub(crate) fn build_block(
        &mut self,
        parent: &BlockId,
        draft: Draft,
        transactions: &mut dyn Iterator<Item = Transaction>,
    ) -> Result<Proposal, CheckError<R::Error>> {
        let context = self.context_after(parent, &draft)?;
        let candidates = self.evidence_that_counts(&draft.evidence, context);
        // Not checked yet: where the certificate does not hold, what follows
        // from it is given up with the block.
        let certificate = draft.parent_certificate.as_ref();
        let mut execution = self.begin(parent, certificate, context)?;
        let mut evidence = Vec::new();
        for candidate in candidates {
            if evidence.len() < BLOCK_EVIDENCE_COUNT_MAX
                && execution.note_offence(candidate.offence())?
            {
                evidence.push(candidate);
            }
        }
        let (mut taken, mut facts, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
        while !is_full(&execution, taken.len()) && left_out.len() < LEFT_OUT_COUNT_MAX {
            let Some(transaction) = transactions.next() else {
                break;
            };
            let own = Facts::of(&transaction);
            match execution.apply(candidate(&transaction, &own)) {
                Ok(()) => {
                    taken.push(transaction);
                    facts.push(own);
                }
                Err(ExecuteError::Unfit(reason)) => left_out.push((own.id, reason)),
                Err(ExecuteError::State(error)) => return Err(error.into()),
            }
        }
        let effects = execution.finish()?;
        let block = self.assemble(parent, draft, (taken, &facts), evidence);
        self.check_own(parent, &block, &facts)?;
        let outcome = self.outcome(&block, effects);
        let (id, block) = (outcome.tip.block, Arc::new(block));
        self.take(id, Arc::clone(&block), &facts, outcome)?;
        Ok(Proposal {
            id,
            block,
            left_out,
        })
    }

    /// What the draft brought is checked as if another had sent the block.
    fn check_own(
        &self,
        parent: &BlockId,
        block: &Block,
        facts: &[Facts],
    ) -> Result<(), InvalidBlock> {
        let parent = self.forks.tip(parent).expect("its outcome was worked out");
        self.rules.check_header(&block.header, parent)?;
        block.check_body_with_ids(facts.iter().map(|facts| facts.signed_id))?;
        self.rules.check_proofs(block)
    }

    fn context_after(
        &mut self,
        parent: &BlockId,
        draft: &Draft,
    ) -> Result<BlockContext, CheckError<R::Error>> {
        let parent = self.tip(parent)?;
        Ok(BlockContext {
            height: next_height(parent),
            time: draft.time.max(earliest_time(parent)),
            proposer: draft.proposer,
        })
    }

    /// Evidence that counts, in the order of blocks.
    fn evidence_that_counts(&self, evidence: &[Evidence], context: BlockContext) -> Vec<Evidence> {
        let counts = |evidence: &&Evidence| {
            let checked = self.rules.check_evidence(evidence, context.height);
            checked.is_ok()
        };
        let mut counting: Vec<Evidence> = evidence.iter().filter(counts).copied().collect();
        counting.sort_by_cached_key(Canonical::encode);
        counting.dedup();
        counting
    }

    fn assemble(
        &self,
        parent: &BlockId,
        draft: Draft,
        (transactions, facts): (Vec<Transaction>, &[Facts]),
        evidence: Vec<Evidence>,
    ) -> Block {
        let roots = BodyRoots {
            transactions: tx_root(facts.iter().map(|facts| facts.signed_id)),
            evidence: evidence_root(&evidence),
        };
        let parent = self.forks.tip(parent).expect("its outcome was worked out");
        let header = self.rules.header(parent, &draft, roots);
        Block {
            header,
            transactions: List::new(transactions).expect("no more were taken"),
            evidence: List::new(evidence).expect("no more were taken"),
            parent_certificate: draft.parent_certificate,
        }
    }

    pub(crate) fn simulate(
        &mut self,
        parent: &BlockId,
        body: &TransactionBody,
    ) -> Result<Simulation, SimulateError<R::Error>> {
        let Tip { height, time, .. } = *self.tip(parent)?;
        let trial = Trial {
            genesis: self.rules.genesis,
            parameters: self.rules.parameters,
            height,
            time,
        };
        trial.run(self.forks.state(parent, self.durable()), body)
    }
}

/// Tries transactions out on the state after a block, for who has that state
/// but no ledger.
#[derive(Clone, Copy, Debug)]
pub struct Trial {
    /// The network.
    pub genesis: GenesisHash,
    /// The parameters in force.
    pub parameters: Parameters,
    /// The height of the block.
    pub height: Height,
    /// Its time.
    pub time: TimestampMs,
}

impl Trial {
    /// What a transaction would do in a block of its own, signed or not, by the
    /// code that executes it.
    pub fn run<R: StateReader>(
        &self,
        state: R,
        body: &TransactionBody,
    ) -> Result<Simulation, SimulateError<R::Error>> {
        let context = BlockContext {
            height: height_after(self.height),
            time: time_after(self.time),
            proposer: body.sender.address(),
        };
        let execution = Execution::begin(state, &self.parameters, context);
        let mut execution = execution.map_err(CheckError::State)?;
        let base_fee = execution.base_fee();
        let signed = Transaction {
            body: body.clone(),
            signature: Signature::new([0; Signature::BYTES]),
        };
        signed.check_form(self.genesis).map_err(Unfit::from)?;
        let candidate = Candidate {
            body,
            id: body.id(),
            bytes: signed.encoded_bytes(),
        };
        execution.apply(candidate).map_err(|error| match error {
            ExecuteError::Unfit(reason) => SimulateError::Unfit(reason),
            ExecuteError::State(error) => SimulateError::State(error.into()),
        })?;
        let receipt = execution.into_last_receipt();
        let receipt = receipt.expect("the transaction has just left it");
        Ok(Simulation { receipt, base_fee })
    }
}

/// Why a transaction was not tried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SimulateError<E> {
    /// It would not be taken into the block.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// The parent is not known, or the state failed.
    #[error(transparent)]
    State(#[from] CheckError<E>),
}
