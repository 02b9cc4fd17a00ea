//! The encodings, ids and sign bytes in `testdata/golden.json` hold.
//!
//! Other implementations are written against that file. If a test here fails,
//! a format has changed: either undo the change, or, if the format is meant to
//! change, give it a new version and run with `PYRALOG_WRITE_GOLDEN=1`.

use std::collections::BTreeMap;

use crate::samples;

use pyralog_primitives::SignBytes;
use pyralog_primitives::block::{Block, Header};
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::chain_proof::ChainProof;
use pyralog_primitives::merkle::{ConsistencyProof, InclusionProof};
use pyralog_primitives::receipt::{Event, Receipt, ReceiptSummary};
use pyralog_primitives::state::{
    AccountState, AttendanceState, ChainState, JournalState, NamespaceState, NotarizationState,
    OffenceState, StateKey,
};
use pyralog_primitives::state_proof::StateProof;
use pyralog_primitives::text::encode_hex;
use pyralog_primitives::transaction::{Transaction, TransactionBody};
use pyralog_primitives::validators::ValidatorSet;
use pyralog_primitives::vote::{Evidence, Prepared, SignedProposal, Vote, VoteKind};
use pyralog_primitives::{Domain, Height, Round};
use serde_json::{Value, json};

/// All golden values, by name.
fn golden() -> BTreeMap<String, Value> {
    let mut golden = BTreeMap::new();
    macro_rules! encoding {
        ($name:expr, $type:ty, $value:expr) => {
            let value: $type = $value;
            let entry = json!({ "encoded": encode_hex(&samples::encoded(&value)), "json": value });
            golden.insert(format!("encoding/{}", $name), entry);
        };
    }
    samples::for_each_sample!(encoding);
    for (name, text) in ids() {
        golden.insert(name.to_owned(), json!(text));
    }
    for (name, message) in messages() {
        golden.insert(
            format!("sign_bytes/{name}"),
            json!(encode_hex(message.as_bytes())),
        );
    }
    golden
}

fn ids() -> [(&'static str, String); 12] {
    let key = samples::key(1).public_key();
    let block = samples::block();
    let certificate = block.parent_certificate.as_ref().unwrap();
    [
        ("id/public_key_of_seed_01", key.to_string()),
        ("id/address_of_seed_01", key.address().to_string()),
        ("id/transaction", samples::body().id().to_string()),
        (
            "id/signed_transaction",
            samples::transaction().signed_id().to_string(),
        ),
        ("id/block", block.id().to_string()),
        ("id/certificate", certificate.hash().to_string()),
        ("root/validators", samples::validators().root().to_string()),
        ("root/range_of_11", samples::range().root().to_string()),
        (
            "root/empty_range",
            pyralog_primitives::merkle::merkle_root([]).to_string(),
        ),
        (
            "hash/genesis_of_empty",
            Domain::Genesis.hash(b"").to_string(),
        ),
        (
            "hash/merkle_leaf_context",
            Domain::MerkleLeaf.context().to_owned(),
        ),
        (
            "hash/merkle_node_context",
            Domain::MerkleNode.context().to_owned(),
        ),
    ]
}

fn messages() -> [(&'static str, SignBytes); 7] {
    let proposal = samples::sample_proposal();
    let prepared = Prepared {
        round: Round::new(2),
        value: samples::block().id(),
    };
    let view_change = SignBytes::view_change(
        samples::genesis(),
        Height::new(41),
        Round::new(3),
        Some(prepared),
    );
    let vote = samples::vote(VoteKind::Precommit, Some(samples::block().id()));
    let key = samples::key(1).public_key();
    [
        ("transaction", samples::body().sign_bytes()),
        ("vote", vote.sign_bytes(samples::genesis())),
        ("proposal", proposal.sign_bytes(samples::genesis())),
        ("view_change", view_change),
        ("possession", SignBytes::possession("dev-local", &key)),
        (
            "node_of_validator",
            SignBytes::node_of_validator(samples::genesis(), &key),
        ),
        ("text", SignBytes::text(b"hello")),
    ]
}

#[test]
fn encodings_ids_and_sign_bytes_are_those_of_the_golden_file() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/golden.json");
    let golden = golden();
    if std::env::var_os("PYRALOG_WRITE_GOLDEN").is_some() {
        let text = serde_json::to_string_pretty(&golden).unwrap();
        std::fs::write(path, text + "\n").unwrap();
    }
    let text = std::fs::read_to_string(path).unwrap();
    let stored: BTreeMap<String, Value> = serde_json::from_str(&text).unwrap();
    let names = |map: &BTreeMap<String, Value>| map.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&golden), names(&stored));
    for (name, value) in &golden {
        assert_eq!(value, &stored[name], "{name}");
    }
}

/// Every view that has one field more in one of the objects of `view`.
fn with_a_surprise(view: &Value) -> Vec<Value> {
    let mut surprised = Vec::new();
    match view {
        Value::Object(fields) => {
            let mut fields_and_one = fields.clone();
            fields_and_one.insert("surprise".to_owned(), Value::Null);
            surprised.push(Value::Object(fields_and_one));
            for (name, field) in fields {
                for inner in with_a_surprise(field) {
                    let mut outer = fields.clone();
                    outer.insert(name.clone(), inner);
                    surprised.push(Value::Object(outer));
                }
            }
        }
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                for inner in with_a_surprise(item) {
                    let mut outer = items.clone();
                    outer[place] = inner;
                    surprised.push(Value::Array(outer));
                }
            }
        }
        _ => {}
    }
    surprised
}

/// Every view that lacks a field of the outermost object.
fn without_a_field(view: &Value) -> Vec<Value> {
    let fields = view.as_object().cloned().unwrap_or_default();
    let without = |name: &String| {
        let mut fewer = fields.clone();
        fewer.remove(name);
        Value::Object(fewer)
    };
    fields.keys().map(without).collect()
}

#[test]
fn json_views_read_what_they_print_and_want_every_field_and_no_other() {
    macro_rules! view {
        ($name:expr, $type:ty, $value:expr) => {
            let value: $type = $value;
            let view = serde_json::to_value(&value).unwrap();
            assert_eq!(
                serde_json::from_value::<$type>(view.clone()).unwrap(),
                value,
                "{}",
                $name
            );
            for other in [with_a_surprise(&view), without_a_field(&view)].concat() {
                let read = serde_json::from_value::<$type>(other.clone());
                assert!(read.is_err(), "{}: {other}", $name);
            }
        };
    }
    samples::for_each_sample!(view);
}

#[test]
fn the_samples_are_what_they_claim_to_be() {
    let (genesis, block) = (samples::genesis(), samples::block());
    assert_eq!(samples::transaction().check(genesis), Ok(()));
    assert_eq!(block.check_body(), Ok(()));
    assert_eq!(
        samples::evidence().verify(genesis, &samples::key(12).public_key()),
        Ok(())
    );
    let certificate = block.parent_certificate.as_ref().unwrap();
    assert_eq!(certificate.verify(genesis, &samples::validators()), Ok(()));
    let solo = samples::solo_certificate(Height::FIRST, block.id());
    assert_eq!(solo.verify(genesis, &samples::solo_validator()), Ok(()));
    let proven = samples::chain_proof().verify(genesis, &samples::validators());
    assert_eq!(proven, Ok(block.header.height));
}
