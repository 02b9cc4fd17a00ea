//! Who goes when room is short.

use pyralog_chain::mempool::{
    Departure, Eviction, Fate, Left, Limits, LimitsError, Mempool, Rejection, Standing, Status,
};
use pyralog_primitives::{Amount, ByteCount};

use crate::world::{
    BASE_FEE, Draft, HEIGHT, LARGE, Ledger, NOW, SMALL_POOL_BYTES, candidates, draft, refuse,
    rules, small_pool, standing, take, tip,
};

fn admit(pool: &mut Mempool, ledger: &Ledger, draft: Draft) -> Vec<Left> {
    match pool.admit(NOW, draft.checked(), ledger).unwrap() {
        Fate::Admitted(admitted) => admitted.left,
        other => panic!("{other:?}"),
    }
}

/// Fills the pool with transactions of others, all alike, until one more would
/// not fit. Returns how many.
fn fill(pool: &mut Mempool, ledger: &Ledger, tip: u128) -> u64 {
    let weight = draft(1, 0).checked().weight().get();
    let mut number = 1_000;
    while pool.bytes().get() + weight <= SMALL_POOL_BYTES.get() {
        admit(pool, ledger, draft(number, 0).tip(tip));
        number += 1;
    }
    number - 1_000
}

fn everyone() -> Ledger {
    Ledger::rich(1_300, 0)
}

fn evicted(draft: Draft, reason: Eviction) -> Left {
    let id = draft.checked().id();
    Left {
        id,
        departure: Departure::Evicted { reason },
    }
}

#[test]
fn a_full_pool_takes_what_is_worth_more_for_what_came_last_among_the_cheapest() {
    let (mut pool, ledger) = (small_pool(), everyone());
    let count = fill(&mut pool, &ledger, 1_000);
    let same = refuse(&mut pool, &ledger, draft(1, 0).tip(1_000));
    assert!(matches!(
        same,
        Rejection::PoolFull {
            standing: Standing::Offered,
            ..
        }
    ));
    let left = admit(&mut pool, &ledger, draft(1, 0).tip(1_001));
    let last = draft(1_000 + count - 1, 0).tip(1_000);
    assert_eq!(left, [evicted(last, Eviction::PoolFull)]);
}

#[test]
fn a_queue_loses_its_end_and_is_worth_as_little_as_its_least() {
    let (mut pool, ledger) = (small_pool(), everyone());
    // The first is cheap, so the dear ones behind it hold no place either.
    for (nonce, tip) in [(0, 10), (1, 90_000), (2, 90_000)] {
        take(&mut pool, &ledger, draft(1, nonce).tip(tip));
    }
    fill(&mut pool, &ledger, 1_000);
    for (number, nonce, tip) in [(2, 2, 90_000), (3, 1, 90_000), (4, 0, 10)] {
        let left = admit(&mut pool, &ledger, draft(number, 0).tip(5_000));
        assert_eq!(
            left,
            [evicted(draft(1, nonce).tip(tip), Eviction::PoolFull)]
        );
    }
}

#[test]
fn what_cannot_run_goes_before_all_that_can() {
    let (mut pool, ledger) = (small_pool(), everyone());
    take(&mut pool, &ledger, draft(1, 1).tip(1_000_000));
    take(&mut pool, &ledger, draft(2, 0).tip(900_000).covers(99));
    fill(&mut pool, &ledger, 10);
    let left = admit(&mut pool, &ledger, draft(3, 0).tip(11));
    assert_eq!(
        left,
        [evicted(draft(1, 1).tip(1_000_000), Eviction::PoolFull)]
    );
    let left = admit(&mut pool, &ledger, draft(4, 0).tip(12));
    let held = draft(2, 0).tip(900_000).covers(99);
    assert_eq!(left, [evicted(held, Eviction::PoolFull)]);
}

#[test]
fn what_cannot_run_finds_no_room_among_what_can_whatever_it_tips() {
    let (mut pool, ledger) = (small_pool(), everyone());
    fill(&mut pool, &ledger, 10);
    let gapped = refuse(&mut pool, &ledger, draft(1, 1).tip(1_000_000));
    assert!(matches!(
        gapped,
        Rejection::PoolFull {
            standing: Standing::Gapped,
            ..
        }
    ));
    let held = refuse(&mut pool, &ledger, draft(1, 0).tip(900_000).covers(99));
    assert!(matches!(
        held,
        Rejection::PoolFull {
            standing: Standing::Held,
            ..
        }
    ));
}

#[test]
fn of_what_is_held_the_furthest_from_being_offered_goes_first() {
    let (mut pool, ledger) = (small_pool(), everyone());
    take(&mut pool, &ledger, draft(1, 0).tip(900_000).covers(50));
    take(&mut pool, &ledger, draft(2, 0).tip(1).covers(90));
    fill(&mut pool, &ledger, 10);
    let left = admit(&mut pool, &ledger, draft(3, 0).tip(11));
    let furthest = draft(1, 0).tip(900_000).covers(50);
    assert_eq!(left, [evicted(furthest, Eviction::PoolFull)]);
}

#[test]
fn a_sender_with_gaps_displaces_nobody() {
    let (mut pool, ledger) = (small_pool(), everyone());
    let others = fill(&mut pool, &ledger, 10) - 40;
    // Some room becomes free, and is taken by what cannot run.
    let mut pool = {
        let mut smaller = small_pool();
        for number in 0..others {
            take(&mut smaller, &ledger, draft(1_000 + number, 0).tip(10));
        }
        std::mem::swap(&mut pool, &mut smaller);
        pool
    };
    for nonce in 1..=64 {
        let one = draft(1, nonce).tip(1_000_000).checked();
        pool.admit(NOW, one, &ledger).unwrap();
    }
    for number in 0..others {
        let one = draft(1_000 + number, 0).tip(10).checked();
        assert_eq!(standing(&pool, &one), Some(Standing::Offered));
    }
    assert!(pool.gapped_bytes() <= ByteCount::new(60_000));
    // And others take the room back.
    for number in 0..40 {
        take(&mut pool, &ledger, draft(500 + number, 0).tip(0));
    }
}

#[test]
fn gaps_have_a_share_of_the_room_and_no_more() {
    let (mut pool, ledger) = (small_pool(), everyone());
    let mut number = 1;
    let left = loop {
        let left = admit(&mut pool, &ledger, draft(number, 1).tip(u128::from(number)));
        number += 1;
        if !left.is_empty() {
            break left;
        }
    };
    assert_eq!(left, [evicted(draft(1, 1).tip(1), Eviction::GapsFull)]);
    let weight = draft(1, 1).checked().weight().get();
    assert!(pool.gapped_bytes().get() + weight > 60_000);
    let cheap = refuse(&mut pool, &ledger, draft(1_200, 1).tip(0));
    let Rejection::PoolFull { standing, tip_min } = cheap else {
        panic!("{cheap:?}");
    };
    assert_eq!((standing, tip_min), (Standing::Gapped, Amount::ZERO));
    // The same could run at once, so it is taken.
    take(&mut pool, &ledger, draft(1_200, 0).tip(0));
}

#[test]
fn a_transaction_that_closes_a_gap_keeps_what_is_behind_it() {
    let (mut pool, ledger) = (small_pool(), everyone());
    let behind = take(&mut pool, &ledger, draft(1, 1).tip(5_000));
    fill(&mut pool, &ledger, 10);
    let left = admit(&mut pool, &ledger, draft(1, 0).tip(5_000));
    assert_eq!(left.len(), 1);
    assert_eq!(standing(&pool, &behind), Some(Standing::Offered));
}

#[test]
fn when_the_base_fee_falls_the_pool_sees_anew_who_is_worth_least() {
    let (mut pool, ledger) = (small_pool(), everyone());
    let held = take(&mut pool, &ledger, draft(1, 0).tip(900_000).covers(99));
    let count = fill(&mut pool, &ledger, 10);
    let lower = Amount::new(99);
    pool.on_block(NOW, &tip(11, lower, &[], &[]), &ledger)
        .unwrap();
    let left = admit(&mut pool, &ledger, draft(2, 0).tip(11));
    let last = draft(1_000 + count - 1, 0).tip(10);
    assert_eq!(left, [evicted(last, Eviction::PoolFull)]);
    assert_eq!(candidates(&mut pool, lower, LARGE)[0].id(), held.id());
}

#[test]
fn an_eviction_is_told_with_its_reason_and_may_be_tried_again() {
    let (mut pool, ledger) = (small_pool(), everyone());
    let count = fill(&mut pool, &ledger, 1_000);
    admit(&mut pool, &ledger, draft(1, 0).tip(9_000));
    let last = draft(1_000 + count - 1, 0).tip(1_000).checked();
    let reason = Eviction::PoolFull;
    assert_eq!(pool.status(&last.id()), Status::Evicted { reason });
    assert_eq!((reason.reason(), reason.retryable()), ("pool_full", true));
    assert!(!Eviction::NonceUsed { next: last.nonce() }.retryable());
}

#[test]
fn limits_that_cannot_work_are_refused() {
    let new = |limits| Mempool::new(rules(), limits, HEIGHT, BASE_FEE).err();
    let limits = Limits::default();
    assert_eq!(new(limits), None);
    let bytes_max = ByteCount::new(10_000);
    let small = Limits {
        bytes_max,
        ..limits
    };
    assert_eq!(new(small), Some(LimitsError::TooSmall { bytes_max }));
    let nobody = Limits {
        sender_count_max: 0,
        ..limits
    };
    assert_eq!(new(nobody), Some(LimitsError::NoSender));
}
