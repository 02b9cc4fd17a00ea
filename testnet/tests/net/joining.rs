//! Nodes that come late, and nodes of somebody else.

use std::fs;
use std::path::PathBuf;

use jsonrpsee::core::ClientError;
use pyralog_api::{Failure, PyralogClient};
use pyralog_genesis::ConsensusKind;
use pyralog_primitives::{DurationMs, Height};
use pyralog_testnet::net::{Net, Options};
use pyralog_testnet::{NodeCommand, Sandbox, bounded, eventually};

use crate::nets::{ENGINES, TestNet, base, options};
use crate::payments::{client, pay};

/// How often a node that comes late is killed on the way, unless
/// `PYRALOG_LATE_KILLS` says another number.
const KILL_COUNT: u32 = 10;

/// Forgets the chain of a node that does not run.
fn forget_chain(test: &TestNet, node: &str) {
    let name = format!("dev-{}", test.net.name());
    let chain: PathBuf = test.net.directory().join(node).join(name);
    for part in ["store", "consensus"] {
        fs::remove_dir_all(chain.join(part)).unwrap();
    }
}

#[tokio::test]
async fn a_node_that_comes_late_arrives_also_if_it_is_killed_on_the_way() {
    bounded(async {
        for engine in ENGINES {
            let mut test = TestNet::up("late", engine, 1).await;
            test.net.kill("full-0").await.unwrap();
            forget_chain(&test, "full-0");
            pay(&test.net, "validator-0", 10).await;
            let far = client(&test.net, "validator-0").node_status().await;
            let far = far.unwrap().height;
            let kills = std::env::var("PYRALOG_LATE_KILLS").ok();
            let kills = kills.map_or(KILL_COUNT, |kills| kills.parse().unwrap());
            let mut reached = Height::default();
            for kill in 0..kills {
                test.net.restart("full-0").await.unwrap();
                let late = client(&test.net, "full-0");
                // At one time before it has any block more, at another after.
                let wanted = u64::from(kill % 2) + reached.get();
                reached = eventually("it goes on where it was", async || {
                    let height = late.node_status().await.ok()?.height;
                    assert!(height >= reached, "{height} after {reached}");
                    (height.get() >= wanted).then_some(height)
                })
                .await;
                test.net.kill("full-0").await.unwrap();
            }
            test.net.restart("full-0").await.unwrap();
            let late = client(&test.net, "full-0");
            eventually("it has what was there before it came", async || {
                let status = late.node_status().await.ok()?;
                (status.height >= far && !status.syncing).then_some(())
            })
            .await;
            // What is paid by it reaches the validators.
            pay(&test.net, "full-0", 1).await;
            test.holds().await;
            test.down().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_node_of_another_network_is_refused_by_name() {
    bounded(async {
        let base = base();
        let solo = |name| Options {
            validators: 1,
            ..options(&base, name, ConsensusKind::Solo)
        };
        let ours = Net::up(&solo("ours")).await.unwrap();
        let theirs = Net::up(&solo("theirs")).await.unwrap();
        let sandbox = Sandbox::new();
        let genesis = theirs.genesis().display().to_string();
        let stranger = NodeCommand::new(&sandbox)
            .arg("--genesis")
            .arg(genesis)
            .arg("--with-unused-ports")
            .set("p2p.allow_private_addresses=true")
            .set(&format!(
                "p2p.bootstrap={}",
                ours.peer("validator-0").unwrap()
            ));
        let stranger = stranger.start().await.unwrap();
        let met = |view: pyralog_api::PeersView, chain: &str| {
            assert!(view.connected.is_empty(), "{view:?}");
            let strangers = view.strangers.iter();
            let named = strangers.filter(|stranger| stranger.network.contains(chain));
            (named.count() == 1).then_some(())
        };
        eventually("the stranger learns whom it met", async || {
            met(stranger.client().peers().await.ok()?, "dev-ours")
        })
        .await;
        eventually("the network learns who came", async || {
            met(
                client(&ours, "validator-0").peers().await.ok()?,
                "dev-theirs",
            )
        })
        .await;
        drop(stranger);
        ours.down(false).await.unwrap();
        theirs.down(false).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_operator_keeps_a_peer_away_and_lets_it_back() {
    bounded(async {
        let test = TestNet::up("banned", ConsensusKind::Pbft, 0).await;
        let node = client(&test.net, "validator-0");
        let address = test.net.peer("validator-3").unwrap();
        let (key, _) = address.split_once('@').unwrap();
        let key = key.parse().unwrap();
        let meets = async |wanted: bool| {
            let view = node.peers().await.ok()?;
            let is_there = view.connected.iter().any(|peer| peer.peer == key);
            let is_banned = view.banned.iter().any(|ban| ban.peer == key);
            (is_there == wanted && is_banned != wanted).then_some(())
        };
        eventually("they meet", async || meets(true).await).await;
        let day = DurationMs::new(86_400_000);
        node.ban_peer(key, day, "for a test".to_owned())
            .await
            .unwrap();
        eventually("it is kept away", async || meets(false).await).await;
        assert!(node.unban_peer(key).await.unwrap());
        assert!(!node.unban_peer(key).await.unwrap());
        eventually("it is back", async || meets(true).await).await;
        let refused = |answer: Result<(), ClientError>| {
            let failure = Failure::of(&answer.unwrap_err()).unwrap();
            failure.reason.into_owned()
        };
        let for_ever = DurationMs::new(u64::MAX);
        let banned = node.ban_peer(key, for_ever, String::new()).await;
        assert_eq!(refused(banned), "ban_too_long");
        let added = node.add_peer("somewhere".to_owned()).await;
        assert_eq!(refused(added), "no_peer_address");
        test.down().await;
    })
    .await;
}
