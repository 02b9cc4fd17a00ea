//! What a node forgets, and when.

use pyralog_primitives::Height;
use pyralog_testnet::{Account, NodeCommand, Sandbox, bounded, eventually};

use crate::hostile::pay;

#[tokio::test]
async fn what_was_to_be_forgotten_before_a_node_was_killed_is_forgotten_at_its_next_start() {
    bounded(forget_at_the_start()).await;
}

async fn forget_at_the_start() {
    /// Pruning comes at multiples of it.
    const INTERVAL: u64 = 256;
    const KEPT: u64 = 16;
    let sandbox = Sandbox::new();
    // It keeps all, as one does that is killed before it prunes.
    let command = NodeCommand::development(&sandbox);
    let mut node = command.start().await.unwrap();
    let accounts = [Account::development(0)];
    while node.status().await.height.get() < INTERVAL {
        pay(&node, &accounts, 1).await;
    }
    node.kill();
    let command = command.set(&format!("store.keep_blocks={KEPT}"));
    let node = command.start().await.unwrap();
    let status = eventually("what is old is forgotten", async || {
        let status = node.status().await;
        (status.oldest.get() > 0).then_some(status)
    })
    .await;
    assert_eq!(status.oldest, Height::new(INTERVAL - KEPT), "{status:?}");
    assert!(status.height.get() < 2 * INTERVAL, "{status:?}");
    assert_eq!(node.stop().await.code, Some(0));
}
