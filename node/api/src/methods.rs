//! The surface itself: from here come the server's trait and the client.

use jsonrpsee::core::SubscriptionResult;
use jsonrpsee::proc_macros::rpc;
use jsonrpsee::types::ErrorObjectOwned;
use pyralog_primitives::action::{Key, Name};
use pyralog_primitives::chain_proof::ChainProof;
use pyralog_primitives::receipt::Receipt;
use pyralog_primitives::state::StateKey;
use pyralog_primitives::transaction::{Transaction, TransactionBody};
use pyralog_primitives::{Address, DurationMs, Height, Nonce, PublicKey, TransactionId};
use serde_json::Value;

use crate::{
    AccountView, BlockItem, BlockView, Cursor, EntriesView, EventFilter, EventItem, GenesisView,
    Hex, NodeStatus, PeersView, ReceiptView, Simulated, StateView, Subject, SubmitOutcome,
    Submitted, TransactionStatus, ValidatorsView, WaitFor,
};

/// What a node answers. Each method is described in [`crate::discover()`].
#[rpc(server, client, namespace = "pyralog")]
pub trait Pyralog {
    /// Takes a signed transaction. Sending it again is no error.
    #[method(name = "submitTransaction", with_extensions)]
    async fn submit_transaction(
        &self,
        transaction: Hex<Transaction>,
    ) -> Result<Submitted, ErrorObjectOwned>;

    /// Takes many; each has its own outcome, in their order.
    #[method(name = "submitTransactions", with_extensions)]
    async fn submit_transactions(
        &self,
        transactions: Vec<Hex<Transaction>>,
    ) -> Result<Vec<SubmitOutcome>, ErrorObjectOwned>;

    /// Tries a transaction out on the last block, by the same code that
    /// executes it. Nothing changes, and no signature is needed.
    #[method(name = "simulateTransaction")]
    async fn simulate_transaction(
        &self,
        body: Hex<TransactionBody>,
    ) -> Result<Simulated, ErrorObjectOwned>;

    /// What is known of a transaction.
    #[method(name = "transactionStatus")]
    async fn transaction_status(
        &self,
        transaction: TransactionId,
    ) -> Result<TransactionStatus, ErrorObjectOwned>;

    /// The same, once it is settled, or after `timeout`.
    #[method(name = "waitTransaction")]
    async fn wait_transaction(
        &self,
        transaction: TransactionId,
        timeout: DurationMs,
        wait_for: Option<WaitFor>,
    ) -> Result<TransactionStatus, ErrorObjectOwned>;

    /// How the node stands.
    #[method(name = "status")]
    async fn node_status(&self) -> Result<NodeStatus, ErrorObjectOwned>;

    /// A block; the last one if no height is given.
    #[method(name = "block")]
    async fn block(&self, height: Option<Height>) -> Result<BlockView, ErrorObjectOwned>;

    /// What the transactions of a block did, in order.
    #[method(name = "receipts")]
    async fn receipts(&self, height: Height) -> Result<Vec<Receipt>, ErrorObjectOwned>;

    /// What a transaction did.
    #[method(name = "receipt")]
    async fn receipt(&self, transaction: TransactionId) -> Result<ReceiptView, ErrorObjectOwned>;

    /// An account after the last block.
    #[method(name = "account")]
    async fn account(&self, address: Address) -> Result<AccountView, ErrorObjectOwned>;

    /// The nonce that the next transaction of an account should have, also
    /// behind those that are pending.
    #[method(name = "nextNonce")]
    async fn next_nonce(&self, address: Address) -> Result<Nonce, ErrorObjectOwned>;

    /// What is stored under a key: after the last block, or after one that is
    /// kept.
    #[method(name = "state")]
    async fn state(
        &self,
        key: StateKey,
        height: Option<Height>,
    ) -> Result<StateView, ErrorObjectOwned>;

    /// The entries of a namespace in the order of their keys, from one on.
    #[method(name = "entries")]
    async fn entries(
        &self,
        namespace: Name,
        start: Option<Key>,
        limit: Option<u32>,
    ) -> Result<EntriesView, ErrorObjectOwned>;

    /// A proof file that convinces whoever has the genesis document.
    #[method(name = "prove")]
    async fn prove(&self, subject: Subject) -> Result<Hex<ChainProof>, ErrorObjectOwned>;

    /// Who votes.
    #[method(name = "validators")]
    async fn validators(&self) -> Result<ValidatorsView, ErrorObjectOwned>;

    /// How the network began.
    #[method(name = "genesis")]
    async fn genesis(&self) -> Result<GenesisView, ErrorObjectOwned>;

    /// How much this node takes: a [`crate::Limits`].
    #[method(name = "limits")]
    async fn limits(&self) -> Result<Value, ErrorObjectOwned>;

    /// Whom the node is connected with, and whom it keeps away from.
    #[method(name = "peers")]
    async fn peers(&self) -> Result<PeersView, ErrorObjectOwned>;

    /// Keeps a peer away for a while. Only for callers on the machine of the
    /// node.
    #[method(name = "banPeer", with_extensions)]
    async fn ban_peer(
        &self,
        peer: PublicKey,
        duration: DurationMs,
        reason: String,
    ) -> Result<(), ErrorObjectOwned>;

    /// Ends a ban; says whether there was one. Only for callers on the machine
    /// of the node.
    #[method(name = "unbanPeer", with_extensions)]
    async fn unban_peer(&self, peer: PublicKey) -> Result<bool, ErrorObjectOwned>;

    /// Says where a peer is: `KEY@IP:PORT`. Only for callers on the machine of
    /// the node.
    #[method(name = "addPeer", with_extensions)]
    async fn add_peer(&self, address: String) -> Result<(), ErrorObjectOwned>;

    /// Events from the block after the last one on, or from a cursor on.
    #[subscription(name = "subscribeEvents" => "events", unsubscribe = "unsubscribeEvents", item = EventItem)]
    async fn subscribe_events(
        &self,
        filter: Option<EventFilter>,
        after: Option<Cursor>,
    ) -> SubscriptionResult;

    /// Blocks from the next one on, or after a height.
    #[subscription(name = "subscribeBlocks" => "blocks", unsubscribe = "unsubscribeBlocks", item = BlockItem)]
    async fn subscribe_blocks(&self, after: Option<Height>) -> SubscriptionResult;
}
