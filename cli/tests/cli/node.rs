//! Finding a node, and what is said when there is none.

use std::fs;
use std::sync::Arc;

use pyralog_api::{Failure, FailureKind, GenesisView};
use pyralog_genesis::Genesis;

use crate::chain::Chain;
use crate::fake_node::{FakeNode, Nobody, Reply, node_of};
use crate::shell::{Run, Shell};

const ID: &str = "0000000000000000000000000000000000000000000000000000000000000000";

#[test]
fn each_verb_says_that_no_node_answers_and_what_to_do() {
    let (shell, nobody) = (Shell::new(), Nobody::new());
    let url = &nobody.url;
    let sentence = format!(
        "no node answers at {url} (connection refused); start one with `pyralog-node --dev`, or \
         give --node URL\n"
    );
    for line in [
        "status",
        "wait-api --timeout 0s",
        "events",
        "genesis fetch",
        "tx transfer dev-1 5 --from dev-0",
        "tx put com.example key value --from dev-0 --dry-run",
        &format!("tx status {ID}"),
        &format!("tx wait {ID}"),
        "query account dev-0",
        "query entry com.example key",
        "query entries com.example",
        "query journal audit",
        "query journal-entry audit 0",
        &format!("query notarization {ID}"),
        "query attendance dev-0",
        "query block",
        &format!("query receipt {ID}"),
        "query validators",
        "proof save account dev-0 a.proof",
        "proof save attendance dev-0 a.proof",
    ] {
        let args: Vec<&str> = line.split(' ').collect();
        let run = shell.run(&[&args[..], &["--node", url]].concat());
        run.assert_refused(69, &sentence);
    }
    assert!(!shell.path("a.proof").exists());
}

#[test]
fn a_node_is_named_by_a_flag_a_variable_or_the_file_of_a_running_one() {
    let chain = Arc::new(Chain::solo("my-net"));
    let node = node_of(chain, |_| None);
    let shell = Shell::new();
    let shows = |run: Run| {
        assert!(
            run.data().contains(&format!("node        {}\n", node.url)),
            "{run:?}"
        );
        assert!(run.data().contains("chain id    my-net\n"), "{run:?}");
    };
    shows(shell.run(&["status", "--node", &node.url]));
    let web_socket = node.url.replace("http", "ws");
    shows(shell.run(&["status", "--node", &web_socket]));
    let variable = |value: &str| Run::of(shell.command(&["status"]).env("PYRALOG_NODE", value), "");
    shows(variable(&node.url));
    fs::create_dir_all(shell.path("home")).unwrap();
    shell.write("home/endpoint", &format!("{}\n", node.url));
    shows(shell.run(&["status"]));

    let nobody = Nobody::new();
    variable(&nobody.url).assert_refused(69, "give --node URL. PYRALOG_NODE names this one\n");
    variable("localhost").assert_refused(2, "PYRALOG_NODE names no node: a URL begins with");
    shell.write("home/endpoint", &nobody.url);
    shell
        .run(&["status"])
        .assert_refused(69, "home/endpoint names this one\n");
    shell.write("home/endpoint", "\u{1}\u{2}");
    shell
        .run(&["status"])
        .assert_refused(74, "home/endpoint names no node: a URL begins with");
}

#[test]
fn what_a_node_refuses_is_said_and_whether_to_try_again() {
    let answers = |failure: Failure| {
        let node = FakeNode::start(move |_| Reply::Failure(failure.clone()));
        Shell::new().run(&["query", "block", "9", "--node", &node.url])
    };
    let early = Failure::passing(FailureKind::NotYet, "not_yet", "block 9 is not there yet");
    answers(early).assert_refused(1, "error: block 9 is not there yet; try again\n");
    let pruned = Failure::new(FailureKind::Pruned, "pruned", "block 9 \u{1b}[2Jis pruned");
    answers(pruned).assert_refused(1, "error: block 9 \u{fffd}[2Jis pruned\n");
    let other = Failure::new(FailureKind::Method, "unknown", "Method not found");
    let sentence = "is no Pyralog node that this program understands (Method not found)";
    answers(other).assert_refused(69, sentence);
}

#[test]
fn one_that_is_no_node_at_all_is_called_so() {
    let stranger = FakeNode::start(|_| Reply::of("hello"));
    let run = Shell::new().run(&["status", "--node", &stranger.url]);
    run.assert_refused(69, "is no Pyralog node that this program understands");
}

#[test]
fn waiting_ends_when_the_node_answers() {
    let mut early = 3;
    let node = node_of(Arc::new(Chain::solo("my-net")), move |_| {
        early -= 1;
        (early >= 0).then_some(Reply::HangUp)
    });
    let run = Shell::new().run(&["wait-api", "--node", &node.url, "--output", "json"]);
    assert_eq!(run.json()["chain_id"], "my-net");
    assert_eq!(node.calls("pyralog_status").len(), 4);
}

#[test]
fn the_genesis_of_a_node_is_written_if_it_has_the_hash_that_the_node_names() {
    let chain = Arc::new(Chain::solo("my-net"));
    let node = node_of(Arc::clone(&chain), |_| None);
    let shell = Shell::new();
    let fetch = ["genesis", "fetch", "net.toml", "--node", &node.url];
    let run = shell.run(&fetch);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{run:?}");
    assert!(
        run.stderr.contains(&chain.genesis.hash().to_string()),
        "{run:?}"
    );
    assert_eq!(
        Genesis::parse(&shell.read("net.toml")).unwrap(),
        chain.genesis
    );
    shell.run(&fetch).assert_refused(1, "net.toml exists");
    let forced = shell.run(&[&fetch[..], &["--force"]].concat());
    assert_eq!(forced.code, 0, "{forced:?}");
    let printed = shell.run(&["genesis", "fetch", "--node", &node.url]);
    assert_eq!((printed.code, &printed.stdout), (0, &chain.document));

    let (other, named) = (Chain::solo("other-net"), chain.genesis.hash());
    let liar = FakeNode::start(move |_| {
        Reply::of(GenesisView {
            hash: named,
            chain_id: "my-net".to_owned(),
            document: other.document.clone(),
        })
    });
    let run = shell.run(&["genesis", "fetch", "lie.toml", "--node", &liar.url]);
    run.assert_refused(1, "contradicts itself");
    assert!(!shell.path("lie.toml").exists());
}
