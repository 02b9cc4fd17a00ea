//! Callers that do not play along: they begin and do not finish, ask and do not
//! read, follow and do not keep up.

use std::collections::BTreeSet;
use std::time::Duration;

use pyralog_api::{Cursor, EventItem, Hex, PyralogClient, SubmitOutcome, TransactionStatus};
use pyralog_primitives::receipt::{Outcome, Receipt};
use pyralog_primitives::{DurationMs, Height, Nonce};
use pyralog_testnet::{Account, NodeCommand, NodeProcess, Sandbox, bounded, within};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::wire::{WebSocket, call, failure};

/// The smallest window that a system grants: nearly nothing is on its way to
/// who does not read.
const WINDOW: u32 = 4096;
const WAIT: DurationMs = DurationMs::new(30_000);

/// A request whose head does not end.
const UNFINISHED_HEAD: &str = "POST / HTTP/1.1\r\nHost: node\r\n";
/// A request whose body does not end.
const UNFINISHED_BODY: &str = "POST / HTTP/1.1\r\nHost: node\r\nContent-Type: application/json\r\n\
                               Content-Length: 1000\r\n\r\n{";

async fn begin(node: &NodeProcess, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(node.endpoint()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

fn request(method: &str, parameters: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})
}

/// Makes many transfers final in one transaction of each account; what they did.
async fn pay(node: &NodeProcess, accounts: &[Account], count: usize) -> Vec<(Cursor, Receipt)> {
    let (client, status) = (node.client(), node.status().await);
    let mut payments = Vec::new();
    for account in accounts {
        let nonce: Nonce = client.next_nonce(account.address()).await.unwrap();
        payments.push(account.pay_often(&status, nonce, accounts[0].address(), count));
    }
    let ids: Vec<_> = payments.iter().map(|payment| payment.id()).collect();
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
    const PLACES: usize = 8;
    let sandbox = Sandbox::new();
    let command = NodeCommand::development(&sandbox);
    let command = command.set(&format!("rpc.connection_count_max={PLACES}"));
    let node = command.start().await.unwrap();
    let mut unfinished = Vec::new();
    for _ in 0..PLACES {
        unfinished.push(begin(&node, UNFINISHED_BODY).await);
    }
    let client = node.client();
    let answered = within("a place among the connections", client.node_status());
    answered.await.unwrap();
    assert_eq!(node.stop().await.code, Some(0));
}

#[tokio::test]
async fn callers_that_do_not_finish_do_not_keep_a_node_from_stopping() {
    for unfinished in [UNFINISHED_HEAD, UNFINISHED_BODY] {
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
async fn a_caller_that_asks_and_never_reads_takes_no_memory_and_does_not_keep_a_node_from_stopping()
{
    const CALLS: usize = 1_000;
    /// Above what the buffers of one connection hold, far below all answers.
    const GROWTH_MAX: u64 = 64 * 1024 * 1024;
    let sandbox = Sandbox::new();
    let node = NodeCommand::development(&sandbox).start().await.unwrap();
    let accounts: Vec<Account> = (0..10).map(Account::development).collect();
    let done = pay(&node, &accounts, 64).await;
    let (first, _) = done[0];
    let before = node.memory().get();
    let mut deaf = WebSocket::open(node.endpoint(), Some(WINDOW)).await;
    let ask = request("pyralog_block", &json!([first.height])).to_string();
    for _ in 0..CALLS {
        // A node that takes no more calls from who reads no answers is right.
        if !deaf.send_within(&ask, Duration::from_secs(2)).await {
            break;
        }
    }
    node.status().await;
    let after = node.memory().get();
    assert!(after < before + GROWTH_MAX, "{before} to {after} bytes");
    let ended = node.stop().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
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
    let last = done.iter().map(|(first, _)| first.height).max().unwrap();
    let (received, lags) = read_up_to(&mut slow, last).await;
    assert!(received.is_sorted_by(|one, next| one < next));
    let received: BTreeSet<Cursor> = received.into_iter().collect();
    let is_told = |cursor: &Cursor| {
        let covers = |(from, to): &(Height, Height)| (*from..=*to).contains(&cursor.height);
        received.contains(cursor) || lags.iter().any(covers)
    };
    let missing: Vec<Cursor> = cursors_of(&done)
        .into_iter()
        .filter(|cursor| !is_told(cursor))
        .collect();
    assert!(
        missing.is_empty(),
        "{} events are neither sent nor said to be missing, {} to {}; lags: {lags:?}",
        missing.len(),
        missing[0],
        missing[missing.len() - 1],
    );
    assert_eq!(node.stop().await.code, Some(0));
}

/// What a subscriber is sent until the end of a height: events, and lags.
async fn read_up_to(socket: &mut WebSocket, last: Height) -> (Vec<Cursor>, Vec<(Height, Height)>) {
    let (mut cursors, mut lags) = (Vec::new(), Vec::new());
    // All events of the last payment come one after the other.
    let mut of_last = 0;
    while of_last < 64 {
        let message = socket.next().await.expect("the node goes on");
        let item = &message["params"]["result"];
        if item.is_null() {
            continue; // the answer to the call
        }
        match serde_json::from_value(item.clone()).unwrap() {
            EventItem::Event(happened) => {
                of_last += usize::from(happened.cursor.height == last);
                cursors.push(happened.cursor);
            }
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
