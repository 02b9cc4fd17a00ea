//! Following events, over connections that end.

use std::sync::{Arc, Mutex};

use jsonrpsee::RpcModule;
use jsonrpsee::core::SubscriptionError;
use jsonrpsee::server::{Server, ServerHandle};
use pyralog_api::{EventItem, Happened, NodeStatus};
use pyralog_primitives::codec::{Bytes, List};
use pyralog_primitives::receipt::{Attribute, Event};
use pyralog_primitives::{Height, TransactionId};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::chain::{Chain, account};
use crate::shell::{Run, Shell};

/// What a node of events says, and what it was asked.
struct Script {
    /// What it answers to each question how it stands; the last one is
    /// repeated.
    statuses: Vec<NodeStatus>,
    /// What it sends over each subscription, before it says no more.
    items: Vec<Vec<EventItem>>,
    asked: Vec<Value>,
}

struct EventNode {
    script: Arc<Mutex<Script>>,
    url: String,
    _server: ServerHandle,
    _runtime: Runtime,
}

impl EventNode {
    fn start(statuses: Vec<NodeStatus>, items: Vec<Vec<EventItem>>) -> Self {
        let script = Arc::new(Mutex::new(Script {
            statuses,
            items,
            asked: Vec::new(),
        }));
        let runtime = Runtime::new().unwrap();
        let module = module(Arc::clone(&script));
        let (server, url) = runtime.block_on(async {
            let server = Server::builder().build("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}", server.local_addr().unwrap());
            (server.start(module), url)
        });
        Self {
            script,
            url,
            _server: server,
            _runtime: runtime,
        }
    }

    fn follow(&self, line: &str) -> Run {
        let args: Vec<&str> = line.split(' ').collect();
        Shell::new().run(&[&["events", "--node", &self.url][..], &args].concat())
    }

    /// The parameters of each subscription, in order.
    fn asked(&self) -> Vec<Value> {
        self.script.lock().unwrap().asked.clone()
    }
}

fn module(script: Arc<Mutex<Script>>) -> RpcModule<Arc<Mutex<Script>>> {
    let mut module = RpcModule::new(script);
    let status = |script: &Arc<Mutex<Script>>| {
        let mut script = script.lock().unwrap();
        match script.statuses.len() {
            1 => json!(script.statuses[0]),
            _ => json!(script.statuses.remove(0)),
        }
    };
    module
        .register_method("pyralog_status", move |_, script, _| status(script))
        .unwrap();
    module
        .register_subscription(
            "pyralog_subscribeEvents",
            "pyralog_events",
            "pyralog_unsubscribeEvents",
            |params, pending, script, _| async move {
                let items = {
                    let mut script = script.lock().unwrap();
                    script.asked.push(params.parse().unwrap());
                    script.items.remove(0)
                };
                let sink = pending.accept().await?;
                for item in items {
                    let item = serde_json::value::to_raw_value(&item).unwrap();
                    sink.send(item).await?;
                }
                sink.closed().await;
                Ok::<_, SubscriptionError>(())
            },
        )
        .unwrap();
    module
}

fn event(cursor: &str) -> EventItem {
    let attribute = Attribute {
        name: "from".parse().unwrap(),
        value: Bytes::new(account().as_bytes().to_vec()).unwrap(),
    };
    EventItem::Event(Happened {
        cursor: cursor.parse().unwrap(),
        transaction: TransactionId::ZERO,
        event: Event {
            name: "transfer".parse().unwrap(),
            attributes: List::new(vec![attribute]).unwrap(),
        },
    })
}

fn ended(reason: &str) -> EventItem {
    EventItem::Ended {
        reason: reason.to_owned(),
    }
}

#[test]
fn events_are_lines_that_begin_with_their_place() {
    let chain = Chain::solo("my-net");
    let node = EventNode::start(vec![chain.status()], vec![vec![event("43.0.1")]]);
    let run = node.follow("--limit 1 --name transfer --address dev-0");
    let expected = format!(
        "43.0.1  transfer from={}  in {}\n",
        account(),
        TransactionId::ZERO
    );
    assert_eq!(run.data(), expected);
    // From the end of the last block on, as of when the command began.
    let [asked] = &node.asked()[..] else {
        panic!("one subscription");
    };
    assert_eq!(asked[0]["name"], "transfer");
    assert_eq!(asked[1], "42.4294967295.4294967295");
}

#[test]
fn after_an_end_it_goes_on_behind_the_last_event_and_says_what_is_missing() {
    let chain = Chain::solo("my-net");
    let lagged = EventItem::Lagged {
        from: Height::new(8),
        to: Height::new(9),
    };
    let scripts = vec![
        vec![event("7.0.2"), ended("stopping")],
        vec![lagged, ended("stopping")],
        vec![event("10.0.0")],
    ];
    let node = EventNode::start(vec![chain.status()], scripts);
    let run = node.follow("--after 6.0.0 --limit 2 --output json");
    assert_eq!(run.code, 0, "{run:?}");
    let lines = run.stdout.lines().map(serde_json::from_str);
    let lines: Vec<Value> = lines.map(Result::unwrap).collect();
    let [first, missing, last] = &lines[..] else {
        panic!("three lines: {run:?}");
    };
    assert_eq!(first["event"]["cursor"], "7.0.2");
    assert_eq!(first["event"]["attributes"]["from"], account().to_string());
    assert_eq!(missing["lagged"], json!({ "from": "8", "to": "9" }));
    assert_eq!(last["event"]["cursor"], "10.0.0");
    assert!(
        run.stderr.contains("no longer keeps blocks 8 to 9"),
        "{run:?}"
    );
    let after: Vec<Value> = node.asked().iter().map(|asked| asked[1].clone()).collect();
    assert_eq!(after, ["6.0.0", "7.0.2", "9.4294967295.4294967295"]);
}

#[test]
fn behind_the_same_url_there_may_be_another_network_by_now() {
    let (one, other) = (Chain::solo("my-net"), Chain::solo("other-net"));
    let scripts = vec![vec![event("7.0.2"), ended("stopping")]];
    let node = EventNode::start(vec![one.status(), other.status()], scripts);
    let run = node.follow("--after 6.0.0");
    assert_eq!(run.code, 1, "{run:?}");
    let sentence = format!("the node is now of the network {}", other.genesis.hash());
    assert!(run.stderr.contains(&sentence), "{run:?}");
}
