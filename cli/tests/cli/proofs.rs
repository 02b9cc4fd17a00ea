//! Fetching proofs, which are written whole and only if they are about what was
//! asked for.

use std::fs;
use std::sync::Arc;

use pyralog_api::{Failure, FailureKind, Hex};
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::state::{AttendanceState, StateKey};
use pyralog_primitives::{Hash, TransactionId};
use serde_json::json;

use crate::chain::{self, Chain};
use crate::fake_node::{FakeNode, Reply, node_of};
use crate::shell::{Run, Shell};

fn not_yet() -> Reply {
    let message = "no header commits to it yet";
    Reply::Failure(Failure::passing(FailureKind::NotYet, "not_yet", message))
}

/// A node that has one proof, after it was asked in vain some times.
fn prover(chain: &Arc<Chain>, proof: Vec<u8>, mut in_vain: u32) -> FakeNode {
    node_of(Arc::clone(chain), move |call| {
        if call.method != "pyralog_prove" {
            return None;
        }
        if in_vain > 0 {
            in_vain -= 1;
            return Some(not_yet());
        }
        let proof = pyralog_primitives::chain_proof::ChainProof::decode(&proof).unwrap();
        Some(Reply::of(Hex(proof)))
    })
}

fn save(shell: &Shell, node: &FakeNode, line: &str) -> Run {
    let args: Vec<&str> = line.split(' ').collect();
    shell.run(&[&["proof", "save"][..], &args, &["--node", &node.url]].concat())
}

#[test]
fn a_proof_is_fetched_written_and_checked_by_who_trusts_no_node() {
    let chain = Arc::new(Chain::solo("my-net"));
    let bytes = chain.account_proof().encode();
    let node = prover(&chain, bytes.clone(), 2);
    let shell = Shell::new();
    shell.write("net.toml", &chain.document);
    let line = format!("account {} a.proof", chain::account());
    let run = save(&shell, &node, &line);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{run:?}");
    assert!(
        run.stderr
            .contains("pyralog light verify a.proof --genesis FILE")
    );
    assert_eq!(fs::read(shell.path("a.proof")).unwrap(), bytes);
    let subject = json!({ "state": { "key": { "account": { "address": chain::account() } } } });
    assert_eq!(node.calls("pyralog_prove"), vec![json!([subject]); 3]);

    let checked = shell.run(&["light", "verify", "a.proof", "--genesis", "net.toml"]);
    assert!(checked.data().contains("7 tokens"));
    save(&shell, &node, &line).assert_refused(1, "a.proof exists");
    let json = save(&shell, &node, &format!("{line} --force --output json")).json();
    assert_eq!(
        (&json["kind"], &json["header_height"]),
        (&"state".into(), &"42".into())
    );
}

#[test]
fn the_attendance_of_a_validator_is_asked_for_by_its_address() {
    let chain = Arc::new(Chain::solo("my-net"));
    let validator = chain::account();
    let state = AttendanceState::default();
    let proof = chain.state_proof(&StateKey::Attendance { validator }, &state);
    let node = prover(&chain, proof.encode(), 0);
    let run = save(
        &Shell::new(),
        &node,
        &format!("attendance {validator} a.proof"),
    );
    assert_eq!(run.code, 0, "{run:?}");
    let subject = json!({ "state": { "key": { "attendance": { "validator": validator } } } });
    assert_eq!(node.calls("pyralog_prove"), [json!([subject])]);
}

#[test]
fn a_proof_that_never_comes_is_given_up() {
    let chain = Arc::new(Chain::solo("my-net"));
    let node = prover(&chain, chain.account_proof().encode(), u32::MAX);
    let shell = Shell::new();
    let line = format!("account {} a.proof --timeout 0s", chain::account());
    save(&shell, &node, &line).assert_refused(1, "no header commits to it yet; try again");
    assert!(!shell.path("a.proof").exists());
}

#[test]
fn a_proof_of_something_else_is_not_written() {
    let chain = Arc::new(Chain::solo("my-net"));
    let id = TransactionId::new(Hash::new([5; 32]));
    let account = prover(&chain, chain.account_proof().encode(), 0);
    let receipt = prover(&chain, chain.receipt_proof(id).encode(), 0);
    let shell = Shell::new();
    let other = TransactionId::ZERO;
    for (node, line) in [
        (&account, "account dev-0 a.proof"),
        (&account, "entry com.example key a.proof"),
        (&account, "attendance dev-0 a.proof"),
        (&account, &format!("receipt {id} a.proof")),
        (&receipt, &format!("receipt {other} a.proof")),
        (&receipt, &format!("transaction {id} a.proof")),
        (&receipt, &format!("event {id} 0 a.proof")),
        (&receipt, "journal-entry audit 0 a.proof"),
    ] {
        let run = save(&shell, node, line);
        run.assert_refused(1, "a proof of something else than was asked for");
        assert!(!shell.path("a.proof").exists(), "{line}");
    }
    let run = save(&shell, &receipt, &format!("receipt {id} a.proof"));
    assert_eq!(run.code, 0, "{run:?}");
}
