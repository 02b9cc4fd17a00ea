//! The seam between what orders blocks and what they mean.
//!
//! It has the shape of ABCI 2.0, so that the ledger can stand under a stock
//! `CometBFT`, and another application under our engines:
//!
//! | ABCI 2.0 | here |
//! |---|---|
//! | `Info` | [`Application::info`] |
//! | `InitChain` | [`crate::genesis_state`], and [`crate::Tip::genesis`] for the constructor |
//! | `CheckTx` | [`Application::check_transaction`] |
//! | `PrepareProposal` | [`Application::prepare_proposal`] |
//! | `ProcessProposal` | [`Application::process_proposal`] |
//! | `FinalizeBlock` | [`Application::finalize_block`] |
//! | `Commit` | [`Application::commit`] |
//! | `Query` | [`Application::query`] |
//!
//! Unlike there, blocks form a tree: a proposal names its parent, which need
//! not be final, and committing is split, because the caller makes blocks
//! durable while the next ones are executed.

use std::sync::Arc;

use pyralog_primitives::block::Block;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::state::StateKey;
use pyralog_primitives::transaction::{Transaction, TransactionBody};
use pyralog_primitives::write_set::{CommitBatch, StateValue};
use pyralog_primitives::{BlockId, Height, SignedTransactionId};

use crate::invalid::CheckError;
use crate::ledger::FinalizeError;
use crate::proposal::{Proposal, SimulateError, Simulation};
use crate::rules::Draft;
use crate::tip::Tip;

/// Knows transactions that were checked before, form and signature.
pub type IsChecked<'a> = &'a dyn Fn(&SignedTransactionId) -> bool;

/// What blocks mean.
pub trait Application {
    /// Why the durable state cannot be read.
    type Error: std::error::Error;

    /// The last final block, and what stands after it.
    fn info(&self) -> &Tip;

    /// What a transaction would do in a block on `parent`, signed or not.
    /// Nothing changes.
    fn check_transaction(
        &mut self,
        parent: &BlockId,
        body: &TransactionBody,
    ) -> Result<Simulation, SimulateError<Self::Error>>;

    /// Builds a block on `parent`, of those transactions that fit, in the order
    /// given. Their form and signatures must have been checked. The caller
    /// ends the list when the block is full enough.
    fn prepare_proposal(
        &mut self,
        parent: &BlockId,
        draft: Draft,
        transactions: &mut dyn Iterator<Item = Transaction>,
    ) -> Result<Proposal, CheckError<Self::Error>>;

    /// Takes a block, if every rule holds for it. Transactions that nobody has
    /// checked before are checked here.
    fn process_proposal(
        &mut self,
        block: Arc<Block>,
        is_checked: IsChecked<'_>,
    ) -> Result<BlockId, CheckError<Self::Error>>;

    /// Makes a block that was taken final: a child of the last final one.
    /// Returns what is to become durable; until [`Self::commit`] says that it
    /// is, it is read from memory.
    fn finalize_block(
        &mut self,
        id: &BlockId,
        certificate: Certificate,
    ) -> Result<CommitBatch, FinalizeError<Self::Error>>;

    /// Final blocks have become durable, up to this height.
    fn commit(&mut self, durable: Height);

    /// What is stored under a key after a block: the last final one, or one
    /// that was taken since.
    fn query(
        &mut self,
        block: &BlockId,
        key: &StateKey,
    ) -> Result<Option<StateValue>, CheckError<Self::Error>>;
}
