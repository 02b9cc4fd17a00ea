//! The way in: what is told at once, what after the verification, and what is
//! remembered of it.

use pyralog_chain::mempool::{
    Admission, Batch, Checked, Fate, Mempool, Offered, Outcome, SOURCE_BYTES_MAX, SOURCE_COUNT_MAX,
    Source, Status, VOUCHER_COUNT_MAX,
};
use pyralog_primitives::transaction::{Transaction, TransactionError};
use pyralog_primitives::{PublicKey, SecretKey, Signature, TimestampMs, WeakKey};

use crate::world::{Ledger, NOW, draft, genesis, pool, rules};

pub(crate) fn key(number: u64) -> SecretKey {
    let mut seed = [1; SecretKey::SEED_BYTES];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    SecretKey::from_seed(&seed)
}

/// Properly signed.
pub(crate) fn signed(number: u64, nonce: u64) -> Transaction {
    let key = key(number);
    let mut body = draft(1, nonce).body;
    body.sender = key.public_key();
    body.sign(&key).unwrap()
}

/// With a signature that is not the sender's.
pub(crate) fn forged(number: u64, nonce: u64) -> Transaction {
    let mut transaction = signed(number, nonce);
    transaction.signature = Signature::new([9; Signature::BYTES]);
    transaction
}

pub(crate) fn ledger(people: u64) -> Ledger {
    let mut ledger = Ledger::default();
    for number in 0..people {
        let account = pyralog_primitives::state::AccountState {
            balance: pyralog_primitives::Amount::from_tokens(1_000),
            nonce: pyralog_primitives::Nonce::new(0),
        };
        let address = key(number).public_key().address();
        ledger.accounts.insert(address, account);
    }
    ledger
}

pub(crate) struct Node {
    pub(crate) admission: Admission,
    pub(crate) pool: Mempool,
    pub(crate) ledger: Ledger,
}

impl Node {
    pub(crate) fn new(people: u64) -> Self {
        Self {
            admission: Admission::new(rules()),
            pool: pool(),
            ledger: ledger(people),
        }
    }

    pub(crate) fn offer(&mut self, source: u64, transaction: Transaction) -> Offered {
        let source = Source::new(source);
        self.admission.offer(NOW, source, transaction, &self.pool)
    }

    pub(crate) fn complete(&mut self, batch: Batch) -> Vec<Outcome> {
        let verified = batch.verify();
        let (pool, ledger) = (&mut self.pool, &self.ledger);
        self.admission
            .complete(NOW, verified, pool, ledger)
            .unwrap()
    }

    /// One batch, from the lines to the pool.
    pub(crate) fn round(&mut self, count_max: usize) -> Vec<Outcome> {
        let batch = self.admission.take_batch(count_max, &self.pool);
        self.complete(batch)
    }
}

fn is_admitted(fate: &Fate) -> bool {
    matches!(fate, Fate::Admitted(_))
}

fn is_bad_signature(fate: &Fate) -> bool {
    matches!(fate, Fate::Rejected(why) if why.reason() == "bad_signature")
}

#[test]
fn a_good_transaction_gets_into_the_pool() {
    let mut node = Node::new(1);
    let (transaction, id) = (signed(0, 0), signed(0, 0).id());
    assert_eq!(node.offer(1, transaction.clone()), Offered::Queued { id });
    assert_eq!(node.offer(1, transaction.clone()), Offered::Waiting { id });
    assert!(!node.admission.is_verified(&transaction.signed_id()));
    let outcomes = node.round(8);
    assert_eq!(outcomes.len(), 1);
    assert_eq!((outcomes[0].source, outcomes[0].id), (Source::new(1), id));
    assert_eq!(outcomes[0].signed_id, transaction.signed_id());
    assert!(is_admitted(&outcomes[0].fate));
    assert!(node.admission.is_verified(&transaction.signed_id()));
    assert_eq!(node.offer(2, transaction), Offered::Known { id });
    assert!(node.round(8).is_empty());
}

#[test]
fn the_names_worked_out_once_are_those_of_the_transaction() {
    for number in 0..20 {
        let transaction = signed(number, number);
        let checked = Checked::from_block(transaction.clone());
        assert_eq!(checked.id(), transaction.id());
        assert_eq!(checked.signed_id(), transaction.signed_id());
        assert_eq!(checked.sender(), transaction.body.sender.address());
        let encoded = pyralog_primitives::codec::Canonical::encode(&transaction);
        assert_eq!(checked.bytes().get(), encoded.len() as u64);
    }
}

#[test]
fn a_forged_signature_is_refused_and_remembered_but_not_under_the_id() {
    let mut node = Node::new(1);
    let (bad, id) = (forged(0, 0), forged(0, 0).id());
    assert_eq!(node.offer(1, bad.clone()), Offered::Queued { id });
    let outcomes = node.round(8);
    assert!(is_bad_signature(&outcomes[0].fate));
    assert_eq!(node.pool.status(&id), Status::Unknown);
    let Offered::Rejected(again) = node.offer(2, bad.clone()) else {
        panic!("it is remembered");
    };
    assert_eq!(again.reason(), "bad_signature");
    assert!(again.is_relays_fault());
    // The same body with the sender's own signature is another matter.
    assert_eq!(node.offer(2, signed(0, 0)), Offered::Queued { id });
    assert!(is_admitted(&node.round(8)[0].fate));
    // After an hour it would be examined again.
    let mut node = Node::new(1);
    node.offer(1, bad.clone());
    node.round(8);
    let later = TimestampMs::new(NOW.get() + 3_600_000);
    let offered = node.admission.offer(later, Source::new(1), bad, &node.pool);
    assert_eq!(offered, Offered::Queued { id });
}

#[test]
fn bytes_that_are_no_key_are_named_as_such() {
    let mut node = Node::new(1);
    let mut bad = forged(0, 0);
    let no_point = (0..=u8::MAX)
        .map(|low| PublicKey::new([low; PublicKey::BYTES]))
        .find(|key| key.check_strength() == Err(WeakKey::NotAPoint))
        .unwrap();
    bad.body.sender = no_point;
    let expected = bad.check(genesis()).unwrap_err();
    assert!(matches!(expected, TransactionError::WeakSender(_)));
    node.offer(1, bad);
    assert_eq!(node.round(8)[0].fate, Fate::Rejected(expected.into()));
}

#[test]
fn a_verified_transaction_is_not_verified_again() {
    let mut node = Node::new(0);
    let transaction = signed(0, 0);
    node.offer(1, transaction.clone());
    // The account is unknown, so it is refused, and remembered under its id.
    assert!(matches!(node.round(8)[0].fate, Fate::Rejected(_)));
    assert!(matches!(
        node.pool.status(&transaction.id()),
        Status::Rejected { .. }
    ));
    node.ledger = ledger(1);
    node.offer(1, transaction.clone());
    // A forgery in front of it leaves what is not examined open, and only that.
    let mut other = Node::new(1);
    other.admission.note_verified(NOW, transaction.signed_id());
    other.offer(1, forged(5, 0));
    other.offer(1, transaction.clone());
    other.offer(1, signed(0, 1));
    let fates: Vec<Fate> = other
        .round(8)
        .into_iter()
        .map(|outcome| outcome.fate)
        .collect();
    assert!(is_bad_signature(&fates[0]));
    assert!(is_admitted(&fates[1]));
    assert_eq!(fates[2], Fate::Unchecked);
    assert!(is_admitted(&node.round(8)[0].fate));
}

#[test]
fn what_a_forger_offered_first_is_examined_for_the_next_who_offers_it() {
    let mut node = Node::new(2);
    let (honest, id) = (signed(0, 0), signed(0, 0).id());
    node.offer(1, forged(1, 0));
    assert_eq!(node.offer(1, honest.clone()), Offered::Queued { id });
    assert_eq!(node.offer(2, honest.clone()), Offered::Waiting { id });
    let outcomes = node.round(8);
    assert!(is_bad_signature(&outcomes[0].fate));
    assert_eq!(
        (outcomes[1].source, &outcomes[1].fate),
        (Source::new(1), &Fate::Unchecked)
    );
    let outcomes = node.round(8);
    assert_eq!(outcomes.len(), 1);
    assert_eq!(outcomes[0].source, Source::new(2));
    assert!(is_admitted(&outcomes[0].fate));
}

#[test]
fn all_who_offered_a_forgery_are_told() {
    let mut node = Node::new(1);
    for source in 1..=3 {
        node.offer(source, forged(0, 0));
    }
    let outcomes = node.round(8);
    let sources: Vec<u64> = outcomes
        .iter()
        .map(|outcome| outcome.source.get())
        .collect();
    assert_eq!(sources, [1, 2, 3]);
    assert!(
        outcomes
            .iter()
            .all(|outcome| is_bad_signature(&outcome.fate))
    );
}

#[test]
fn one_who_cannot_be_noted_is_told_to_try_again() {
    let mut node = Node::new(1);
    let (transaction, id) = (signed(0, 0), signed(0, 0).id());
    assert_eq!(node.offer(0, transaction.clone()), Offered::Queued { id });
    for source in 1..=VOUCHER_COUNT_MAX as u64 {
        assert_eq!(
            node.offer(source, transaction.clone()),
            Offered::Waiting { id }
        );
        assert_eq!(
            node.offer(source, transaction.clone()),
            Offered::Waiting { id }
        );
    }
    assert_eq!(node.offer(99, transaction), Offered::Busy);
}

#[test]
fn accounts_that_cannot_be_read_leave_all_as_it_was() {
    let mut node = Node::new(2);
    node.offer(1, signed(0, 0));
    node.offer(1, forged(1, 0));
    let verified = node.admission.take_batch(8, &node.pool).verify();
    let before = format!("{:?} {:?}", node.admission, node.pool);
    node.ledger.fails.set(true);
    let failed = node
        .admission
        .complete(NOW, verified, &mut node.pool, &node.ledger);
    let failed = failed.unwrap_err();
    assert_eq!(format!("{:?} {:?}", node.admission, node.pool), before);
    node.ledger.fails.set(false);
    let (pool, ledger) = (&mut node.pool, &node.ledger);
    let outcomes = node
        .admission
        .complete(NOW, failed.verified, pool, ledger)
        .unwrap();
    assert!(is_admitted(&outcomes[0].fate) && is_bad_signature(&outcomes[1].fate));
}

#[test]
fn what_the_pool_knows_by_the_time_of_its_turn_is_not_verified_nor_taken() {
    let mut node = Node::new(1);
    let (bad, good) = (forged(0, 0), signed(0, 0));
    node.offer(1, bad.clone());
    assert_eq!(node.admission.get(&bad.signed_id()), Some(&bad));
    assert_eq!(node.admission.get(&good.signed_id()), None);
    // A block, or another source, brings the same body.
    let checked = Checked::from_block(good.clone());
    let fate = node.pool.admit(NOW, checked, &node.ledger).unwrap();
    assert!(is_admitted(&fate));
    let batch = node.admission.take_batch(8, &node.pool);
    // By the time it is back, the pool has forgotten the good one.
    node.pool = pool();
    let outcomes = node.complete(batch);
    assert_eq!(outcomes.len(), 1);
    assert_eq!(outcomes[0].fate, Fate::Known);
    assert!(node.pool.is_empty(), "nobody has verified it");
    assert_eq!(node.admission.get(&bad.signed_id()), None);
    assert!(!node.admission.is_verified(&bad.signed_id()));
    assert!(matches!(node.offer(1, good), Offered::Queued { .. }));
    assert!(is_admitted(&node.round(8)[0].fate));
}

#[test]
fn a_line_has_its_bound_until_its_batches_are_back() {
    let mut node = Node::new(0);
    let mut count = 0;
    while node.offer(1, draft(count, 0).transaction()) != Offered::Busy {
        count += 1;
    }
    let weight = draft(0, 0).checked().weight().get();
    assert_eq!(count, SOURCE_BYTES_MAX.get() / weight);
    let batch = node.admission.take_batch(3, &node.pool);
    assert_eq!(batch.len(), 3);
    assert_eq!(node.offer(1, draft(count, 0).transaction()), Offered::Busy);
    let id = draft(count, 0).checked().id();
    assert_eq!(
        node.offer(2, draft(count, 0).transaction()),
        Offered::Queued { id }
    );
    node.complete(batch);
    let after = draft(count + 1, 0);
    let id = after.clone().checked().id();
    assert_eq!(node.offer(1, after.transaction()), Offered::Queued { id });
}

#[test]
fn so_many_sources_wait_and_no_more() {
    let mut node = Node::new(0);
    for source in 0..SOURCE_COUNT_MAX as u64 {
        let offered = node.offer(source, draft(source, 0).transaction());
        assert!(matches!(offered, Offered::Queued { .. }));
    }
    assert_eq!(
        node.offer(1_000, draft(1_000, 0).transaction()),
        Offered::Busy
    );
    assert_eq!(node.admission.waiting_count(), SOURCE_COUNT_MAX);
    node.round(SOURCE_COUNT_MAX);
    let offered = node.offer(1_000, draft(1_000, 0).transaction());
    assert!(matches!(offered, Offered::Queued { .. }));
}

#[test]
fn the_form_has_the_verdict_of_the_full_check() {
    let mut node = Node::new(8);
    for (place, spoil) in [
        |one: &mut Transaction| one.body.genesis = pyralog_primitives::GenesisHash::ZERO,
        |one: &mut Transaction| one.body.actions = pyralog_primitives::codec::List::default(),
        |one: &mut Transaction| one.body.tip = pyralog_primitives::Amount::MAX,
        |one: &mut Transaction| one.body.sender = PublicKey::new([0; PublicKey::BYTES]),
        |one: &mut Transaction| one.signature = Signature::new([1; Signature::BYTES]),
    ]
    .into_iter()
    .enumerate()
    {
        let mut transaction = signed(place as u64, 0);
        spoil(&mut transaction);
        let expected = transaction.check(genesis()).unwrap_err();
        let found = match node.offer(1, transaction) {
            Offered::Rejected(rejection) => rejection,
            _ => match node.round(1).remove(0).fate {
                Fate::Rejected(rejection) => rejection,
                other => panic!("{other:?}"),
            },
        };
        assert_eq!(found, expected.into(), "{place}");
    }
}
