//! The bytes shown on the pages of the specification are the golden ones, and
//! the bounds are those of the code.
//!
//! A block begins with ```` ```golden:NAME ````. In each of its lines the hex
//! comes first, and a comment may follow after spaces.

use std::collections::BTreeMap;
use std::path::Path;

use pyralog_primitives::action::{ACTION_COUNT_MAX, KEY_BYTES_MAX, VALUE_BYTES_MAX};
use pyralog_primitives::block::{
    BLOCK_EVIDENCE_COUNT_MAX, BLOCK_TRANSACTION_COUNT_MAX, Block, Header,
};
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::chain_proof::ChainProof;
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::merkle::{ConsistencyProof, InclusionProof};
use pyralog_primitives::receipt::{
    ATTRIBUTE_BYTES_MAX, ATTRIBUTE_COUNT_MAX, EVENT_COUNT_MAX, Event, Receipt, ReceiptSummary,
};
use pyralog_primitives::state::StateKey;
use pyralog_primitives::state_proof::StateProof;
use pyralog_primitives::transaction::{NONCE_GAP_MAX, Transaction, TransactionBody};
use pyralog_primitives::validators::{TOTAL_POWER_MAX, VALIDATOR_COUNT_MAX, ValidatorSet};
use pyralog_primitives::vote::{Evidence, SignedProposal, Vote};
use serde_json::Value;

fn golden() -> BTreeMap<String, Value> {
    serde_json::from_str(include_str!("../../testdata/golden.json")).unwrap()
}

/// Name and hex of every golden block of a page.
fn blocks(page: &str) -> Vec<(String, String)> {
    let mut blocks: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        if let Some(name) = line.strip_prefix("```golden:") {
            blocks.push((name.to_owned(), String::new()));
            inside = true;
        } else if line.starts_with("```") {
            inside = false;
        } else if let (true, Some((_, hex))) = (inside, blocks.last_mut()) {
            hex.push_str(line.split_whitespace().next().unwrap_or_default());
        }
    }
    blocks
}

#[test]
fn spec_pages_show_the_golden_bytes() {
    let golden = golden();
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/src/spec");
    let mut shown = 0;
    for page in std::fs::read_dir(pages).unwrap() {
        let path = page.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for (name, hex) in blocks(&text) {
            let expected = golden.get(&name).map(|entry| entry["encoded"].clone());
            assert_eq!(
                Some(Value::from(hex)),
                expected,
                "{name} in {}",
                path.display()
            );
            shown += 1;
        }
    }
    assert!(shown >= 14, "only {shown} golden blocks on the pages");
}

/// As on the pages: `16,777,216`.
fn with_commas(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap())
        .collect();
    groups.join(",")
}

#[test]
fn the_largest_sizes_on_the_pages_are_those_of_the_code() {
    let page = include_str!("../../../docs/src/spec/codec.md");
    for (name, bytes_max) in [
        ("transaction", Transaction::ENCODED_BYTES_MAX),
        ("receipt", Receipt::ENCODED_BYTES_MAX),
        ("header", Header::ENCODED_BYTES_MAX),
        ("block", Block::ENCODED_BYTES_MAX),
        ("certificate", Certificate::ENCODED_BYTES_MAX),
        ("vote", Vote::ENCODED_BYTES_MAX),
        ("signed proposal", SignedProposal::ENCODED_BYTES_MAX),
        ("evidence", Evidence::ENCODED_BYTES_MAX),
        ("validator set", ValidatorSet::ENCODED_BYTES_MAX),
        ("transaction body", TransactionBody::ENCODED_BYTES_MAX),
        ("state proof", StateProof::ENCODED_BYTES_MAX),
        ("proof file", ChainProof::ENCODED_BYTES_MAX),
        ("inclusion proof", InclusionProof::ENCODED_BYTES_MAX),
        ("consistency proof", ConsistencyProof::ENCODED_BYTES_MAX),
        ("state key", StateKey::ENCODED_BYTES_MAX),
        ("receipt summary", ReceiptSummary::ENCODED_BYTES_MAX),
        ("event", Event::ENCODED_BYTES_MAX),
    ] {
        let row = format!("| {name} | {}", with_commas(bytes_max));
        assert!(page.contains(&row), "codec.md lacks: {row}");
    }
}

#[test]
fn the_bounds_on_the_pages_are_those_of_the_code() {
    let transaction = include_str!("../../../docs/src/spec/transaction.md");
    let block = include_str!("../../../docs/src/spec/block.md");
    for (page, text) in [
        (transaction, format!("list, 1 to {ACTION_COUNT_MAX}")),
        (transaction, format!("`key`: at most {KEY_BYTES_MAX} bytes")),
        (
            transaction,
            format!("`value`: at most {} bytes", with_commas(VALUE_BYTES_MAX)),
        ),
        (
            transaction,
            format!("are a list, at most {EVENT_COUNT_MAX}"),
        ),
        (
            transaction,
            format!("at most {ATTRIBUTE_COUNT_MAX} attributes"),
        ),
        (
            transaction,
            format!("a name and at most {ATTRIBUTE_BYTES_MAX} bytes"),
        ),
        (
            block,
            format!("(at most {})", with_commas(BLOCK_TRANSACTION_COUNT_MAX)),
        ),
        (
            block,
            format!("the evidence (at most {BLOCK_EVIDENCE_COUNT_MAX})"),
        ),
        (block, format!("At most {VALIDATOR_COUNT_MAX} validators")),
    ] {
        assert!(page.contains(&text), "a page lacks: {text}");
    }
    assert_eq!(TOTAL_POWER_MAX.get(), 1 << 60);
    assert_eq!(NONCE_GAP_MAX, 64);
}
