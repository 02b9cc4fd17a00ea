//! A net that is attacked in every way, with less of each than by hand.

use std::time::Duration;

use pyralog_genesis::ConsensusKind;
use pyralog_testnet::net::{Attack, Net, Options, Strength};
use pyralog_testnet::{PATIENCE, bounded};

use crate::nets::{End, base, options};

/// As much as a test has time for. Everything is done to the nodes that is done
/// with the full strength, but who reads nothing is not waited for.
const SHORT: Strength = Strength {
    connections: 600,
    identities: 40,
    time: Duration::from_secs(3),
    seed: 1,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_withstands_a_hostile_peer() {
    bounded(async {
        let base = base();
        let _end = End::of(&base, "attacked");
        let limits = ["p2p.per_host_max=4", "p2p.per_subnet_max=16"];
        let options = Options {
            settings: limits.map(str::to_owned).to_vec(),
            ..options(&base, "attacked", ConsensusKind::Tendermint)
        };
        let net = Net::up(&options).await.unwrap();
        let report = net.attack(&Attack::ALL, SHORT, |_| {}).await.unwrap();
        assert!(report.holds(), "{report}");
        assert_eq!(report.outcomes().len(), Attack::ALL.len());
        let check = net.check(PATIENCE).await.unwrap();
        assert!(check.holds(), "{check}");
        net.down(false).await.unwrap();
    })
    .await;
}
