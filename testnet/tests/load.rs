//! The program that makes load, on a node of its own.

use std::process::{Command, Output};

use pyralog_api::PyralogClient;
use pyralog_testnet::{NodeCommand, Sandbox, bounded};

/// Runs it to its end, which it finds itself.
async fn load(node: &str, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pyralog-testnet"));
    command.args(["load", "--node", node]).args(args);
    let ended = tokio::task::spawn_blocking(move || command.output()).await;
    let ended = ended.expect("a program that is run does not panic");
    ended.expect("the system starts a program that is there")
}

#[tokio::test]
async fn load_ends_by_itself_and_leaves_nothing_pending_or_refused_for_good() {
    bounded(async {
        let sandbox = Sandbox::new();
        let node = NodeCommand::development(&sandbox).start().await.unwrap();
        let url = format!("http://{}", node.endpoint());
        // So few that all blocks of the phase are within their lifetime.
        let few = ["--seconds", "1", "--accounts", "80", "--batch", "5"];
        let ended = load(&url, &[&few[..], &["--rate", "200"]].concat()).await;
        let said = String::from_utf8_lossy(&ended.stdout);
        let failed = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success(), "{failed}");
        assert!(said.contains("\ngiven "), "{said}");
        assert!(!said.contains("for good"), "{said}");
        let status = node.client().node_status().await.unwrap();
        assert_eq!(status.pending, 0, "{said}");
    })
    .await;
}

#[tokio::test]
async fn without_a_node_load_says_that_nobody_answers() {
    bounded(async {
        // The port of discard: nobody listens there.
        let ended = load("http://127.0.0.1:9", &[]).await;
        let failed = String::from_utf8_lossy(&ended.stderr);
        assert!(!ended.status.success());
        assert!(failed.contains("the node does not answer"), "{failed}");
    })
    .await;
}
