//! The surface, answered.

use std::sync::Arc;

use async_trait::async_trait;
use jsonrpsee::core::SubscriptionResult;
use jsonrpsee::types::ErrorObjectOwned;
use jsonrpsee::{Extensions, PendingSubscriptionSink};
use pyralog_api::{
    AccountView, BlockView, Cursor, EntriesView, EventFilter, Failure, GenesisView, Hex,
    NodeStatus, PeersView, PyralogServer, ReceiptView, Simulated, StateView, Subject,
    SubmitOutcome, Submitted, TransactionStatus, ValidatorsView, WaitFor,
};
use pyralog_primitives::action::{Key, Name};
use pyralog_primitives::chain_proof::ChainProof;
use pyralog_primitives::receipt::Receipt;
use pyralog_primitives::state::StateKey;
use pyralog_primitives::transaction::{Transaction, TransactionBody};
use pyralog_primitives::{Address, DurationMs, Height, Nonce, PublicKey, TransactionId};
use serde_json::{Value, json};

use super::context::Context;
use super::failures::stopping;
use super::{peers, reads, submit, subscriptions, wait};

type Answer<T> = Result<T, ErrorObjectOwned>;

/// Answers callers.
pub(super) struct Methods(pub(super) Arc<Context>);

impl Methods {
    /// Reads that take a while, beside those that do not.
    async fn read_aside<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Context) -> Result<T, Failure> + Send + 'static,
    ) -> Answer<T> {
        let context = Arc::clone(&self.0);
        let read = tokio::task::spawn_blocking(move || read(&context)).await;
        Ok(read.map_err(|_| stopping())??)
    }
}

#[async_trait]
impl PyralogServer for Methods {
    async fn submit_transaction(
        &self,
        caller: &Extensions,
        transaction: Hex<Transaction>,
    ) -> Answer<Submitted> {
        Ok(submit::one(&self.0, caller, transaction.0).await?)
    }

    async fn submit_transactions(
        &self,
        caller: &Extensions,
        transactions: Vec<Hex<Transaction>>,
    ) -> Answer<Vec<SubmitOutcome>> {
        Ok(submit::many(&self.0, caller, transactions).await?)
    }

    async fn simulate_transaction(&self, body: Hex<TransactionBody>) -> Answer<Simulated> {
        self.read_aside(move |context| reads::simulate(context, &body.0))
            .await
    }

    async fn transaction_status(&self, transaction: TransactionId) -> Answer<TransactionStatus> {
        Ok(wait::status(&self.0, transaction).await?)
    }

    async fn wait_transaction(
        &self,
        transaction: TransactionId,
        timeout: DurationMs,
        wait_for: Option<WaitFor>,
    ) -> Answer<TransactionStatus> {
        let wait_for = wait_for.unwrap_or_default();
        Ok(wait::wait(&self.0, transaction, timeout, wait_for).await?)
    }

    async fn node_status(&self) -> Answer<NodeStatus> {
        Ok(reads::node_status(&self.0).await)
    }

    async fn block(&self, height: Option<Height>) -> Answer<BlockView> {
        self.read_aside(move |context| reads::block(context, height))
            .await
    }

    async fn receipts(&self, height: Height) -> Answer<Vec<Receipt>> {
        self.read_aside(move |context| reads::receipts(context, height))
            .await
    }

    async fn receipt(&self, transaction: TransactionId) -> Answer<ReceiptView> {
        Ok(reads::receipt(&self.0, transaction)?)
    }

    async fn account(&self, address: Address) -> Answer<AccountView> {
        Ok(reads::account(&self.0, address)?)
    }

    async fn next_nonce(&self, address: Address) -> Answer<Nonce> {
        let nonce = self.0.pool.next_nonce(address).await;
        Ok(nonce.ok_or_else(stopping)?)
    }

    async fn state(&self, key: StateKey, height: Option<Height>) -> Answer<StateView> {
        Ok(reads::state(&self.0, key, height)?)
    }

    async fn entries(
        &self,
        namespace: Name,
        start: Option<Key>,
        limit: Option<u32>,
    ) -> Answer<EntriesView> {
        self.read_aside(move |context| reads::entries(context, &namespace, start, limit))
            .await
    }

    async fn prove(&self, subject: Subject) -> Answer<Hex<ChainProof>> {
        self.read_aside(move |context| reads::prove(context, &subject).map(Hex))
            .await
    }

    async fn validators(&self) -> Answer<ValidatorsView> {
        Ok(reads::validators(&self.0))
    }

    async fn peers(&self) -> Answer<PeersView> {
        Ok(peers::view(&self.0))
    }

    async fn ban_peer(
        &self,
        caller: &Extensions,
        peer: PublicKey,
        duration: DurationMs,
        reason: String,
    ) -> Answer<()> {
        Ok(peers::ban(&self.0, caller, peer, duration, &reason)?)
    }

    async fn unban_peer(&self, caller: &Extensions, peer: PublicKey) -> Answer<bool> {
        Ok(peers::unban(&self.0, caller, peer)?)
    }

    async fn add_peer(&self, caller: &Extensions, address: String) -> Answer<()> {
        Ok(peers::add(&self.0, caller, &address)?)
    }

    async fn genesis(&self) -> Answer<GenesisView> {
        Ok(GenesisView {
            hash: self.0.genesis.hash(),
            chain_id: self.0.genesis.chain_id().to_string(),
            document: self.0.document.clone(),
        })
    }

    async fn limits(&self) -> Answer<Value> {
        Ok(json!(reads::limits(&self.0)))
    }

    async fn subscribe_events(
        &self,
        pending: PendingSubscriptionSink,
        filter: Option<EventFilter>,
        after: Option<Cursor>,
    ) -> SubscriptionResult {
        let filter = filter.unwrap_or_default();
        subscriptions::events(Arc::clone(&self.0), pending, filter, after).await
    }

    async fn subscribe_blocks(
        &self,
        pending: PendingSubscriptionSink,
        after: Option<Height>,
    ) -> SubscriptionResult {
        subscriptions::blocks(Arc::clone(&self.0), pending, after).await
    }
}
