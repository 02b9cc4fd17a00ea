//! Nodes that are killed, paused and restarted while the net is paid with.

use std::time::Duration;

use jsonrpsee::http_client::HttpClient;
use pyralog_api::PyralogClient;
use pyralog_primitives::{BlockCount, Height};
use pyralog_testnet::net::{NetError, ProcessState};
use pyralog_testnet::{bounded, eventually};

use crate::nets::{ENGINES, TestNet};
use crate::payments::{client, pay};

/// Waits until a node has so many blocks more; returns its height.
async fn goes_on(client: &HttpClient, blocks: u64) -> Height {
    let before = client.node_status().await.unwrap().height;
    let wanted = before.after(BlockCount::new(blocks)).unwrap();
    eventually("blocks go on", async || {
        let height = client.node_status().await.ok()?.height;
        (height >= wanted).then_some(height)
    })
    .await
}

#[tokio::test]
async fn with_one_of_four_killed_blocks_go_on_and_it_comes_back() {
    bounded(async {
        for engine in ENGINES {
            let mut test = TestNet::up("killed", engine, 0).await;
            pay(&test.net, "validator-0", 3).await;
            test.net.kill("validator-3").await.unwrap();
            let state = test.net.state("validator-3").unwrap();
            assert_eq!(state, ProcessState::Ended);
            let error = test.net.pause("validator-3").await.unwrap_err();
            assert!(matches!(error, NetError::NotRunning { .. }), "{error}");
            pay(&test.net, "validator-0", 3).await;
            // Also without it, everything holds of those that run.
            let report = test.holds().await;
            assert!(report.claims()[0].what.contains("validator-3 ended"));
            test.net.restart("validator-3").await.unwrap();
            test.holds().await;
            pay(&test.net, "validator-3", 1).await;
            test.holds().await;
            test.down().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_validator_that_was_paused_follows_again() {
    bounded(async {
        for engine in ENGINES {
            let mut test = TestNet::up("paused", engine, 0).await;
            test.net.pause("validator-1").await.unwrap();
            let state = test.net.state("validator-1").unwrap();
            assert_eq!(state, ProcessState::Paused);
            goes_on(&client(&test.net, "validator-0"), 3).await;
            test.net.resume("validator-1").await.unwrap();
            let report = test.holds().await;
            assert!(report.claims()[0].what.starts_with("4 of 4"), "{report}");
            test.down().await;
        }
    })
    .await;
}

#[tokio::test]
async fn without_a_quorum_nothing_is_final_and_check_says_so() {
    bounded(async {
        for engine in ENGINES {
            let mut test = TestNet::up("halted", engine, 0).await;
            test.holds().await;
            for node in ["validator-2", "validator-3"] {
                test.net.kill(node).await.unwrap();
            }
            // What was under way when they went may still become final.
            let mut last = None;
            eventually("the last block is final", async || {
                let now = client(&test.net, "validator-0")
                    .node_status()
                    .await
                    .unwrap();
                tokio::time::sleep(Duration::from_secs(1)).await;
                last.replace(now.height)
                    .filter(|before| *before == now.height)
            })
            .await;
            let report = test.net.check(Duration::from_secs(10)).await.unwrap();
            assert!(!report.holds(), "{report}");
            let wrong = report.claims().iter().filter(|claim| claim.wrong.is_some());
            let wrong: Vec<&str> = wrong.map(|claim| claim.what.as_str()).collect();
            assert_eq!(wrong.len(), 1, "{report}");
            assert!(wrong[0].starts_with("blocks go on"), "{report}");
            for node in ["validator-2", "validator-3"] {
                test.net.restart(node).await.unwrap();
            }
            test.holds().await;
            test.down().await;
        }
    })
    .await;
}

#[tokio::test]
async fn all_nodes_are_restarted_at_once_and_nothing_acknowledged_is_lost() {
    bounded(async {
        for engine in ENGINES {
            let mut test = TestNet::up("restarted", engine, 1).await;
            pay(&test.net, "full-0", 3).await;
            test.net.restart_all().await.unwrap();
            test.holds().await;
            for node in 0..4 {
                test.net.kill(&format!("validator-{node}")).await.unwrap();
            }
            test.net.restart_all().await.unwrap();
            pay(&test.net, "full-0", 3).await;
            let report = test.holds().await;
            let last = report.claims().last().unwrap();
            assert!(last.what.ends_with(": 6"), "{report}");
            test.down().await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_was_never_acknowledged_is_missed_by_check() {
    bounded(async {
        let test = TestNet::up("invented", ENGINES[0], 0).await;
        let invented = pyralog_testnet::net::Acknowledged {
            transaction: pyralog_primitives::TransactionId::ZERO,
            height: Height::new(1),
            position: 0,
        };
        test.net.acknowledge(&[invented]).unwrap();
        let report = test.net.check(pyralog_testnet::PATIENCE).await.unwrap();
        assert!(report.claims().last().unwrap().wrong.is_some(), "{report}");
        test.down().await;
    })
    .await;
}
