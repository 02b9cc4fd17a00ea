//! How a net begins, what is seen of it, and how it ends.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use pyralog_genesis::ConsensusKind;
use pyralog_testnet::net::{Net, NetError, ProcessState};
use pyralog_testnet::{bounded, eventually};

use crate::nets::{ENGINES, TestNet, base, options};

/// Whether there is such a process, and it has not ended.
fn runs(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}/exe")).exists()
}

#[tokio::test]
async fn a_net_of_each_engine_begins_makes_blocks_and_ends_with_nothing_left() {
    bounded(async {
        for engine in ENGINES {
            let mut test = TestNet::up("life", engine, 1).await;
            eventually("every node has blocks and peers", async || {
                let status = test.net.status().await.unwrap();
                let is_at_work = |row: &pyralog_testnet::net::NodeRow| {
                    row.status().is_some_and(|status| {
                        status.height.get() >= 3 && !status.syncing && status.peers > 0
                    })
                };
                status.nodes().iter().all(is_at_work).then_some(())
            })
            .await;
            test.holds().await;
            let nodes: Vec<String> = test.net.nodes().map(|node| node.to_string()).collect();
            assert_eq!(nodes.len(), 5);
            let pids = nodes
                .iter()
                .map(|node| test.net.pid(node).unwrap().unwrap());
            let pids: BTreeSet<u32> = pids.collect();
            assert_eq!(pids.len(), 5);
            // One that is paused ends as well.
            test.net.pause("validator-2").await.unwrap();
            test.down().await;
            assert!(!pids.into_iter().any(runs));
        }
    })
    .await;
}

#[tokio::test]
async fn a_net_that_is_kept_goes_on_where_it_was() {
    bounded(async {
        let mut test = TestNet::up("kept", ConsensusKind::Tendermint, 0).await;
        test.holds().await;
        let before = test.net.status().await.unwrap();
        let before = before.nodes()[0].status().unwrap().clone();
        test.net.clone().down(true).await.unwrap();
        for node in test.net.nodes() {
            let log = fs::read_to_string(test.net.directory().join(format!("{node}.log"))).unwrap();
            assert!(
                log.contains("INFO stopped"),
                "{node} was not let end: {log}"
            );
        }
        let name = test.net.name().clone();
        let mut again = Net::open(Some(test.base().path()), &name).unwrap();
        assert_eq!(again.state("validator-0").unwrap(), ProcessState::Ended);
        let error = again.check(std::time::Duration::ZERO).await.unwrap_err();
        assert!(matches!(error, NetError::NothingRuns(_)), "{error}");
        again.restart_all().await.unwrap();
        test.net = again.clone();
        test.holds().await;
        let after = again.status().await.unwrap();
        let after = after.nodes()[0].status().unwrap().clone();
        assert_eq!(after.genesis, before.genesis);
        assert!(after.height > before.height);
        test.down().await;
    })
    .await;
}

#[tokio::test]
async fn two_nets_stand_beside_each_other() {
    bounded(async {
        let base = base();
        let solo = |name| pyralog_testnet::net::Options {
            validators: 1,
            ..options(&base, name, ConsensusKind::Solo)
        };
        let one = Net::up(&solo("one")).await.unwrap();
        let two = Net::up(&solo("two")).await.unwrap();
        let error = Net::up(&solo("one")).await.unwrap_err();
        assert!(matches!(error, NetError::Exists { .. }), "{error}");
        let (url, other) = (one.url("validator-0"), two.url("validator-0"));
        assert_ne!(url.unwrap(), other.unwrap());
        one.down(false).await.unwrap();
        assert_eq!(two.state("validator-0").unwrap(), ProcessState::Running);
        two.down(false).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn of_a_net_whose_nodes_do_not_start_nothing_is_left() {
    bounded(async {
        let base = base();
        let options = pyralog_testnet::net::Options {
            settings: vec!["rpc.batch_count_max=0".to_owned()],
            ..options(&base, "broken", ConsensusKind::Tendermint)
        };
        let error = Net::up(&options).await.unwrap_err();
        let NetError::Ended { log, .. } = error else {
            panic!("{error}");
        };
        assert!(log.contains("rpc.batch_count_max"), "{log}");
        assert!(!base.path().join("broken").exists());
    })
    .await;
}
