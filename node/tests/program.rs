//! The program as far as it needs no network: flags, settings, mistakes.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::process::{Command, Output};

/// Runs the program in a home of its own.
fn run(home: &str, args: &[&str], variables: &[(&str, &str)]) -> (i32, String, String) {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_pyralog-node"))
        .args(args)
        .env_clear()
        .env("PYRALOG_HOME", home)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    (code, text(output.stdout), text(output.stderr))
}

#[test]
fn a_mistake_on_the_command_line_is_said_and_nothing_is_made() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().to_str().unwrap();
    for (args, sentence) in [
        (&["--devv"][..], "--dev"),
        (&["--dev", "--genesis", "net.toml"], "cannot be used with"),
        (&["--dev", "--instance", "100"], "0..=99"),
        (&["config", "show"], "--dev for one of your own"),
        (&["--password-file", "x"], "--validator-key"),
    ] {
        let (code, stdout, stderr) = run(path, args, &[]);
        assert_eq!((code, stdout.as_str()), (2, ""), "{args:?}: {stderr}");
        assert!(stderr.contains(sentence), "{args:?}: {stderr}");
    }
    assert_eq!(home.path().read_dir().unwrap().count(), 0);
}

#[test]
fn every_setting_says_where_it_comes_from() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().to_str().unwrap();
    let args = [
        "--dev",
        "--set",
        "log.format=json",
        "config",
        "show",
        "--origin",
    ];
    let variables = [("PYRALOG_RPC__BATCH_COUNT_MAX", "7")];
    let (code, stdout, stderr) = run(path, &args, &variables);
    assert_eq!((code, stderr.as_str()), (0, ""));
    for line in [
        "log.format = json  # --set",
        "rpc.batch_count_max = 7  # PYRALOG_RPC__BATCH_COUNT_MAX",
        "rpc.price_per_second_max = 0  # --dev",
        "rpc.listen = 127.0.0.1:26657  # default",
    ] {
        assert!(
            stdout.lines().any(|shown| shown == line),
            "{line}\n{stdout}"
        );
    }
    // Looking changes nothing.
    assert_eq!(home.path().read_dir().unwrap().count(), 0);
}

#[test]
fn all_mistakes_in_settings_come_at_once_with_place_and_remedy() {
    let home = tempfile::tempdir().unwrap();
    let chain = home.path().join("dev-local");
    std::fs::create_dir(&chain).unwrap();
    std::fs::write(
        chain.join("config.toml"),
        "[rpc]\nlistn = \"127.0.0.1:1\"\n",
    )
    .unwrap();
    let path = home.path().to_str().unwrap();
    let args = ["--dev", "--set", "store.cache=7"];
    let (code, stdout, stderr) = run(path, &args, &[]);
    assert_eq!((code, stdout.as_str()), (78, ""), "{stderr}");
    for part in ["config.toml line 2", "rpc.listen", "store.cache", "--set"] {
        assert!(stderr.contains(part), "{part}\n{stderr}");
    }
}

#[test]
fn a_document_that_cannot_be_run_is_refused_with_its_mistakes() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().to_str().unwrap();
    let file = home.path().join("net.toml");
    let genesis = |text: &str| {
        std::fs::write(&file, text).unwrap();
        run(path, &["--genesis", file.to_str().unwrap()], &[])
    };
    let (code, _, stderr) = genesis("chain_id = \"D\"\n");
    assert_eq!(code, 78);
    assert!(stderr.contains("line 1: chain_id"), "{stderr}");

    let missing = home.path().join("none.toml");
    let (code, _, stderr) = run(path, &["--genesis", missing.to_str().unwrap()], &[]);
    assert_eq!(code, 74);
    assert!(stderr.contains("none.toml"), "{stderr}");
}
