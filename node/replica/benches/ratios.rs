//! What a committed transfer costs beside its signature check: execution, state
//! root and durable commit of full blocks. As in a node, a block is committed
//! on a thread of its own while the next one is executed; each measured call
//! ends with everything durable.
//!
//! `PYRALOG_BENCH_ACCOUNTS` gives another count of accounts than those of the
//! table.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::vec::IntoIter;

use ed25519_zebra::{VerificationKeyBytes, batch};
use pyralog_chain::{Application, Draft, genesis_state};
use pyralog_genesis::{Consensus, Genesis, GenesisParts, GenesisValidator, Parameters, SoloTiming};
use pyralog_measure::{Clock, Comparison, compare_by};
use pyralog_primitives::action::Action;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::codec::{List, Version};
use pyralog_primitives::state::{AccountState, StateKey};
use pyralog_primitives::transaction::{Transaction, TransactionBody};
use pyralog_primitives::vote::VoteKind;
use pyralog_primitives::write_set::CommitBatch;
use pyralog_primitives::{
    Amount, BlockId, ByteCount, Compute, Domain, DurationMs, GenesisHash, Height, Nonce, PublicKey,
    Round, SecretKey, SignBytes, Signature, TimestampMs,
};
use pyralog_replica::Replica;
use pyralog_store::{Options, Store};
use pyralog_tree::StateTree;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

const BLOCK_TRANSFERS: u32 = 5_000;
/// Blocks of one call. Fewer, and little overlaps; more, and the rounds are
/// long.
const BLOCKS_TOGETHER: u32 = 4;
/// Eleven rounds by two clocks, and what it takes to find their length.
const BLOCK_COUNT: usize = 30 * BLOCKS_TOGETHER as usize;
const SIGNATURES_TOGETHER: usize = 1024;

/// Accounts that nobody holds the keys of: signatures are measured apart.
struct Accounts {
    keys: Vec<PublicKey>,
    nonces: Vec<u64>,
    rng: ChaCha8Rng,
}

impl Accounts {
    fn new(count: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut key = || {
            let mut bytes = [0; PublicKey::BYTES];
            rng.fill_bytes(&mut bytes);
            PublicKey::new(bytes)
        };
        let keys = (0..count).map(|_| key()).collect();
        Self {
            keys,
            nonces: vec![0; count],
            rng,
        }
    }

    fn any(&mut self) -> usize {
        self.rng.next_u32() as usize % self.keys.len()
    }

    fn transfer(&mut self, genesis: GenesisHash) -> Transaction {
        let (from, to) = (self.any(), self.any());
        let nonce = Nonce::new(self.nonces[from]);
        self.nonces[from] += 1;
        let action = Action::Transfer {
            to: self.keys[to].address(),
            amount: Amount::new(1000),
        };
        let body = TransactionBody {
            version: Version::V1,
            genesis,
            sender: self.keys[from],
            nonce,
            valid_until: Height::new(1000),
            fee_max: Amount::from_tokens(1),
            tip: Amount::new(10),
            compute_max: Compute::new(6000),
            actions: List::new(vec![action]).expect("one action is allowed"),
            work: None,
        };
        Transaction {
            body,
            signature: Signature::new([0; Signature::BYTES]),
        }
    }

    fn blocks(&mut self, genesis: GenesisHash) -> IntoIter<Vec<Transaction>> {
        let mut block = || -> Vec<Transaction> {
            let transfers = (0..BLOCK_TRANSFERS).map(|_| self.transfer(genesis));
            transfers.collect()
        };
        let blocks: Vec<Vec<Transaction>> = (0..BLOCK_COUNT).map(|_| block()).collect();
        blocks.into_iter()
    }
}

/// A chain whose genesis these accounts were added to.
fn replica(dir: &std::path::Path, genesis: &Genesis, accounts: &Accounts) -> Replica {
    let mut state = genesis_state(genesis);
    for key in &accounts.keys {
        let address = key.address();
        let account = AccountState {
            balance: Amount::from_tokens(1000),
            nonce: Nonce::new(0),
        };
        state.put(StateKey::Account { address }, &account);
    }
    let tree = StateTree::new(state.tree_changes().into_iter().filter_map(|(key, value)| {
        let value = value?;
        Some((key, value))
    }));
    let store = Store::open(dir, genesis.hash(), Options::default()).expect("a new directory");
    store
        .initialize(&state, tree.root())
        .expect("nothing is there");
    store.close().expect("nothing failed before");
    let memory_max = ByteCount::new(1 << 30);
    Replica::open(dir, genesis, Options::default(), memory_max).expect("it was just written")
}

/// Builds blocks on the last one and makes them durable, each while the next
/// one is built.
fn add_blocks(replica: &mut Replica, blocks: impl Iterator<Item = Vec<Transaction>>) {
    let store = Arc::clone(replica.store());
    let (batches, to_commit) = sync_channel::<CommitBatch>(1);
    let (durable, acknowledged) = sync_channel(BLOCKS_TOGETHER as usize);
    let commit = move || {
        for batch in to_commit {
            store.commit(&batch).expect("the disk takes it");
            let height = batch.block.header.height;
            durable.send(height).expect("the ledger waits for it");
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(commit);
        for transactions in blocks {
            let batch = finalize_block(replica, transactions);
            for height in acknowledged.try_iter() {
                replica.ledger.commit(height);
            }
            batches.send(batch).expect("the committer goes on");
        }
        drop(batches);
        for height in acknowledged {
            replica.ledger.commit(height);
        }
    });
}

/// Builds one block on the last one and makes it final.
fn finalize_block(replica: &mut Replica, transactions: Vec<Transaction>) -> CommitBatch {
    let genesis = replica.ledger.genesis();
    let certificate = |height, block| certificate(genesis, height, block);
    let (parent, height) = (replica.ledger.info().block, replica.ledger.info().height);
    let draft = Draft {
        time: TimestampMs::new(0),
        proposer: validator().public_key().address(),
        parent_certificate: (parent != BlockId::ZERO).then(|| certificate(height, parent)),
        evidence: Vec::new(),
    };
    let mut transactions = transactions.into_iter();
    let proposal = replica
        .ledger
        .prepare_proposal(&parent, draft, &mut transactions);
    let proposal = proposal.expect("the state can be read");
    assert!(proposal.left_out.is_empty(), "{:?}", proposal.left_out[0]);
    let certificate = certificate(proposal.block.header.height, proposal.id);
    let batch = replica.ledger.finalize_block(&proposal.id, certificate);
    batch.expect("it follows the last one")
}

fn validator() -> SecretKey {
    SecretKey::from_seed(&[1; 32])
}

fn certificate(genesis: GenesisHash, height: Height, block: BlockId) -> Certificate {
    let kind = VoteKind::Solo;
    let message = SignBytes::vote(genesis, kind, height, Round::FIRST, Some(block));
    Certificate::Solo {
        height,
        value: block,
        signature: validator().sign(&message),
    }
}

/// A network of one validator.
fn genesis() -> Genesis {
    let chain_id = "dev-bench";
    let public_key = validator().public_key();
    let parts = GenesisParts {
        chain_id: chain_id.parse().expect("a name of a chain"),
        time: TimestampMs::new(1_700_000_000_000),
        consensus: Consensus::Solo(SoloTiming {
            block_interval: DurationMs::new(1000),
        }),
        parameters: Parameters::default(),
        accounts: Vec::new(),
        validators: vec![GenesisValidator {
            name: "one".parse().expect("a name of a validator"),
            public_key,
            stake: Amount::from_tokens(1),
            possession: validator().sign(&SignBytes::possession(chain_id, &public_key)),
        }],
        bootstrap: Vec::new(),
    };
    Genesis::new(parts).expect("nothing is wrong with it")
}

/// As many signatures as the blocks of a call have transfers, each by another
/// key.
fn signatures(genesis: GenesisHash) -> Vec<batch::Item> {
    let mut accounts = Accounts::new(2);
    let mut sign = |number: u32| {
        let seed = *Domain::SignatureBatch
            .hash(&number.to_le_bytes())
            .as_bytes();
        let key = SecretKey::from_seed(&seed);
        let mut body = accounts.transfer(genesis).body;
        body.sender = key.public_key();
        let message = body.sign_bytes();
        let signature = ed25519_zebra::Signature::from_bytes(key.sign(&message).as_bytes());
        let key = VerificationKeyBytes::from(*body.sender.as_bytes());
        batch::Item::from((key, signature, message.as_bytes()))
    };
    let count = BLOCK_TRANSFERS * BLOCKS_TOGETHER;
    (0..count).map(&mut sign).collect()
}

fn verify(items: &[batch::Item]) {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    for together in items.chunks(SIGNATURES_TOGETHER) {
        let mut verifier = batch::Verifier::new();
        for item in together {
            verifier.queue(item.clone());
        }
        verifier.verify(&mut rng).expect("all were signed");
    }
}

fn main() {
    let genesis = genesis();
    let signatures = signatures(genesis.hash());
    let asked = std::env::var("PYRALOG_BENCH_ACCOUNTS").ok();
    let asked = asked.map(|count| count.parse::<usize>().expect("a count of accounts"));
    let counts = asked.map_or(vec![10_000, 1_000_000], |count| vec![count]);
    for count in counts {
        let mut accounts = Accounts::new(count);
        let dir = tempfile::tempdir().expect("a place for temporary files");
        let mut replica = replica(dir.path(), &genesis, &accounts);
        let mut blocks = accounts.blocks(genesis.hash());
        let mut add = || {
            let together = blocks.by_ref().take(BLOCKS_TOGETHER as usize);
            assert_eq!(together.len(), BLOCKS_TOGETHER as usize, "enough were made");
            add_blocks(&mut replica, together);
        };
        for (clock, name, floor, goal) in [
            (Clock::Wall, "by the clock", Some(0.3), Some(0.8)),
            (Clock::Process, "all threads", None, None),
        ] {
            let claim = Comparison {
                what: &format!("transfers committed, {count} accounts, {name}"),
                reference: "bare signature batches",
                units: BLOCK_TRANSFERS * BLOCKS_TOGETHER,
                floor,
                goal,
            };
            compare_by(clock, &claim, &mut add, || verify(&signatures));
        }
    }
}
