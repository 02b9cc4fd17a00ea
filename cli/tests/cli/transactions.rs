//! Sending transactions, and learning what became of them.

use std::sync::Arc;

use pyralog_api::{
    AccountView, Failure, FailureKind, PendingStanding, Simulated, Submitted, TransactionStatus,
};
use pyralog_primitives::action::Action;
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::receipt::{Outcome, Receipt};
use pyralog_primitives::transaction::{Transaction, TransactionBody};
use pyralog_primitives::{Amount, Compute, FailureCode, Height, Nonce, TransactionId};
use serde_json::json;

use crate::chain::{Chain, HEIGHT, account, receipt};
use crate::fake_node::{Call, FakeNode, Reply, bytes_of, node_of};
use crate::shell::{Run, Shell};

const SUBMIT: &str = "pyralog_submitTransaction";
const SIMULATE: &str = "pyralog_simulateTransaction";
const WAIT: &str = "pyralog_waitTransaction";

fn development() -> Arc<Chain> {
    Arc::new(Chain::solo("dev-test"))
}

/// Runs `pyralog tx …` against a node.
fn tx(shell: &Shell, node: &FakeNode, line: &str) -> Run {
    let args: Vec<&str> = line.split(' ').collect();
    shell.run(&[&["tx"][..], &args, &["--node", &node.url]].concat())
}

fn sent(node: &FakeNode) -> Vec<Transaction> {
    let calls = node.calls(SUBMIT);
    let decode = |params| Transaction::decode(&bytes_of(params)).unwrap();
    calls.iter().map(decode).collect()
}

fn refusal(reason: &'static str) -> Reply {
    let message = format!("the sentence for {reason}");
    Reply::Failure(Failure::new(FailureKind::Rejected, reason, message))
}

/// An answer to one method.
fn only(
    method: &'static str,
    mut reply: impl FnMut(&Call) -> Reply,
) -> impl FnMut(&Call) -> Option<Reply> {
    move |call| (call.method == method).then(|| reply(call))
}

#[test]
fn a_transfer_is_tried_out_signed_and_waited_for() {
    let chain = development();
    let node = node_of(Arc::clone(&chain), |_| None);
    let shell = Shell::new();
    let line = format!("transfer {} 2.5 --from dev-0 --wait --tip 1", account());
    let run = tx(&shell, &node, &line);
    assert_eq!(run.code, 0, "{run:?}");

    let [transaction] = &sent(&node)[..] else {
        panic!("one transaction: {run:?}");
    };
    assert_eq!(transaction.check(chain.genesis.hash()), Ok(()));
    let body = &transaction.body;
    let amount = Amount::new(2_500_000_000);
    let to = account();
    assert_eq!(&*body.actions, [Action::Transfer { to, amount }]);
    assert_eq!(
        (body.nonce, body.tip),
        (Nonce::new(1), Amount::from_tokens(1))
    );
    assert_eq!(body.valid_until, Height::new(HEIGHT.get() + 100));
    assert_eq!(body.compute_max, Compute::new(6000));
    // Twice the base fee of 100 for each byte and unit of compute, and the tip.
    let units = u128::from(transaction.encoded_bytes().get()) + 6000;
    let fee_max = Amount::new(200 * units + Amount::UNITS_PER_TOKEN);
    assert_eq!(body.fee_max, fee_max);
    let tried = TransactionBody::decode(&bytes_of(&node.calls(SIMULATE)[0])).unwrap();
    assert_eq!(&tried, body, "what is tried out is what is sent");

    let id = transaction.id().to_string();
    assert_eq!(run.stderr, format!("sending transaction {id}\n"));
    for part in [
        &id,
        "network       dev-test (",
        "status        final\n",
        "height        42\n",
    ] {
        assert!(run.stdout.contains(part), "{part}\n{}", run.stdout);
    }
    let waited = &node.calls(WAIT)[0];
    // Sending has taken some of the thirty seconds.
    let left: u64 = waited[1].as_str().unwrap().parse().unwrap();
    assert!(left <= 30_000, "{left}");
    assert_eq!([&waited[0], &waited[2]], [&json!(id), &json!("final")]);
}

#[test]
fn each_verb_sends_its_action_with_its_bytes() {
    let shell = Shell::new();
    shell.write("document", "a document");
    let digest = blake3::hash(b"a document").to_string();
    for (line, input, expected) in [
        (
            "put com.example order/1 value --from dev-0",
            "",
            json!({ "put": { "namespace": "com.example", "key": "6f726465722f31",
                "value": "76616c7565" } }),
        ),
        (
            "put com.example hex:00ff - --from dev-0",
            "in\n",
            json!({ "put": { "namespace": "com.example", "key": "00ff", "value": "696e0a" } }),
        ),
        (
            "put com.example hex:00ff --from dev-0",
            "in",
            json!({ "put": { "namespace": "com.example", "key": "00ff", "value": "696e" } }),
        ),
        (
            "delete com.example order/1 --from dev-0",
            "",
            json!({ "delete": { "namespace": "com.example", "key": "6f726465722f31" } }),
        ),
        (
            "open-journal audit --writers anyone --from dev-0",
            "",
            json!({ "open_journal": { "journal": "audit", "writers": "anyone" } }),
        ),
        (
            "append audit --file document --from dev-0",
            "",
            json!({ "append": { "journal": "audit", "entry": "6120646f63756d656e74" } }),
        ),
        (
            "notarize --file document --from dev-0",
            "",
            json!({ "notarize": { "digest": digest } }),
        ),
        (
            "notarize --file - --from dev-0",
            "a document",
            json!({ "notarize": { "digest": digest } }),
        ),
        (
            &format!("notarize {digest} --from dev-0"),
            "",
            json!({ "notarize": { "digest": digest } }),
        ),
    ] {
        let node = node_of(development(), |_| None);
        let args: Vec<&str> = line.split(' ').collect();
        let args = [&["tx"][..], &args, &["--node", &node.url]].concat();
        let run = shell.run_with_input(&args, input);
        assert_eq!(run.code, 0, "{line}: {run:?}");
        let action = serde_json::to_value(&sent(&node)[0].body.actions[0]).unwrap();
        assert_eq!(action, expected, "{line}");
    }
}

#[test]
fn behind_pending_ones_the_nonce_is_the_next_free_one() {
    let node = node_of(
        development(),
        only("pyralog_nextNonce", |_| Reply::of(Nonce::new(4))),
    );
    let run = tx(&Shell::new(), &node, "open-journal audit --from dev-0");
    assert_eq!(run.code, 0, "{run:?}");
    // A trial takes no other nonce than the account's.
    let tried = TransactionBody::decode(&bytes_of(&node.calls(SIMULATE)[0])).unwrap();
    assert_eq!(tried.nonce, Nonce::new(1));
    assert_eq!(sent(&node)[0].body.nonce, Nonce::new(4));
    let run = tx(
        &Shell::new(),
        &node,
        "open-journal audit --from dev-0 --nonce 9",
    );
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(sent(&node)[1].body.nonce, Nonce::new(9));
}

#[test]
fn a_dry_run_shows_the_fee_needs_no_password_and_sends_nothing() {
    let node = node_of(Arc::new(Chain::solo("my-net")), |_| None);
    let shell = Shell::new();
    shell.plant("alice", 0);
    let line = "transfer alice 1 --from alice --dry-run";
    let run = tx(&shell, &node, line);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("nothing was sent"));
    assert!(run.stdout.contains("fee now       1.5 tokens\n"), "{run:?}");
    let json = tx(&shell, &node, &format!("{line} --output json")).json();
    assert_eq!(
        (&json["sent"], &json["nonce"]),
        (&false.into(), &"1".into())
    );
    assert_eq!(sent(&node), []);
}

#[test]
fn a_key_of_the_keyring_signs_when_its_password_is_given() {
    let node = node_of(Arc::new(Chain::solo("my-net")), |_| None);
    let shell = Shell::new();
    let secret = shell.plant("alice", 0);
    let address = secret.public_key().address();
    for from in ["alice", &address.to_string()] {
        let line = format!("open-journal audit --password-file password --from {from}");
        let run = tx(&shell, &node, &line);
        assert_eq!(run.code, 0, "{run:?}");
    }
    for transaction in sent(&node) {
        assert_eq!(transaction.body.sender, secret.public_key());
        assert_eq!(transaction.verify_signature(), Ok(()));
    }
    let other = format!("open-journal audit --from {}", account());
    let sentence = "no key here has the address";
    tx(&shell, &node, &other).assert_refused(1, sentence);
    let unlocked = "put a b - --password-file - --from alice";
    tx(&shell, &node, unlocked).assert_refused(2, "cannot give both the password and the text");
}

#[test]
fn keys_that_everybody_knows_neither_sign_nor_get_paid_elsewhere() {
    let chain = Arc::new(Chain::solo("my-net"));
    let shell = Shell::new();
    shell.plant("alice", 0);
    let sentence = "everybody knows the key of dev-1, and the network 'my-net' is not one for \
                    development";
    let lines = [
        "transfer alice 1 --from dev-1",
        "transfer dev-1 1 --from alice --password-file password",
        "transfer dev-1 1 --from alice --dry-run",
    ];
    let node = node_of(Arc::clone(&chain), |_| None);
    for line in lines {
        tx(&shell, &node, line).assert_refused(1, sentence);
    }
    // The word of the node is not enough: its genesis must say so.
    let status = {
        let mut status = chain.status();
        status.chain_id = "dev-really".to_owned();
        status
    };
    let liar = node_of(
        Arc::clone(&chain),
        only("pyralog_status", move |_| Reply::of(&status)),
    );
    for line in lines {
        tx(&shell, &liar, line).assert_refused(1, "everybody knows the key of dev-1");
    }
    // Nor does a document of another network help.
    let (real, shown) = (chain.status(), development());
    let liar = node_of(shown, only("pyralog_status", move |_| Reply::of(&real)));
    tx(&shell, &liar, lines[0]).assert_refused(1, "everybody knows the key of dev-1");
    for node in [node, liar] {
        assert_eq!(sent(&node), []);
    }
}

#[test]
fn what_would_fail_is_not_sent_and_its_reason_is_a_sentence() {
    for (reason, code, sentence) in [
        (
            "unknown_journal",
            5,
            "open it first (`pyralog tx open-journal NAME`)",
        ),
        (
            "already_notarized",
            9,
            "this hash is notarized already (`pyralog query",
        ),
        (
            "code_99",
            99,
            "code_99, a reason that is newer than this program",
        ),
    ] {
        let failed = move |_: &Call| {
            let outcome = Outcome::Failed {
                action: 0,
                code: FailureCode::new(code),
            };
            Reply::of(Simulated {
                height: HEIGHT,
                base_fee: Amount::new(100),
                receipt: Receipt {
                    outcome,
                    ..receipt(TransactionId::ZERO)
                },
                failure: Some(reason.to_owned()),
            })
        };
        let node = node_of(development(), only(SIMULATE, failed));
        let run = tx(&Shell::new(), &node, "append audit x --from dev-0");
        run.assert_refused(1, "nothing was sent, because it would fail: ");
        run.assert_refused(1, sentence);
        assert_eq!(sent(&node), []);
    }
    let node = node_of(development(), only(SIMULATE, |_| refusal("valid_too_long")));
    let run = tx(&Shell::new(), &node, "append audit x --from dev-0");
    let sentence = "nothing was sent: the sentence for valid_too_long (give a shorter --valid-for)";
    run.assert_refused(1, sentence);
}

#[test]
fn what_is_too_long_to_be_stored_is_refused_before_any_node_is_asked() {
    let args = ["tx", "append", "audit", "--from", "dev-0"];
    let long = "x".repeat(65_537);
    let run = Shell::new().run_with_input(&args, &long);
    run.assert_refused(1, "a value has at most 65536 bytes; keep it elsewhere");
}

#[test]
fn too_little_for_amount_and_fee_is_said_with_both() {
    let poor = |call: &Call| {
        Reply::of(AccountView {
            address: call.params[0].as_str().unwrap().parse().unwrap(),
            balance: Amount::from_tokens(2),
            nonce: Nonce::new(0),
            height: HEIGHT,
        })
    };
    let node = node_of(development(), only("pyralog_account", poor));
    let shell = Shell::new();
    let run = tx(&shell, &node, "transfer dev-1 2 --from dev-0");
    run.assert_refused(1, " holds 2 tokens, too little for 2 to move and 0.00");
    let run = tx(&shell, &node, "transfer dev-1 1 --from dev-0 --fee-max 1.5");
    run.assert_refused(1, " too little for 1 to move and 1.5 set aside for the fee");
    assert_eq!(node.calls(SIMULATE).len(), 0);
    let run = tx(&shell, &node, "transfer dev-1 1 --from dev-0 --fee-max 1");
    assert_eq!(run.code, 0, "all of it may go: {run:?}");
}

#[test]
fn another_with_the_same_nonce_makes_it_sign_anew() {
    let mut left = 1;
    let node = node_of(development(), move |call| match call.method.as_str() {
        SUBMIT if left > 0 => {
            left -= 1;
            Some(refusal("nonce_used"))
        }
        "pyralog_nextNonce" => Some(Reply::of(Nonce::new(if left > 0 { 1 } else { 2 }))),
        _ => None,
    });
    let run = tx(&Shell::new(), &node, "open-journal audit --from dev-0");
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("signing it anew"), "{run:?}");
    let nonces: Vec<Nonce> = sent(&node).iter().map(|sent| sent.body.nonce).collect();
    assert_eq!(nonces, [Nonce::new(1), Nonce::new(2)]);

    // Not without end, and not against a nonce that the user gave.
    for (reason, line, count) in [
        ("nonce_used", "open-journal audit --from dev-0", 5),
        (
            "replacement_too_cheap",
            "open-journal audit --from dev-0",
            5,
        ),
        ("nonce_used", "open-journal audit --from dev-0 --nonce 1", 1),
        ("pool_full", "open-journal audit --from dev-0", 1),
    ] {
        let node = node_of(development(), only(SUBMIT, move |_| refusal(reason)));
        let run = tx(&Shell::new(), &node, line);
        run.assert_refused(1, &format!("was not taken: the sentence for {reason} ("));
        assert_eq!(sent(&node).len(), count, "{line}");
    }
}

#[test]
fn the_very_same_of_another_program_does_not_count_as_this_one() {
    let submitted = |call: &Call, known| {
        let transaction = Transaction::decode(&bytes_of(&call.params)).unwrap().id();
        Reply::of(Submitted { transaction, known })
    };
    let always = only(SUBMIT, move |call| submitted(call, true));
    let node = node_of(development(), always);
    let shell = Shell::new();
    let run = tx(&shell, &node, "transfer dev-1 1 --from dev-0");
    run.assert_refused(1, "another program has just sent the very same transaction");
    assert_eq!(sent(&node).len(), 5);
    // With a nonce of the user's choice, sending it again is no error.
    let line = "transfer dev-1 1 --from dev-0 --nonce 1 --output json";
    assert_eq!(tx(&shell, &node, line).json()["known"], true);

    let mut first = true;
    let once = only(SUBMIT, move |call| {
        submitted(call, std::mem::take(&mut first))
    });
    let node = node_of(development(), once);
    let run = tx(&shell, &node, "transfer dev-1 1 --from dev-0");
    assert_eq!((run.code, sent(&node).len()), (0, 2), "{run:?}");
}

#[test]
fn without_an_answer_it_is_said_that_it_may_have_been_taken() {
    let node = node_of(development(), only(SUBMIT, |_| Reply::HangUp));
    let run = tx(&Shell::new(), &node, "open-journal audit --from dev-0");
    let id = sent(&node)[0].id();
    let sentence = format!("may have been taken all the same; look with: pyralog tx status {id}");
    run.assert_refused(69, &sentence);

    let node = node_of(development(), only(WAIT, |_| Reply::HangUp));
    let run = tx(
        &Shell::new(),
        &node,
        "open-journal audit --from dev-0 --wait",
    );
    let id = sent(&node)[0].id().to_string();
    assert_eq!(run.code, 69, "{run:?}");
    assert!(run.stdout.contains(&id), "it was taken: {run:?}");
    assert!(
        run.stderr.contains(&format!("pyralog tx wait {id}")),
        "{run:?}"
    );
}

#[test]
fn a_long_wait_is_many_calls() {
    let mut answered = 0;
    let twice = move |call: &Call| {
        answered += 1;
        Reply::of(match answered {
            1 => TransactionStatus::Pending {
                standing: PendingStanding::Offered,
            },
            _ => TransactionStatus::Final {
                height: HEIGHT,
                position: 3,
                receipt: receipt(call.params[0].as_str().unwrap().parse().unwrap()),
                failure: None,
                provable: true,
            },
        })
    };
    let node = node_of(development(), only(WAIT, twice));
    let id = TransactionId::ZERO;
    let run = tx(
        &Shell::new(),
        &node,
        &format!("wait {id} --timeout 10m --provable"),
    );
    assert_eq!(run.code, 0, "{run:?}");
    let calls = node.calls(WAIT);
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0], json!([id, "60000", "provable"]));
}

#[test]
fn what_became_of_it_decides_the_exit_code() {
    let id = TransactionId::ZERO;
    let with = |failure: Option<&str>, provable| TransactionStatus::Final {
        height: HEIGHT,
        position: 0,
        receipt: receipt(id),
        failure: failure.map(str::to_owned),
        provable,
    };
    let pending = TransactionStatus::Pending {
        standing: PendingStanding::Held,
    };
    let rejected = TransactionStatus::Rejected {
        message: "it was \u{1b}[31mbad".to_owned(),
        reason: "fee_too_low".to_owned(),
        retryable: false,
    };
    let unknown = |oldest| TransactionStatus::Unknown {
        oldest: Height::new(oldest),
    };
    let expired = TransactionStatus::Expired {
        valid_until: Height::new(7),
    };
    let replaced = TransactionStatus::Replaced { by: id };
    let failed = "it had no effect, and the fee of 1.5 tokens is paid: the journal is full";
    for (status, line, code, sentence) in [
        (with(None, false), "", 0, ""),
        (with(None, true), " --provable", 0, ""),
        (
            with(None, false),
            " --provable",
            1,
            "not provable after 0s: it is final at height 42",
        ),
        (with(Some("journal_full"), true), "", 1, failed),
        (
            pending,
            "",
            1,
            "does not cover the present base fee; to go on waiting: pyralog tx wait",
        ),
        (
            unknown(0),
            "",
            1,
            "not final after 0s: the node has not heard of it; to go on",
        ),
        (unknown(9), "", 1, "or it is in a block below height 9"),
        (
            rejected,
            "",
            1,
            "it is not on the chain: it was \u{fffd}[31mbad; send another one",
        ),
        (
            expired,
            "",
            1,
            "it was not included up to height 7 and never will be",
        ),
        (
            replaced,
            "",
            1,
            "another one of this sender and nonce took its place",
        ),
    ] {
        let node = node_of(development(), only(WAIT, move |_| Reply::of(&status)));
        let run = tx(
            &Shell::new(),
            &node,
            &format!("wait {id} --timeout 0s{line}"),
        );
        assert_eq!(run.code, code, "{run:?}");
        assert!(run.stderr.contains(sentence), "{sentence}\n{run:?}");
        let first = run.stdout.lines().next().unwrap();
        assert!(first.starts_with("transaction  "), "{run:?}");
        assert!(first.ends_with(&id.to_string()), "{run:?}");
        assert!(!run.stdout.contains('\u{1b}'), "{run:?}");
    }
}

#[test]
fn the_status_of_a_transaction_is_data_whatever_it_is() {
    let unknown = |_: &Call| {
        Reply::of(TransactionStatus::Unknown {
            oldest: Height::new(1),
        })
    };
    let node = node_of(development(), only("pyralog_transactionStatus", unknown));
    let id = TransactionId::ZERO;
    let line = format!("status {id}");
    let run = tx(&Shell::new(), &node, &line);
    assert!(
        run.data()
            .contains("unknown: the node has not heard of it\n")
    );
    let json = tx(&Shell::new(), &node, &format!("{line} --output json")).json();
    assert_eq!(
        (&json["status"], &json["transaction"]),
        (&"unknown".into(), &json!(id))
    );
}
