//! Reads under the names and in the shape that `CometBFT` gives them, for the
//! scripts and monitors that operators have. Bytes that are hashes are in
//! upper-case hex there, and transactions in base64.

use jsonrpsee::proc_macros::rpc;
use jsonrpsee::types::ErrorObjectOwned;
use serde_json::Value;

/// What monitors ask.
#[rpc(server)]
pub trait CometReads {
    /// Nothing, as long as the node answers.
    #[method(name = "health")]
    async fn comet_health(&self) -> Result<Value, ErrorObjectOwned>;

    /// How the node stands.
    #[method(name = "status")]
    async fn comet_status(&self) -> Result<Value, ErrorObjectOwned>;

    /// A block; the last one if no height is given.
    #[method(name = "block")]
    async fn comet_block(&self, height: Option<Value>) -> Result<Value, ErrorObjectOwned>;

    /// What the transactions of a block did.
    #[method(name = "block_results")]
    async fn comet_block_results(&self, height: Option<Value>) -> Result<Value, ErrorObjectOwned>;

    /// A header and why it is final.
    #[method(name = "commit")]
    async fn comet_commit(&self, height: Option<Value>) -> Result<Value, ErrorObjectOwned>;

    /// Who votes.
    #[method(name = "validators")]
    async fn comet_validators(&self, height: Option<Value>) -> Result<Value, ErrorObjectOwned>;

    /// A transaction by its id in hex.
    #[method(name = "tx")]
    async fn comet_tx(&self, hash: String) -> Result<Value, ErrorObjectOwned>;

    /// The peers of the node.
    #[method(name = "net_info")]
    async fn comet_net_info(&self) -> Result<Value, ErrorObjectOwned>;

    /// The genesis document, as JSON.
    #[method(name = "genesis")]
    async fn comet_genesis(&self) -> Result<Value, ErrorObjectOwned>;

    /// How many transactions wait.
    #[method(name = "num_unconfirmed_txs")]
    async fn comet_num_unconfirmed_txs(&self) -> Result<Value, ErrorObjectOwned>;
}
