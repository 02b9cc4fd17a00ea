//! Bytes are judged by the rules that judge text.

use pyralog_genesis::{
    Account, Consensus, ConsensusKind, Genesis, GenesisParts, Mistakes, Parameters,
};
use pyralog_primitives::codec::{Canonical, DecodeError};
use pyralog_primitives::{Amount, ByteCount, TimestampMs};

use crate::support::{CHAIN, address, chain_id, full_genesis, validator};

fn parts() -> GenesisParts {
    GenesisParts {
        chain_id: chain_id(CHAIN),
        time: TimestampMs::new(1_795_219_200_000),
        consensus: Consensus::with_defaults(ConsensusKind::Tendermint),
        parameters: Parameters::default(),
        accounts: vec![Account {
            address: address(11),
            balance: Amount::from_tokens(5),
        }],
        validators: vec![
            validator(CHAIN, "alice", 1, Amount::from_tokens(100)),
            validator(CHAIN, "bob", 2, "50.75".parse().unwrap()),
        ],
        bootstrap: Vec::new(),
    }
}

fn fields(mistakes: &Mistakes) -> Vec<String> {
    assert!(mistakes.iter().all(|mistake| mistake.line.is_none()));
    mistakes
        .iter()
        .map(|mistake| mistake.field.clone())
        .collect()
}

/// Changes the parts, and names the fields with mistakes.
fn fields_after(change: impl FnOnce(&mut GenesisParts)) -> Vec<String> {
    let mut parts = parts();
    change(&mut parts);
    fields(&Genesis::new(parts).unwrap_err())
}

#[test]
fn parts_make_a_genesis_or_name_their_mistakes() {
    let genesis = Genesis::new(parts()).unwrap();
    assert_eq!(genesis.total_supply(), "155.75".parse().unwrap());
    let set = genesis.validator_set();
    assert_eq!((set.count(), set.total_power().get()), (2, 150));
    assert!(!genesis.is_development());
    let fields = fields_after(|parts| {
        parts.time = TimestampMs::new(u64::MAX);
        parts.parameters.block_bytes_max = ByteCount::new(1);
        parts.accounts.push(parts.accounts[0]);
        parts.validators[1].stake = Amount::ZERO;
    });
    let expected = [
        "time",
        "parameters.block_bytes_max",
        "accounts[1].address",
        "validators[1].stake",
    ];
    assert_eq!(fields, expected);
}

#[test]
fn validators_signed_for_one_chain_are_void_on_another() {
    let fields = fields_after(|parts| parts.chain_id = chain_id("other-network"));
    assert_eq!(
        fields,
        ["validators[0].possession", "validators[1].possession"]
    );
}

#[test]
fn parameters_alone_are_checked_too() {
    assert_eq!(Parameters::default().check(), Ok(()));
    let parameters = Parameters {
        base_fee_min: Amount::new(101),
        ..Parameters::default()
    };
    assert_eq!(
        fields(&parameters.check().unwrap_err()),
        ["parameters.base_fee_initial"]
    );
}

#[test]
fn defaults_of_every_kind_are_within_the_rules() {
    for kind in ConsensusKind::ALL {
        let mut parts = parts();
        parts.consensus = Consensus::with_defaults(kind);
        parts.validators.truncate(1);
        assert_eq!(Genesis::new(parts).unwrap().consensus().kind(), kind);
    }
}

#[test]
fn a_development_network_is_known_by_its_id() {
    let mut parts = parts();
    parts.chain_id = chain_id("dev-local");
    parts.consensus = Consensus::with_defaults(ConsensusKind::Solo);
    parts.validators = vec![validator("dev-local", "me", 7, Amount::from_tokens(1))];
    assert!(Genesis::new(parts).unwrap().is_development());
}

/// Replaces one part of the encoding, and says why it does not decode.
fn refusal(from: &[u8], to: &[u8]) -> DecodeError {
    let bytes = full_genesis().encode();
    let at = bytes.windows(from.len()).position(|window| window == from);
    let at = at.expect("the encoding has this part");
    let changed = [&bytes[..at], to, &bytes[at + from.len()..]].concat();
    Genesis::decode(&changed).expect_err("the change breaks a rule")
}

#[test]
fn bytes_that_break_a_rule_do_not_decode() {
    let vote = 900u64.to_le_bytes();
    let refused = refusal(&vote, &1u64.to_le_bytes());
    let DecodeError::Meaningless(message) = refused else {
        panic!("{refused}");
    };
    assert_eq!(
        message,
        "consensus.timeout_vote: too small; write 50ms or more"
    );
    let token = 100_000_000_000u128.to_le_bytes();
    let refused = refusal(&token, &1u128.to_le_bytes()).to_string();
    assert!(refused.contains("a stake below one token"), "{refused}");
    let refused = refusal(b"alice", b"al\nce").to_string();
    assert!(refused.contains("may not stand in a name"), "{refused}");
    let refused = refusal(b"my-network", b"my-netw\xffrk").to_string();
    assert!(refused.contains("may not stand in a chain id"), "{refused}");
    let refused = refusal(b"my-network", b"mi-network").to_string();
    assert_eq!(
        refused.matches("not this key's signature").count(),
        2,
        "{refused}"
    );
    let refused = refusal(b"203.0.113.7", b"203.0.113.x").to_string();
    assert!(refused.contains("no host in front"), "{refused}");
}

#[test]
fn bytes_have_one_order() {
    let genesis = full_genesis();
    let mut accounts = genesis.accounts().iter();
    let mut account = || borsh_bytes(&accounts.next().unwrap());
    let (first, second) = (account(), account());
    let ordered = [first.as_slice(), second.as_slice()].concat();
    for wrong in [
        [second.as_slice(), &first].concat(),
        [first.as_slice(), &first].concat(),
    ] {
        let refused = refusal(&ordered, &wrong).to_string();
        assert!(
            refused.contains("accounts: stand in order of address"),
            "{refused}"
        );
    }
    let [one, other] = genesis.validators() else {
        panic!("the document has two validators");
    };
    let (one, other) = (borsh_bytes(one), borsh_bytes(other));
    let ordered = [one.as_slice(), &other].concat();
    let refused = refusal(&ordered, &[other.as_slice(), &one].concat()).to_string();
    assert!(
        refused.contains("validators: stand in order of address"),
        "{refused}"
    );
}

fn borsh_bytes<T: borsh::BorshSerialize>(value: &T) -> Vec<u8> {
    borsh::to_vec(value).unwrap()
}

#[test]
fn other_formats_and_lengths_do_not_decode() {
    let bytes = full_genesis().encode();
    assert_eq!(Genesis::decode(&bytes), Ok(full_genesis()));
    let other = [&[2], &bytes[1..]].concat();
    assert!(matches!(
        Genesis::decode(&other),
        Err(DecodeError::OutOfBounds(_))
    ));
    let longer = [bytes.as_slice(), &[0]].concat();
    assert_eq!(
        Genesis::decode(&longer),
        Err(DecodeError::Trailing { bytes: 1 })
    );
    for length in 0..bytes.len() {
        let refused = Genesis::decode(&bytes[..length]);
        assert_eq!(refused, Err(DecodeError::Truncated), "{length}");
    }
    let endless = vec![0; Genesis::ENCODED_BYTES_MAX + 1];
    assert!(matches!(
        Genesis::decode(&endless),
        Err(DecodeError::TooLong { .. })
    ));
}

#[test]
fn a_claimed_count_reserves_nothing() {
    let genesis = full_genesis();
    let count = [2, 0, 0, 0];
    let first = borsh_bytes(genesis.accounts().first_key_value().unwrap().0);
    let from = [count.as_slice(), &first].concat();
    let max: u32 = 100_000;
    let claimed = [max.to_le_bytes().as_slice(), &first].concat();
    assert_eq!(refusal(&from, &claimed), DecodeError::Truncated);
    let beyond = [(max + 1).to_le_bytes().as_slice(), &first].concat();
    assert!(matches!(
        refusal(&from, &beyond),
        DecodeError::OutOfBounds(_)
    ));
}

#[test]
fn json_is_a_view_with_numbers_as_text() {
    let json = serde_json::to_value(full_genesis()).unwrap();
    assert_eq!(json["chain_id"], CHAIN);
    assert_eq!(json["time"], "1795219200000");
    assert_eq!(json["consensus"]["kind"], "tendermint");
    assert_eq!(json["consensus"]["timeout_vote"], "900");
    assert_eq!(json["parameters"]["block_bytes_max"], "1048576");
    assert_eq!(json["accounts"][address(12).to_string()], "7000000000");
    let names = json["validators"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v["name"].as_str());
    assert_eq!(names.count(), 2);
}
