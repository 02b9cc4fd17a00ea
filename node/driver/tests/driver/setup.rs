//! A small network: its genesis, its keys, and what its users send.

use std::rc::Rc;

use pyralog_genesis::{
    Account, Consensus, ConsensusKind, Genesis, GenesisParts, GenesisValidator, Parameters,
};
use pyralog_p2p::PeerId;
use pyralog_pbft::Pbft;
use pyralog_primitives::action::{Action, Name, VALUE_BYTES_MAX};
use pyralog_primitives::codec::{Bytes, List, Version};
use pyralog_primitives::transaction::{Transaction, TransactionBody};
use pyralog_primitives::{
    Address, Amount, Compute, DurationMs, GenesisHash, Height, Nonce, SecretKey, SignBytes,
    TimestampMs,
};
use pyralog_solo::Solo;
use pyralog_tendermint::Tendermint;

const CHAIN: &str = "dev-driver";
/// Who sends transfers.
const SENDER: u8 = 100;
/// The time of genesis. The clocks of nodes begin ten seconds later.
pub(crate) const GENESIS_TIME: TimestampMs = TimestampMs::new(1_700_000_000_000);

pub(crate) fn key(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

pub(crate) fn address(number: u8) -> Address {
    key(number).public_key().address()
}

/// A node is known by the key of its validator.
pub(crate) fn peer(number: u8) -> PeerId {
    PeerId::new(key(number).public_key())
}

/// A network of so many validators with equal stakes, in order of address: the
/// first of them is number 0.
pub(crate) fn genesis(kind: ConsensusKind, validators: u8) -> Rc<Genesis> {
    let account = Account {
        address: address(SENDER),
        balance: Amount::from_tokens(1_000_000),
    };
    let validator = |number: u8| {
        let public_key = key(number).public_key();
        GenesisValidator {
            name: format!("v{number}").parse().unwrap(),
            public_key,
            stake: Amount::from_tokens(1),
            possession: key(number).sign(&SignBytes::possession(CHAIN, &public_key)),
        }
    };
    let parts = GenesisParts {
        chain_id: CHAIN.parse().unwrap(),
        time: GENESIS_TIME,
        consensus: Consensus::with_defaults(kind),
        parameters: Parameters::default(),
        accounts: vec![account],
        validators: (0..validators).map(validator).collect(),
        bootstrap: Vec::new(),
    };
    Rc::new(Genesis::new(parts).unwrap())
}

/// The transfer of this number, by the one sender.
pub(crate) fn transfer(network: GenesisHash, number: u64) -> Transaction {
    let action = Action::Transfer {
        to: address(SENDER + 1),
        amount: Amount::new(1),
    };
    let body = TransactionBody {
        version: Version::V1,
        genesis: network,
        sender: key(SENDER).public_key(),
        nonce: Nonce::new(number),
        valid_until: Height::new(900),
        fee_max: Amount::from_tokens(1),
        tip: Amount::new(1),
        compute_max: Compute::new(100_000),
        actions: List::new(vec![action]).unwrap(),
        work: None,
    };
    body.sign(&key(SENDER)).unwrap()
}

/// A transaction of the one sender that stores so many bytes, or fails to and
/// pays all the same.
pub(crate) fn put(network: GenesisHash, number: u64, length: usize) -> Transaction {
    let mut body = transfer(network, number).body;
    let action = Action::Put {
        namespace: Name::new("long").unwrap(),
        key: Bytes::new(vec![1]).unwrap(),
        value: Bytes::new(vec![7; length]).unwrap(),
    };
    body.actions = List::new(vec![action]).unwrap();
    body.sign(&key(SENDER)).unwrap()
}

pub(crate) fn pbft(own: Option<Address>) -> Pbft {
    let settings = pyralog_pbft::Settings {
        block_interval: DurationMs::new(300),
        round_timeout: DurationMs::new(500),
        resend_interval: DurationMs::new(200),
    };
    Pbft::new(settings, own)
}

pub(crate) fn tendermint(own: Option<Address>) -> Tendermint {
    let settings = pyralog_tendermint::Settings {
        block_interval: DurationMs::new(300),
        propose_timeout: DurationMs::new(500),
        vote_timeout: DurationMs::new(200),
        timeout_growth: DurationMs::new(200),
        resend_interval: DurationMs::new(200),
    };
    Tendermint::new(settings, own)
}

pub(crate) fn solo(own: Option<Address>) -> Solo {
    Solo::new(DurationMs::new(300), own)
}

pub(crate) fn height(raw: u64) -> Height {
    Height::new(raw)
}

/// A transaction of nearly the greatest length, in form alone.
pub(crate) fn long_transaction(network: GenesisHash) -> Transaction {
    let put = |number: u8| Action::Put {
        namespace: Name::new("long").unwrap(),
        key: Bytes::new(vec![number]).unwrap(),
        value: Bytes::new(vec![number; VALUE_BYTES_MAX]).unwrap(),
    };
    let mut transaction = transfer(network, 0);
    transaction.body.actions = List::new((0..3).map(put).collect()).unwrap();
    transaction
}
