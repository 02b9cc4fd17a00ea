//! Keys from fixed seeds, and a document that has every field.

use pyralog_genesis::{ChainId, Genesis, GenesisValidator, ValidatorName, document};
use pyralog_primitives::{Address, Amount, SecretKey, SignBytes, Signature};

pub(crate) const CHAIN: &str = "my-network";

/// Fixed seeds: keys of development networks, worth nothing anywhere.
pub(crate) fn secret(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; SecretKey::SEED_BYTES])
}

pub(crate) fn address(seed: u8) -> Address {
    secret(seed).public_key().address()
}

pub(crate) fn possession(chain_id: &str, seed: u8) -> Signature {
    let key = secret(seed);
    key.sign(&SignBytes::possession(chain_id, &key.public_key()))
}

pub(crate) fn chain_id(text: &str) -> ChainId {
    ChainId::new(text).unwrap()
}

pub(crate) fn validator(chain_id: &str, name: &str, seed: u8, stake: Amount) -> GenesisValidator {
    GenesisValidator {
        name: ValidatorName::new(name).unwrap(),
        public_key: secret(seed).public_key(),
        stake,
        possession: possession(chain_id, seed),
    }
}

pub(crate) fn entry(validator: &GenesisValidator) -> String {
    document::validator_entry(
        &validator.name,
        &validator.public_key,
        validator.stake,
        &validator.possession,
    )
}

/// A document with every field, for the chain of this name.
pub(crate) fn full_document(chain: &str) -> String {
    let alice = validator(chain, "alice", 1, Amount::from_tokens(100));
    let bob = validator(chain, "bob", 2, Amount::from_tokens(50));
    [
        format!("format = 1\nchain_id = \"{chain}\"\n"),
        FULL_MIDDLE.to_owned(),
        document::account_entry(&address(11), "1000.5".parse().unwrap()),
        document::account_entry(&address(12), Amount::from_tokens(7)),
        entry(&alice),
        entry(&bob),
    ]
    .concat()
}

const FULL_MIDDLE: &str = "\
time = \"2026-11-21T00:00:00Z\"

[consensus]
kind = \"tendermint\"
timeout_propose = \"2s\"
timeout_vote = \"900ms\"
timeout_step = \"400ms\"
empty_block_interval = \"10s\"

[parameters]
block_bytes_max = \"1MiB\"
transaction_bytes_max = \"32KiB\"
block_compute_max = 10_000_000
base_fee_initial = 200
base_fee_min = 20
transaction_lifetime_blocks_max = 500
time_drift_max = \"250ms\"
evidence_age_blocks_max = 1000
unbonding_blocks = 2000

[network]
bootstrap = [
  \"/ip4/203.0.113.7/tcp/26656/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp\",
  \"/dns/seed.example.org/tcp/26656/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp\",
]
";

/// The document with one part written differently.
pub(crate) fn edited(from: &str, to: &str) -> String {
    let text = full_document(CHAIN);
    assert!(text.contains(from), "no {from:?} in:\n{text}");
    text.replacen(from, to, 1)
}

pub(crate) fn full_genesis() -> Genesis {
    parse(&full_document(CHAIN))
}

/// Parses a text that must be right.
#[track_caller]
pub(crate) fn parse(text: &str) -> Genesis {
    Genesis::parse(text).unwrap_or_else(|mistakes| panic!("{mistakes}\n{text}"))
}
