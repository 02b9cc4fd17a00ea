//! What a durable commit costs beside writing and syncing its bytes to a file.
//!
//! A block of 5,000 transfers: 10,000 accounts changed at random, 5,000
//! receipts, 5,000 transaction ids. `PYRALOG_STORE_ACCOUNTS` sets how many
//! accounts there are.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use pyralog_measure::{Comparison, compare};
use pyralog_primitives::action::{Action, Name};
use pyralog_primitives::block::{Block, Header, Seal};
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::codec::{Bytes, Canonical, List, Version};
use pyralog_primitives::merkle::merkle_root;
use pyralog_primitives::receipt::{Attribute, Event, Outcome, Receipt};
use pyralog_primitives::state::{AccountState, StateKey};
use pyralog_primitives::transaction::{Transaction, TransactionBody};
use pyralog_primitives::write_set::{CommitBatch, WriteSet};
use pyralog_primitives::{
    Address, Amount, BlockId, CertificateHash, Compute, GenesisHash, Hash, Height, Nonce,
    ParametersHash, PublicKey, Signature, StateRoot, TimestampMs, TransactionId,
};
use pyralog_store::{Head, Options, Store};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

const TRANSFERS: u32 = 5_000;

fn address(number: u64) -> Address {
    let mut bytes = [0; 20];
    ChaCha8Rng::seed_from_u64(number).fill_bytes(&mut bytes);
    Address::new(bytes)
}

fn account(balance: u128) -> AccountState {
    AccountState {
        balance: Amount::new(balance),
        nonce: Nonce::new(7),
    }
}

/// So many different blocks; then they come again, at other heights.
const DRAWN: usize = 24;

/// Blocks, one after the other, that share their transactions.
struct Blocks {
    drawn: Vec<(Vec<Receipt>, Arc<WriteSet>)>,
    turn: usize,
    next: CommitBatch,
}

impl Blocks {
    fn new(accounts: &[Address]) -> Self {
        let transactions: Vec<Transaction> = (0..TRANSFERS).map(transfer).collect();
        let block = Block {
            header: first_header(),
            transactions: List::new(transactions).expect("5,000 fit a block"),
            evidence: List::default(),
            parent_certificate: None,
        };
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let drawn = (0..DRAWN).map(|_| draw(&mut rng, accounts)).collect();
        let next = CommitBatch {
            certificate: certificate(&block),
            block: Arc::new(block),
            receipts: Vec::new(),
            write_set: Arc::default(),
            state_root: StateRoot::ZERO,
        };
        Self {
            drawn,
            turn: 0,
            next,
        }
    }

    /// Makes the next block of what was drawn.
    fn advance(&mut self, head: Head) {
        let block = Arc::get_mut(&mut self.next.block).expect("nobody else holds it");
        block.header.height = head.height.next().expect("it is far from the end");
        block.header.parent = head.block;
        self.next.certificate = certificate(block);
        let (receipts, write_set) = &mut self.drawn[self.turn];
        std::mem::swap(receipts, &mut self.next.receipts);
        self.next.write_set = Arc::clone(write_set);
    }

    /// Takes back what was lent to the block.
    fn commit(&mut self, store: &Store) {
        self.advance(store.head().expect("the store has a state"));
        store.commit(&self.next).expect("the block is the next one");
        std::mem::swap(&mut self.drawn[self.turn].0, &mut self.next.receipts);
        self.turn = (self.turn + 1) % DRAWN;
    }

    /// About what a commit writes.
    fn bytes(&self) -> usize {
        let (receipts, write_set) = &self.drawn[0];
        let ids = receipts.len() * 44;
        let receipts = receipts.iter().map(|receipt| receipt.encode().len());
        let state = write_set.count() * 2 * (21 + 25);
        self.next.block.encode().len() + receipts.sum::<usize>() + state + ids
    }
}

/// What the transactions of one block did.
fn draw(rng: &mut ChaCha8Rng, accounts: &[Address]) -> (Vec<Receipt>, Arc<WriteSet>) {
    let mut writes = WriteSet::new();
    let receipts = (0..TRANSFERS).map(|_| {
        let mut pick = || {
            let index = rng.next_u64() % accounts.len() as u64;
            let address = accounts[usize::try_from(index).expect("it is below a length")];
            let key = StateKey::Account { address };
            writes.put(key, &account(u128::from(rng.next_u64())));
            address
        };
        let (from, to) = (pick(), pick());
        let mut id = [0; 32];
        rng.fill_bytes(&mut id);
        Receipt {
            transaction: TransactionId::new(Hash::new(id)),
            fee_paid: Amount::new(9),
            compute_used: Compute::new(9),
            outcome: transferred(&from, &to),
        }
    });
    (receipts.collect(), Arc::new(writes))
}

fn transfer(number: u32) -> Transaction {
    let action = Action::Transfer {
        to: address(u64::from(number)),
        amount: Amount::new(9),
    };
    let body = TransactionBody {
        version: Version::V1,
        genesis: GenesisHash::ZERO,
        sender: PublicKey::new([5; 32]),
        nonce: Nonce::new(u64::from(number)),
        valid_until: Height::new(100),
        fee_max: Amount::new(10),
        tip: Amount::new(0),
        compute_max: Compute::new(100),
        actions: List::new(vec![action]).expect("one action fits a transaction"),
        work: None,
    };
    let mut signature = [0; 64];
    ChaCha8Rng::seed_from_u64(u64::from(number)).fill_bytes(&mut signature);
    Transaction {
        body,
        signature: Signature::new(signature),
    }
}

fn transferred(from: &Address, to: &Address) -> Outcome {
    let attribute = |name: &'static str, value: &[u8]| Attribute {
        name: Name::from_static(name),
        value: Bytes::new(value.to_vec()).expect("an address fits an attribute"),
    };
    let attributes = vec![
        attribute("from", from.as_bytes()),
        attribute("to", to.as_bytes()),
        attribute("amount", &9u128.to_le_bytes()),
    ];
    let event = Event {
        name: Name::from_static("transfer"),
        attributes: List::new(attributes).expect("three attributes fit an event"),
    };
    Outcome::Applied {
        events: List::new(vec![event]).expect("one event fits a receipt"),
    }
}

fn certificate(block: &Block) -> Certificate {
    Certificate::Solo {
        height: block.header.height,
        value: block.id(),
        signature: Signature::new([3; 64]),
    }
}

fn first_header() -> Header {
    let nothing = merkle_root(std::iter::empty());
    Header {
        version: Version::V1,
        genesis: GenesisHash::ZERO,
        height: Height::FIRST,
        time: TimestampMs::new(1),
        parent: BlockId::ZERO,
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

/// Compares commits over so many accounts with appending their bytes.
fn against_appending(count: u64, index_events: bool) {
    let dir = tempfile::tempdir().expect("there is room for a bench");
    let options = Options {
        index_events,
        ..Options::default()
    };
    let store = Store::open(&dir.path().join("store"), GenesisHash::ZERO, options)
        .expect("a new directory takes a store");
    let accounts: Vec<Address> = (0..count).map(address).collect();
    let mut first = WriteSet::new();
    for address in &accounts {
        first.put(StateKey::Account { address: *address }, &account(1));
    }
    store
        .initialize(&first, StateRoot::ZERO)
        .expect("a new store takes a state");
    drop(first);
    let mut blocks = Blocks::new(&accounts);
    let bytes = vec![0xa5; blocks.bytes()];
    let mut file = File::create(dir.path().join("appended")).expect("there is room for a file");
    let append = |file: &mut File| {
        file.write_all(&bytes).expect("there is room for the bytes");
        file.sync_data().expect("the disk of a bench works");
    };
    let events = if index_events { "events" } else { "no events" };
    let claim = Comparison {
        what: &format!("store: commit of 5,000 transfers, {count} accounts, {events}"),
        reference: "append, sync",
        units: TRANSFERS,
        floor: None,
        goal: None,
    };
    let mut walls = Vec::new();
    compare(
        &claim,
        || {
            let start = Instant::now();
            blocks.commit(&store);
            walls.push(start.elapsed());
        },
        || append(&mut file),
    );
    walls.sort();
    eprintln!(
        "  wall clock of a commit: median {:?}, worst {:?}, of {}; {} bytes",
        walls[walls.len() / 2],
        walls[walls.len() - 1],
        walls.len(),
        bytes.len()
    );
}

fn main() {
    let asked = std::env::var("PYRALOG_STORE_ACCOUNTS").ok();
    let counts = match asked.and_then(|count| count.parse().ok()) {
        Some(count) => vec![count],
        None => vec![10_000, 1_000_000],
    };
    for count in counts {
        against_appending(count, false);
        against_appending(count, true);
    }
}
