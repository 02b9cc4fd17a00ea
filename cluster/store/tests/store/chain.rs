//! A small chain to store, and what must then be true.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use pyralog_primitives::action::{Key, Name};
use pyralog_primitives::block::{Block, Header, Seal};
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::codec::{Bytes, List, Version};
use pyralog_primitives::merkle::merkle_root;
use pyralog_primitives::receipt::{Attribute, Event, Outcome, Receipt};
use pyralog_primitives::state::StateKey;
use pyralog_primitives::transaction::{Transaction, TransactionBody};
use pyralog_primitives::write_set::{CommitBatch, StateValue, WriteSet};
use pyralog_primitives::{
    Address, Amount, BlockId, CertificateHash, Compute, Domain, FailureCode, GenesisHash, Hash,
    Height, LeafIndex, Nonce, ParametersHash, PublicKey, Signature, StateRoot, TimestampMs,
    TransactionId,
};
use pyralog_store::{Options, Store};
use pyralog_tree::StateTree;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// The whole state of one height.
pub(crate) type State = BTreeMap<StateKey, StateValue>;

pub(crate) fn genesis() -> GenesisHash {
    GenesisHash::new(Hash::new([0x9e; 32]))
}

pub(crate) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub(crate) fn account(number: u64) -> StateKey {
    let mut address = [0; 20];
    address.copy_from_slice(&Domain::Address.hash(&number.to_le_bytes()).as_bytes()[..20]);
    StateKey::Account {
        address: Address::new(address),
    }
}

/// The root over a state.
pub(crate) fn root_of(state: &State) -> StateRoot {
    let in_tree = state.iter().filter(|(key, _)| key.is_in_tree());
    let entry =
        |(key, value): (&StateKey, &StateValue)| (key.hash(), Domain::StateValue.hash(value));
    StateTree::new(in_tree.map(entry)).root()
}

/// How the blocks of a chain look.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// Accounts there may be.
    pub(crate) accounts: u64,
    /// Keys that a block changes, at most.
    pub(crate) writes: u32,
    /// Transactions of a block, at most.
    pub(crate) transactions: u32,
    /// Bytes of a value, at most.
    pub(crate) value_bytes: u32,
}

pub(crate) const SMALL: Shape = Shape {
    accounts: 40,
    writes: 12,
    transactions: 4,
    value_bytes: 40,
};

/// A chain that draws its blocks, and remembers all of them.
#[derive(Clone)]
pub(crate) struct Chain {
    pub(crate) rng: ChaCha8Rng,
    shape: Shape,
    /// The state after each height, from 0 on.
    pub(crate) states: Vec<State>,
    /// What made them, from height 1 on.
    pub(crate) commits: Vec<CommitBatch>,
    drawn: u64,
}

impl Chain {
    pub(crate) fn new(seed: u64, shape: Shape) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut state = State::new();
        for number in 0..shape.accounts / 2 {
            state.insert(account(number), draw_value(&mut rng, shape.value_bytes));
        }
        Self {
            rng,
            shape,
            states: vec![state],
            commits: Vec::new(),
            drawn: 0,
        }
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.rng.next_u64() % end
    }

    pub(crate) fn head(&self) -> Height {
        Height::new(self.commits.len() as u64)
    }

    pub(crate) fn state(&self) -> &State {
        self.states.last().unwrap()
    }

    /// The state of genesis, as a write set with its root.
    pub(crate) fn first(&self) -> (WriteSet, StateRoot) {
        let mut writes = WriteSet::new();
        for (key, value) in &self.states[0] {
            writes.set(key.clone(), Some(value.clone()));
        }
        (writes, root_of(&self.states[0]))
    }

    /// Draws the next block, and takes it to be committed.
    pub(crate) fn next(&mut self) -> CommitBatch {
        let (write_set, state) = self.draw_state();
        let root = root_of(&state);
        self.next_with(write_set, state, root)
    }

    pub(crate) fn next_with(
        &mut self,
        write_set: WriteSet,
        state: State,
        state_root: StateRoot,
    ) -> CommitBatch {
        self.drawn += 1;
        let height = Height::new(self.head().get() + 1);
        let parent = self
            .commits
            .last()
            .map_or(BlockId::ZERO, |last| last.block.id());
        let count = self.below(u64::from(self.shape.transactions) + 1);
        let transactions: Vec<Transaction> = (0..count)
            .map(|place| transaction(self.drawn, place))
            .collect();
        let receipts = transactions.iter().map(|transaction| {
            let outcome = draw_outcome(&mut self.rng);
            Receipt {
                transaction: transaction.body.id(),
                fee_paid: Amount::new(7),
                compute_used: Compute::new(3),
                outcome,
            }
        });
        let receipts = receipts.collect();
        let block = Block {
            header: header(height, parent, self.drawn),
            transactions: List::new(transactions).unwrap(),
            evidence: List::default(),
            parent_certificate: self.commits.last().map(|last| last.certificate.clone()),
        };
        let certificate = Certificate::Solo {
            height,
            value: block.id(),
            signature: Signature::new([3; 64]),
        };
        let commit = CommitBatch {
            block: Arc::new(block),
            certificate,
            receipts,
            write_set: Arc::new(write_set),
            state_root,
        };
        self.states.push(state);
        self.commits.push(commit.clone());
        commit
    }

    pub(crate) fn draw_state(&mut self) -> (WriteSet, State) {
        let mut state = self.state().clone();
        let mut writes = WriteSet::new();
        for _ in 0..self.below(u64::from(self.shape.writes) + 1) {
            let key = self.draw_key();
            let value = match self.below(5) {
                0 => None,
                _ => Some(draw_value(&mut self.rng, self.shape.value_bytes)),
            };
            match &value {
                Some(value) => state.insert(key.clone(), value.clone()),
                None => state.remove(&key),
            };
            writes.set(key, value);
        }
        (writes, state)
    }

    fn draw_key(&mut self) -> StateKey {
        let number = self.below(self.shape.accounts);
        match self.below(8) {
            0 => {
                // Keys that begin with each other, of all lengths.
                let key = vec![number as u8 % 3; number as usize % 11];
                StateKey::Entry {
                    namespace: name(["a", "a.b", "b"][number as usize % 3]),
                    key: Key::new(key).unwrap(),
                }
            }
            1 => StateKey::JournalEntry {
                journal: name("journal"),
                index: LeafIndex::new(number),
            },
            _ => account(number),
        }
    }

    /// Forgets all above a height.
    pub(crate) fn roll_back(&mut self, to: Height) {
        let to = to.get() as usize;
        self.states.truncate(to + 1);
        self.commits.truncate(to);
    }
}

fn draw_value(rng: &mut ChaCha8Rng, bytes_max: u32) -> StateValue {
    let mut bytes = vec![0; (rng.next_u32() % (bytes_max + 1)) as usize];
    rng.fill_bytes(&mut bytes);
    Bytes::new(bytes).unwrap()
}

fn draw_outcome(rng: &mut ChaCha8Rng) -> Outcome {
    if rng.next_u32().is_multiple_of(5) {
        return Outcome::Failed {
            action: 0,
            code: FailureCode::new(9),
        };
    }
    let mut event = || Event {
        name: name(["transfer", "put"][rng.next_u32() as usize % 2]),
        attributes: List::new(vec![attribute("from", rng), attribute("to", rng)]).unwrap(),
    };
    let events = vec![event(), event()];
    Outcome::Applied {
        events: List::new(events).unwrap(),
    }
}

fn attribute(what: &str, rng: &mut ChaCha8Rng) -> Attribute {
    Attribute {
        name: name(what),
        value: Bytes::new(vec![rng.next_u32() as u8 % 5]).unwrap(),
    }
}

pub(crate) fn transaction(drawn: u64, place: u64) -> Transaction {
    let body = TransactionBody {
        version: Version::V1,
        genesis: genesis(),
        sender: PublicKey::new([5; 32]),
        nonce: Nonce::new(drawn),
        valid_until: Height::new(place),
        fee_max: Amount::new(10),
        tip: Amount::new(0),
        compute_max: Compute::new(100),
        actions: List::default(),
        work: None,
    };
    Transaction {
        body,
        signature: Signature::new([1; 64]),
    }
}

fn header(height: Height, parent: BlockId, drawn: u64) -> Header {
    let nothing = merkle_root(std::iter::empty());
    Header {
        version: Version::V1,
        genesis: genesis(),
        height,
        // Two blocks of one height, before and after a rollback, differ.
        time: TimestampMs::new(drawn),
        parent,
        proposer: Address::new([8; 20]),
        tx_root: nothing,
        evidence_root: nothing,
        parent_certificate: CertificateHash::ZERO,
        state_root: StateRoot::ZERO,
        receipts_root: nothing,
        validators_root: nothing,
        next_validators_root: nothing,
        parameters: ParametersHash::ZERO,
        seal: Seal::Empty,
    }
}

/// Opens the store of the test chain.
pub(crate) fn open(dir: &Path) -> Store {
    Store::open(dir, genesis(), Options::default()).unwrap()
}

/// Opens a new store and gives it the first state of a chain.
pub(crate) fn new_store(dir: &Path, chain: &Chain) -> Store {
    let store = open(dir);
    let (writes, root) = chain.first();
    store.initialize(&writes, root).unwrap();
    store
}

/// A receipt of no transaction of the chain.
pub(crate) fn receipt(number: u8) -> Receipt {
    Receipt {
        transaction: TransactionId::new(Hash::new([number; 32])),
        fee_paid: Amount::ZERO,
        compute_used: Compute::new(0),
        outcome: Outcome::Failed {
            action: 0,
            code: FailureCode::new(1),
        },
    }
}
