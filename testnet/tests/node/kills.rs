//! Killing a node again and again, while it is paid with.

use std::sync::{Arc, Mutex};

use jsonrpsee::http_client::HttpClient;
use pyralog_api::PyralogClient;
use pyralog_primitives::{BlockId, Height};
use pyralog_testnet::{Account, Chance, NodeCommand, NodeProcess, Sandbox, bounded};
use tokio::task::JoinSet;

use crate::payments::{Acknowledged, Book, pay_until_it_is_gone};
use crate::replay::replay;

/// How often the node is killed; `PYRALOG_KILLS` says otherwise.
const KILL_COUNT: usize = 50;
/// Who pays; each pays the next.
const ACCOUNT_COUNT: usize = 6;
/// Old payments that are looked at after each start. At the end it is all.
const SAMPLE_COUNT: usize = 32;

/// The highest block that any caller has seen.
type HighestSeen = Arc<Mutex<(Height, BlockId)>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_a_node_is_killed() {
    bounded(kill_again_and_again()).await;
}

async fn kill_again_and_again() {
    let kills = std::env::var("PYRALOG_KILLS").map_or(KILL_COUNT, |text| text.parse().unwrap());
    let mut chance = Chance::from_environment();
    let sandbox = Sandbox::new();
    let command = NodeCommand::development(&sandbox);
    let book = Book::default();
    let highest = HighestSeen::new(Mutex::new((Height::new(0), BlockId::ZERO)));
    let mut checked = 0;
    for _ in 0..kills {
        let mut node = command.spawn();
        if chance.one_in(6) {
            tokio::time::sleep(chance.millis(0, 300)).await;
            node.kill();
            continue;
        }
        node.wait_until_it_answers().await.unwrap();
        check_head(&node, &highest).await;
        let told = book.lock().unwrap().clone();
        check(&node.client(), &told[checked..]).await;
        let mut sampled = |_| told.get(chance.below(told.len().max(1))).cloned();
        let sample: Vec<Acknowledged> = (0..SAMPLE_COUNT).filter_map(&mut sampled).collect();
        check(&node.client(), &sample).await;
        checked = told.len();
        let mut tasks = pay(&node, &mut chance, &book, &highest);
        tokio::time::sleep(chance.millis(50, 600)).await;
        node.kill();
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap();
        }
    }
    let node = command.start().await.unwrap();
    check_head(&node, &highest).await;
    let told = book.lock().unwrap().clone();
    check(&node.client(), &told).await;
    let rounds_that_pay = kills / 3;
    assert!(told.len() >= rounds_that_pay, "{} payments", told.len());
    let head = node.status().await;
    let ended = node.stop().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    replay(&sandbox, &head, &told);
}

/// Starts accounts that pay, and one who watches the head.
fn pay(node: &NodeProcess, chance: &mut Chance, book: &Book, highest: &HighestSeen) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for index in 0..ACCOUNT_COUNT {
        let account = Account::development(index);
        let to = Account::development((index + 1) % ACCOUNT_COUNT);
        let (client, book) = (node.client(), Arc::clone(book));
        tasks.spawn(pay_until_it_is_gone(
            account,
            to,
            client,
            chance.split(),
            book,
        ));
    }
    tasks.spawn(watch_head(node.client(), Arc::clone(highest)));
    tasks
}

/// Notes the head until the node is gone. It never goes back.
async fn watch_head(client: HttpClient, highest: HighestSeen) {
    while let Ok(status) = client.node_status().await {
        let seen = (status.height, status.block);
        let mut highest = highest.lock().unwrap();
        assert!(seen.0 >= highest.0, "{seen:?} after {highest:?}");
        if seen.0 == highest.0 && highest.0.get() > 0 {
            assert_eq!(seen.1, highest.1, "two blocks of height {}", seen.0);
        }
        *highest = seen;
    }
}

/// The block that was seen last is there.
async fn check_head(node: &NodeProcess, highest: &HighestSeen) {
    let (height, block) = *highest.lock().unwrap();
    let status = node.status().await;
    assert!(status.height >= height, "{} after {height}", status.height);
    if height.get() > 0 {
        let view = node.client().block(Some(height)).await.unwrap();
        assert_eq!(view.id, block, "another block of height {height}");
    }
}

/// What was told is still so.
async fn check(client: &HttpClient, told: &[Acknowledged]) {
    for acknowledged in told {
        let id = acknowledged.transaction;
        let status = client.transaction_status(id).await.unwrap();
        let now = Acknowledged::of(id, status.clone());
        assert_eq!(now.as_ref(), Some(acknowledged), "{status:?}");
    }
}
