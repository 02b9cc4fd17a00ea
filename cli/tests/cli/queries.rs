//! What is on the chain, as a node tells it.

use pyralog_api::{EntriesView, EntryView, StateView};
use pyralog_primitives::action::{Key, Writers};
use pyralog_primitives::codec::{Bytes, Canonical};
use pyralog_primitives::merkle::Peaks;
use pyralog_primitives::state::{
    AccountState, AttendanceState, JournalState, NotarizationState, StateKey,
};
use pyralog_primitives::{Amount, BlockCount, Height, Nonce, TimestampMs};
use serde_json::{Value, json};

use crate::chain::account;
use crate::fake_node::{Call, FakeNode, Reply};
use crate::shell::{Run, Shell};

fn ask(node: &FakeNode, line: &str) -> Run {
    let args: Vec<&str> = line.split(' ').collect();
    Shell::new().run(&[&["query"][..], &args, &["--node", &node.url]].concat())
}

/// A node whose state holds these bytes under every key.
fn holds(bytes: Option<Vec<u8>>) -> FakeNode {
    FakeNode::start(move |call: &Call| {
        assert_eq!(call.method, "pyralog_state");
        let key: StateKey = serde_json::from_value(call.params[0].clone()).unwrap();
        Reply::of(StateView {
            key,
            value: bytes.clone().map(|bytes| Bytes::new(bytes).unwrap()),
            decoded: None,
            height: Height::new(7),
        })
    })
}

fn asked(node: &FakeNode) -> Value {
    node.calls("pyralog_state")[0].clone()
}

#[test]
fn an_account_is_shown_in_tokens_and_one_never_used_is_empty() {
    let state = AccountState {
        balance: Amount::new(1_500_000_000),
        nonce: Nonce::new(3),
    };
    let node = holds(Some(state.encode()));
    let address = account().to_string();
    let run = ask(&node, &format!("account {address} --height 7"));
    let expected = format!("address  {address}\nbalance  1.5 tokens\nnonce    3\nheight   7\n");
    assert_eq!(run.data(), expected);
    let key = json!({ "account": { "address": address } });
    assert_eq!(asked(&node), json!([key, "7"]));
    let json = ask(&node, &format!("account {address} --output json")).json();
    assert_eq!(json["balance"], "1500000000");
    let empty = ask(&holds(None), &format!("account {address}"));
    assert!(empty.data().contains("balance  0 tokens\n"), "{empty:?}");
}

#[test]
fn a_value_is_text_or_hex_or_its_very_bytes() {
    let node = holds(Some(b"two\nlines".to_vec()));
    let run = ask(&node, "entry com.example hex:00ff");
    assert_eq!(run.data(), "two\nlines\n");
    let key = json!({ "entry": { "namespace": "com.example", "key": "00ff" } });
    assert_eq!(asked(&node), json!([key, null]));
    assert_eq!(ask(&node, "entry com.example k --raw").data(), "two\nlines");
    assert_eq!(ask(&node, "journal-entry audit 0").data(), "two\nlines\n");
    let harmful = holds(Some(b"\x1b[2J".to_vec()));
    assert_eq!(
        ask(&harmful, "entry com.example k").data(),
        "hex:1b5b324a\n"
    );
    assert_eq!(
        ask(&harmful, "entry com.example k --raw").data(),
        "\u{1b}[2J"
    );
}

#[test]
fn what_is_not_there_is_named_with_the_height() {
    let node = holds(None);
    for (line, sentence) in [
        (
            "entry com.example k",
            "no entry 'k' in the namespace 'com.example' after block 7",
        ),
        ("journal audit", "no journal 'audit' after block 7"),
        (
            "journal-entry audit 5",
            "no entry 5 in a journal 'audit' after block 7",
        ),
        (
            &format!("notarization {}", "0".repeat(64)),
            "no notarization of 0000",
        ),
    ] {
        ask(&node, line).assert_refused(1, sentence);
    }
    let nonsense = holds(Some(vec![1, 2, 3]));
    let run = ask(&nonsense, "journal audit");
    run.assert_refused(1, "what the node gives for journal 'audit' makes no sense");
}

#[test]
fn journals_and_notarizations_are_decoded() {
    let journal = JournalState {
        owner: account(),
        writers: Writers::Anyone,
        entries: Peaks::default(),
    };
    let run = ask(&holds(Some(journal.encode())), "journal audit");
    assert!(run.data().contains(&format!("owner    {}\n", account())));
    assert!(
        run.data().contains("writers  anyone\nentries  0\n"),
        "{run:?}"
    );

    let known = NotarizationState {
        by: account(),
        height: Height::new(5),
        time: TimestampMs::new(1_795_219_200_000),
    };
    let node = holds(Some(known.encode()));
    let shell = Shell::new();
    shell.write("document", "a document");
    let args = [
        "query",
        "notarization",
        "--file",
        "document",
        "--node",
        &node.url,
    ];
    let run = shell.run(&args);
    assert!(run.data().contains("in block      5\n"), "{run:?}");
    assert!(run.data().contains("2026-11-21T00:00:00Z"), "{run:?}");
    let digest = blake3::hash(b"a document").to_string();
    assert_eq!(
        asked(&node)[0],
        json!({ "notarization": { "digest": digest } })
    );
}

#[test]
fn the_blocks_that_a_validator_missed_are_counted_and_none_if_it_never_did() {
    let state = AttendanceState {
        missed: BlockCount::new(9),
        missed_in_row: BlockCount::new(2),
    };
    let node = holds(Some(state.encode()));
    let address = account().to_string();
    let run = ask(&node, &format!("attendance {address} --height 7"));
    let expected = format!("validator  {address}\nmissed     9\nin a row   2\nheight     7\n");
    assert_eq!(run.data(), expected);
    let key = json!({ "attendance": { "validator": address } });
    assert_eq!(asked(&node), json!([key, "7"]));
    let json = ask(&holds(None), &format!("attendance {address} --output json")).json();
    let never = json!({ "validator": address, "missed": "0", "missed_in_row": "0", "height": "7" });
    assert_eq!(json, never);
    let nonsense = ask(&holds(Some(vec![1])), &format!("attendance {address}"));
    nonsense.assert_refused(1, "what the node gives for the attendance makes no sense");
}

#[test]
fn entries_are_lines_and_it_is_said_where_to_go_on() {
    let node = FakeNode::start(|_| {
        let entry = |key: &[u8], value: &[u8]| EntryView {
            key: Key::new(key.to_vec()).unwrap(),
            value: Bytes::new(value.to_vec()).unwrap(),
        };
        Reply::of(EntriesView {
            entries: vec![entry(b"a", b"one\nline"), entry(b"\x00", b"\xff")],
            next: Some(Key::new(b"b c".to_vec()).unwrap()),
            height: Height::new(7),
        })
    });
    let run = ask(&node, "entries com.example --start hex:00 --limit 2");
    assert_eq!(run.stdout, "a       one line\nhex:00  hex:ff\n");
    assert_eq!(run.stderr, "there are more; go on with: --start 'b c'\n");
    let asked = &node.calls("pyralog_entries")[0];
    assert_eq!(*asked, json!(["com.example", "00", 2]));
}
