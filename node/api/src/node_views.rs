//! What is told about the node and its chain.

use pyralog_genesis::Parameters;
use pyralog_primitives::block::Block;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::receipt::Receipt;
use pyralog_primitives::{
    Address, Amount, BlockId, ByteCount, DurationMs, GenesisHash, Height, PublicKey, StateRoot,
    TimestampMs, VotingPower,
};
use serde::{Deserialize, Serialize};

/// How a node stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeStatus {
    /// The version of the program.
    pub version: String,
    /// The name of the chain.
    pub chain_id: String,
    /// The name of the network.
    pub genesis: GenesisHash,
    /// What decides which block is next.
    pub consensus: String,
    /// The last block that is final and durable here.
    pub height: Height,
    /// Its id; zero before the first.
    pub block: BlockId,
    /// Its time.
    pub time: TimestampMs,
    /// The state after it.
    pub state_root: StateRoot,
    /// The lowest height whose state is kept.
    pub oldest: Height,
    /// Whether it is behind the network and catches up.
    pub syncing: bool,
    /// How many peers are connected.
    pub peers: u32,
    /// Transactions in the pool, and those of final blocks that are not durable
    /// here yet.
    pub pending: u32,
    /// What a byte and a unit of compute cost in the next block.
    pub base_fee: Amount,
    /// The validator that this node is, if it is one.
    pub validator: Option<Address>,
}

/// A block, and why it is final.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockView {
    /// Its id.
    pub id: BlockId,
    /// The block.
    pub block: Block,
    /// Why it is final.
    pub certificate: Certificate,
}

/// What a transaction did, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptView {
    /// The height of its block.
    pub height: Height,
    /// Its place in the block, counted from 0.
    pub position: u32,
    /// What it did.
    pub receipt: Receipt,
    /// The word for its failure, if it failed.
    pub failure: Option<String>,
}

/// A validator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidatorView {
    /// What people call it.
    pub name: String,
    /// Its address.
    pub address: Address,
    /// The key it votes with.
    pub public_key: PublicKey,
    /// The weight of its vote.
    pub power: VotingPower,
}

/// Who votes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidatorsView {
    /// At which height.
    pub height: Height,
    /// Who, in the order of addresses.
    pub validators: Vec<ValidatorView>,
}

/// How the network began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenesisView {
    /// The name of the network. Compare it with one that you trust.
    pub hash: GenesisHash,
    /// The name of the chain.
    pub chain_id: String,
    /// The document, as the node read it.
    pub document: String,
}

/// How much this node takes. Each answer to a call above a limit names it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Limits {
    /// Bytes of one request.
    pub body_bytes_max: ByteCount,
    /// Bytes of one answer.
    pub response_bytes_max: ByteCount,
    /// Calls in one batch.
    pub batch_count_max: usize,
    /// Connections at once.
    pub connection_count_max: usize,
    /// Subscriptions of one connection.
    pub subscription_count_max: usize,
    /// Subscriptions of all connections.
    pub subscription_total_max: usize,
    /// What calls of one address may cost in a second; 0 is no limit.
    pub price_per_second_max: u32,
    /// What a call costs, by method; those that are not named cost 1.
    pub prices: Vec<(&'static str, u32)>,
    /// Transactions in one `submitTransactions`.
    pub submit_count_max: usize,
    /// Entries of one answer to `entries`.
    pub entries_count_max: usize,
    /// The longest that `waitTransaction` waits.
    pub wait_max: DurationMs,
    /// What transactions and blocks may be.
    pub parameters: Parameters,
}
