//! Killing a node again and again, while it is paid with.

use std::sync::{Arc, Mutex};

use jsonrpsee::http_client::HttpClient;
use pyralog_api::{NodeStatus, PyralogClient, TransactionStatus};
use pyralog_primitives::{BlockId, Height};
use pyralog_testnet::{Chance, NodeCommand, NodeProcess, Sandbox, bounded, eventually};
use tokio::task::JoinSet;

use crate::payments::{Acknowledged, Book, pay_in_a_circle};
use crate::replay::{open, replay};

/// How often the node is killed; `PYRALOG_KILLS` says otherwise.
const KILL_COUNT: usize = 50;
/// The same where old blocks are forgotten, which comes each few hundred.
const FORGETTING_KILL_COUNT: usize = 12;
/// Who pays; each pays the next.
const ACCOUNT_COUNT: usize = 6;
/// Old payments that are looked at after each start. At the end it is all.
const SAMPLE_COUNT: usize = 32;

/// The highest block that any caller has seen.
type HighestSeen = Arc<Mutex<(Height, BlockId)>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_a_node_is_killed() {
    let kills = std::env::var("PYRALOG_KILLS").map_or(KILL_COUNT, |text| text.parse().unwrap());
    let sandbox = Sandbox::new();
    let command = NodeCommand::development(&sandbox);
    let (head, told) = bounded(kill_again_and_again(&command, kills, Height::new(0))).await;
    replay(&sandbox, &head, &told);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_is_kept_is_lost_when_a_node_that_forgets_is_killed() {
    let sandbox = Sandbox::new();
    // More than pass while a caller is told, fewer than one forgets at once.
    let command = NodeCommand::development(&sandbox).set("store.keep_blocks=200");
    let forgotten = Height::new(300);
    let kills = kill_again_and_again(&command, FORGETTING_KILL_COUNT, forgotten);
    let (head, _) = bounded(kills).await;
    open(&sandbox, &head);
}

/// Kills a node so often, and until it has forgotten what is below a height; and
/// stops it at last. Returns how it stood then, and all that it had acknowledged.
async fn kill_again_and_again(
    command: &NodeCommand,
    kills: usize,
    forgotten: Height,
) -> (NodeStatus, Vec<Acknowledged>) {
    let mut chance = Chance::from_environment();
    let book = Book::default();
    let highest = HighestSeen::new(Mutex::new((Height::new(0), BlockId::ZERO)));
    let (mut checked, mut oldest, mut killed) = (0, Height::new(0), 0);
    while killed < kills || oldest < forgotten {
        killed += 1;
        let mut node = command.spawn();
        if chance.one_in(6) {
            tokio::time::sleep(chance.millis(0, 300)).await;
            node.kill();
            continue;
        }
        node.wait_until_it_answers().await.unwrap();
        oldest = check_head(&node, &highest).await.oldest;
        let told = book.lock().unwrap().clone();
        check(&node, &told[checked..]).await;
        let mut sampled = |_| told.get(chance.below(told.len().max(1))).cloned();
        let sample: Vec<Acknowledged> = (0..SAMPLE_COUNT).filter_map(&mut sampled).collect();
        check(&node, &sample).await;
        checked = told.len();
        let mut tasks = pay(&node, &mut chance, &book, &highest);
        tokio::time::sleep(chance.millis(50, 600)).await;
        if chance.one_in(3) {
            // It is not only there: it goes on.
            eventually("a payment is final", async || {
                (book.lock().unwrap().len() > told.len()).then_some(())
            })
            .await;
        }
        node.kill();
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap();
        }
    }
    let node = command.start().await.unwrap();
    check_head(&node, &highest).await;
    let told = book.lock().unwrap().clone();
    check(&node, &told).await;
    let head = node.status().await;
    let ended = node.stop().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    (head, told)
}

/// Starts accounts that pay, and one who watches the head.
fn pay(node: &NodeProcess, chance: &mut Chance, book: &Book, highest: &HighestSeen) -> JoinSet<()> {
    let mut tasks = pay_in_a_circle(node, ACCOUNT_COUNT, chance, book);
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

/// The block that was seen last is there. Returns how the node stands.
async fn check_head(node: &NodeProcess, highest: &HighestSeen) -> NodeStatus {
    let (height, block) = *highest.lock().unwrap();
    let status = node.status().await;
    assert!(status.height >= height, "{} after {height}", status.height);
    if height.get() > 0 {
        let view = node.client().block(Some(height)).await.unwrap();
        assert_eq!(view.id, block, "another block of height {height}");
    }
    status
}

/// What was told is still so, unless it is of a height that is forgotten.
async fn check(node: &NodeProcess, told: &[Acknowledged]) {
    let client = node.client();
    for acknowledged in told {
        let id = acknowledged.transaction;
        match client.transaction_status(id).await.unwrap() {
            TransactionStatus::Unknown { oldest } => assert!(
                acknowledged.height < oldest,
                "{acknowledged:?} is lost; from {oldest} on all is kept"
            ),
            status => {
                let now = Acknowledged::of(id, status.clone());
                assert_eq!(now.as_ref(), Some(acknowledged), "{status:?}");
            }
        }
    }
}
