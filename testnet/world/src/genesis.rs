//! The network that is simulated, and what its users send.

use pyralog_genesis::{
    Account, Consensus, ConsensusKind, Genesis, GenesisParts, GenesisValidator, Parameters,
};
use pyralog_primitives::action::Action;
use pyralog_primitives::codec::{List, Version};
use pyralog_primitives::transaction::{Transaction, TransactionBody};
use pyralog_primitives::{
    Amount, Compute, GenesisHash, Height, Nonce, SecretKey, SignBytes, TimestampMs,
};

const CHAIN: &str = "dev-world";
/// When the world begins, by the clock on the wall.
pub(crate) const BEGIN: TimestampMs = TimestampMs::new(1_700_000_000_000);
/// Those who send transactions.
pub(crate) const SENDER_COUNT: u8 = 8;
/// The keys of senders begin after those of validators.
const SENDER_FIRST: u8 = 100;

pub(crate) fn key(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

/// A network of so many validators with equal stakes.
pub(crate) fn genesis(kind: ConsensusKind, validators: u8) -> Genesis {
    let account = |number: u8| Account {
        address: key(SENDER_FIRST + number).public_key().address(),
        balance: Amount::from_tokens(1_000_000),
    };
    let validator = |number: u8| {
        let public_key = key(number).public_key();
        GenesisValidator {
            name: format!("v{number}").parse().expect("a short word"),
            public_key,
            stake: Amount::from_tokens(1),
            possession: key(number).sign(&SignBytes::possession(CHAIN, &public_key)),
        }
    };
    let parts = GenesisParts {
        chain_id: CHAIN.parse().expect("it has the form of one"),
        time: BEGIN,
        consensus: Consensus::with_defaults(kind),
        parameters: Parameters::default(),
        accounts: (0..SENDER_COUNT).map(account).collect(),
        validators: (0..validators).map(validator).collect(),
        bootstrap: Vec::new(),
    };
    Genesis::new(parts).expect("its parts keep the rules")
}

/// The transaction of this number: the senders take turns.
pub(crate) fn transfer(network: GenesisHash, number: u64) -> Transaction {
    let senders = u64::from(SENDER_COUNT);
    let turn = u8::try_from(number % senders).expect("a remainder is less");
    let sender = key(SENDER_FIRST + turn);
    let to = key(SENDER_FIRST + (turn + 1) % SENDER_COUNT);
    let action = Action::Transfer {
        to: to.public_key().address(),
        amount: Amount::new(1),
    };
    let body = TransactionBody {
        version: Version::V1,
        genesis: network,
        sender: sender.public_key(),
        nonce: Nonce::new(number / senders),
        valid_until: Height::new(900),
        fee_max: Amount::from_tokens(1),
        tip: Amount::new(1),
        compute_max: Compute::new(100_000),
        actions: List::new(vec![action]).expect("one action is allowed"),
        work: None,
    };
    body.sign(&sender).expect("the key is the sender's")
}
