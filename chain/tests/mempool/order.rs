//! The order in which transactions are offered to a block.

use pyralog_chain::mempool::{Checked, MISFIT_COUNT_MAX, Standing};
use pyralog_primitives::{Amount, Nonce};

use crate::model::space;
use crate::world::{
    BASE_FEE, LARGE, Ledger, address, candidates, draft, pool, small_pool, standing, take,
};

fn ids(all: &[Checked]) -> Vec<pyralog_primitives::TransactionId> {
    all.iter().map(Checked::id).collect()
}

#[test]
fn the_best_tip_for_its_cost_goes_first_and_among_equals_the_first_to_come() {
    let (mut pool, ledger) = (pool(), Ledger::rich(9, 0));
    let low = take(&mut pool, &ledger, draft(1, 0).tip(1_000));
    let high = take(&mut pool, &ledger, draft(2, 0).tip(3_000));
    let same = take(&mut pool, &ledger, draft(3, 0).tip(3_000));
    // Twice the tip for more than twice the cost is less.
    let dear = take(&mut pool, &ledger, draft(4, 0).tip(6_000).compute(21_000));
    let order = candidates(&mut pool, BASE_FEE, LARGE);
    assert_eq!(ids(&order), ids(&[high, same, dear, low]));
}

#[test]
fn a_sender_goes_by_nonce_whatever_it_tips() {
    let (mut pool, ledger) = (pool(), Ledger::rich(9, 0));
    let third = take(&mut pool, &ledger, draft(1, 2).tip(9_000));
    let first = take(&mut pool, &ledger, draft(1, 0).tip(1_000));
    let second = take(&mut pool, &ledger, draft(1, 1).tip(5_000));
    let other = take(&mut pool, &ledger, draft(2, 0).tip(2_000));
    let order = candidates(&mut pool, BASE_FEE, LARGE);
    assert_eq!(ids(&order), ids(&[other, first, second, third]));
}

#[test]
fn what_does_not_cover_the_base_fee_waits_for_it_to_fall() {
    let (mut pool, ledger) = (pool(), Ledger::rich(9, 0));
    let first = take(&mut pool, &ledger, draft(1, 0).covers(100));
    let held = take(&mut pool, &ledger, draft(1, 1).covers(99));
    let behind = take(&mut pool, &ledger, draft(1, 2).covers(500));
    let other = take(&mut pool, &ledger, draft(2, 0).covers(99));
    let at = |pool: &mut _, base| ids(&candidates(pool, Amount::new(base), LARGE));
    assert_eq!(at(&mut pool, 101), []);
    assert_eq!(at(&mut pool, 100), ids(std::slice::from_ref(&first)));
    assert_eq!(standing(&pool, &held), Some(Standing::Held));
    assert_eq!(standing(&pool, &behind), Some(Standing::Held));
    let all = ids(&[first, held, behind.clone(), other]);
    let mut found = at(&mut pool, 99);
    found.sort_unstable();
    let mut expected = all;
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(standing(&pool, &behind), Some(Standing::Offered));
    assert_eq!(at(&mut pool, 501), []);
}

#[test]
fn only_what_follows_without_a_gap_is_offered() {
    let (mut pool, ledger) = (pool(), Ledger::rich(9, 5));
    let gapped = take(&mut pool, &ledger, draft(1, 7));
    let first = take(&mut pool, &ledger, draft(1, 5));
    assert_eq!(pool.next_nonce(&address(1), &ledger), Ok(Nonce::new(6)));
    assert_eq!(standing(&pool, &gapped), Some(Standing::Gapped));
    assert_eq!(
        ids(&candidates(&mut pool, BASE_FEE, LARGE)),
        ids(std::slice::from_ref(&first))
    );
    let second = take(&mut pool, &ledger, draft(1, 6));
    assert_eq!(pool.next_nonce(&address(1), &ledger), Ok(Nonce::new(8)));
    assert_eq!(pool.next_nonce(&address(2), &ledger), Ok(Nonce::new(5)));
    assert_eq!(
        ids(&candidates(&mut pool, BASE_FEE, LARGE)),
        ids(&[first, second, gapped])
    );
}

#[test]
fn where_the_next_of_a_sender_does_not_fit_its_rest_waits() {
    let (mut pool, ledger) = (pool(), Ledger::rich(9, 0));
    let first = take(&mut pool, &ledger, draft(1, 0).tip(9_000));
    take(&mut pool, &ledger, draft(1, 1).tip(9_000).compute(80_000));
    take(&mut pool, &ledger, draft(1, 2).tip(9_000));
    let other = take(&mut pool, &ledger, draft(2, 0).tip(10));
    let room = space(1 << 20, 50_000);
    let order = candidates(&mut pool, BASE_FEE, room);
    assert_eq!(ids(&order), ids(&[first.clone(), other.clone()]));
    let exact = first.bytes().get() + other.bytes().get();
    let order = candidates(&mut pool, BASE_FEE, space(exact, 50_000));
    assert_eq!(ids(&order), ids(&[first.clone(), other]));
    let order = candidates(&mut pool, BASE_FEE, space(exact - 1, 50_000));
    assert_eq!(ids(&order), ids(&[first]));
}

#[test]
fn a_full_block_costs_a_look_at_few_senders_only() {
    let people = MISFIT_COUNT_MAX as u64 + 2;
    let (mut pool, ledger) = (pool(), Ledger::rich(people, 0));
    let small = take(&mut pool, &ledger, draft(0, 0).tip(0).compute(2_000));
    let room = space(1 << 20, 5_000);
    for number in 1..people - 1 {
        take(&mut pool, &ledger, draft(number, 0).tip(9_000));
    }
    // All that are dearer do not fit: one more, and the small one is not found.
    assert_eq!(pool.len(), MISFIT_COUNT_MAX + 1);
    assert_eq!(candidates(&mut pool, BASE_FEE, room).len(), 0);
    let mut fewer = crate::world::pool();
    take(&mut fewer, &ledger, draft(0, 0).tip(0).compute(2_000));
    for number in 1..people - 2 {
        take(&mut fewer, &ledger, draft(number, 0).tip(9_000));
    }
    assert_eq!(ids(&candidates(&mut fewer, BASE_FEE, room)), ids(&[small]));
}

#[test]
fn a_sender_with_a_long_queue_does_not_keep_others_waiting() {
    let (mut pool, ledger) = (small_pool(), Ledger::rich(9, 0));
    for nonce in 0..60 {
        take(&mut pool, &ledger, draft(1, nonce).tip(2_000));
    }
    let other = take(&mut pool, &ledger, draft(2, 0).tip(2_001));
    let order = candidates(&mut pool, BASE_FEE, space(1_000, 1 << 30));
    assert_eq!(order[0].id(), other.id());
    assert!(order.len() > 1);
}
