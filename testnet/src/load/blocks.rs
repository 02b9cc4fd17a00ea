//! What becomes final meanwhile, counted on a thread of its own.

use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jsonrpsee::ws_client::WsClientBuilder;
use pyralog_api::{BlockItem, PyralogClient};

use super::{LoadError, runtime_of_one_thread};

/// What became final.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Final {
    pub(crate) transactions: u64,
    pub(crate) blocks: u64,
}

/// Counts after `lead`, for `measured`.
pub(super) fn start(
    node: &str,
    lead: Duration,
    measured: Duration,
) -> JoinHandle<Result<Final, LoadError>> {
    let node = node.replacen("http", "ws", 1);
    std::thread::spawn(move || runtime_of_one_thread()?.block_on(count(&node, lead, measured)))
}

async fn count(node: &str, lead: Duration, measured: Duration) -> Result<Final, LoadError> {
    let start = Instant::now() + lead;
    let end = start + measured;
    let client = WsClientBuilder::default().build(node).await?;
    let mut blocks = client.subscribe_blocks(None).await?;
    let mut counted = Final::default();
    loop {
        let next = tokio::time::timeout_at(end.into(), blocks.next()).await;
        match next {
            Ok(Some(Ok(BlockItem::Block { transactions, .. }))) => {
                if Instant::now() >= start {
                    counted.transactions += u64::from(transactions);
                    counted.blocks += 1;
                }
            }
            // What was lost would be missing from the count.
            Ok(Some(Ok(_) | Err(_)) | None) => return Err(LoadError::Blocks),
            Err(_) => return Ok(counted),
        }
    }
}
