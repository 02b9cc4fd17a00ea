//! Sources and senders that send too much: who is refused, who gets through.

use std::collections::BTreeMap;

use pyralog_chain::mempool::{Fate, Offered, Source};
use pyralog_primitives::TransactionId;

use crate::admission::{Node, forged, signed};
use crate::world::draft;

const FORGER: u64 = 0;

#[test]
fn a_source_of_garbage_keeps_no_honest_one_waiting() {
    const SOURCES: u64 = 8;
    const EACH: u64 = 12;
    let mut node = Node::new(SOURCES * EACH + 1);
    let mut refused = 0;
    let mut garbage = 0;
    let mut honest: Vec<TransactionId> = Vec::new();
    for round in 0..EACH {
        // The forger fills its line to the brim before anyone else speaks.
        while node.offer(FORGER, garbage_of(garbage)) != Offered::Busy {
            garbage += 1;
        }
        refused += 1;
        for source in 1..=SOURCES {
            let transaction = signed((source - 1) * EACH + round, 0);
            let id = transaction.id();
            assert_eq!(node.offer(source, transaction), Offered::Queued { id });
            honest.push(id);
        }
        // A batch has room for one of each: whoever waits, none waits longer.
        let outcomes = node.round(usize::try_from(SOURCES).unwrap() + 1);
        let mut fates: BTreeMap<u64, Vec<Fate>> = BTreeMap::new();
        for outcome in outcomes {
            fates
                .entry(outcome.source.get())
                .or_default()
                .push(outcome.fate);
        }
        for source in 1..=SOURCES {
            assert!(
                matches!(fates[&source][..], [Fate::Admitted(_)]),
                "{fates:?}"
            );
        }
        let Fate::Rejected(why) = &fates[&FORGER][0] else {
            panic!("{fates:?}");
        };
        assert_eq!(why.reason(), "bad_signature");
    }
    assert!(honest.iter().all(|id| node.pool.get(id).is_some()));
    assert_eq!((refused, node.pool.len()), (EACH, honest.len()));
}

/// Never signed by anyone; different each time.
fn garbage_of(number: u64) -> pyralog_primitives::transaction::Transaction {
    let mut transaction = draft(1, number).transaction();
    transaction.body.sender = crate::admission::key(0).public_key();
    transaction
}

#[test]
fn a_forger_is_blamed_once_for_a_batch_and_examined_apart_afterwards() {
    let mut node = Node::new(40);
    for number in 0..10 {
        node.offer(FORGER, forged(number, 1));
        node.offer(1, signed(number, 0));
    }
    let outcomes = node.round(20);
    let of = |source: u64| {
        let source = Source::new(source);
        outcomes
            .iter()
            .filter(move |outcome| outcome.source == source)
    };
    let rejected = of(FORGER).filter(|outcome| matches!(outcome.fate, Fate::Rejected(_)));
    assert_eq!(rejected.count(), 1);
    assert!(
        of(FORGER)
            .skip(1)
            .all(|outcome| outcome.fate == Fate::Unchecked)
    );
    assert!(of(1).all(|outcome| matches!(outcome.fate, Fate::Admitted(_))));
    // A suspect's good ones are still taken.
    node.offer(FORGER, signed(30, 0));
    node.offer(1, signed(31, 0));
    let outcomes = node.round(20);
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome.fate, Fate::Admitted(_)))
    );
    assert_eq!(outcomes.len(), 2);
}

#[test]
fn each_turn_takes_one_of_each_source() {
    let mut node = Node::new(0);
    for number in 0..20 {
        node.offer(7, draft(number, 0).transaction());
    }
    for number in 0..3 {
        node.offer(8, draft(100 + number, 0).transaction());
    }
    node.offer(9, draft(200, 0).transaction());
    let outcomes_of = |node: &mut Node, count| {
        let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
        for outcome in node.round(count) {
            *counts.entry(outcome.source.get()).or_default() += 1;
        }
        counts
    };
    assert_eq!(
        outcomes_of(&mut node, 4),
        BTreeMap::from([(7, 2), (8, 1), (9, 1)])
    );
    assert_eq!(outcomes_of(&mut node, 4), BTreeMap::from([(7, 2), (8, 2)]));
    assert_eq!(outcomes_of(&mut node, 40), BTreeMap::from([(7, 16)]));
}
