//! Nonsense over RPC: each kind is named, with a word for programs and whether
//! trying again makes sense, and changes nothing.

use jsonrpsee::core::ClientError;
use pyralog_api::{Failure, FailureKind, Hex, PyralogClient, SubmitOutcome};
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::transaction::{NONCE_GAP_MAX, Transaction};
use pyralog_primitives::{Amount, Domain, GenesisHash, Height, Nonce, Signature, TransactionId};
use pyralog_testnet::{Account, NodeCommand, NodeProcess, Sandbox};
use serde_json::{Value, json};

use crate::wire::{call, exchange, failure, get, post};

/// What a call is to be told: the kind, the word, and whether to try again.
type Told = (FailureKind, &'static str, bool);

fn request(method: &str, parameters: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).to_string()
}

#[track_caller]
fn assert_told(failure: &Failure, (kind, reason, retryable): Told) {
    let told = (failure.kind, failure.reason.as_ref(), failure.retryable);
    assert_eq!(told, (kind, reason, retryable), "{failure:?}");
}

async fn start(sandbox: &Sandbox) -> NodeProcess {
    NodeCommand::development(sandbox).start().await.unwrap()
}

#[tokio::test]
async fn what_is_no_call_is_refused_with_its_kind() {
    let sandbox = Sandbox::new();
    let node = start(&sandbox).await;
    let parameters = FailureKind::Parameters;
    for (body, status, told) in [
        ("{\"jsonrpc\":", 400, (parameters, "malformed_json", false)),
        (
            "{\"jsonrpc\":\"2.0\",\"id\":1}",
            200,
            (parameters, "no_request", false),
        ),
    ] {
        let answer = exchange(node.endpoint(), &post("", body)).await;
        let json: Value = serde_json::from_str(&answer.body).unwrap();
        assert!([200, status].contains(&answer.status), "{answer:?}");
        assert_told(&failure(&json), told);
    }
    for (method, parameters, told) in [
        (
            "pyralog_statu",
            json!([]),
            (FailureKind::Method, "unknown_method", false),
        ),
        (
            "pyralog_account",
            json!([7]),
            (parameters, "wrong_parameters", false),
        ),
        (
            "pyralog_account",
            json!(["pyr1yp6gl3gvq926l99epjjsrnjlna34ycxtnus0jx"]),
            (parameters, "wrong_parameters", false),
        ),
        (
            "pyralog_submitTransaction",
            json!(["abc"]),
            (parameters, "wrong_parameters", false),
        ),
        (
            "pyralog_entries",
            json!(["space", null, 101]),
            (FailureKind::Limit, "too_many_entries", false),
        ),
        (
            "pyralog_block",
            json!(["999999"]),
            (FailureKind::NotYet, "not_yet", true),
        ),
        (
            "pyralog_receipt",
            json!([TransactionId::ZERO]),
            (FailureKind::NotFound, "no_such_transaction", false),
        ),
        (
            "pyralog_prove",
            json!([{"receipt": {"transaction": TransactionId::ZERO}}]),
            (FailureKind::NotFound, "nothing_to_prove", false),
        ),
    ] {
        let answer = call(node.endpoint(), &request(method, &parameters)).await;
        assert_told(&failure(&answer), told);
    }
    let answer = call(node.endpoint(), &request("pyralog_statu", &json!([]))).await;
    let failure = failure(&answer);
    assert_eq!(failure.particulars["suggestion"], "pyralog_status");
    assert_eq!(node.stop().await.code, Some(0));
}

#[tokio::test]
async fn what_is_above_a_limit_is_refused_and_the_node_goes_on() {
    let sandbox = Sandbox::new();
    let node = start(&sandbox).await;
    let calls: Vec<Value> = (0..26)
        .map(|id| json!({"jsonrpc": "2.0", "id": id, "method": "health", "params": []}))
        .collect();
    let answer = call(node.endpoint(), &json!(calls).to_string()).await;
    assert_told(
        &failure(&answer),
        (FailureKind::Limit, "batch_too_large", false),
    );
    let answer = call(node.endpoint(), &json!(calls[..25]).to_string()).await;
    assert_eq!(answer.as_array().unwrap().len(), 25);

    let long = "x".repeat(1024 * 1024 + 1);
    let answer = exchange(node.endpoint(), &post("", &long)).await;
    assert_eq!(answer.status, 413, "{answer:?}");
    let answer = get(node.endpoint(), "/").await;
    assert_eq!(answer.status, 405, "{answer:?}");

    let status = node.status().await;
    let one = Account::development(0);
    let payment = one.pay(&status, Nonce::new(0), one.address(), Amount::new(1));
    let many = vec![Hex(payment); 1025];
    let error = node.client().submit_transactions(many).await.unwrap_err();
    let told = (FailureKind::Limit, "too_many_transactions", false);
    assert_told(&Failure::of(&error).unwrap(), told);
    assert_eq!(node.stop().await.code, Some(0));
}

#[tokio::test]
async fn pages_of_strangers_are_refused_with_the_setting_that_lets_them_in() {
    let sandbox = Sandbox::new();
    let node = start(&sandbox).await;
    let body = request("health", &json!([]));
    let origin = "Origin: https://evil.example\r\n";
    let answer = exchange(node.endpoint(), &post(origin, &body)).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    assert!(
        answer
            .body
            .contains("--set rpc.cors_origins=https://evil.example")
    );
    let local = "Origin: http://localhost:3000\r\n";
    let answer = exchange(node.endpoint(), &post(local, &body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(node.stop().await.code, Some(0));
}

/// A transaction that is not as it should be, and what is to be said of it.
fn bad_transactions(one: &Account, status: &pyralog_api::NodeStatus) -> Vec<(Transaction, Told)> {
    let rejected = FailureKind::Rejected;
    let pay = |nonce: u64, amount: Amount| {
        one.pay(
            status,
            Nonce::new(nonce),
            Account::development(1).address(),
            amount,
        )
    };
    let changed = |change: fn(&mut pyralog_primitives::transaction::TransactionBody)| {
        let mut body = pay(1, Amount::new(1)).body;
        change(&mut body);
        one.sign(body)
    };
    let mut forged = pay(1, Amount::new(1));
    forged.signature = Signature::new([7; Signature::BYTES]);
    vec![
        (forged, (rejected, "bad_signature", false)),
        (
            changed(|body| {
                body.genesis = GenesisHash::new(Domain::Genesis.hash(b"another network"));
            }),
            (rejected, "wrong_network", false),
        ),
        (
            changed(|body| body.valid_until = Height::new(0)),
            (rejected, "expired", false),
        ),
        (
            changed(|body| body.fee_max = Amount::new(1)),
            (rejected, "fee_too_low", false),
        ),
        (
            pay(1, Amount::from_tokens(2_000_000)),
            (rejected, "balance_too_low", true),
        ),
        (pay(0, Amount::new(2)), (rejected, "nonce_used", false)),
        (
            pay(2 + NONCE_GAP_MAX, Amount::new(1)),
            (rejected, "nonce_gap", true),
        ),
    ]
}

#[tokio::test]
async fn each_bad_transaction_is_refused_with_its_reason_and_the_others_are_taken() {
    let sandbox = Sandbox::new();
    let node = start(&sandbox).await;
    let client = node.client();
    let one = Account::development(0);
    let status = node.status().await;
    let to = Account::development(1).address();
    let first = one.pay(&status, Nonce::new(0), to, Amount::new(1));
    let wait = pyralog_primitives::DurationMs::new(30_000);
    client.submit_transaction(Hex(first.clone())).await.unwrap();
    client
        .wait_transaction(first.id(), wait, None)
        .await
        .unwrap();

    for (bad, told) in bad_transactions(&one, &status) {
        // Alone, and with a good one beside it.
        let alone = client.submit_transaction(Hex(bad.clone())).await;
        assert_told(&Failure::of(&alone.unwrap_err()).unwrap(), told);
        let both = vec![Hex(bad), Hex(first.clone())];
        let outcomes = client.submit_transactions(both).await.unwrap();
        let SubmitOutcome::Refused { reason, .. } = &outcomes[0] else {
            panic!("{outcomes:?}");
        };
        assert_eq!(reason, told.1);
        let SubmitOutcome::Taken(again) = &outcomes[1] else {
            panic!("{outcomes:?}");
        };
        assert!(again.known && again.transaction == first.id());
    }
    let mut trailing = first.encode();
    trailing.push(0);
    let hex = pyralog_primitives::text::encode_hex(&trailing);
    let answer = call(
        node.endpoint(),
        &request("pyralog_submitTransaction", &json!([hex])),
    )
    .await;
    let told = (FailureKind::Parameters, "wrong_parameters", false);
    assert_told(&failure(&answer), told);
    assert!(matches!(
        client.block(Some(Height::new(1_000_000))).await,
        Err(ClientError::Call(_))
    ));
    assert_eq!(client.account(one.address()).await.unwrap().nonce.get(), 1);
    assert_eq!(node.stop().await.code, Some(0));
}
