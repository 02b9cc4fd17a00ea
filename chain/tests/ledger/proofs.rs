//! What the ledger hands out convinces a stranger, and nothing else does.

use std::collections::BTreeMap;

use pyralog_chain::{
    Application, ProveError, event_claim, genesis_state, receipt_claim, transaction_claim,
};
use pyralog_genesis::Parameters;
use pyralog_primitives::action::Name;
use pyralog_primitives::chain_proof::{ChainProof, Claim};
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::receipt::Outcome;
use pyralog_primitives::state::{JournalState, StateKey};
use pyralog_primitives::write_set::{CommitBatch, StateValue};
use pyralog_primitives::{Amount, BlockId, ByteCount, Height, LeafIndex};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

use crate::model::Model;
use crate::random::{ACCOUNTS, below, transactions};
use crate::world::{Memory, address, begin, certify, draft, genesis};

#[test]
fn states_receipts_events_and_entries_of_random_chains_are_proved() {
    let genesis = genesis(
        ACCOUNTS,
        Amount::from_tokens(100_000_000),
        Parameters::default(),
    );
    let (mut ledger, memory) = begin(&genesis, ByteCount::new(1 << 30));
    let validators = genesis.validator_set();
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut model = Model::new(&genesis);
    let mut parent = BlockId::ZERO;
    let mut before: Option<CommitBatch> = None;
    let mut proved = BTreeMap::<&str, usize>::new();
    for _ in 0..150 {
        // What was durable after the parent: what is proved in a moment.
        let values = Memory::default();
        *values.0.borrow_mut() = memory.0.borrow().clone();
        let state = model.state();
        let offered = transactions(&mut rng, &genesis, &model, 10);
        let draft = draft(&genesis, parent, Height::new(model.height));
        model.block(address(200), 0, &offered);
        let proposal = ledger
            .prepare_proposal(&parent, draft, &mut offered.into_iter())
            .unwrap();
        let height = proposal.block.header.height;
        let certificate = certify(&genesis, height, proposal.id);
        let batch = ledger.finalize_block(&proposal.id, certificate).unwrap();
        memory.write(&batch.write_set);
        ledger.commit(height);
        parent = proposal.id;

        let provable = ledger.provable().unwrap();
        let verify = |claim: Claim| {
            let file = ChainProof::new(
                claim,
                provable.header().clone(),
                provable.certificate().clone(),
            );
            file.verify(genesis.hash(), &validators)
        };
        let at = provable.height();
        assert_eq!(at.get() + 1, height.get());
        for key in keys_to_ask(&mut rng, &state) {
            let proof = provable.state(&key, &values).unwrap();
            assert_eq!(proof.value(), state.get(&key).map(|value| &value[..]));
            assert_eq!(verify(Claim::State { proof }), Ok(at));
            *proved.entry("state").or_default() += 1;
            // Values of another time are refused, if they differ.
            let changed = batch.write_set.get(&key).is_some();
            let late = provable.state(&key, &memory);
            assert_eq!(
                late.is_err(),
                changed && model.state().get(&key) != state.get(&key)
            );
        }
        for (name, entries) in journals(&state) {
            let journal = StateKey::Journal { journal: name };
            // All would be slow: the first, the last, and some.
            for index in (0..entries).step_by(7).chain(entries.checked_sub(1)) {
                let claim = provable.journal_entry(&journal, LeafIndex::new(index), &values);
                assert_eq!(verify(claim.unwrap()), Ok(at));
                *proved.entry("entry").or_default() += 1;
            }
            let beyond = provable.journal_entry(&journal, LeafIndex::new(entries), &values);
            assert_eq!(beyond, Err(ProveError::UnknownEntry { count: entries }));
        }
        for index in 0..batch.block.transactions.len() {
            let claim = transaction_claim(&batch.block, LeafIndex::new(index as u64));
            assert_eq!(verify(claim.unwrap()), Ok(height));
        }
        if let Some(before) = before {
            for (index, receipt) in before.receipts.iter().enumerate() {
                let index = LeafIndex::new(index as u64);
                let claim = receipt_claim(&before.receipts, index).unwrap();
                assert_eq!(verify(claim), Ok(at));
                let Outcome::Applied { events } = &receipt.outcome else {
                    let first = LeafIndex::new(0);
                    assert_eq!(event_claim(&before.receipts, index, first), None);
                    continue;
                };
                for event in 0..events.len() {
                    let event = LeafIndex::new(event as u64);
                    let claim = event_claim(&before.receipts, index, event).unwrap();
                    assert_eq!(verify(claim), Ok(at));
                    *proved.entry("event").or_default() += 1;
                }
            }
        }
        before = Some(batch);
    }
    println!("{proved:?}");
    assert!(proved["state"] > 1000 && proved["entry"] > 1000 && proved["event"] > 1000);
}

/// Some keys of the state, and some that are not there.
fn keys_to_ask(rng: &mut ChaCha8Rng, state: &BTreeMap<StateKey, StateValue>) -> Vec<StateKey> {
    let mut keys: Vec<StateKey> = (0..10)
        .map(|_| {
            let place = below(rng, u32::try_from(state.len()).unwrap());
            state.keys().nth(place as usize).unwrap().clone()
        })
        .collect();
    for number in 0..5 {
        let nobody = address(210 + number);
        keys.push(StateKey::Account { address: nobody });
        let journal = Name::new(format!("none{number}")).unwrap();
        keys.push(StateKey::Journal { journal });
    }
    keys
}

/// The journals of a state, with their lengths.
fn journals(state: &BTreeMap<StateKey, StateValue>) -> BTreeMap<Name, u64> {
    let journals = state.iter().filter_map(|(key, value)| match key {
        StateKey::Journal { journal } => {
            let state = JournalState::decode(value).unwrap();
            Some((journal.clone(), state.entries.count().get()))
        }
        _ => None,
    });
    journals.collect()
}

#[test]
fn what_is_not_there_is_not_proved() {
    let genesis = genesis(1, Amount::from_tokens(100), Parameters::default());
    let (mut ledger, memory) = begin(&genesis, ByteCount::new(1 << 30));
    assert!(
        ledger.provable().is_none(),
        "no header commits to anything yet"
    );
    crate::world::settle(&genesis, &mut ledger, &memory, vec![]);
    let values = Memory::default();
    values.write(&genesis_state(&genesis));
    let provable = ledger.provable().unwrap();
    let journal = StateKey::Journal {
        journal: Name::new("j").unwrap(),
    };
    let first = LeafIndex::new(0);
    let unknown = provable.journal_entry(&journal, first, &values);
    assert_eq!(unknown, Err(ProveError::UnknownJournal));
    let entry = StateKey::JournalEntry {
        journal: Name::new("j").unwrap(),
        index: first,
    };
    assert_eq!(provable.state(&entry, &values), Err(ProveError::NotInTree));
    assert_eq!(receipt_claim(&[], first), None);
}
