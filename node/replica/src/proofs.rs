//! Proof files about the chain, from what the store keeps.

use std::sync::Arc;

use pyralog_chain::{
    Provable, ProveError, StateReader, event_claim, receipt_claim, transaction_claim,
};
use pyralog_primitives::chain_proof::{ChainProof, Claim};
use pyralog_primitives::receipt::Receipt;
use pyralog_primitives::state::StateKey;
use pyralog_primitives::write_set::StateValue;
use pyralog_primitives::{Height, LeafIndex, TransactionId};
use pyralog_store::{AtError, ReadError, Store};

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// No final header commits to it yet: wait for the next block.
    #[error("no final block commits to it yet; the next one will")]
    NotYet,
    /// The chain has no such thing, or it is pruned here.
    #[error("there is no {what} here; it never was, or it is pruned")]
    Unknown {
        /// What was asked for.
        what: &'static str,
    },
    /// The state says otherwise, or cannot be read.
    #[error(transparent)]
    Prove(#[from] ProveError<AtError>),
    /// The store cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// The state as it was after a height.
struct StateAt<'a> {
    store: &'a Store,
    height: Height,
}

impl StateReader for StateAt<'_> {
    type Error = AtError;

    fn get(&self, key: &StateKey) -> Result<Option<StateValue>, AtError> {
        self.store.get_at(key, self.height)
    }
}

/// Puts proof files together, on any thread, while blocks go on: about the
/// last state that a final header commits to, and about blocks that are kept.
#[derive(Clone)]
pub struct Prover {
    store: Arc<Store>,
    provable: Option<Provable>,
}

impl Prover {
    /// One over a store, and the last state that one of its headers commits
    /// to, if there is one.
    pub fn new(store: Arc<Store>, provable: Option<Provable>) -> Self {
        Self { store, provable }
    }

    /// What is stored under a key, or that nothing is.
    pub fn prove_state(&self, key: &StateKey) -> Result<ChainProof, ProofError> {
        self.prove_now(|provable, state| {
            let proof = provable.state(key, state)?;
            Ok(Claim::State { proof })
        })
    }

    /// An entry of a journal.
    pub fn prove_journal_entry(
        &self,
        journal: &StateKey,
        index: LeafIndex,
    ) -> Result<ChainProof, ProofError> {
        self.prove_now(|provable, state| Ok(provable.journal_entry(journal, index, state)?))
    }

    fn prove_now(
        &self,
        claim: impl FnOnce(&Provable, &StateAt<'_>) -> Result<Claim, ProofError>,
    ) -> Result<ChainProof, ProofError> {
        let provable = self.provable.as_ref().ok_or(ProofError::NotYet)?;
        let state = StateAt {
            store: &self.store,
            height: provable.height(),
        };
        let claim = claim(provable, &state).map_err(not_durable_yet)?;
        let (header, certificate) = (provable.header(), provable.certificate());
        Ok(ChainProof::new(claim, header.clone(), certificate.clone()))
    }

    /// That a transaction is in its block.
    pub fn prove_transaction(&self, id: TransactionId) -> Result<ChainProof, ProofError> {
        let place = self.store.transaction_place(id)?;
        let place = place.ok_or(ProofError::Unknown {
            what: "transaction",
        })?;
        let block = self.store.block(place.height)?;
        let block = block.ok_or(ProofError::Unknown { what: "block" })?;
        let claim = transaction_claim(&block, LeafIndex::new(place.position.into()));
        self.file(claim, "transaction", place.height)
    }

    /// What a transaction did.
    pub fn prove_receipt(&self, id: TransactionId) -> Result<ChainProof, ProofError> {
        self.prove_from_receipts(id, "transaction", receipt_claim)
    }

    /// One event of a transaction.
    pub fn prove_event(
        &self,
        id: TransactionId,
        event: LeafIndex,
    ) -> Result<ChainProof, ProofError> {
        let claim = |receipts: &[Receipt], index| event_claim(receipts, index, event);
        self.prove_from_receipts(id, "event", claim)
    }

    fn prove_from_receipts(
        &self,
        id: TransactionId,
        what: &'static str,
        claim: impl FnOnce(&[Receipt], LeafIndex) -> Option<Claim>,
    ) -> Result<ChainProof, ProofError> {
        let unknown = ProofError::Unknown { what };
        let Some(place) = self.store.transaction_place(id)? else {
            return Err(unknown);
        };
        let receipts = self.store.receipts(place.height)?.unwrap_or_default();
        let claim = claim(&receipts, LeafIndex::new(place.position.into()));
        let next = place.height.next().ok_or(ProofError::NotYet)?;
        self.file(claim, what, next)
    }

    /// A claim with the header of a height and the reason why it is final.
    fn file(
        &self,
        claim: Option<Claim>,
        what: &'static str,
        height: Height,
    ) -> Result<ChainProof, ProofError> {
        let claim = claim.ok_or(ProofError::Unknown { what })?;
        let block = self.store.block(height)?.ok_or(ProofError::NotYet)?;
        let certificate = self.store.certificate(height)?;
        let certificate = certificate.ok_or(ProofError::NotYet)?;
        Ok(ChainProof::new(claim, block.header, certificate))
    }
}

/// The store may be a block behind: then there is a proof in a moment.
fn not_durable_yet(error: ProofError) -> ProofError {
    match error {
        ProofError::Prove(ProveError::Read(AtError::NotYet { .. })) => ProofError::NotYet,
        other => other,
    }
}
