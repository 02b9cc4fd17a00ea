//! The command line itself: help, mistyped verbs, closed pipes.

use std::io;

use crate::shell::{Run, Shell};

#[test]
fn help_and_version_are_data() {
    let shell = Shell::new();
    assert!(shell.run(&["--version"]).data().starts_with("pyralog 0."));
    for args in [
        &["--help"][..],
        &["-h"],
        &["keys", "--help"],
        &["keys", "new", "--help"],
        &["help", "genesis"],
        &["genesis", "add-validator", "--help"],
        &["help", "tx"],
        &["query", "--help"],
        &["proof", "save", "--help"],
        &["light", "--help"],
    ] {
        let run = shell.run(args);
        assert!(run.data().contains("Usage: pyralog"), "{args:?}");
    }
    for verb in ["new", "import", "show", "export", "sign", "verify"] {
        let run = shell.run(&["keys", verb, "--help"]);
        assert!(run.data().contains("Examples:"), "{verb}");
    }
    for line in [
        "tx transfer",
        "tx put",
        "tx delete",
        "tx open-journal",
        "tx append",
        "tx notarize",
        "tx status",
        "tx wait",
        "query account",
        "query entry",
        "query entries",
        "query journal",
        "query journal-entry",
        "query notarization",
        "query attendance",
        "query block",
        "query receipt",
        "proof save",
        "light verify",
        "events",
        "wait-api",
        "genesis fetch",
        "validator guard show",
        "validator guard export",
        "validator guard import",
        "zk prove",
        "zk verify",
        "zk statements",
        "zk setup",
    ] {
        let args: Vec<&str> = line.split(' ').chain(["--help"]).collect();
        assert!(shell.run(&args).data().contains("Examples:"), "{line}");
    }
    assert!(shell.run(&["--help"]).data().contains("69 no node answers"));
}

#[test]
fn wrong_usage_is_named_and_mistyped_verbs_are_guessed() {
    let shell = Shell::new();
    for (args, sentence) in [
        (&[][..], "Usage: pyralog"),
        (&["keys"], "Usage: pyralog keys"),
        (&["kyes", "list"], "a similar subcommand exists: 'keys'"),
        (&["keys", "lsit"], "a similar subcommand exists: 'list'"),
        (&["keys", "list", "--ouput", "json"], "'--output'"),
        (
            &["keys", "list", "--output", "yaml"],
            "[possible values: text, json]",
        ),
        (
            &["keys", "new", "Alice"],
            "'A' may not stand in a name; use a-z, 0-9, '.', '_' and '-'",
        ),
        (&["keys", "new", "../alice"], "'/' may not stand in a name"),
        (
            &["keys", "new", "a", "--words", "13"],
            "[possible values: 12, 24]",
        ),
        (
            &["keys", "new", "a", "--account", "2147483648"],
            "account 2147483648 is beyond the last one",
        ),
        (
            &["keys", "new", "a", "--password", "x"],
            "unexpected argument '--password'",
        ),
        (
            &["keys", "import", "a", "legal winner thank"],
            "unexpected argument",
        ),
        (&["completions", "tcsh"], "[possible values: bash"),
    ] {
        shell.run(args).assert_refused(2, sentence);
    }
}

#[test]
fn wrong_arguments_of_verbs_that_ask_a_node_are_named_before_any_is_asked() {
    let shell = Shell::new();
    // The last character is another one.
    let mistyped = "pyr1fks9wym0znqps2hcsmw4xvz9dzg37pnhqazmn8";
    for (line, sentence) in [
        (
            &format!("query account {mistyped}")[..],
            "as the checksum in it tells, this is no address",
        ),
        (
            &format!("tx transfer {mistyped} 1 --from dev-0"),
            "this is no address",
        ),
        ("tx transfer PYR1QQ 1 --from dev-0", "this is no address"),
        ("tx transfer dev-1 1", "--from <KEY>"),
        (
            "tx transfer dev-1 1.0000000001 --from dev-0",
            "has more than nine decimals",
        ),
        ("tx transfer dev-1 -1 --from dev-0", "unexpected argument"),
        (
            "tx put a hex:0g v --from dev-0",
            "after hex: 'g' at position 2",
        ),
        ("tx put A k v --from dev-0", "1 to 64 of a-z"),
        ("tx put a k v --file f --from dev-0", "cannot be used with"),
        (
            "tx put a k v --from dev-0 --valid-for 0",
            "it needs at least 1 block",
        ),
        (
            "tx put a k v --from dev-0 --timeout 30",
            "such as 500ms, 30s, 5m or 1h",
        ),
        ("tx put a k v --from dev-0 --provable", "--wait"),
        (
            "tx put a k v --from dev-0 --dry-run --wait",
            "cannot be used with",
        ),
        ("tx notarize --from dev-0", "<DIGEST|--file <FILE>>"),
        (
            "tx notarize abc --from dev-0",
            "the count of hex digits is odd",
        ),
        (
            "tx open-journal a --writers me --from dev-0",
            "[possible values: owner, anyone]",
        ),
        (
            "tx wait 12",
            "expected 32 bytes (64 hex digits), found 1 bytes",
        ),
        ("query entries a --limit 0", "0 is not in 1.."),
        ("query block -7", "unexpected argument"),
        ("query block 07", "is not a plain decimal number"),
        ("events --after 7", "one looks like 7.0.2"),
        (
            "status --node 127.0.0.1:26657",
            "a URL begins with http://, https://, ws:// or wss://",
        ),
        (
            "keys new dev-3",
            "this is the name of a key for development",
        ),
        ("tx tranfser", "a similar subcommand exists: 'transfer'"),
    ] {
        let args: Vec<&str> = line.split(' ').collect();
        shell.run(&args).assert_refused(2, sentence);
    }
}

#[test]
fn without_a_terminal_a_password_must_come_from_a_file() {
    let shell = Shell::new();
    shell.plant("alice", 0);
    for args in [
        &["keys", "new", "bob"][..],
        &["keys", "sign", "alice", "text"],
        &["keys", "possession", "alice", "--chain-id", "abc"],
    ] {
        let sentence = "there is no terminal to ask for the password; give --password-file";
        shell.run(args).assert_refused(2, sentence);
    }
}

#[test]
fn without_any_home_the_remedy_is_named() {
    let shell = Shell::new();
    let run = Run::of(
        shell.command(&["keys", "list"]).env_remove("PYRALOG_HOME"),
        "",
    );
    run.assert_refused(2, "give --home DIR");
    let elsewhere = shell.run(&["keys", "list", "--home", "elsewhere"]);
    assert!(elsewhere.stderr.contains("elsewhere/keys"), "{elsewhere:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let shell = Shell::new();
    shell.plant("alice", 0);
    for args in [
        &["--help"][..],
        &["completions", "bash"],
        &["keys", "list"],
        &["keys", "show", "alice", "--output", "json"],
        &["genesis", "new", "--chain-id", "my-net"],
    ] {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let starting = crate::shell::nobody_starts();
        let output = shell.command(args).stdout(writer).output().unwrap();
        drop(starting);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said.as_str()), (Some(0), ""));
    }
}

#[test]
fn completions_know_the_verbs() {
    let shell = Shell::new();
    for name in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = shell.run(&["completions", name]);
        for verb in [
            "possession",
            "add-validator",
            "completions",
            "open-journal",
            "wait-api",
            "save-claim",
        ] {
            assert!(run.data().contains(verb), "{name} {verb}");
        }
    }
}
