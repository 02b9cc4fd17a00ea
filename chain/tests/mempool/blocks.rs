//! What blocks do to the pool, and what is told afterwards.

use pyralog_chain::mempool::{Admission, Source};
use pyralog_chain::mempool::{
    Departure, Eviction, Fate, Left, Offered, REMEMBERED_FOR, Standing, Status,
};
use pyralog_primitives::{Amount, Height, TimestampMs};

use crate::world::{
    BASE_FEE, Ledger, NOW, address, draft, included, pool, refuse, rules, standing, take, tip,
};

fn later(milliseconds: u64) -> TimestampMs {
    TimestampMs::new(NOW.get() + milliseconds)
}

#[test]
fn what_is_included_leaves_and_stays_known() {
    let (mut pool, mut ledger) = (pool(), Ledger::rich(3, 0));
    let first = take(&mut pool, &ledger, draft(1, 0));
    let second = take(&mut pool, &ledger, draft(1, 1));
    ledger.set(1, 1 << 60, 1);
    let height = Height::new(11);
    let block = [included(&first, height)];
    let left = pool
        .on_block(NOW, &tip(11, BASE_FEE, &block, &[]), &ledger)
        .unwrap();
    let departure = Departure::Included { height };
    assert_eq!(
        left,
        [Left {
            id: first.id(),
            departure
        }]
    );
    assert_eq!(pool.status(&first.id()), Status::Included { height });
    assert_eq!(standing(&pool, &second), Some(Standing::Offered));
    // Sending it again is no error.
    assert_eq!(pool.admit(NOW, first.clone(), &ledger), Ok(Fate::Known));
    let again =
        Admission::new(rules()).offer(NOW, Source::new(1), first.transaction().clone(), &pool);
    assert_eq!(again, Offered::Known { id: first.id() });
    // Once it is forgotten, its nonce speaks.
    let end = later(REMEMBERED_FOR.get());
    pool.on_block(end, &tip(12, BASE_FEE, &[], &[]), &ledger)
        .unwrap();
    assert_eq!(pool.status(&first.id()), Status::Unknown);
    assert_eq!(
        refuse(&mut pool, &ledger, draft(1, 0)).reason(),
        "nonce_used"
    );
}

#[test]
fn what_another_proposer_included_instead_is_named() {
    let (mut pool, mut ledger) = (pool(), Ledger::rich(3, 0));
    let ours = take(&mut pool, &ledger, draft(1, 0));
    let theirs = draft(1, 0).tip(7).checked();
    ledger.set(1, 1 << 60, 1);
    let block = [included(&theirs, Height::new(11))];
    pool.on_block(NOW, &tip(11, BASE_FEE, &block, &[]), &ledger)
        .unwrap();
    assert_eq!(
        pool.status(&ours.id()),
        Status::Replaced { by: theirs.id() }
    );
    let height = Height::new(11);
    assert_eq!(pool.status(&theirs.id()), Status::Included { height });
    assert!(pool.is_empty());
}

#[test]
fn only_touched_senders_are_read() {
    let (mut pool, ledger) = (pool(), Ledger::rich(50, 0));
    for number in 0..40 {
        take(&mut pool, &ledger, draft(number, 0));
    }
    ledger.reads.set(0);
    let touched = [address(3), address(49), address(3)];
    pool.on_block(NOW, &tip(11, BASE_FEE, &[], &touched), &ledger)
        .unwrap();
    assert_eq!(ledger.reads.get(), 1, "one is pending, and is read once");
}

#[test]
fn an_account_is_read_once_for_all_that_is_pending_of_it() {
    let (mut pool, ledger) = (pool(), Ledger::rich(50, 0));
    for nonce in 0..40 {
        take(&mut pool, &ledger, draft(1, nonce));
    }
    assert_eq!(ledger.reads.get(), 1);
}

#[test]
fn a_touched_sender_loses_what_it_can_no_longer_pay() {
    let (mut pool, mut ledger) = (pool(), Ledger::rich(3, 0));
    let all = [0, 1, 2].map(|nonce| take(&mut pool, &ledger, draft(1, nonce)));
    let cost = 10_000_005;
    ledger.set(1, 2 * cost, 0);
    let touched = [address(1)];
    let left = pool
        .on_block(NOW, &tip(11, BASE_FEE, &[], &touched), &ledger)
        .unwrap();
    let balance = Amount::new(2 * cost);
    let reason = Eviction::BalanceTooLow { balance };
    let departure = Departure::Evicted { reason };
    assert_eq!(
        left,
        [Left {
            id: all[2].id(),
            departure
        }]
    );
    ledger.set(1, 2 * cost - 1, 0);
    pool.on_block(NOW, &tip(12, BASE_FEE, &[], &touched), &ledger)
        .unwrap();
    assert_eq!(pool.len(), 1);
    assert_eq!(standing(&pool, &all[0]), Some(Standing::Offered));
}

#[test]
fn what_the_account_has_gone_past_leaves() {
    let (mut pool, mut ledger) = (pool(), Ledger::rich(3, 0));
    let old = take(&mut pool, &ledger, draft(1, 1));
    let kept = take(&mut pool, &ledger, draft(1, 2));
    ledger.set(1, 1 << 60, 2);
    pool.on_block(NOW, &tip(11, BASE_FEE, &[], &[address(1)]), &ledger)
        .unwrap();
    let next = pyralog_primitives::Nonce::new(2);
    let reason = Eviction::NonceUsed { next };
    assert_eq!(pool.status(&old.id()), Status::Evicted { reason });
    assert_eq!(standing(&pool, &kept), Some(Standing::Offered));
}

#[test]
fn a_transaction_expires_with_its_last_block_and_not_before() {
    let (mut pool, ledger) = (pool(), Ledger::rich(3, 0));
    let first = take(&mut pool, &ledger, draft(1, 0).valid_until(12));
    let second = take(&mut pool, &ledger, draft(1, 1).valid_until(13));
    pool.on_block(NOW, &tip(11, BASE_FEE, &[], &[]), &ledger)
        .unwrap();
    assert_eq!(standing(&pool, &first), Some(Standing::Offered));
    let left = pool
        .on_block(NOW, &tip(12, BASE_FEE, &[], &[]), &ledger)
        .unwrap();
    let valid_until = Height::new(12);
    let departure = Departure::Expired { valid_until };
    assert_eq!(
        left,
        [Left {
            id: first.id(),
            departure
        }]
    );
    assert_eq!(pool.status(&first.id()), Status::Expired { valid_until });
    // What is behind it waits for another with its nonce.
    assert_eq!(standing(&pool, &second), Some(Standing::Gapped));
}

#[test]
fn a_reorg_offers_again_what_its_blocks_held() {
    let (mut pool, mut ledger) = (pool(), Ledger::rich(3, 0));
    let all = [0, 1, 2, 3].map(|nonce| take(&mut pool, &ledger, draft(1, nonce)));
    ledger.set(1, 1 << 60, 3);
    let block = all[..3].iter().map(|one| included(one, Height::new(11)));
    let block: Vec<_> = block.collect();
    pool.on_block(NOW, &tip(11, BASE_FEE, &block, &[address(1)]), &ledger)
        .unwrap();
    // The other branch holds only the first.
    ledger.set(1, 1 << 60, 1);
    let other = [included(&all[0], Height::new(11))];
    let given_back = all[..3].to_vec();
    let touched = [address(1)];
    let tip = tip(11, BASE_FEE, &other, &touched);
    let done = pool.on_reorg(NOW, &tip, given_back, &ledger).unwrap();
    assert_eq!(done.given_back[0], (all[0].id(), Fate::Known));
    assert!(matches!(done.given_back[1], (_, Fate::Admitted(_))));
    let height = Height::new(11);
    assert_eq!(pool.status(&all[0].id()), Status::Included { height });
    for one in &all[1..] {
        assert_eq!(standing(&pool, one), Some(Standing::Offered));
    }
}

#[test]
fn a_reorg_does_not_bring_back_what_the_new_branch_excludes() {
    let (mut pool, mut ledger) = (pool(), Ledger::rich(3, 0));
    let ours = take(&mut pool, &ledger, draft(1, 0));
    ledger.set(1, 1 << 60, 1);
    let block = [included(&ours, Height::new(11))];
    pool.on_block(NOW, &tip(11, BASE_FEE, &block, &[]), &ledger)
        .unwrap();
    let rival = draft(1, 0).tip(77).checked();
    let other = [included(&rival, Height::new(11))];
    let touched = [address(1)];
    let tip = tip(11, BASE_FEE, &other, &touched);
    let done = pool
        .on_reorg(NOW, &tip, vec![ours.clone()], &ledger)
        .unwrap();
    assert!(matches!(&done.given_back[0].1, Fate::Rejected(why) if why.reason() == "nonce_used"));
    assert!(matches!(pool.status(&ours.id()), Status::Rejected { .. }));
}

#[test]
fn a_rejection_is_forgotten_after_an_hour_or_when_the_transaction_is_taken() {
    let (mut pool, mut ledger) = (pool(), Ledger::default());
    refuse(&mut pool, &ledger, draft(1, 0));
    let id = draft(1, 0).checked().id();
    pool.on_block(
        later(REMEMBERED_FOR.get() - 1),
        &tip(11, BASE_FEE, &[], &[]),
        &ledger,
    )
    .unwrap();
    assert!(matches!(pool.status(&id), Status::Rejected { .. }));
    pool.on_block(
        later(REMEMBERED_FOR.get()),
        &tip(12, BASE_FEE, &[], &[]),
        &ledger,
    )
    .unwrap();
    assert_eq!(pool.status(&id), Status::Unknown);
    refuse(&mut pool, &ledger, draft(1, 0));
    ledger.set(1, 1 << 60, 0);
    let taken = take(&mut pool, &ledger, draft(1, 0));
    assert_eq!(standing(&pool, &taken), Some(Standing::Offered));
}
