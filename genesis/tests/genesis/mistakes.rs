//! Each kind of mistake is found, where it stands and nothing else.

use std::collections::BTreeSet;

use pyralog_genesis::{ACCOUNT_COUNT_MAX, Genesis, MISTAKE_COUNT_MAX, Mistake, Mistakes};
use pyralog_primitives::validators::VALIDATOR_COUNT_MAX;
use pyralog_primitives::{Address, Amount};

use crate::cases::{Case, all_cases};
use crate::support::{CHAIN, edited, entry, full_document, validator};

fn mistakes(text: &str) -> Mistakes {
    Genesis::parse(text).expect_err("the document has mistakes")
}

fn fields(mistakes: &Mistakes) -> Vec<&str> {
    mistakes
        .iter()
        .map(|mistake| mistake.field.as_str())
        .collect()
}

/// The name of the variant of the problem.
fn variant(mistake: &Mistake) -> String {
    let debug = format!("{:?}", mistake.problem);
    let is_name = |c: &char| c.is_ascii_alphanumeric();
    debug.chars().take_while(is_name).collect()
}

fn the_mistake(case: &Case) -> Mistake {
    let mistakes = mistakes(&case.text());
    let all: Vec<&Mistake> = mistakes.iter().collect();
    assert_eq!(all.len(), 1, "{case:?} should be one mistake:\n{mistakes}");
    all[0].clone()
}

#[test]
fn each_mistake_is_found_where_it_stands_and_nothing_else() {
    for case in all_cases() {
        let mistake = the_mistake(&case);
        assert_eq!(variant(&mistake), case.variant, "{case:?}");
        assert_eq!(mistake.field, case.field, "{case:?}");
        let line = mistake.line.map(|line| line.get() as usize);
        assert_eq!(line, case.line(), "{case:?}\n{mistake}");
    }
}

#[test]
fn every_kind_of_mistake_has_a_case() {
    let source = include_str!("../../src/problem.rs");
    let kinds = source.matches("#[error(").count();
    let covered: BTreeSet<&str> = all_cases().iter().map(|case| case.variant).collect();
    assert_eq!(covered.len(), kinds, "covered: {covered:?}");
    assert!(kinds >= 30);
}

#[test]
fn no_two_kinds_share_a_message() {
    let mut messages = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for case in all_cases() {
        if seen.insert(case.variant) {
            let message = the_mistake(&case).problem.to_string();
            assert!(message.len() < 250, "too long to read: {message}");
            assert!(messages.insert(message), "{}", case.variant);
        }
    }
}

#[test]
fn all_mistakes_come_at_once_in_order_of_line() {
    let text = edited("stake = \"50\"", "stake = \"0.5\"")
        .replace("format = 1\n", "")
        .replace("timeout_vote = \"900ms\"", "timeout_vote = \"1ms\"")
        .replace("balance = \"7\"", "balance = \"seven\"")
        .replace("block_compute_max", "block_computer_max");
    let mistakes = mistakes(&text);
    let expected = [
        "format",
        "consensus.timeout_vote",
        "parameters.block_computer_max",
        "accounts[1].balance",
        "validators[1].stake",
    ];
    assert_eq!(fields(&mistakes), expected);
    assert!(mistakes.iter().is_sorted_by_key(|mistake| mistake.line));
    let shown = mistakes.to_string();
    assert_eq!(shown.lines().count(), expected.len());
    assert!(shown.contains("line 7: consensus.timeout_vote: too small; write 50ms or more"));
    assert!(shown.contains("did you mean 'block_compute_max'?"));
}

#[test]
fn several_syntax_errors_come_at_once() {
    let text = edited("format = 1", "format = 1 1")
        .replace("base_fee_min = 20", "base_fee_min = 2_")
        .replace("\"alice\"", "\"alice");
    let mistakes = mistakes(&text);
    let lines: BTreeSet<_> = mistakes.iter().map(|mistake| mistake.line).collect();
    assert!(lines.len() >= 3, "{mistakes}");
    assert!(mistakes.iter().all(|mistake| variant(mistake) == "Syntax"));
}

#[test]
fn an_empty_document_says_all_that_it_lacks() {
    let expected = ["format", "chain_id", "time", "consensus", "validators"];
    assert_eq!(fields(&mistakes("")), expected);
}

#[test]
fn a_value_that_cannot_be_read_is_reported_once() {
    // The unreadable chain id says nothing about signatures, the unreadable
    // key nothing about its possession, the unreadable fee nothing of another.
    let text = edited("\"my-network\"", "\"my network\"")
        .replace("base_fee_initial = 200", "base_fee_initial = true")
        .replacen("public_key = \"", "public_key = \"x", 1);
    let expected = [
        "chain_id",
        "parameters.base_fee_initial",
        "validators[0].public_key",
    ];
    assert_eq!(fields(&mistakes(&text)), expected);
}

fn document_with_accounts(count: usize) -> String {
    let mut text = full_document(CHAIN);
    for number in 2..count {
        let mut bytes = [0; Address::BYTES];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        let entry = pyralog_genesis::document::account_entry(
            &Address::new(bytes),
            Amount::from_tokens(number as u64),
        );
        text.push_str(&entry);
    }
    text
}

#[test]
fn accounts_are_many_but_bounded() {
    let text = document_with_accounts(ACCOUNT_COUNT_MAX);
    let genesis = crate::support::parse(&text);
    assert_eq!(genesis.accounts().len(), ACCOUNT_COUNT_MAX);
    let text = document_with_accounts(ACCOUNT_COUNT_MAX + 1);
    assert_eq!(fields(&mistakes(&text)), ["accounts[100000]"]);
}

#[test]
fn validators_are_many_but_bounded() {
    let mut text = full_document(CHAIN);
    for number in 2..=VALIDATOR_COUNT_MAX {
        if number == VALIDATOR_COUNT_MAX {
            assert_eq!(crate::support::parse(&text).validator_set().count(), number);
        }
        // Seeds 1 and 2 are those of alice and bob.
        let seed = u8::try_from((number + 1) % 256).unwrap();
        let name = format!("validator {number}");
        text.push_str(&entry(&validator(
            CHAIN,
            &name,
            seed,
            Amount::from_tokens(1),
        )));
    }
    assert_eq!(fields(&mistakes(&text)), ["validators[256]"]);
}

#[test]
fn mistakes_beyond_the_most_are_counted() {
    let mut text = full_document(CHAIN);
    let entry = "\n[[accounts]]\naddress = \"nobody\"\n";
    text.push_str(&entry.repeat(MISTAKE_COUNT_MAX));
    let mistakes = mistakes(&text);
    assert_eq!(mistakes.iter().len(), MISTAKE_COUNT_MAX);
    assert_eq!(mistakes.left_out(), MISTAKE_COUNT_MAX);
    assert!(mistakes.to_string().ends_with("\nand 1000 more mistakes"));
}
