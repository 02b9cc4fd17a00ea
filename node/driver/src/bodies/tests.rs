//! How much is held, and of whom.

use pyralog_primitives::action::{Action, Name, VALUE_BYTES_MAX};
use pyralog_primitives::block::{Header, Seal, evidence_root, tx_root};
use pyralog_primitives::codec::{Bytes, List, Version};
use pyralog_primitives::merkle::MerkleRoot;
use pyralog_primitives::transaction::TransactionBody;
use pyralog_primitives::{
    Address, Amount, CertificateHash, Compute, GenesisHash, Nonce, ParametersHash, PublicKey,
    SecretKey, Signature, StateRoot, TimestampMs,
};

use super::*;

/// A transaction of nearly the greatest length, in form alone.
pub(crate) fn long_transaction() -> Transaction {
    let put = |number: u8| Action::Put {
        namespace: Name::new("long").unwrap(),
        key: Bytes::new(vec![number]).unwrap(),
        value: Bytes::new(vec![number; VALUE_BYTES_MAX]).unwrap(),
    };
    let body = TransactionBody {
        version: Version::V1,
        genesis: GenesisHash::ZERO,
        sender: PublicKey::new([1; 32]),
        nonce: Nonce::new(0),
        valid_until: Height::new(9),
        fee_max: Amount::new(1),
        tip: Amount::new(1),
        compute_max: Compute::new(1),
        actions: List::new((0..3).map(put).collect()).unwrap(),
        work: None,
    };
    let signature = Signature::new([7; 64]);
    Transaction { body, signature }
}

/// A first block with these transactions, which contradicts itself nowhere.
pub(crate) fn block(transactions: Vec<Transaction>) -> Block {
    block_of(0, transactions)
}

fn block_of(time: u64, transactions: Vec<Transaction>) -> Block {
    let header = Header {
        version: Version::V1,
        genesis: GenesisHash::ZERO,
        height: Height::FIRST,
        time: TimestampMs::new(time),
        parent: BlockId::ZERO,
        proposer: Address::new([0; 20]),
        tx_root: tx_root(transactions.iter().map(Transaction::signed_id)),
        evidence_root: evidence_root(&[]),
        parent_certificate: CertificateHash::ZERO,
        state_root: StateRoot::ZERO,
        receipts_root: MerkleRoot::ZERO,
        validators_root: MerkleRoot::ZERO,
        next_validators_root: MerkleRoot::ZERO,
        parameters: ParametersHash::ZERO,
        seal: Seal::Empty,
    };
    Block {
        header,
        transactions: List::new(transactions).unwrap(),
        evidence: List::default(),
        parent_certificate: None,
    }
}

fn compact(time: u64) -> CompactBlock {
    CompactBlock::of(&block_of(time, Vec::new()))
}

fn peer(number: u8) -> PeerId {
    PeerId::new(SecretKey::from_seed(&[number; 32]).public_key())
}

/// Blocks that were logged, one of each of so many turns.
fn logged(count: usize) -> Bodies {
    let mut bodies = Bodies::default();
    for time in (1_000..).take(count) {
        let block = Arc::new(block_of(time, Vec::new()));
        bodies.put(Body::own(block), true);
    }
    bodies
}

/// A height that takes many rounds leaves as many blocks in the log. It would
/// never end if there were no room for the one of the next round.
#[test]
fn what_the_engine_asks_about_is_taken_however_many_are_logged() {
    let mut bodies = logged(BODY_COUNT_MAX);
    let wanted = compact(1).header.id();
    let is_needed = |id: &BlockId| *id == wanted;
    assert_eq!(bodies.offer(compact(2), peer(1), is_needed), Added::Nothing);
    assert_eq!(bodies.offer(compact(1), peer(1), is_needed), Added::Begun);
    let added = bodies.fill_from_pool(&wanted, Vec::new());
    assert_eq!(added, Added::Whole);
    assert!(bodies.get(&wanted).is_some());
}

#[test]
fn a_peer_offers_few_blocks_and_the_oldest_that_nobody_needs_gives_way() {
    let mut bodies = logged(BODY_COUNT_MAX - 8);
    let needed = compact(1).header.id();
    let is_needed = |id: &BlockId| *id == needed;
    for time in 1..=5 {
        let added = bodies.offer(compact(time), peer(1), is_needed);
        // The needed one does not count.
        assert_eq!(added, Added::Begun, "{time}");
    }
    assert_eq!(bodies.offer(compact(6), peer(1), is_needed), Added::Nothing);
    for time in 11..=14 {
        assert_eq!(
            bodies.offer(compact(time), peer(2), is_needed),
            Added::Begun
        );
    }
    assert_eq!(bodies.held.len(), BODY_COUNT_MAX);
    let oldest = compact(2).header.id();
    assert!(!bodies.has(&oldest) && bodies.has(&needed) && bodies.has(&compact(3).header.id()));
}

#[test]
fn a_block_that_grows_too_long_is_given_up_and_takes_no_room() {
    let long = long_transaction();
    let bytes = length(&long);
    let count = BLOCK_BYTES_MAX / bytes + 1;
    let whole = block(vec![long.clone(); count]);
    let id = whole.id();
    let mut bodies = Bodies::default();
    let offered = bodies.offer(CompactBlock::of(&whole), peer(1), |_| true);
    assert_eq!(offered, Added::Begun);
    assert_eq!(bodies.fill_from_pool(&id, vec![None; count]), Added::Lacks);
    let place = |place: usize| LeafIndex::new(u64::try_from(place).unwrap());
    for one in 0..count - 1 {
        let added = bodies.fill(&id, vec![(place(one), long.clone())]);
        assert_eq!(added, Added::Lacks, "{one}");
    }
    let added = bodies.fill(&id, vec![(place(count - 1), long.clone())]);
    assert_eq!(added, Added::TooLong);
    assert!(bodies.is_too_long(&id) && bodies.get(&id).is_none());
    // It is not begun anew.
    assert_eq!(
        bodies.offer(CompactBlock::of(&whole), peer(2), |_| true),
        Added::Nothing
    );
    assert_eq!(bodies.fill(&id, vec![(place(0), long)]), Added::Nothing);
}

#[test]
fn the_last_final_block_stays_for_those_who_still_ask_for_it() {
    let mut bodies = Bodies::default();
    let blocks = [1, 2].map(|time| Arc::new(block_of(time, Vec::new())));
    for block in &blocks {
        bodies.put(Body::own(Arc::clone(block)), true);
    }
    let [last, other] = blocks.map(|block| block.id());
    bodies.forget(Height::FIRST, Some(last));
    assert!(bodies.get(&last).is_none() && bodies.get_or_last(&last).is_some());
    assert_eq!(bodies.compact(&last).unwrap().header.id(), last);
    assert!(bodies.get_or_last(&other).is_none() && bodies.compact(&other).is_none());
}
