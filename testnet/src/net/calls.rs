//! Calling the nodes of a net.

use std::time::Duration;

use jsonrpsee::core::ClientError;
use jsonrpsee::core::client::ClientT;
use jsonrpsee::http_client::{HttpClient, HttpClientBuilder};
use jsonrpsee::rpc_params;
use pyralog_api::NodeStatus;
use serde_json::Value;

use super::error::NetError;
use super::record::Node;

/// A node that is there answers at once. Lower, and a busy one is taken for one
/// that is silent; higher, and a table of many silent ones takes too long.
pub(crate) const ANSWER_MAX: Duration = Duration::from_secs(5);
/// Lower, and a full block does not fit as JSON; higher, and a node that lies
/// fills the memory.
const RESPONSE_BYTES_MAX: u32 = 64 * 1024 * 1024;

/// How a node says that it stands.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) status: NodeStatus,
    /// How many peers it has; none if it does not say.
    pub(crate) peers: Option<u64>,
}

/// Someone who calls a node.
pub(crate) fn client(node: &Node) -> Result<HttpClient, NetError> {
    let url = node.url();
    let builder = HttpClientBuilder::default()
        .request_timeout(ANSWER_MAX)
        .max_response_size(RESPONSE_BYTES_MAX);
    builder.build(&url).map_err(|source| NetError::Client {
        url,
        source: Box::new(source),
    })
}

/// How a node stands, with what it says beyond what is known of here.
pub(crate) async fn standing(client: &HttpClient) -> Result<Standing, ClientError> {
    let view: Value = client.request("pyralog_status", rpc_params![]).await?;
    let peers = view.get("peers").and_then(Value::as_u64);
    let status = serde_json::from_value(view)?;
    Ok(Standing { status, peers })
}
