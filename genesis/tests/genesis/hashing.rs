//! Equal meaning, equal hash; another meaning, another hash.

use std::collections::BTreeMap;

use proptest::prelude::*;
use pyralog_genesis::{
    Account, Consensus, ConsensusKind, Genesis, GenesisParts, Parameters, PeerAddress,
};
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::{Amount, BlockCount, DurationMs, TimestampMs};

use crate::support::{
    CHAIN, address, chain_id, edited, entry, full_document, full_genesis, parse, possession,
    secret, validator,
};

/// A source of choices: the same seed makes the same document.
struct Choices(u64);

impl Choices {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn coin(&mut self) -> bool {
        self.below(2) == 0
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// Writes one genesis in some of the many ways that TOML allows.
struct Writer<'g> {
    genesis: &'g Genesis,
    choices: Choices,
}

impl Writer<'_> {
    fn write(mut self) -> String {
        let genesis = self.genesis;
        let mut head = vec![
            "format = 1".to_owned(),
            format!("chain_id = \"{}\"", genesis.chain_id()),
            self.time(),
        ];
        self.choices.shuffle(&mut head);
        let mut tables = vec![
            self.consensus(),
            self.parameters(),
            self.accounts(),
            self.validators(),
        ];
        tables.push("[network]\n".to_owned());
        self.choices.shuffle(&mut tables);
        let text = [head, tables].concat().join("\n");
        let text = self.comment(&text);
        if self.choices.coin() {
            text.replace('\n', "\r\n")
        } else {
            text
        }
    }

    fn time(&mut self) -> String {
        let whole = self.genesis.time().get().is_multiple_of(1000);
        let text =
            pyralog_genesis::document::new_document(&pyralog_genesis::document::NewDocument {
                chain_id: self.genesis.chain_id().clone(),
                time: self.genesis.time(),
                consensus: ConsensusKind::Solo,
            });
        let start = text.find("time = \"").unwrap() + 8;
        let mut time = text[start..].split('"').next().unwrap().to_owned();
        if whole && self.choices.coin() {
            time = time.replace('Z', ".000Z");
        }
        if self.choices.coin() {
            time = time.replace('T', " ");
        }
        if self.choices.coin() {
            format!("time = {time}")
        } else {
            format!("time = '{time}'")
        }
    }

    fn consensus(&mut self) -> String {
        let consensus = serde_json::to_value(self.genesis.consensus()).unwrap();
        let default = Consensus::with_defaults(self.genesis.consensus().kind());
        let default = serde_json::to_value(default).unwrap();
        let mut pairs = vec![format!("kind = {}", consensus["kind"])];
        for (key, value) in consensus.as_object().unwrap() {
            // A default is sometimes written out.
            if key != "kind" && (*value != default[key] || self.choices.coin()) {
                pairs.push(format!("{key} = \"{}ms\"", value.as_str().unwrap()));
            }
        }
        self.table("consensus", pairs)
    }

    fn parameters(&mut self) -> String {
        let parameters = serde_json::to_value(self.genesis.parameters()).unwrap();
        let default = serde_json::to_value(Parameters::default()).unwrap();
        let mut pairs = Vec::new();
        for (key, value) in parameters.as_object().unwrap() {
            if *value == default[key] && self.choices.coin() {
                continue;
            }
            let digits = value.as_str().unwrap();
            let written = match key.as_str() {
                "time_drift_max" => format!("\"{digits}ms\""),
                _ if self.choices.coin() => digits.to_owned(),
                _ => format!("{:#x}", digits.parse::<u64>().unwrap()),
            };
            pairs.push(format!("{key} = {written}"));
        }
        self.table("parameters", pairs)
    }

    fn accounts(&mut self) -> String {
        let pairs = |(address, balance): (_, _)| {
            vec![
                format!("address = \"{address}\""),
                format!("balance = \"{balance}\""),
            ]
        };
        let items = self.genesis.accounts().iter().map(pairs).collect();
        self.list("accounts", items)
    }

    fn validators(&mut self) -> String {
        let pairs = |validator: &pyralog_genesis::GenesisValidator| {
            let entry = entry(validator);
            entry
                .lines()
                .filter(|line| line.contains('='))
                .map(str::to_owned)
                .collect()
        };
        let items = self.genesis.validators().iter().map(pairs).collect();
        self.list("validators", items)
    }

    fn table(&mut self, name: &str, mut pairs: Vec<String>) -> String {
        self.choices.shuffle(&mut pairs);
        format!("[{name}]\n{}\n", pairs.join("\n"))
    }

    fn list(&mut self, name: &str, mut items: Vec<Vec<String>>) -> String {
        self.choices.shuffle(&mut items);
        let item = |mut pairs: Vec<String>| {
            self.choices.shuffle(&mut pairs);
            format!("[[ {name} ]]\n\t{}\n", pairs.join("\n\t"))
        };
        items.into_iter().map(item).collect()
    }

    fn comment(&mut self, text: &str) -> String {
        let mut lines: Vec<String> = Vec::new();
        for line in text.lines() {
            match self.choices.below(4) {
                0 => lines.extend(["# a remark = [".to_owned(), String::new(), line.to_owned()]),
                1 => lines.push(format!("  {line}   # {line}")),
                _ => lines.push(line.to_owned()),
            }
        }
        lines.join("\n")
    }
}

fn write(genesis: &Genesis, seed: u64) -> String {
    let choices = Choices(seed);
    Writer { genesis, choices }.write()
}

prop_compose! {
    /// Any genesis with a few accounts and validators.
    fn any_parts()(
        kind in 0usize..3,
        defaults in any::<bool>(),
        time in 1_577_836_800_000u64..4_102_444_800_000,
        fee in 8u64..1_000,
        age in 100u64..120_000,
        interval in 10u64..60_000,
        balances in prop::collection::btree_map(20u8..100, 1u128.., 0..6),
        stakes in prop::collection::btree_map(100u8..200, 1_000_000_000u128..u128::from(u64::MAX), 1..5),
    ) -> GenesisParts {
        let mut consensus = Consensus::with_defaults(ConsensusKind::ALL[kind]);
        let mut parameters = Parameters::default();
        if !defaults {
            parameters.base_fee_initial = Amount::new(u128::from(fee) * 2);
            parameters.base_fee_min = Amount::new(fee.into());
            parameters.evidence_age_blocks_max = BlockCount::new(age);
            match &mut consensus {
                Consensus::Solo(timing) => timing.block_interval = DurationMs::new(interval),
                Consensus::Pbft(timing) | Consensus::Tendermint(timing) => {
                    timing.empty_block_interval = DurationMs::new(interval);
                }
            }
        }
        let count = if kind == 0 { 1 } else { stakes.len() };
        let stakes = stakes.into_iter().take(count);
        GenesisParts {
            chain_id: chain_id(CHAIN),
            time: TimestampMs::new(time),
            consensus,
            parameters,
            accounts: balances
                .into_iter()
                // Six of these and the stakes still fit.
                .map(|(seed, units)| Account { address: address(seed), balance: Amount::new(units / 8 + 1) })
                .collect(),
            validators: stakes
                .map(|(seed, units)| validator(CHAIN, &format!("\"{seed}\" \\"), seed, Amount::new(units)))
                .collect(),
            bootstrap: Vec::new(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn however_it_is_written_it_is_the_same_genesis(parts in any_parts(), seed: u64) {
        let genesis = Genesis::new(parts.clone()).unwrap();
        let text = write(&genesis, seed);
        let parsed = Genesis::parse(&text);
        prop_assert_eq!(parsed.as_ref(), Ok(&genesis), "{}", text);
        prop_assert_eq!(parsed.unwrap().hash(), genesis.hash());
        let mut turned = parts;
        turned.accounts.reverse();
        turned.validators.reverse();
        prop_assert_eq!(Genesis::new(turned).unwrap().hash(), genesis.hash());
        prop_assert_eq!(Genesis::decode(&genesis.encode()), Ok(genesis));
    }
}

#[test]
fn another_meaning_is_another_hash() {
    let mut hashes = BTreeMap::from([(full_genesis().hash(), "unchanged".to_owned())]);
    let changed = [full_document("my-netwerk"), added_account(), other_key()];
    let edits = EDITS.iter().map(|(from, to)| edited(from, to));
    for text in edits.chain(changed) {
        let hash = parse(&text).hash();
        if let Some(same) = hashes.insert(hash, text.clone()) {
            panic!("one hash for two documents:\n{same}\n\n{text}");
        }
    }
}

const EDITS: &[(&str, &str)] = &[
    ("00:00:00Z", "00:00:00.001Z"),
    ("\"tendermint\"", "\"pbft\""),
    ("timeout_propose = \"2s\"", "timeout_propose = \"2001ms\""),
    ("timeout_vote = \"900ms\"", "timeout_vote = \"901ms\""),
    ("timeout_step = \"400ms\"", "timeout_step = \"401ms\""),
    (
        "empty_block_interval = \"10s\"",
        "empty_block_interval = \"11s\"",
    ),
    ("block_bytes_max = \"1MiB\"", "block_bytes_max = \"2MiB\""),
    (
        "transaction_bytes_max = \"32KiB\"",
        "transaction_bytes_max = \"33KiB\"",
    ),
    (
        "block_compute_max = 10_000_000",
        "block_compute_max = 10_000_001",
    ),
    ("base_fee_initial = 200", "base_fee_initial = 201"),
    ("base_fee_min = 20", "base_fee_min = 21"),
    (
        "transaction_lifetime_blocks_max = 500",
        "transaction_lifetime_blocks_max = 501",
    ),
    ("time_drift_max = \"250ms\"", "time_drift_max = \"251ms\""),
    (
        "evidence_age_blocks_max = 1000",
        "evidence_age_blocks_max = 1001",
    ),
    ("unbonding_blocks = 2000", "unbonding_blocks = 2001"),
    ("balance = \"1000.5\"", "balance = \"1000.500000001\""),
    ("name = \"alice\"", "name = \"Alice\""),
    ("stake = \"100\"", "stake = \"100.000000001\""),
];

fn added_account() -> String {
    let entry = pyralog_genesis::document::account_entry(&address(13), Amount::new(1));
    full_document(CHAIN) + &entry
}

fn other_key() -> String {
    let old = secret(2).public_key().to_string();
    let new = secret(3).public_key().to_string();
    let text = edited(&old, &new);
    let old = possession(CHAIN, 2).to_string();
    text.replace(&old, &possession(CHAIN, 3).to_string())
}

#[test]
fn bootstrap_peers_are_not_hashed() {
    let without = edited("bootstrap = [", "bootstrap = []\n[ignored]\nx = [");
    let without = without.split_once("\n[ignored]").unwrap().0.to_owned();
    let rest = full_document(CHAIN);
    let rest = &rest[rest.find("\n[[accounts]]").unwrap()..];
    let genesis = parse(&(without + "\n" + rest));
    assert!(genesis.bootstrap().is_empty());
    assert_ne!(genesis, full_genesis());
    assert_ne!(genesis.encode(), full_genesis().encode());
    assert_eq!(genesis.hash(), full_genesis().hash());
}

#[test]
fn the_order_of_bootstrap_peers_is_kept() {
    let genesis = full_genesis();
    let hosts = |peer: &PeerAddress| peer.as_str().split('/').nth(2).map(str::to_owned);
    let hosts: Vec<_> = genesis.bootstrap().iter().filter_map(hosts).collect();
    assert_eq!(hosts, ["203.0.113.7", "seed.example.org"]);
}

#[test]
fn parameters_have_a_hash_of_their_own() {
    let genesis = full_genesis();
    assert_ne!(genesis.parameters().hash(), Parameters::default().hash());
    let same = edited("\"alice\"", "\"Alice\"");
    assert_eq!(
        parse(&same).parameters().hash(),
        genesis.parameters().hash()
    );
}
