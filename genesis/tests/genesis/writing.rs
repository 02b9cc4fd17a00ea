//! What the crate writes, it reads.

use pyralog_genesis::document::{NewDocument, account_entry, new_document, validator_entry};
use pyralog_genesis::{Consensus, ConsensusKind, Genesis, Parameters, ValidatorName};
use pyralog_primitives::{Amount, TimestampMs};

use crate::support::{address, chain_id, entry, parse, possession, secret, validator};

fn new_text(consensus: ConsensusKind) -> String {
    new_document(&NewDocument {
        chain_id: chain_id("dev-local"),
        time: TimestampMs::new(1_795_219_200_123),
        consensus,
    })
}

#[test]
fn a_new_document_with_a_validator_is_a_genesis_of_defaults() {
    for kind in ConsensusKind::ALL {
        let balance: Amount = "12.000000001".parse().unwrap();
        let alice = validator("dev-local", "alice", 1, Amount::from_tokens(3));
        let text = [
            new_text(kind),
            account_entry(&address(9), balance),
            entry(&alice),
        ]
        .concat();
        let genesis = parse(&text);
        assert_eq!(genesis.chain_id().as_str(), "dev-local");
        assert_eq!(genesis.time(), TimestampMs::new(1_795_219_200_123));
        assert_eq!(*genesis.consensus(), Consensus::with_defaults(kind));
        assert_eq!(*genesis.parameters(), Parameters::default());
        assert_eq!(genesis.accounts()[&address(9)], balance);
        assert_eq!(genesis.validators(), [alice]);
    }
}

#[test]
fn a_new_document_lacks_a_validator_and_nothing_else() {
    let mistakes = Genesis::parse(&new_text(ConsensusKind::Tendermint)).unwrap_err();
    let fields: Vec<&str> = mistakes
        .iter()
        .map(|mistake| mistake.field.as_str())
        .collect();
    assert_eq!(fields, ["validators"]);
}

#[test]
fn the_defaults_in_the_comments_are_the_defaults() {
    for kind in ConsensusKind::ALL {
        let alice = entry(&validator("dev-local", "alice", 1, Amount::from_tokens(3)));
        let text = new_text(kind) + &alice;
        // Takes the comment sign off every `# key = value`.
        let uncomment = |line: &str| match line.strip_prefix("# ") {
            Some(rest) if rest.contains(" = ") && !rest.contains("bootstrap") => rest.to_owned(),
            _ => line.to_owned(),
        };
        let lines: Vec<String> = text.lines().map(uncomment).collect();
        let written_out = lines.join("\n");
        assert!(
            written_out
                .lines()
                .any(|line| line.starts_with("unbonding_blocks = "))
        );
        assert_eq!(parse(&written_out), parse(&text));
    }
}

#[test]
fn names_with_signs_that_toml_knows_come_back_as_they_were() {
    for name in ["a\\b", "\"", "'''", "a # b", "\\u0041", "]]", "\\"] {
        let key = secret(5);
        let proof = possession("dev-local", 5);
        let name = ValidatorName::new(name).unwrap();
        let entry = validator_entry(&name, &key.public_key(), Amount::from_tokens(1), &proof);
        let genesis = parse(&(new_text(ConsensusKind::Solo) + &entry));
        assert_eq!(genesis.validators()[0].name, name);
    }
}

#[test]
fn the_example_of_the_specification_is_a_genesis() {
    let page = include_str!("../../../docs/src/spec/genesis.md");
    let example = page
        .split("```toml\n")
        .nth(1)
        .expect("the page has an example");
    let genesis = parse(example.split("```").next().unwrap());
    assert!(genesis.is_development());
    assert_eq!(*genesis.parameters(), Parameters::default());
}
