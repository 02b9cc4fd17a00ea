//! The examples on the page about keys are what the code does.

use pyralog_keys::{AccountIndex, DerivationPath, Mnemonic, derive};

const PAGE: &str = include_str!("../../../docs/src/spec/keys.md");

/// The second cell of the table row that begins with `name`, without ticks.
fn example(name: &str) -> &'static str {
    PAGE.lines()
        .find_map(|line| {
            line.strip_prefix("| ")?
                .strip_prefix(name)?
                .strip_prefix(" | `")
        })
        .and_then(|rest| rest.strip_suffix("` |"))
        .expect("the page has a row for each example")
}

#[test]
fn the_key_file_on_the_page_is_the_golden_one() {
    let golden = include_str!("../testdata/keystore-v1.json");
    assert!(PAGE.contains(&format!("```json\n{golden}```\n")));
}

#[test]
fn the_mnemonic_on_the_page_gives_its_key_and_address() {
    let mnemonic: Mnemonic = example("words").parse().unwrap();
    let path: DerivationPath = example("path").parse().unwrap();
    assert_eq!(path, DerivationPath::account(AccountIndex::FIRST));
    let key = derive(&mnemonic.to_seed(""), &path).public_key();
    assert_eq!(key.to_string(), example("public key"));
    assert_eq!(key.address().to_string(), example("address"));
}
