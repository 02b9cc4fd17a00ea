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
    ] {
        let run = shell.run(args);
        assert!(run.data().contains("Usage: pyralog"), "{args:?}");
    }
    for verb in ["new", "import", "show", "export", "sign", "verify"] {
        let run = shell.run(&["keys", verb, "--help"]);
        assert!(run.data().contains("Examples:"), "{verb}");
    }
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
        let output = shell.command(args).stdout(writer).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said.as_str()), (Some(0), ""));
    }
}

#[test]
fn completions_know_the_verbs() {
    let shell = Shell::new();
    for name in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = shell.run(&["completions", name]);
        for verb in ["possession", "add-validator", "completions"] {
            assert!(run.data().contains(verb), "{name} {verb}");
        }
    }
}
