//! Too many, too slow, too silent: what connections may cost.

use std::time::Duration;

use pyralog_api::{Hex, PyralogClient};
use pyralog_primitives::Nonce;
use pyralog_testnet::{Account, NodeCommand, NodeProcess, Sandbox, eventually};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::wire::{WebSocket, failure};

/// Far above what the things here may take, far below what they would without
/// bounds.
const MEMORY_GROWTH_MAX: u64 = 200 * 1024 * 1024;

#[track_caller]
fn assert_memory_is_bounded(node: &NodeProcess, before: u64) {
    let after = node.memory().get();
    assert!(
        after < before + MEMORY_GROWTH_MAX,
        "{before} to {after} bytes"
    );
}

fn subscribe(id: usize) -> String {
    let method = "pyralog_subscribeBlocks";
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": []}).to_string()
}

/// Asks for many subscriptions; returns how many were given. The others must
/// be refused by the right word.
async fn ask(socket: &mut WebSocket, count: usize) -> usize {
    let mut given = 0;
    for id in 0..count {
        socket.send(&subscribe(id)).await;
        loop {
            let answer: Value = socket.next().await.unwrap();
            if answer["id"] != json!(id) {
                continue; // a block
            }
            if answer["result"].is_null() {
                let failure = failure(&answer);
                assert_eq!(failure.reason, "too_many_subscriptions", "{failure:?}");
                assert!(failure.retryable);
            } else {
                given += 1;
            }
            break;
        }
    }
    given
}

#[tokio::test]
async fn ten_thousand_subscriptions_are_given_up_to_the_limits_and_no_further() {
    const CONNECTIONS: usize = 100;
    const EACH: usize = 100;
    let sandbox = Sandbox::new();
    let command = NodeCommand::development(&sandbox);
    let command = command.set("rpc.subscription_total_max=3000");
    let node = command.start().await.unwrap();
    let before = node.memory().get();
    let mut sockets = Vec::new();
    let mut given = 0;
    for _ in 0..CONNECTIONS {
        let mut socket = WebSocket::open(node.endpoint(), None).await;
        let more = ask(&mut socket, EACH).await;
        assert!(more <= 64, "{more} for one connection");
        given += more;
        sockets.push(socket);
    }
    assert_eq!(given, 3000);
    node.status().await;
    assert_memory_is_bounded(&node, before);
    // What is given back can be given again.
    drop(sockets);
    eventually("a subscription is given", async || {
        let mut socket = WebSocket::open(node.endpoint(), None).await;
        (ask(&mut socket, 1).await == 1).then_some(())
    })
    .await;
    assert_eq!(node.stop().await.code, Some(0));
}

#[tokio::test]
async fn a_client_that_never_reads_holds_nobody_up_and_takes_no_memory() {
    const ROUNDS: u64 = 60;
    let sandbox = Sandbox::new();
    let node = NodeCommand::development(&sandbox).start().await.unwrap();
    let mut deaf = WebSocket::open(node.endpoint(), Some(4096)).await;
    let everything = json!({
        "jsonrpc": "2.0", "id": 1, "method": "pyralog_subscribeEvents", "params": [],
    });
    deaf.send(&everything.to_string()).await;
    let before = node.memory().get();
    let account = Account::development(0);
    let client = node.client();
    for nonce in 0..ROUNDS {
        let status = node.status().await;
        let payment = account.pay_often(&status, Nonce::new(nonce), account.address(), 64);
        client
            .submit_transaction(Hex(payment.clone()))
            .await
            .unwrap();
        let wait = pyralog_primitives::DurationMs::new(30_000);
        let told = client
            .wait_transaction(payment.id(), wait, None)
            .await
            .unwrap();
        assert!(told.is_settled(), "{told:?}");
    }
    assert_memory_is_bounded(&node, before);
    // Nor does it keep the node from stopping.
    let ended = node.stop().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[tokio::test]
async fn connections_that_say_nothing_keep_nobody_out() {
    const SILENT: usize = 500;
    let sandbox = Sandbox::new();
    let node = NodeCommand::development(&sandbox).start().await.unwrap();
    let mut silent = Vec::new();
    for _ in 0..SILENT {
        silent.push(TcpStream::connect(node.endpoint()).await.unwrap());
    }
    node.status().await;
    drop(silent);
    assert_eq!(node.stop().await.code, Some(0));
}

#[tokio::test]
async fn beyond_the_bound_connections_wait_until_others_go() {
    let sandbox = Sandbox::new();
    let command = NodeCommand::development(&sandbox).set("rpc.connection_count_max=16");
    let node = command.start().await.unwrap();
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(TcpStream::connect(node.endpoint()).await.unwrap());
    }
    let client = node.client();
    let asking = tokio::spawn(async move { client.node_status().await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!asking.is_finished(), "all places are taken");
    drop(silent);
    asking.await.unwrap().unwrap();
    assert_eq!(node.stop().await.code, Some(0));
}
