//! A network for tests: its genesis, its keys, and a store in memory.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::rc::Rc;

use pyralog_chain::{Application, Draft, Ledger, StateReader, Tip, genesis_state};
use pyralog_genesis::{
    Account, ChainId, Consensus, Genesis, GenesisParts, GenesisValidator, Parameters, SoloTiming,
    ValidatorName,
};
use pyralog_primitives::action::Action;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::codec::{List, Version};
use pyralog_primitives::state::StateKey;
use pyralog_primitives::transaction::{Transaction, TransactionBody};
use pyralog_primitives::vote::VoteKind;
use pyralog_primitives::write_set::{CommitBatch, StateValue, WriteSet};
use pyralog_primitives::{
    Address, Amount, BlockId, ByteCount, Compute, DurationMs, Height, Nonce, Round, SecretKey,
    SignBytes, Signature, TimestampMs,
};
use pyralog_tree::StateTree;

pub(crate) const CHAIN: &str = "dev-ledger";

pub(crate) fn key(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

pub(crate) fn address(number: u8) -> Address {
    key(number).public_key().address()
}

pub(crate) fn validator_key() -> SecretKey {
    key(200)
}

/// Accounts 1 to `count` hold `balance` each, and one validator decides alone.
pub(crate) fn genesis(count: u8, balance: Amount, parameters: Parameters) -> Genesis {
    let consensus = Consensus::Solo(SoloTiming {
        block_interval: DurationMs::new(1000),
    });
    let validators = vec![validator(200, 1)];
    genesis_with(consensus, validators, count, balance, parameters)
}

/// A validator with this key and so many votes.
pub(crate) fn validator(number: u8, power: u64) -> GenesisValidator {
    let public_key = key(number).public_key();
    GenesisValidator {
        name: format!("v{number}").parse::<ValidatorName>().unwrap(),
        public_key,
        stake: Amount::from_tokens(power),
        possession: key(number).sign(&SignBytes::possession(CHAIN, &public_key)),
    }
}

pub(crate) fn genesis_with(
    consensus: Consensus,
    validators: Vec<GenesisValidator>,
    count: u8,
    balance: Amount,
    parameters: Parameters,
) -> Genesis {
    let account = |number| Account {
        address: address(number),
        balance,
    };
    let parts = GenesisParts {
        chain_id: CHAIN.parse::<ChainId>().unwrap(),
        time: TimestampMs::new(1_700_000_000_000),
        consensus,
        parameters,
        accounts: (1..=count).map(account).collect(),
        validators,
        bootstrap: Vec::new(),
    };
    Genesis::new(parts).unwrap()
}

/// What is durable, shared between a ledger and its test.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory(pub(crate) Rc<RefCell<BTreeMap<StateKey, StateValue>>>);

impl Memory {
    pub(crate) fn write(&self, writes: &WriteSet) {
        let mut state = self.0.borrow_mut();
        for (key, value) in writes.iter() {
            match value {
                Some(value) => state.insert(key.clone(), value.clone()),
                None => state.remove(key),
            };
        }
    }
}

impl StateReader for Memory {
    type Error = Infallible;

    fn get(&self, key: &StateKey) -> Result<Option<StateValue>, Infallible> {
        Ok(self.0.borrow().get(key).cloned())
    }
}

/// A ledger at genesis, and what is durable under it.
pub(crate) fn begin(genesis: &Genesis, memory_max: ByteCount) -> (Ledger<Memory>, Memory) {
    let state = genesis_state(genesis);
    let memory = Memory::default();
    memory.write(&state);
    let mut tree = StateTree::default();
    tree.update(&state.tree_changes());
    let tip = Tip::genesis(genesis, tree);
    (
        Ledger::new(genesis, tip, memory.clone(), memory_max),
        memory,
    )
}

pub(crate) fn certify(genesis: &Genesis, height: Height, block: BlockId) -> Certificate {
    let message = SignBytes::vote(
        genesis.hash(),
        VoteKind::Solo,
        height,
        Round::FIRST,
        Some(block),
    );
    Certificate::Solo {
        height,
        value: block,
        signature: validator_key().sign(&message),
    }
}

/// A draft on `parent`, with its certificate if it is not genesis.
pub(crate) fn draft(genesis: &Genesis, parent: BlockId, height: Height) -> Draft {
    let certificate = (parent != BlockId::ZERO).then(|| certify(genesis, height, parent));
    Draft {
        time: TimestampMs::new(0),
        proposer: address(200),
        parent_certificate: certificate,
        evidence: Vec::new(),
    }
}

/// A body with room for anything.
pub(crate) fn body(
    genesis: &Genesis,
    sender: u8,
    nonce: u64,
    actions: Vec<Action>,
) -> TransactionBody {
    TransactionBody {
        version: Version::V1,
        genesis: genesis.hash(),
        sender: key(sender).public_key(),
        nonce: Nonce::new(nonce),
        valid_until: Height::new(1000),
        fee_max: Amount::new(100_000_000),
        tip: Amount::new(10),
        compute_max: Compute::new(50_000),
        actions: List::new(actions).unwrap(),
        work: None,
    }
}

/// Not signed: for ledgers that are told that all signatures were verified.
pub(crate) fn unsigned(body: TransactionBody) -> Transaction {
    Transaction {
        body,
        signature: Signature::new([0; 64]),
    }
}

/// One block on the last final one, made final and durable at once.
pub(crate) fn settle(
    genesis: &Genesis,
    ledger: &mut Ledger<Memory>,
    memory: &Memory,
    transactions: Vec<Transaction>,
) -> CommitBatch {
    let (parent, height) = (ledger.info().block, ledger.info().height);
    let draft = draft(genesis, parent, height);
    let proposal = ledger
        .prepare_proposal(&parent, draft, &mut transactions.into_iter())
        .unwrap();
    assert_eq!(proposal.left_out, [], "every transaction fits");
    let height = proposal.block.header.height;
    let certificate = certify(genesis, height, proposal.id);
    let batch = ledger.finalize_block(&proposal.id, certificate).unwrap();
    memory.write(&batch.write_set);
    ledger.commit(height);
    batch
}
