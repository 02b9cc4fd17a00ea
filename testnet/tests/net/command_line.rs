//! The same by the command line, as people do it.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use pyralog_testnet::{binary, bounded, eventually};
use rustix::process::{Pid, Signal, kill_process};

use crate::nets::{End, base};

fn command(base: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pyralog-testnet"));
    command.args(args).arg("--base").arg(base);
    command
}

async fn run(base: &Path, args: &[&str]) -> Output {
    let mut command = command(base, args);
    let ended = tokio::task::spawn_blocking(move || command.output()).await;
    ended.unwrap().unwrap()
}

/// What a verb says that succeeds.
async fn said(base: &Path, args: &[&str]) -> String {
    let ended = run(base, args).await;
    let failed = String::from_utf8_lossy(&ended.stderr);
    let said = String::from_utf8(ended.stdout).unwrap();
    assert!(ended.status.success(), "{args:?}: {failed}\n{said}");
    said
}

#[tokio::test]
async fn an_operator_begins_looks_kills_checks_and_ends_a_net() {
    bounded(async {
        let base = base();
        let _end = End::of(&base, "testnet");
        let base = base.path();
        let program = binary("pyralog-node");
        let program = program.to_str().unwrap();
        let up = said(
            base,
            &["up", "-n", "4", "--full-nodes", "1", "--program", program],
        )
        .await;
        assert!(up.contains("4 validators, 1 full node"), "{up}");
        let status = said(base, &["status"]).await;
        assert!(
            status.lines().all(|line| line.chars().count() <= 80),
            "{status}"
        );
        assert_eq!(status.matches("running").count(), 5, "{status}");
        said(base, &["pause", "validator-1"]).await;
        assert!(said(base, &["status"]).await.contains("paused"));
        said(base, &["resume", "all"]).await;
        said(base, &["kill", "validator-1", "full-0"]).await;
        let check = said(base, &["check"]).await;
        assert!(check.starts_with("holds  3 of 5 nodes run"), "{check}");
        said(base, &["restart", "all"]).await;
        let check = said(base, &["check"]).await;
        assert!(check.starts_with("holds  5 of 5 nodes run"), "{check}");
        assert!(said(base, &["logs", "full-0"]).await.contains("follower"));
        said(base, &["down"]).await;
        let gone = run(base, &["status"]).await;
        let failed = String::from_utf8_lossy(&gone.stderr);
        assert!(failed.contains("there is no net testnet"), "{failed}");
        let left = fs::read_dir(base)
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        assert_eq!(left.collect::<Vec<_>>(), [".lock"]);
    })
    .await;
}

#[tokio::test]
async fn what_is_interrupted_half_way_leaves_nothing() {
    bounded(async {
        let base = base();
        let _end = End::of(&base, "testnet");
        let record = base.path().join("testnet/net.toml");
        let program = binary("pyralog-node");
        let mut up = command(base.path(), &["up", "--program", program.to_str().unwrap()]);
        // A group of its own: nodes must not be ended by the terminal.
        let mut up = up.process_group(0).stdout(Stdio::null()).spawn().unwrap();
        let pids = eventually("a node is started", async || {
            let text = fs::read_to_string(&record).ok()?;
            let pids = text.lines().filter_map(|line| line.strip_prefix("pid = "));
            let pids: Vec<u32> = pids.map(|pid| pid.parse().unwrap()).collect();
            (!pids.is_empty()).then_some(pids)
        })
        .await;
        kill_process(Pid::from_child(&up), Signal::INT).unwrap();
        let ended = tokio::task::spawn_blocking(move || up.wait())
            .await
            .unwrap()
            .unwrap();
        // It may have been done before the signal came: then the net stands.
        if ended.success() {
            said(base.path(), &["down"]).await;
        }
        assert!(!record.exists());
        for pid in pids {
            let runs = Path::new(&format!("/proc/{pid}/exe")).exists();
            assert!(!runs, "{pid}");
        }
    })
    .await;
}

#[tokio::test]
async fn who_asks_for_what_is_not_there_is_told_what_is() {
    let base = base();
    let ended = run(base.path(), &["kill", "validator-0", "--net", "none"]).await;
    assert!(!ended.status.success());
    let failed = String::from_utf8_lossy(&ended.stderr);
    assert!(failed.contains("there is no net none"), "{failed}");
    assert!(failed.contains("begin one with `up`"), "{failed}");
}
