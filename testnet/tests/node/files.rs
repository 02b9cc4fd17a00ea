//! Open files: each connection is one, and the store needs some.

use std::time::Duration;

use pyralog_testnet::{Account, NodeCommand, Sandbox};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::hostile::pay;
use crate::wire::get;

/// A system that takes no connection for so long takes none.
const CONNECT_TIME: Duration = Duration::from_secs(1);

#[tokio::test]
async fn connections_leave_files_for_the_node_itself() {
    /// More than a node takes without connections, fewer than it would accept.
    const FILES: usize = 256;
    /// What the store, its merges, and whoever watches the node need at least.
    const LEFT: usize = 64;
    const LOOKS: usize = 20;
    let sandbox = Sandbox::new();
    let command = NodeCommand::development(&sandbox).with_few_files(FILES);
    let node = command.start().await.unwrap();
    let mut silent = Vec::new();
    for _ in 0..2 * FILES {
        // Once the queue of the system is full too, nobody else comes in.
        let connected = timeout(CONNECT_TIME, TcpStream::connect(node.endpoint()));
        let Ok(stream) = connected.await else { break };
        silent.push(stream.unwrap());
    }
    for _ in 0..LOOKS {
        let open = node.open_files();
        assert!(open + LEFT <= FILES, "{open} of {FILES} files are open");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // Whoever watches it sees how it is.
    let page = get(node.metrics(), "/livez").await;
    assert_eq!(page.status, 200, "{page:?}");
    drop(silent);
    let accounts = [Account::development(0)];
    pay(&node, &accounts, 1).await;
    let ended = node.stop().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("ulimit -n"), "{ended:?}");
}

#[tokio::test]
async fn a_node_with_too_few_files_says_so_and_does_not_start() {
    let sandbox = Sandbox::new();
    let command = NodeCommand::development(&sandbox).with_few_files(128);
    let ended = command.run().await;
    assert_eq!(ended.code, Some(78), "{ended:?}");
    for said in ["128 files", "ulimit -n 65536", "LimitNOFILE=65536"] {
        assert!(ended.stderr.contains(said), "{ended:?}");
    }
}
