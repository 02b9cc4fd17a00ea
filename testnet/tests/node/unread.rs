//! Callers that do not read: what they may make a node hold, and for how long.

use std::time::Duration;

use pyralog_primitives::{DurationMs, Height};
use pyralog_testnet::{Account, NodeCommand, NodeProcess, PATIENCE, Sandbox, bounded};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use crate::hostile::{
    PLACES, WINDOW, assert_a_place_comes_free, begin, pay, request, start_with_few_places,
};
use crate::wire::{WebSocket, get, post};

/// A node that takes nothing for so long reads no more of who does not read; one
/// that is only slow makes a test weaker, and does not fail it.
const SEND_TIME: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_caller_that_never_reads_takes_no_memory_and_does_not_keep_a_node_from_stopping() {
    bounded(ask_and_never_read()).await;
}

/// What one sends and does not read the answers of: the message, how often it is
/// in what is sent at once, and how often that is sent.
struct Unread {
    message: String,
    at_once: usize,
    times: usize,
}

impl Unread {
    fn new(message: impl Into<String>, at_once: usize, times: usize) -> Self {
        Self {
            message: message.into(),
            at_once,
            times,
        }
    }

    /// Each is far more than a node may hold, as text or as what is done with it.
    fn all(height: Height) -> [Self; 5] {
        const MIB: usize = 1024 * 1024;
        let block = request("pyralog_block", &json!([height]));
        let blocks = json!(vec![&block; 20]).to_string();
        let transaction = "00".repeat(32);
        let wait = request(
            "pyralog_waitTransaction",
            &json!([transaction, DurationMs::new(60_000)]),
        );
        [
            Self::new(block.to_string(), 1, 1_000),
            Self::new(wait.to_string() + &" ".repeat(MIB / 2), 1, 300),
            Self::new(blocks, 1, 100),
            Self::new("{", 1_000, 1_000),
            Self::new("{".repeat(MIB), 1, 150),
        ]
    }

    /// Sends all of it, or as much as the node takes of who does not read.
    async fn send(&self, node: &NodeProcess) -> WebSocket {
        let mut deaf = WebSocket::open(node.endpoint(), Some(WINDOW)).await;
        for _ in 0..self.times {
            let sent = deaf.send_often_within(&self.message, self.at_once, SEND_TIME);
            if !sent.await {
                break;
            }
        }
        deaf
    }
}

async fn ask_and_never_read() {
    /// Above what the buffers of one connection hold, far below all that is sent.
    const GROWTH_MAX: u64 = 32 * 1024 * 1024;
    let sandbox = Sandbox::new();
    let node = NodeCommand::development(&sandbox).start().await.unwrap();
    let accounts: Vec<Account> = (0..10).map(Account::development).collect();
    let done = pay(&node, &accounts, 64).await;
    let (first, _) = done[0];
    let mut all_deaf = Vec::new();
    for unread in Unread::all(first.height) {
        let before = node.memory().get();
        all_deaf.push(unread.send(&node).await);
        wait_until_all_is_answered(&node).await;
        let after = node.memory().get();
        let start: String = unread.message.chars().take(60).collect();
        assert!(
            after < before + GROWTH_MAX,
            "{start}: {before} to {after} bytes"
        );
    }
    let ended = node.stop().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[tokio::test]
async fn who_asks_for_more_at_once_than_a_connection_may_waits_for_some_of_it_first() {
    /// What a connection may ask for at once.
    const AT_ONCE: usize = 256;
    /// What a node reads of a connection at once, while it may ask for more.
    const PIECE_BYTES: usize = 2048;
    const WAITS: usize = 300;
    const TIME: DurationMs = DurationMs::new(2_000);
    let sandbox = Sandbox::new();
    let node = NodeCommand::development(&sandbox).start().await.unwrap();
    let mut socket = WebSocket::open(node.endpoint(), None).await;
    let transaction = "00".repeat(32);
    let wait = request("pyralog_waitTransaction", &json!([transaction, TIME])).to_string();
    assert!(socket.send_often_within(&wait, WAITS, PATIENCE).await);
    let health = request("health", &json!([])).to_string();
    socket.send(&health).await;
    let mut waited = 0;
    loop {
        let answer = socket.next().await.unwrap();
        assert_eq!(answer["error"], Value::Null);
        if answer["result"] == json!({}) {
            break;
        }
        waited += 1;
    }
    // The last piece brings as many as fit it, and the rest of one before.
    let in_piece = PIECE_BYTES / wait.len() + 1;
    assert!(
        waited + AT_ONCE + in_piece > WAITS,
        "it was answered after {waited}"
    );
    assert_eq!(node.stop().await.code, Some(0));
}

#[tokio::test]
async fn a_subscription_that_is_refused_is_answered_once() {
    let sandbox = Sandbox::new();
    let node = NodeCommand::development(&sandbox).start().await.unwrap();
    let mut socket = WebSocket::open(node.endpoint(), None).await;
    let wrong = request("pyralog_subscribeBlocks", &json!(["nothing"]));
    socket.send(&wrong.to_string()).await;
    let answer = socket.next().await.unwrap();
    assert_eq!(answer["error"]["code"], json!(-32602), "{answer}");
    let health = request("health", &json!([])).to_string();
    socket.send(&health).await;
    assert_eq!(socket.next().await.unwrap()["result"], json!({}));
    assert_eq!(node.stop().await.code, Some(0));
}

/// Waits until a node has done what it was asked, or does no more.
async fn wait_until_all_is_answered(node: &NodeProcess) {
    const LOOK_AGAIN: Duration = Duration::from_millis(500);
    let mut answered = None;
    loop {
        let page = get(node.metrics(), "/metrics").await.body;
        let is_wanted = |line: &&str| {
            line.starts_with("pyralog_rpc_requests_total") && line.contains("pyralog_block")
        };
        let line = page.lines().find(is_wanted).map(str::to_owned);
        if line.is_some() && line == answered {
            return;
        }
        answered = line;
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

#[tokio::test]
async fn callers_that_do_not_read_keep_nobody_out() {
    /// Some megabytes of answers, more than fits the buffers in between.
    const CALLS: usize = 3_000;
    let sandbox = Sandbox::new();
    let node = start_with_few_places(&sandbox).await;
    let body = request("rpc.discover", &json!([])).to_string();
    let by_http = String::from_utf8(post("", &body)).unwrap();
    let by_http = by_http.replace("Connection: close\r\n", "");
    let mut deaf = Vec::new();
    for _ in 0..PLACES / 2 {
        let mut socket = WebSocket::open(node.endpoint(), Some(WINDOW)).await;
        let mut stream = begin(&node, &by_http).await;
        for _ in 0..CALLS {
            if !socket.send_within(&body, SEND_TIME).await {
                break;
            }
        }
        for _ in 0..CALLS {
            let sent = timeout(SEND_TIME, stream.write_all(by_http.as_bytes())).await;
            if !matches!(sent, Ok(Ok(()))) {
                break;
            }
        }
        deaf.push((socket, stream));
    }
    assert_a_place_comes_free(node).await;
}
