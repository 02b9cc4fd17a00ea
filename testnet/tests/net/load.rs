//! Load on a whole net, as people make it.

use std::path::Path;
use std::process::Command;

use pyralog_genesis::ConsensusKind;

use crate::nets::TestNet;

/// Few transfers, by the clock.
const FEW: [&str; 8] = [
    "--rate",
    "40",
    "--seconds",
    "1",
    "--accounts",
    "40",
    "--batch",
    "5",
];

/// What it says of a net, with nodes that are named or without.
async fn load(base: &Path, nodes: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pyralog-testnet"));
    command
        .args(["load", "--net", "loaded", "--base"])
        .arg(base);
    command.args(FEW).args(nodes);
    let ended = tokio::task::spawn_blocking(move || command.output()).await;
    let ended = ended.unwrap().unwrap();
    let failed = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{failed}");
    String::from_utf8(ended.stdout).unwrap()
}

/// How many of the transfers that were taken are final on how many nodes.
fn finals(said: &str) -> Vec<(u64, u64)> {
    let line = said
        .lines()
        .find_map(|line| line.strip_prefix("final of what was taken, on nodes: "));
    let pairs = line.unwrap_or_else(|| panic!("{said}")).split(", ");
    let pair = |text: &str| {
        let (transfers, nodes) = text.split_once(" on ").unwrap();
        (transfers.parse().unwrap(), nodes.parse().unwrap())
    };
    pairs.map(pair).collect()
}

#[tokio::test]
async fn what_is_taken_under_load_becomes_final_on_all_nodes_that_run() {
    pyralog_testnet::bounded(async {
        let mut net = TestNet::up("loaded", ConsensusKind::Tendermint, 0).await;
        let said = load(net.base().path(), &[]).await;
        let [(everywhere, 4), (0, 0)] = finals(&said)[..] else {
            panic!("{said}");
        };
        assert!(everywhere > 0, "{said}");
        assert!(said.contains("without an answer: 0 of "), "{said}");
        assert!(!said.contains("for good"), "{said}");
        net.net.kill("validator-3").await.unwrap();
        let said = load(net.base().path(), &["validator-1"]).await;
        let [(everywhere, 3), (0, 0)] = finals(&said)[..] else {
            panic!("{said}");
        };
        assert!(everywhere > 0, "{said}");
        net.holds().await;
        net.down().await;
    })
    .await;
}
