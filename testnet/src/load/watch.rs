//! What a node tells of its blocks, on a thread of its own, so that what the
//! senders do does not count as the node's delay.

use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jsonrpsee::ws_client::WsClientBuilder;
use pyralog_api::{BlockItem, PyralogClient};
use pyralog_primitives::{BlockId, Height};
use tokio::sync::oneshot;
use tokio::time::sleep;

use super::{LoadError, joined, runtime_of_one_thread};

/// How long a node may take to tell of a block that it has. Lower, and a busy
/// one is taken for one that stopped; higher, and one that stopped is waited
/// for.
const TOLD_LATE_MAX: Duration = Duration::from_secs(10);

/// A block that a node said is final.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SeenBlock {
    pub(crate) height: Height,
    pub(crate) id: BlockId,
    pub(crate) transactions: u32,
    /// When we were told.
    pub(crate) at: Instant,
}

/// What one node told, in the order of heights.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) blocks: Vec<SeenBlock>,
    /// Whether it told to the end, of each block. If not, it ended, or could
    /// not keep up with itself.
    pub(crate) is_whole: bool,
}

impl Seen {
    /// The block of a height, if it was told of.
    pub(crate) fn block(&self, height: Height) -> Option<&SeenBlock> {
        let found = self
            .blocks
            .binary_search_by_key(&height, |seen| seen.height);
        found.ok().map(|place| &self.blocks[place])
    }
}

/// Someone who listens to a node.
pub(super) struct Watch {
    thread: JoinHandle<Result<Seen, LoadError>>,
    last: oneshot::Sender<Height>,
}

impl Watch {
    /// Listens to what comes after `head`, which the node has, until it is ended
    /// or the node stops telling. A connection that takes its time misses
    /// nothing.
    pub(super) fn start(node: &str, head: Height) -> Self {
        let node = node.replacen("http", "ws", 1);
        let (last, until) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            runtime_of_one_thread()?.block_on(listen(&node, head, until))
        });
        Self { thread, last }
    }

    /// What was told up to this height.
    pub(super) async fn end(self, last: Height) -> Result<Seen, LoadError> {
        // Gone, it has ended by itself.
        let _ = self.last.send(last);
        joined(self.thread).await
    }
}

async fn listen(
    node: &str,
    head: Height,
    until: oneshot::Receiver<Height>,
) -> Result<Seen, LoadError> {
    let client = WsClientBuilder::default().build(node).await?;
    let mut blocks = client.subscribe_blocks(Some(head)).await?;
    let mut seen = Seen::default();
    tokio::pin!(until);
    let mut last = None;
    let end = sleep(Duration::MAX);
    tokio::pin!(end);
    loop {
        let told = seen.blocks.last().map_or(head, |block| block.height);
        if last.is_some_and(|last| told >= last) {
            seen.is_whole = true;
            return Ok(seen);
        }
        let next = tokio::select! {
            next = blocks.next() => next,
            height = &mut until, if last.is_none() => {
                // Who asks no more wants nothing more.
                last = Some(height.unwrap_or(told));
                end.as_mut().reset(tokio::time::Instant::now() + TOLD_LATE_MAX);
                continue;
            }
            () = &mut end => return Ok(seen),
        };
        match next {
            Some(Ok(BlockItem::Block {
                id,
                header,
                transactions,
            })) => seen.blocks.push(SeenBlock {
                height: header.height,
                id,
                transactions,
                at: Instant::now(),
            }),
            // What was lost would be missing from every count.
            Some(Ok(_) | Err(_)) | None => return Ok(seen),
        }
    }
}
