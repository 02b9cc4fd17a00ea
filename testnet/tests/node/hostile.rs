//! Callers that do not play along: they begin and do not finish, ask and do not
//! read, follow and do not keep up.

use std::collections::BTreeSet;

use pyralog_api::{Cursor, EventItem, Hex, PyralogClient, SubmitOutcome, TransactionStatus};
use pyralog_primitives::receipt::{Outcome, Receipt};
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::{DurationMs, Height, Nonce};
use pyralog_testnet::{Account, NodeCommand, NodeProcess, Sandbox, bounded, within};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::wire::{WebSocket, call, failure, get};

/// The smallest window that a system grants: nearly nothing is on its way to
/// who does not read.
pub(crate) const WINDOW: u32 = 4096;
const WAIT: DurationMs = DurationMs::new(30_000);

/// A request whose head does not end.
const UNFINISHED_HEAD: &str = "POST / HTTP/1.1\r\nHost: node\r\n";
/// A request whose body does not end.
const UNFINISHED_BODY: &str = "POST / HTTP/1.1\r\nHost: node\r\nContent-Type: application/json\r\n\
                               Content-Length: 1000\r\n\r\n{";
/// The same, of someone who says that it may become something else.
const UNFINISHED_UPGRADE: &str = "POST / HTTP/1.1\r\nHost: node\r\nUpgrade: h2c\r\n\
                                  Content-Type: application/json\r\n\
                                  Content-Length: 1000\r\n\r\n{";

pub(crate) async fn begin(node: &NodeProcess, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(node.endpoint()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

pub(crate) fn request(method: &str, parameters: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})
}

/// Makes many transfers final in one transaction of each account; what they did.
pub(crate) async fn pay(
    node: &NodeProcess,
    accounts: &[Account],
    count: usize,
) -> Vec<(Cursor, Receipt)> {
    let (client, status) = (node.client(), node.status().await);
    let mut payments = Vec::new();
    for account in accounts {
        let nonce: Nonce = client.next_nonce(account.address()).await.unwrap();
        payments.push(account.pay_often(&status, nonce, accounts[0].address(), count));
    }
    let ids: Vec<_> = payments.iter().map(Transaction::id).collect();
    let outcomes = client.submit_transactions(payments.into_iter().map(Hex).collect());
    for outcome in outcomes.await.unwrap() {
        assert!(matches!(outcome, SubmitOutcome::Taken(_)), "{outcome:?}");
    }
    let mut done = Vec::new();
    for id in ids {
        match client.wait_transaction(id, WAIT, None).await.unwrap() {
            TransactionStatus::Final {
                height,
                position,
                receipt,
                ..
            } => {
                let event = 0;
                let first = Cursor {
                    height,
                    position,
                    event,
                };
                done.push((first, receipt));
            }
            other => panic!("{other:?}"),
        }
    }
    done
}

#[tokio::test]
async fn callers_that_do_not_finish_keep_nobody_out() {
    keep_all_places(UNFINISHED_BODY).await;
}

#[tokio::test]
async fn callers_that_do_not_finish_and_speak_of_upgrades_keep_nobody_out() {
    keep_all_places(UNFINISHED_UPGRADE).await;
}

async fn keep_all_places(request: &str) {
    let sandbox = Sandbox::new();
    let node = start_with_few_places(&sandbox).await;
    let mut unfinished = Vec::new();
    for _ in 0..PLACES {
        unfinished.push(begin(&node, request).await);
    }
    assert_a_place_comes_free(node).await;
}

/// Connections of a node that takes few.
pub(crate) const PLACES: usize = 4;

pub(crate) async fn start_with_few_places(sandbox: &Sandbox) -> NodeProcess {
    let command = NodeCommand::development(sandbox);
    let command = command.set(&format!("rpc.connection_count_max={PLACES}"));
    command.start().await.unwrap()
}

/// Someone else is answered once the node has had enough of the others.
pub(crate) async fn assert_a_place_comes_free(node: NodeProcess) {
    let body = request("health", &json!([])).to_string();
    let answer = within("a place among the connections", async {
        call(node.endpoint(), &body).await
    });
    assert_eq!(answer.await["result"], json!({}));
    assert_eq!(node.stop().await.code, Some(0));
}

#[tokio::test]
async fn callers_that_do_not_finish_do_not_keep_a_node_from_stopping() {
    for unfinished in [UNFINISHED_HEAD, UNFINISHED_BODY, UNFINISHED_UPGRADE] {
        let sandbox = Sandbox::new();
        let node = NodeCommand::development(&sandbox).start().await.unwrap();
        let _caller = begin(&node, unfinished).await;
        node.status().await;
        let ended = node.stop().await;
        assert_eq!(ended.code, Some(0), "{unfinished:?}: {ended:?}");
        assert!(ended.stderr.contains("stopped"), "{ended:?}");
    }
}

#[tokio::test]
async fn a_subscriber_that_is_too_slow_is_told_what_was_forgotten_under_it() {
    bounded(fall_behind()).await;
}

async fn fall_behind() {
    /// Pruning comes at 256; what is to come until then is little.
    const SUBSCRIBED_AT: Height = Height::new(230);
    let sandbox = Sandbox::new();
    let command = NodeCommand::development(&sandbox).set("store.keep_blocks=16");
    let node = command.start().await.unwrap();
    let accounts: Vec<Account> = (0..4).map(Account::development).collect();
    let mut done = Vec::new();
    while node.status().await.height < SUBSCRIBED_AT {
        done.extend(pay(&node, &accounts, 64).await);
    }
    // Several times what fits the buffers in between is waiting for it.
    let mut slow = WebSocket::open(node.endpoint(), Some(WINDOW)).await;
    let ask = request("pyralog_subscribeEvents", &json!([null, "0.0.0"]));
    slow.send(&ask.to_string()).await;
    while node.status().await.oldest.get() == 0 {
        done.extend(pay(&node, &accounts, 64).await);
    }
    let expected = cursors_of(&done);
    let (received, lags) = read_up_to(&mut slow, expected[expected.len() - 1]).await;
    assert!(received.is_sorted_by(|one, next| one < next));
    let received: BTreeSet<Cursor> = received.into_iter().collect();
    let is_told = |cursor: &Cursor| {
        let covers = |(from, to): &(Height, Height)| (*from..=*to).contains(&cursor.height);
        received.contains(cursor) || lags.iter().any(covers)
    };
    let missing: Vec<&Cursor> = expected.iter().filter(|cursor| !is_told(cursor)).collect();
    assert!(
        missing.is_empty(),
        "{} events are neither sent nor said to be missing, {} to {}; lags: {lags:?}",
        missing.len(),
        missing[0],
        missing[missing.len() - 1],
    );
    assert_eq!(node.stop().await.code, Some(0));
}

/// What a subscriber is sent up to an event: events, and lags.
async fn read_up_to(socket: &mut WebSocket, last: Cursor) -> (Vec<Cursor>, Vec<(Height, Height)>) {
    let (mut cursors, mut lags) = (Vec::new(), Vec::new());
    while cursors.last() != Some(&last) {
        let message = socket.next().await.expect("the node goes on");
        let item = &message["params"]["result"];
        if item.is_null() {
            continue; // the answer to the call
        }
        match serde_json::from_value(item.clone()).unwrap() {
            EventItem::Event(happened) => cursors.push(happened.cursor),
            EventItem::Lagged { from, to } => lags.push((from, to)),
            EventItem::Ended { reason } => panic!("{reason}"),
        }
    }
    (cursors, lags)
}

fn cursors_of(done: &[(Cursor, Receipt)]) -> Vec<Cursor> {
    let mut all = Vec::new();
    for (first, receipt) in done {
        let Outcome::Applied { events } = &receipt.outcome else {
            panic!("{receipt:?}");
        };
        let numbers = (0..).take(events.len());
        all.extend(numbers.map(|event| Cursor { event, ..*first }));
    }
    all.sort_unstable();
    all
}

#[tokio::test]
async fn each_call_of_a_batch_is_refused_as_it_would_be_alone() {
    let sandbox = Sandbox::new();
    let node = NodeCommand::development(&sandbox).start().await.unwrap();
    let calls = [
        request("pyralog_account", &json!([7])),
        request("pyralog_submitTransaction", &json!(["abc"])),
        request("pyralog_statu", &json!([])),
        request("pyralog_block", &json!(["999999"])),
    ];
    let together = call(node.endpoint(), &json!(calls).to_string()).await;
    for (one, answer) in calls.iter().zip(together.as_array().unwrap()) {
        let alone = call(node.endpoint(), &one.to_string()).await;
        let (alone, together) = (failure(&alone), failure(answer));
        assert_eq!(
            (alone.kind, &alone.reason, alone.retryable),
            (together.kind, &together.reason, together.retryable),
            "{one}: {together:?}"
        );
    }
    assert_eq!(node.stop().await.code, Some(0));
}

#[tokio::test]
async fn connections_are_counted_as_long_as_they_are_open() {
    const SOCKETS: usize = 5;
    let sandbox = Sandbox::new();
    let node = NodeCommand::development(&sandbox).start().await.unwrap();
    let mut sockets = Vec::new();
    for _ in 0..SOCKETS {
        let mut socket = WebSocket::open(node.endpoint(), None).await;
        // It is answered, so it is open on the other side too.
        socket
            .send(&request("health", &json!([])).to_string())
            .await;
        socket.next().await.unwrap();
        sockets.push(socket);
    }
    let page = get(node.metrics(), "/metrics").await.body;
    let line = format!("pyralog_rpc_connections {SOCKETS}");
    assert!(page.lines().any(|found| found == line), "{page}");
    assert_eq!(node.stop().await.code, Some(0));
}
