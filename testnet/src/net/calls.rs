//! Calling the nodes of a net.

use std::time::Duration;

use jsonrpsee::http_client::{HttpClient, HttpClientBuilder};

use super::error::NetError;
use super::record::Node;

/// A node that is there answers at once. Lower, and a busy one is taken for one
/// that is silent; higher, and a table of many silent ones takes too long.
pub(crate) const ANSWER_MAX: Duration = Duration::from_secs(5);
/// Lower, and a full block does not fit as JSON; higher, and a node that lies
/// fills the memory.
const RESPONSE_BYTES_MAX: u32 = 64 * 1024 * 1024;

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
