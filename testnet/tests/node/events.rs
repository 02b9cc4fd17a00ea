//! Following what happens, through restarts of the node.

use std::collections::BTreeSet;
use std::sync::Arc;

use jsonrpsee::core::client::Subscription;
use jsonrpsee::http_client::HttpClient;
use jsonrpsee::ws_client::WsClientBuilder;
use pyralog_api::{Cursor, EventItem, Failure, FailureKind, Happened, Hex, PyralogClient};
use pyralog_primitives::receipt::{Outcome, Receipt};
use pyralog_primitives::{DurationMs, Height, Nonce};
use pyralog_testnet::{Account, Chance, NodeCommand, Sandbox, bounded, eventually, within};
use tokio::sync::{Mutex, watch};

use crate::payments::{Book, pay_in_a_circle};

const RESTART_COUNT: usize = 20;
const ACCOUNT_COUNT: usize = 3;

/// What a subscriber was sent, over all its connections.
type Received = Arc<Mutex<Vec<Happened>>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscriber_gets_each_event_once_and_in_order_across_restarts() {
    bounded(follow_through_restarts()).await;
}

async fn follow_through_restarts() {
    let mut chance = Chance::from_environment();
    let sandbox = Sandbox::new();
    let command = NodeCommand::development(&sandbox);
    let received = Received::default();
    let (endpoint, endpoints) = watch::channel(None);
    let subscriber = tokio::spawn(follow(endpoints, Arc::clone(&received)));
    let mut node = command.start().await.unwrap();
    for restart in 0..RESTART_COUNT {
        endpoint.send_replace(Some(node.endpoint().to_owned()));
        let mut tasks = pay_in_a_circle(&node, ACCOUNT_COUNT, &mut chance, &Book::default());
        tokio::time::sleep(chance.millis(50, 500)).await;
        if restart % 2 == 0 {
            node.kill();
        } else {
            let ended = node.stop().await;
            assert_eq!(ended.code, Some(0), "{ended:?}");
        }
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap();
        }
        node = command.start().await.unwrap();
    }
    endpoint.send_replace(Some(node.endpoint().to_owned()));
    let head = node.status().await.height;
    let expected = events_between(&node.client(), Height::FIRST, head).await;
    assert!(expected.len() >= RESTART_COUNT, "{}", expected.len());
    eventually("the subscriber has what happened", async || {
        let received = received.lock().await;
        (received.len() >= expected.len()).then_some(())
    })
    .await;
    // A height with nothing in it, so that what was sent twice comes too.
    let next = head.next().unwrap();
    eventually("another block", async || {
        (node.status().await.height > next).then_some(())
    })
    .await;
    drop(endpoint);
    within("the subscriber goes", subscriber).await.unwrap();
    assert_same(&received.lock().await, &expected);
}

/// Subscribes to each node that comes up, after what was received before.
async fn follow(mut endpoints: watch::Receiver<Option<String>>, received: Received) {
    while endpoints.changed().await.is_ok() {
        let endpoint = endpoints.borrow_and_update().clone();
        let Some(endpoint) = endpoint else { continue };
        let url = format!("ws://{endpoint}");
        // Each node may be killed again before anybody reaches it.
        let Ok(client) = WsClientBuilder::default().build(url).await else {
            continue;
        };
        let last = received.lock().await.last().map(|happened| happened.cursor);
        let after = last.unwrap_or(Cursor::end_of(Height::new(0)));
        let Ok(mut items) = client.subscribe_events(None, Some(after)).await else {
            continue;
        };
        loop {
            tokio::select! {
                item = items.next() => match item {
                    Some(Ok(EventItem::Event(happened))) => received.lock().await.push(happened),
                    Some(Ok(EventItem::Ended { reason })) => {
                        assert_eq!(reason, "stopping");
                        break;
                    }
                    Some(other) => panic!("{other:?}"),
                    None => break,
                },
                // The test has seen enough, or there is another node already.
                changed = endpoints.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    endpoints.mark_changed();
                    break;
                }
            }
        }
    }
}

/// All events of the blocks between two heights, as the receipts have them.
pub(crate) async fn events_between(client: &HttpClient, from: Height, to: Height) -> Vec<Happened> {
    let mut all = Vec::new();
    for height in (from.get()..=to.get()).map(Height::new) {
        let receipts = client.receipts(height).await.unwrap();
        for (receipt, position) in receipts.iter().zip(0..) {
            all.extend(events_of(receipt, height, position));
        }
    }
    all
}

fn events_of(receipt: &Receipt, height: Height, position: u32) -> Vec<Happened> {
    let Outcome::Applied { events } = &receipt.outcome else {
        return Vec::new();
    };
    let numbered = events.iter().zip(0..);
    let happened = numbered.map(|(event, number)| Happened {
        cursor: Cursor {
            height,
            position,
            event: number,
        },
        transaction: receipt.transaction,
        event: event.clone(),
    });
    happened.collect()
}

#[tokio::test]
async fn a_subscriber_that_comes_back_too_late_is_told_what_it_has_missed() {
    let sandbox = Sandbox::new();
    let command = NodeCommand::development(&sandbox).set("store.keep_blocks=16");
    let node = command.start().await.unwrap();
    let (account, client) = (Account::development(0), node.client());
    // Each payment makes two blocks; pruning waits for 256 of them.
    let mut nonce = 0;
    while node.status().await.oldest.get() == 0 {
        let status = node.status().await;
        let payment = account.pay_often(&status, Nonce::new(nonce), account.address(), 1);
        nonce += 1;
        let id = payment.id();
        client.submit_transaction(Hex(payment)).await.unwrap();
        let wait = DurationMs::new(30_000);
        client.wait_transaction(id, wait, None).await.unwrap();
    }
    let oldest = node.status().await.oldest;
    let read = client.block(Some(Height::FIRST)).await;
    let failure = Failure::of(&read.unwrap_err()).unwrap();
    let told = (failure.kind, failure.reason.as_ref(), failure.retryable);
    assert_eq!(told, (FailureKind::Pruned, "pruned", false), "{failure:?}");
    let subscriber = node.subscriber().await;
    let after = Cursor::end_of(Height::new(3));
    let mut items = subscriber
        .subscribe_events(None, Some(after))
        .await
        .unwrap();
    let EventItem::Lagged { from, to } = next_item(&mut items).await else {
        panic!("it is not told");
    };
    assert_eq!((from, to), (Height::new(4), oldest.previous().unwrap()));
    let head = node.status().await.height;
    let expected = events_between(&client, oldest, head).await;
    let mut received = Vec::new();
    while received.len() < expected.len() {
        match next_item(&mut items).await {
            EventItem::Event(happened) => received.push(happened),
            other => panic!("{other:?}"),
        }
    }
    assert_same(&received, &expected);
    assert_eq!(node.stop().await.code, Some(0));
}

/// Whether two lists hold the same, with a message that one can read if not.
#[track_caller]
pub(crate) fn assert_same(received: &[Happened], expected: &[Happened]) {
    let cursors = |list: &[Happened]| -> Vec<Cursor> {
        list.iter().map(|happened| happened.cursor).collect()
    };
    let (received_cursors, expected_cursors) = (cursors(received), cursors(expected));
    assert!(
        received_cursors.is_sorted_by(|one, next| one < next),
        "repeated or out of order: {received_cursors:?}"
    );
    let set: BTreeSet<&Cursor> = received_cursors.iter().collect();
    let missing: Vec<&Cursor> = expected_cursors
        .iter()
        .filter(|cursor| !set.contains(cursor))
        .collect();
    assert!(
        missing.is_empty(),
        "{} of {} are missing, the first of them {:?}",
        missing.len(),
        expected.len(),
        missing.first()
    );
    assert_eq!(received, expected);
}

/// The next item that a subscriber is sent.
pub(crate) async fn next_item(items: &mut Subscription<EventItem>) -> EventItem {
    let next = tokio::time::timeout(pyralog_testnet::PATIENCE, items.next());
    let item = next.await.expect("an item comes in time");
    item.expect("the node goes on").unwrap()
}
