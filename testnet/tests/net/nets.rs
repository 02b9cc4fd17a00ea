//! Nets for tests, ended with them.

use std::path::PathBuf;
use std::time::Duration;

use pyralog_genesis::ConsensusKind;
use pyralog_testnet::net::{Net, NetError, NetName, Options, Report};
use pyralog_testnet::{PATIENCE, binary};
use tempfile::TempDir;

/// The engines by which several validators agree.
pub(crate) const ENGINES: [ConsensusKind; 2] = [ConsensusKind::Tendermint, ConsensusKind::Pbft];

/// A net, and the directory that it lies in. Its nodes are killed when it is
/// dropped, also by a test that fails.
pub(crate) struct TestNet {
    pub(crate) net: Net,
    /// Before the directory goes.
    _end: End,
    base: TempDir,
}

/// Kills the nodes of a net, if it is still there, when it is dropped.
pub(crate) struct End {
    base: PathBuf,
    name: NetName,
}

impl End {
    pub(crate) fn of(base: &TempDir, name: &str) -> Self {
        Self {
            base: base.path().to_owned(),
            name: name.parse().unwrap(),
        }
    }
}

/// Options for a net in a directory.
pub(crate) fn options(base: &TempDir, name: &str, consensus: ConsensusKind) -> Options {
    Options {
        base: Some(base.path().to_owned()),
        consensus,
        program: Some(binary("pyralog-node")),
        ..Options::new(name.parse().unwrap())
    }
}

pub(crate) fn base() -> TempDir {
    tempfile::tempdir().unwrap()
}

impl TestNet {
    /// Four validators, and so many full nodes.
    pub(crate) async fn up(name: &str, consensus: ConsensusKind, full_nodes: u8) -> Self {
        let base = base();
        let options = Options {
            full_nodes,
            ..options(&base, name, consensus)
        };
        let net = Net::up(&options).await;
        Self {
            net: net.unwrap_or_else(|error| panic!("{error}")),
            _end: End::of(&base, name),
            base,
        }
    }

    pub(crate) fn base(&self) -> &TempDir {
        &self.base
    }

    /// What must hold of it does.
    pub(crate) async fn holds(&self) -> Report {
        let report = self.net.check(PATIENCE).await.unwrap();
        assert!(report.holds(), "{report}");
        report
    }

    /// Ends it in an orderly way.
    pub(crate) async fn down(self) {
        let directory = self.net.directory().to_owned();
        let net = self.net.clone();
        net.down(false).await.unwrap();
        assert!(!directory.exists());
    }
}

impl Drop for End {
    fn drop(&mut self) {
        // A test that has ended it has nothing left to end.
        let Ok(net) = Net::open(Some(&self.base), &self.name) else {
            return;
        };
        let killing = std::thread::spawn(move || kill_all(net));
        let _ = killing.join();
    }
}

/// On a thread of its own: a runtime does not wait within another.
fn kill_all(mut net: Net) {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let Ok(runtime) = { runtime }.enable_all().build() else {
        return;
    };
    let nodes: Vec<String> = net.nodes().map(|node| node.to_string()).collect();
    runtime.block_on(async {
        for node in nodes {
            match tokio::time::timeout(Duration::from_secs(10), net.kill(&node)).await {
                Ok(Ok(()) | Err(NetError::NotRunning { .. })) => {}
                failed => eprintln!("{node} may still run: {failed:?}"),
            }
        }
    });
}
