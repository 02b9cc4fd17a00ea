//! The ledger: blocks in, effects out.
//!
//! It holds the blocks that are not final, knows what each would do, and hands
//! out what is to become durable. It reads the durable state and never writes
//! it.
//!
//! Invariants:
//! - a block is in the fork tree only if every rule holds for it;
//! - a block is executed by the same lines whether it is built, checked or
//!   worked out again, and a transaction that is simulated by the same too;
//! - blocks become final one height after the other, and each leaves exactly
//!   one [`CommitBatch`].

use std::sync::Arc;

use pyralog_genesis::{Genesis, Parameters};
use pyralog_primitives::batch::{BatchItem, Verdict, verify_sources};
use pyralog_primitives::block::{Block, receipts_root};
use pyralog_primitives::certificate::{Certificate, CertificateError};
use pyralog_primitives::state::StateKey;
use pyralog_primitives::transaction::{Transaction, TransactionBody, TransactionError};
use pyralog_primitives::validators::ValidatorSet;
use pyralog_primitives::write_set::{CommitBatch, StateValue};
use pyralog_primitives::{
    BlockId, ByteCount, GenesisHash, Height, SignedTransactionId, TransactionId,
};

use crate::application::{Application, IsChecked};
use crate::execute::{BlockContext, Candidate, Effects, ExecuteError, Execution};
use crate::fees::Usage;
use crate::fork_tree::{ForkCounts, ForkTree, Layers, Outcome};
use crate::invalid::{CheckError, InvalidBlock, InvalidEvidence};
use crate::overlay::{StateError, StateReader};
use crate::proofs::Provable;
use crate::proposal::{Proposal, SimulateError, Simulation};
use crate::rules::{Draft, Rules};
use crate::tip::Tip;
use crate::unfit::Unfit;

/// The chain above what is durable.
#[derive(Debug)]
pub struct Ledger<R> {
    pub(crate) rules: Rules,
    /// The durable state.
    durable: R,
    pub(crate) forks: ForkTree,
    provable: Option<Provable>,
}

/// The hashes and the length of a transaction, computed once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub(crate) id: TransactionId,
    pub(crate) signed_id: SignedTransactionId,
    pub(crate) bytes: ByteCount,
}

impl Facts {
    pub(crate) fn of(transaction: &Transaction) -> Self {
        let id = transaction.id();
        Self {
            id,
            signed_id: transaction.signed_id_with(id),
            bytes: transaction.encoded_bytes(),
        }
    }
}

impl<R: StateReader> Ledger<R> {
    /// A ledger that goes on after `tip`, the last durable block. Blocks that
    /// are not final, and what they would do, may take `memory_max`.
    pub fn new(genesis: &Genesis, tip: Tip, durable: R, memory_max: ByteCount) -> Self {
        Self {
            rules: Rules::of(genesis),
            durable,
            forks: ForkTree::new(tip, memory_max),
            provable: None,
        }
    }

    /// The same, able to prove at once what its last header commits to.
    #[must_use]
    pub fn proving(mut self, provable: Provable) -> Self {
        self.provable = Some(provable);
        self
    }

    /// The name of the network.
    pub fn genesis(&self) -> GenesisHash {
        self.rules.genesis
    }

    /// The parameters in force.
    pub fn parameters(&self) -> &Parameters {
        &self.rules.parameters
    }

    pub(crate) fn durable(&self) -> &R {
        &self.durable
    }

    /// Who votes.
    pub fn validators(&self) -> &ValidatorSet {
        &self.rules.validators
    }

    /// A block that is not final.
    pub fn block(&self, id: &BlockId) -> Option<&Arc<Block>> {
        self.forks.block(id)
    }

    /// How much the fork tree holds.
    pub fn counts(&self) -> ForkCounts {
        self.forks.counts()
    }

    /// What can be proved now.
    pub fn provable(&self) -> Option<&Provable> {
        self.provable.as_ref()
    }

    /// The state after a block: the last final one, or one above it.
    pub fn state_after(&mut self, id: &BlockId) -> Result<Layers<'_, R>, CheckError<R::Error>> {
        self.work_out(id)?;
        Ok(self.forks.state(id, &self.durable))
    }

    /// What stands after a block.
    pub fn tip(&mut self, id: &BlockId) -> Result<&Tip, CheckError<R::Error>> {
        self.work_out(id)?;
        Ok(self.known_tip(id))
    }

    fn known_tip(&self, id: &BlockId) -> &Tip {
        let tip = self.forks.tip(id);
        tip.expect("its outcome was worked out just before")
    }

    pub(crate) fn take(
        &mut self,
        id: BlockId,
        block: Arc<Block>,
        facts: &[Facts],
        outcome: Outcome,
    ) -> Result<(), CheckError<R::Error>> {
        let bytes = facts.iter().map(|facts| facts.bytes.get()).sum();
        Ok(self
            .forks
            .insert(id, block, ByteCount::new(bytes), outcome)?)
    }

    fn check_bytes(&self, facts: &[Facts]) -> Result<(), InvalidBlock> {
        let mut left = Usage::room(&self.rules.parameters).bytes;
        for (index, facts) in facts.iter().enumerate() {
            let rest = left.get().checked_sub(facts.bytes.get());
            let bytes = facts.bytes;
            left = ByteCount::new(rest.ok_or(InvalidBlock::Transaction {
                index,
                reason: Unfit::NoRoomLeft { bytes, left },
            })?);
        }
        Ok(())
    }

    fn check_transactions(
        &self,
        block: &Block,
        facts: &[Facts],
        is_checked: IsChecked<'_>,
    ) -> Result<(), InvalidBlock> {
        let (mut items, mut places) = (Vec::new(), Vec::new());
        for (index, (transaction, facts)) in block.transactions.iter().zip(facts).enumerate() {
            if is_checked(&facts.signed_id) {
                continue;
            }
            let form = transaction.check_form(self.rules.genesis);
            form.map_err(|error| invalid_transaction(index, error))?;
            let body = &transaction.body;
            let message = body.sign_bytes();
            items.push(BatchItem::new(body.sender, transaction.signature, &message));
            places.push(index);
        }
        let verdicts = verify_sources(&[&items]).remove(0);
        match verdicts
            .iter()
            .position(|verdict| *verdict != Verdict::Good)
        {
            None => Ok(()),
            Some(place) => {
                let (index, item) = (places[place], &block.transactions[places[place]]);
                let forged = item.verify_signature().err();
                let forged = forged.expect("one by one and in batches, the rule is the same");
                Err(invalid_transaction(index, TransactionError::from(forged)))
            }
        }
    }

    /// Executes a block whose parent's outcome is known.
    fn execute(&self, block: &Block, facts: &[Facts]) -> Result<Outcome, CheckError<R::Error>> {
        let header = &block.header;
        let context = BlockContext {
            height: header.height,
            time: header.time,
            proposer: header.proposer,
        };
        let certificate = block.parent_certificate.as_ref();
        let mut execution = self.begin(&header.parent, certificate, context)?;
        for (index, evidence) in block.evidence.iter().enumerate() {
            if !execution.note_offence(evidence.offence())? {
                let reason = InvalidEvidence::Repeated;
                return Err(InvalidBlock::Evidence { index, reason }.into());
            }
        }
        for (index, (transaction, facts)) in block.transactions.iter().zip(facts).enumerate() {
            let applied = execution.apply(candidate(transaction, facts));
            applied.map_err(|error| match error {
                ExecuteError::Unfit(reason) => InvalidBlock::Transaction { index, reason }.into(),
                ExecuteError::State(error) => CheckError::State(error),
            })?;
        }
        let effects = execution.finish()?;
        Ok(self.outcome(block, effects))
    }

    fn check_certificate(
        &self,
        tip: &Tip,
        certificate: &Certificate,
    ) -> Result<(), FinalizeError<R::Error>> {
        let (certified, height) = (certificate.value(), certificate.height());
        if (certified, height) != (tip.block, tip.height) {
            return Err(FinalizeError::OtherBlock {
                block: tip.block,
                certified,
                height,
            });
        }
        let Rules {
            genesis,
            validators,
            ..
        } = &self.rules;
        Ok(certificate.verify(*genesis, validators)?)
    }

    /// Begins a block: over the state after its parent, with what its
    /// certificate of the parent says of those who voted.
    pub(crate) fn begin(
        &self,
        parent: &BlockId,
        certificate: Option<&Certificate>,
        context: BlockContext,
    ) -> Result<Execution<'_, Layers<'_, R>>, StateError<R::Error>> {
        let state = self.forks.state(parent, &self.durable);
        let mut execution = Execution::begin(state, &self.rules.parameters, context)?;
        if let Some(certificate) = certificate {
            execution.note_attendance(certificate, &self.rules.validators)?;
        }
        Ok(execution)
    }

    pub(crate) fn outcome(&self, block: &Block, effects: Effects) -> Outcome {
        let header = &block.header;
        let mut tree = self.known_tip(&header.parent).tree.clone();
        tree.update(&effects.writes.tree_changes());
        let tip = Tip {
            block: header.id(),
            height: header.height,
            time: header.time,
            receipts_root: receipts_root(&effects.receipts),
            tree,
        };
        Outcome { tip, effects }
    }

    /// Makes the outcomes of a block, and of all below it, known.
    pub(crate) fn work_out(&mut self, id: &BlockId) -> Result<(), CheckError<R::Error>> {
        let unknown = self.forks.unknown_outcomes(id);
        let unknown = unknown.ok_or(CheckError::UnknownParent { parent: *id })?;
        for id in unknown {
            let block = self.forks.block(&id).map(Arc::clone);
            let block = block.expect("the fork tree has just named it");
            let facts: Vec<Facts> = block.transactions.iter().map(Facts::of).collect();
            let outcome = self.execute(&block, &facts)?;
            self.forks.set_outcome(&id, outcome);
        }
        self.forks.note_use(id);
        Ok(())
    }
}

impl<R: StateReader> Application for Ledger<R> {
    type Error = R::Error;

    fn info(&self) -> &Tip {
        self.forks.base()
    }

    fn check_transaction(
        &mut self,
        parent: &BlockId,
        body: &TransactionBody,
    ) -> Result<Simulation, SimulateError<R::Error>> {
        self.simulate(parent, body)
    }

    fn prepare_proposal(
        &mut self,
        parent: &BlockId,
        draft: Draft,
        transactions: &mut dyn Iterator<Item = Transaction>,
    ) -> Result<Proposal, CheckError<R::Error>> {
        self.build_block(parent, draft, transactions)
    }

    fn process_proposal(
        &mut self,
        block: Arc<Block>,
        is_checked: IsChecked<'_>,
    ) -> Result<BlockId, CheckError<R::Error>> {
        let id = block.id();
        let facts: Vec<Facts> = block.transactions.iter().map(Facts::of).collect();
        let ids = facts.iter().map(|facts| facts.signed_id);
        // Also of a block that is known: many bodies can be sent with its header.
        block.check_body_with_ids(ids).map_err(InvalidBlock::from)?;
        if self.forks.block(&id).is_some() || self.info().block == id {
            return Ok(id);
        }
        let parent = block.header.parent;
        self.work_out(&parent)?;
        let tip = self.known_tip(&parent);
        self.rules.check_header(&block.header, tip)?;
        self.rules.check_proofs(&block)?;
        // Cheaper than the signatures of a block that is too long.
        self.check_bytes(&facts)?;
        self.check_transactions(&block, &facts, is_checked)?;
        let outcome = self.execute(&block, &facts)?;
        self.take(id, block, &facts, outcome)?;
        Ok(id)
    }

    fn finalize_block(
        &mut self,
        id: &BlockId,
        certificate: Certificate,
    ) -> Result<CommitBatch, FinalizeError<R::Error>> {
        self.work_out(id)?;
        self.check_certificate(self.known_tip(id), &certificate)?;
        let before = self.forks.base().clone();
        let settled = self.forks.settle(id);
        let settled = settled.ok_or(FinalizeError::NotNext {
            block: *id,
            last: before.block,
        })?;
        let header = settled.block.header.clone();
        self.provable = Some(Provable::new(header, certificate.clone(), before.tree));
        Ok(CommitBatch {
            block: settled.block,
            certificate,
            receipts: settled.outcome.effects.receipts,
            write_set: settled.writes,
            state_root: settled.outcome.tip.tree.root(),
        })
    }

    fn commit(&mut self, durable: Height) {
        self.forks.forget_settled(durable);
    }

    fn query(
        &mut self,
        block: &BlockId,
        key: &StateKey,
    ) -> Result<Option<StateValue>, CheckError<R::Error>> {
        let state = self.state_after(block)?;
        state
            .get(key)
            .map_err(|error| StateError::Read(error).into())
    }
}

pub(crate) fn candidate<'a>(transaction: &'a Transaction, facts: &Facts) -> Candidate<'a> {
    Candidate {
        body: &transaction.body,
        id: facts.id,
        bytes: facts.bytes,
    }
}

fn invalid_transaction(index: usize, error: impl Into<Unfit>) -> InvalidBlock {
    let reason = error.into();
    InvalidBlock::Transaction { index, reason }
}

/// Why a block did not become final.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FinalizeError<E> {
    /// The certificate is for another block.
    #[error("the certificate is for {certified} of height {height}, not for {block}")]
    OtherBlock {
        /// The block that was to become final.
        block: BlockId,
        /// That of the certificate.
        certified: BlockId,
        /// The height of the certificate.
        height: Height,
    },
    /// The certificate does not hold.
    #[error("the certificate does not hold: {0}")]
    Certificate(#[from] CertificateError),
    /// It is not a child of the last final block.
    #[error("{block} does not follow the last final block, {last}")]
    NotNext {
        /// The block that was to become final.
        block: BlockId,
        /// The last final one.
        last: BlockId,
    },
    /// It is not known, or the state failed.
    #[error(transparent)]
    Check(#[from] CheckError<E>),
}
