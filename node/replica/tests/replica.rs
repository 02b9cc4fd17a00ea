//! A chain that is built, closed, opened and proved.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;

use pyralog_chain::{Application, Draft};
use pyralog_genesis::{
    Account, Consensus, Genesis, GenesisParts, GenesisValidator, Parameters, SoloTiming,
};
use pyralog_primitives::action::{Action, Key, Name, Value, Writers};
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::chain_proof::{ChainProof, Claim};
use pyralog_primitives::codec::{List, Version};
use pyralog_primitives::state::StateKey;
use pyralog_primitives::transaction::{Transaction, TransactionBody};
use pyralog_primitives::vote::VoteKind;
use pyralog_primitives::write_set::CommitBatch;
use pyralog_primitives::{
    Amount, BlockId, ByteCount, Compute, DurationMs, Height, LeafIndex, Nonce, Round, SecretKey,
    SignBytes, TimestampMs, TransactionId,
};
use pyralog_replica::{ProofError, Replica};
use pyralog_store::Options;

const CHAIN: &str = "dev-replica";

fn key(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

fn genesis() -> Genesis {
    let public_key = key(9).public_key();
    let account = |number| Account {
        address: key(number).public_key().address(),
        balance: Amount::from_tokens(1000),
    };
    Genesis::new(GenesisParts {
        chain_id: CHAIN.parse().unwrap(),
        time: TimestampMs::new(1_700_000_000_000),
        consensus: Consensus::Solo(SoloTiming {
            block_interval: DurationMs::new(1000),
        }),
        parameters: Parameters::default(),
        accounts: (1..=3).map(account).collect(),
        validators: vec![GenesisValidator {
            name: "one".parse().unwrap(),
            public_key,
            stake: Amount::from_tokens(1),
            possession: key(9).sign(&SignBytes::possession(CHAIN, &public_key)),
        }],
        bootstrap: Vec::new(),
    })
    .unwrap()
}

fn open(dir: &Path) -> Replica {
    let memory_max = ByteCount::new(1 << 26);
    Replica::open(dir, &genesis(), Options::default(), memory_max).unwrap()
}

fn certificate(height: Height, block: BlockId) -> Certificate {
    let kind = VoteKind::Solo;
    let message = SignBytes::vote(genesis().hash(), kind, height, Round::FIRST, Some(block));
    Certificate::Solo {
        height,
        value: block,
        signature: key(9).sign(&message),
    }
}

/// One more block, final and durable.
fn add(replica: &mut Replica, transactions: Vec<Transaction>) -> CommitBatch {
    let (parent, height) = (replica.ledger.info().block, replica.ledger.info().height);
    let draft = Draft {
        time: TimestampMs::new(0),
        proposer: key(9).public_key().address(),
        parent_certificate: (parent != BlockId::ZERO).then(|| certificate(height, parent)),
        evidence: Vec::new(),
    };
    let mut transactions = transactions.into_iter();
    let proposal = replica
        .ledger
        .prepare_proposal(&parent, draft, &mut transactions);
    let proposal = proposal.unwrap();
    assert_eq!(proposal.left_out, []);
    let certificate = certificate(proposal.block.header.height, proposal.id);
    let batch = replica
        .ledger
        .finalize_block(&proposal.id, certificate)
        .unwrap();
    replica.commit(&batch).unwrap();
    batch
}

fn transaction(sender: u8, nonce: u64, actions: Vec<Action>) -> Transaction {
    let body = TransactionBody {
        version: Version::V1,
        genesis: genesis().hash(),
        sender: key(sender).public_key(),
        nonce: Nonce::new(nonce),
        valid_until: Height::new(500),
        fee_max: Amount::from_tokens(1),
        tip: Amount::new(1),
        compute_max: Compute::new(100_000),
        actions: List::new(actions).unwrap(),
        work: None,
    };
    body.sign(&key(sender)).unwrap()
}

fn pay(to: u8) -> Action {
    Action::Transfer {
        to: key(to).public_key().address(),
        amount: Amount::new(5),
    }
}

fn append(text: &str) -> Action {
    Action::Append {
        journal: Name::new("log").unwrap(),
        entry: Value::new(text.as_bytes().to_vec()).unwrap(),
    }
}

fn journal() -> StateKey {
    StateKey::Journal {
        journal: Name::new("log").unwrap(),
    }
}

fn account(number: u8) -> StateKey {
    StateKey::Account {
        address: key(number).public_key().address(),
    }
}

fn verify(file: &ChainProof) -> Height {
    let validators = genesis().validator_set();
    file.verify(genesis().hash(), &validators).unwrap()
}

/// A chain of three blocks; the first two did something.
fn chain(dir: &Path) -> (Replica, Vec<TransactionId>) {
    let mut replica = open(dir);
    let put = Action::Put {
        namespace: Name::new("com.example").unwrap(),
        key: Key::new(b"a".to_vec()).unwrap(),
        value: Value::new(b"1".to_vec()).unwrap(),
    };
    let open_journal = Action::OpenJournal {
        journal: Name::new("log").unwrap(),
        writers: Writers::Anyone,
    };
    let first = transaction(1, 0, vec![pay(2), put, open_journal, append("one")]);
    let second = transaction(2, 0, vec![append("two"), append("three")]);
    let ids = vec![first.id(), second.id()];
    add(&mut replica, vec![first]);
    add(&mut replica, vec![second]);
    add(&mut replica, vec![]);
    (replica, ids)
}

#[test]
fn everything_a_chain_did_is_proved() {
    let dir = tempfile::tempdir().unwrap();
    let (replica, ids) = chain(dir.path());
    check_proofs(&replica, &ids);
}

#[test]
fn a_chain_that_was_closed_goes_on_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let (replica, ids) = chain(dir.path());
    let (block, root) = {
        let tip = replica.ledger.info();
        (tip.block, tip.tree.root())
    };
    drop(replica);
    let mut replica = open(dir.path());
    assert_eq!(replica.ledger.info().block, block);
    assert_eq!(replica.ledger.info().tree.root(), root);
    check_proofs(&replica, &ids);
    let batch = add(&mut replica, vec![transaction(1, 1, vec![pay(3)])]);
    assert_eq!(batch.block.header.state_root, root);
    drop(replica);
    // After a block that changed something, too.
    let replica = open(dir.path());
    let file = replica.prover().prove_state(&account(1)).unwrap();
    assert_eq!(verify(&file), Height::new(3));
}

fn check_proofs(replica: &Replica, ids: &[TransactionId]) {
    let state = replica.prover().prove_state(&account(1)).unwrap();
    assert_eq!(verify(&state), Height::new(2));
    let absent = replica.prover().prove_state(&account(77)).unwrap();
    let Claim::State { proof } = &absent.claim else {
        panic!("{absent:?}");
    };
    assert_eq!(proof.value(), None);
    assert_eq!(verify(&absent), Height::new(2));
    for (index, text) in ["one", "two", "three"].iter().enumerate() {
        let index = LeafIndex::new(index as u64);
        let entry = replica
            .prover()
            .prove_journal_entry(&journal(), index)
            .unwrap();
        let Claim::JournalEntry { entry: bytes, .. } = &entry.claim else {
            panic!("{entry:?}");
        };
        assert_eq!(&bytes[..], text.as_bytes());
        assert_eq!(verify(&entry), Height::new(2));
    }
    for (id, height) in ids.iter().zip([1, 2]) {
        let height = Height::new(height);
        assert_eq!(
            verify(&replica.prover().prove_transaction(*id).unwrap()),
            height
        );
        assert_eq!(
            verify(&replica.prover().prove_receipt(*id).unwrap()),
            height
        );
        let second = LeafIndex::new(1);
        assert_eq!(
            verify(&replica.prover().prove_event(*id, second).unwrap()),
            height
        );
        let beyond = replica.prover().prove_event(*id, LeafIndex::new(9));
        assert!(matches!(beyond, Err(ProofError::Unknown { .. })));
    }
    let nobodys = TransactionId::ZERO;
    let unknown = replica.prover().prove_transaction(nobodys);
    assert!(matches!(unknown, Err(ProofError::Unknown { .. })));
}

#[test]
fn what_the_last_block_did_waits_for_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let mut replica = open(dir.path());
    assert!(matches!(
        replica.prover().prove_state(&account(1)),
        Err(ProofError::NotYet)
    ));
    let payment = transaction(1, 0, vec![pay(2)]);
    let id = payment.id();
    add(&mut replica, vec![payment]);
    assert!(matches!(
        replica.prover().prove_receipt(id),
        Err(ProofError::NotYet)
    ));
    assert_eq!(
        verify(&replica.prover().prove_transaction(id).unwrap()),
        Height::new(1)
    );
    // The state before the block is what its header commits to.
    let before = replica.prover().prove_state(&account(2)).unwrap();
    assert_eq!(verify(&before), Height::new(0));
    add(&mut replica, vec![]);
    assert_eq!(
        verify(&replica.prover().prove_receipt(id).unwrap()),
        Height::new(1)
    );
}
