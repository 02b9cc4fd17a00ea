//! Proof files: each claim, what it is refused for, and every flipped bit.

use pyralog_primitives::action::{Name, Value};
use pyralog_primitives::block::receipts_root;
use pyralog_primitives::chain_proof::{ChainProof, ChainProofError, Claim};
use pyralog_primitives::codec::{Bytes, Canonical, List};
use pyralog_primitives::merkle::MountainRange;
use pyralog_primitives::state::StateKey;
use pyralog_primitives::state_proof::{Found, StateProof, leaf};
use pyralog_primitives::{Domain, GenesisHash, Hash, Height, LeafIndex, StateRoot};

use crate::samples;

/// A proof file for `claim`, whose header commits to these roots.
fn proof_file(claim: Claim, state: StateRoot, receipts: &MountainRange) -> ChainProof {
    let mut header = samples::block().header;
    header.state_root = state;
    header.receipts_root = receipts.root();
    let certificate = samples::quorum_certificate(header.height, header.id());
    ChainProof::new(claim, header, certificate)
}

#[test]
fn receipts_and_state_are_proved_by_a_file_and_nothing_else_is() {
    let (genesis, set) = (samples::genesis(), samples::validators());
    let mut receipts = MountainRange::new();
    receipts.append(&samples::failed_receipt().summary().encode());
    receipts.append(&samples::receipt().summary().encode());
    let both = [samples::failed_receipt(), samples::receipt()];
    assert_eq!(receipts.root(), receipts_root(&both));
    let before = Ok(Height::new(41));
    let place = receipts.prove(LeafIndex::new(1)).unwrap();
    let claim = Claim::Receipt {
        receipt: samples::receipt(),
        place: place.clone(),
    };
    let root = StateRoot::ZERO;
    let proven = proof_file(claim, root, &receipts).verify(genesis, &set);
    assert_eq!(proven, before);
    let lie = Claim::Receipt {
        receipt: samples::failed_receipt(),
        place,
    };
    let refused = proof_file(lie, root, &receipts).verify(genesis, &set);
    assert!(matches!(refused, Err(ChainProofError::List(_))));

    let account = StateKey::Account {
        address: samples::key(1).public_key().address(),
    };
    let proof = |key: &StateKey, found| StateProof {
        key: Bytes::new(key.encode()).unwrap(),
        found,
        siblings: List::default(),
    };
    let value = Bytes::new(b"balance 7".to_vec()).unwrap();
    let leaf = leaf(
        account.hash().as_bytes(),
        Domain::StateValue.hash(&value).as_bytes(),
    );
    let root = StateRoot::new(Hash::new(leaf));
    let state = |proof: StateProof| {
        let file = proof_file(Claim::State { proof }, root, &receipts);
        file.verify(genesis, &set)
    };
    let there = proof(
        &account,
        Found::Value {
            value: value.clone(),
        },
    );
    assert_eq!(state(there), before);
    let absent = proof(&account, Found::Nothing);
    assert!(matches!(state(absent), Err(ChainProofError::State(_))));
    // That the tree has no leaf for what is beside the tree says nothing.
    let other = Found::OtherKey {
        key: account.hash(),
        value: Domain::StateValue.hash(&value),
    };
    for (name, key) in samples::state_keys() {
        let expected = if key.is_in_tree() {
            before.clone()
        } else {
            Err(ChainProofError::NotInTree)
        };
        assert_eq!(state(proof(&key, other.clone())), expected, "{name}");
    }
    let mut no_key = proof(&account, other);
    no_key.key = Bytes::new(b"account/alice".to_vec()).unwrap();
    assert_eq!(state(no_key), Err(ChainProofError::NotInTree));
}

#[test]
fn events_and_journal_entries_are_proved_by_a_file_and_nothing_else_is() {
    let (genesis, set) = (samples::genesis(), samples::validators());
    let before = Ok(Height::new(41));
    let check = |file: &ChainProof| file.verify(genesis, &set);

    let file = samples::event_proof();
    assert_eq!(check(&file), before);
    let Claim::Event { event, .. } = &mut file.clone().claim else {
        panic!("the sample is about an event");
    };
    event.name = Name::new("another").unwrap();
    let mut lie = file.clone();
    if let Claim::Event { event: claimed, .. } = &mut lie.claim {
        *claimed = event.clone();
    }
    assert!(matches!(check(&lie), Err(ChainProofError::List(_))));
    let mut failed = MountainRange::new();
    failed.append(&samples::failed_receipt().summary().encode());
    let mut of_failure = file;
    if let Claim::Event { receipt, place, .. } = &mut of_failure.claim {
        *receipt = samples::failed_receipt().summary();
        *place = failed.prove(LeafIndex::new(0)).unwrap();
    }
    let of_failure = proof_file(of_failure.claim, StateRoot::ZERO, &failed);
    assert_eq!(check(&of_failure), Err(ChainProofError::EventOfFailure));

    let file = samples::journal_proof();
    assert_eq!(check(&file), before);
    let mut lie = file.clone();
    if let Claim::JournalEntry { entry, .. } = &mut lie.claim {
        *entry = Value::new(vec![7; 20]).unwrap();
    }
    assert!(matches!(check(&lie), Err(ChainProofError::List(_))));
    // Bytes under another kind of key are no journal, though they look like one.
    let mut elsewhere = file;
    let account = StateKey::Account {
        address: samples::key(1).public_key().address(),
    };
    let value = Domain::StateValue.hash(&samples::journal().encode());
    let root = leaf(account.hash().as_bytes(), value.as_bytes());
    if let Claim::JournalEntry { journal, .. } = &mut elsewhere.claim {
        journal.key = Bytes::new(account.encode()).unwrap();
    }
    let root = StateRoot::new(Hash::new(root));
    let elsewhere = proof_file(elsewhere.claim, root, &MountainRange::new());
    assert_eq!(check(&elsewhere), Err(ChainProofError::NotAJournal));
}

#[test]
fn what_is_not_in_the_tree_is_committed_to_by_its_journal() {
    for (name, key) in samples::state_keys() {
        let beside = matches!(name, "state_key_journal_entry" | "state_key_journal_node");
        assert_eq!(key.is_in_tree(), !beside, "{name}");
    }
}

#[test]
fn each_flaw_of_a_proof_file_has_its_error() {
    let (genesis, set) = (samples::genesis(), samples::validators());
    for file in [
        samples::chain_proof(),
        samples::event_proof(),
        samples::journal_proof(),
    ] {
        assert_eq!(file.verify(genesis, &set).err(), None);
        no_bit_can_be_flipped(&file);
    }
    let file = samples::chain_proof();
    let refused = file.verify(GenesisHash::ZERO, &set);
    assert!(matches!(refused, Err(ChainProofError::WrongNetwork { .. })));
    let refused = file.verify(genesis, &samples::solo_validator());
    assert!(matches!(
        refused,
        Err(ChainProofError::OtherValidators { .. })
    ));
    let mut other_block = file.clone();
    other_block.header.proposer = samples::key(14).public_key().address();
    let refused = other_block.verify(genesis, &set);
    assert!(matches!(refused, Err(ChainProofError::OtherBlock { .. })));
    let mut other_height = file.clone();
    let higher = file.header.height.next().unwrap();
    other_height.certificate = samples::quorum_certificate(higher, file.header.id());
    let refused = other_height.verify(genesis, &set);
    assert!(matches!(refused, Err(ChainProofError::OtherBlock { .. })));
    let mut newer = file.encode();
    newer[6] = 2;
    let message = ChainProof::decode(&newer).unwrap_err().to_string();
    assert!(message.contains("newer version"), "{message}");
}

fn no_bit_can_be_flipped(file: &ChainProof) {
    let (genesis, set) = (samples::genesis(), samples::validators());
    let bytes = file.encode();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(file) = ChainProof::decode(&flipped) {
            assert!(file.verify(genesis, &set).is_err(), "bit {bit}");
        }
    }
}
