//! The network that `--dev` begins: one validator, funded accounts, and
//! nothing that is secret. It is the same on every machine, so that its
//! genesis hash can be written down.

use pyralog_genesis::document::{NewDocument, account_entry, new_document, validator_entry};
use pyralog_genesis::{ConsensusKind, parse_time};
use pyralog_keys::{AccountIndex, DEVELOPMENT_ACCOUNT_COUNT, development_key};
use pyralog_primitives::{Address, Amount, SecretKey, SignBytes};

const CHAIN_ID: &str = "dev-local";
/// In the past for every machine that runs this.
const TIME: &str = "2026-01-01T00:00:00Z";
/// What each account begins with.
const BALANCE: Amount = Amount::from_tokens(1_000_000);
const STAKE: Amount = Amount::from_tokens(1_000);
/// The index of the validator's key, after those of accounts.
const VALIDATOR: u32 = 100;

/// The key that decides.
pub(crate) fn validator_key() -> SecretKey {
    key(VALIDATOR)
}

/// The funded accounts, `dev-0` first, and what each begins with.
pub(crate) fn accounts() -> impl Iterator<Item = (String, Address, Amount)> {
    let account = |index| {
        let address = key(index).public_key().address();
        (format!("dev-{index}"), address, BALANCE)
    };
    (0..DEVELOPMENT_ACCOUNT_COUNT).map(account)
}

/// The genesis document.
pub(crate) fn document() -> String {
    let mut text = new_document(&NewDocument {
        chain_id: CHAIN_ID
            .parse()
            .expect("it follows the rule of names of chains; a test parses it"),
        time: parse_time(TIME).expect("it is written as times are; a test parses it"),
        consensus: ConsensusKind::Solo,
    });
    for (_, address, balance) in accounts() {
        text.push_str(&account_entry(&address, balance));
    }
    let validator = validator_key();
    let public_key = validator.public_key();
    let possession = validator.sign(&SignBytes::possession(CHAIN_ID, &public_key));
    let name = "development".parse();
    let name = name.expect("it follows the rule of names; a test parses it");
    text.push_str(&validator_entry(&name, &public_key, STAKE, &possession));
    text
}

fn key(index: u32) -> SecretKey {
    development_key(AccountIndex::new(index).expect("the indexes here are far below 2³¹"))
}

#[cfg(test)]
mod tests {
    use pyralog_genesis::Genesis;

    use super::*;

    #[test]
    fn the_network_of_development_is_valid_and_the_same_everywhere() {
        let genesis = Genesis::parse(&document()).unwrap();
        assert!(genesis.is_development());
        // Whoever wrote this down must be able to rely on it.
        let expected = "016e3f1107efef53b51c5e4fc6e657e557d7a0982c8a9d18f28f7cd7ddf01dcd";
        assert_eq!(genesis.hash().to_string(), expected);
        for (name, address, balance) in accounts() {
            assert_eq!(genesis.accounts().get(&address), Some(&balance), "{name}");
        }
    }
}
