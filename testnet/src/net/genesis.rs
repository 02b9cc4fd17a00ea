//! The genesis document of a net.

use pyralog_genesis::document::{NewDocument, account_entry, new_document, validator_entry};
use pyralog_genesis::{ConsensusKind, Genesis, Mistakes};
use pyralog_keys::{AccountIndex, DEVELOPMENT_ACCOUNT_COUNT, development_key};
use pyralog_primitives::{Amount, SignBytes, TimestampMs};

use super::names::{NetName, NodeName};
use super::secrets::validator_key;

/// What each account of development begins with.
const BALANCE: Amount = Amount::from_tokens(1_000_000);
/// What each validator has bound: all have one voice.
const STAKE: Amount = Amount::from_tokens(1_000);

/// For how many blocks a transaction may be valid, and the line that says so.
/// Under load there are dozens of blocks a second, and what is signed ahead for
/// a minute of it must not expire. Lower, and it does; higher, and nothing is
/// gained.
const LIFETIME_BLOCKS: &str = "\ntransaction_lifetime_blocks_max = 20000\n";
/// The line in whose place it stands.
const LIFETIME_DEFAULT: &str = "\n# transaction_lifetime_blocks_max = 1000\n";

/// The document of a net that begins now, and what it means.
pub(crate) fn document(
    net: &NetName,
    consensus: ConsensusKind,
    validators: &[NodeName],
    time: TimestampMs,
) -> Result<(String, Genesis), Mistakes> {
    let chain_id = net.chain_id();
    let mut text = new_document(&NewDocument {
        chain_id: chain_id.clone(),
        time,
        consensus,
    })
    .replacen(LIFETIME_DEFAULT, LIFETIME_BLOCKS, 1);
    for index in 0..DEVELOPMENT_ACCOUNT_COUNT {
        let index = AccountIndex::new(index).expect("there are few accounts of development");
        let address = development_key(index).public_key().address();
        text.push_str(&account_entry(&address, BALANCE));
    }
    for validator in validators {
        let key = validator_key(net, *validator);
        let public_key = key.public_key();
        let possession = key.sign(&SignBytes::possession(chain_id.as_str(), &public_key));
        let name = validator.to_string().parse();
        let name = name.expect("the name of a node follows the rule of validators' names");
        text.push_str(&validator_entry(&name, &public_key, STAKE, &possession));
    }
    let genesis = Genesis::parse(&text)?;
    Ok((text, genesis))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::names::Role;

    fn validators(count: u8) -> Vec<NodeName> {
        let name = |number| NodeName::new(Role::Validator, number);
        (0..count).map(name).collect()
    }

    #[test]
    fn the_same_command_gives_the_same_network_apart_from_its_time() {
        let net: NetName = "a".parse().unwrap();
        let at = |seconds: u64| {
            let time = TimestampMs::new(1_780_000_000_000 + seconds * 1000);
            let made = document(&net, ConsensusKind::Pbft, &validators(4), time);
            made.unwrap()
        };
        assert_eq!(at(0), at(0));
        let (text, genesis) = at(1);
        assert_ne!(genesis.hash(), at(0).1.hash());
        let differing = at(0).0;
        let differing = text.lines().zip(differing.lines()).filter(|(a, b)| a != b);
        assert_eq!(differing.count(), 1);
    }

    #[test]
    fn every_engine_gets_a_valid_document() {
        let net: NetName = "a".parse().unwrap();
        let time = TimestampMs::new(1_780_000_000_000);
        for (kind, count) in [
            (ConsensusKind::Solo, 1),
            (ConsensusKind::Pbft, 4),
            (ConsensusKind::Tendermint, 64),
        ] {
            let (_, genesis) = document(&net, kind, &validators(count), time).unwrap();
            assert!(genesis.is_development());
            assert_eq!(genesis.validators().len(), usize::from(count));
            assert_eq!(genesis.accounts().len(), 10);
            assert_eq!(genesis.consensus().kind(), kind);
            let lifetime = genesis.parameters().transaction_lifetime_blocks_max;
            assert_eq!(lifetime.get(), 20_000);
        }
    }
}
