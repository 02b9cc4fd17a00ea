//! Each reason of refusal at its edge: what is just allowed is taken, one more
//! is refused, and a refusal changes nothing.

use pyralog_chain::TRANSACTION_COMPUTE;
use pyralog_chain::mempool::{Admission, Fate, Offered, Rejection, Source, Standing, Status};
use pyralog_genesis::Parameters;
use pyralog_primitives::transaction::{NONCE_GAP_MAX, TRANSACTION_BYTES_MAX, TransactionError};
use pyralog_primitives::{
    Amount, ByteCount, Compute, GenesisHash, Height, Nonce, PublicKey, WeakKey,
};

use crate::world::{
    BASE_FEE, Draft, HEIGHT, Ledger, NOW, draft, dump, pool, refuse, rules, small_pool, standing,
    take, transfer,
};

fn parameters() -> Parameters {
    Parameters::default()
}

/// Offers to an empty way in.
fn offer(draft: Draft) -> Offered {
    let source = Source::new(1);
    Admission::new(rules()).offer(NOW, source, draft.transaction(), &pool())
}

fn offer_is_rejected(draft: Draft, expected: Rejection) {
    assert_eq!(offer(draft), Offered::Rejected(expected));
}

#[test]
fn a_transaction_for_another_network_is_refused() {
    let mut one = draft(1, 0);
    one.body.genesis = GenesisHash::ZERO;
    let error = TransactionError::WrongNetwork {
        expected: crate::world::genesis(),
        found: GenesisHash::ZERO,
    };
    offer_is_rejected(one, error.into());
}

#[test]
fn a_transaction_without_an_action_is_refused() {
    let one = draft(1, 0).actions(Vec::new());
    offer_is_rejected(one, TransactionError::NoAction.into());
}

#[test]
fn a_tip_may_be_all_of_the_fee_and_no_more() {
    let (tip, fee_max) = (Amount::new(20_000_001), Amount::new(20_000_000));
    let above = draft(1, 0).fee_max(fee_max.get()).tip(tip.get());
    offer_is_rejected(above, TransactionError::TipAboveFee { tip, fee_max }.into());
    // All of it leaves nothing for the base fee.
    let all = draft(1, 0).fee_max(fee_max.get()).tip(fee_max.get());
    assert!(matches!(
        offer(all),
        Offered::Rejected(Rejection::FeeTooLow { .. })
    ));
}

#[test]
fn a_key_for_which_anyone_can_sign_is_refused() {
    let mut one = draft(1, 0);
    let mut identity = [0; PublicKey::BYTES];
    identity[0] = 1;
    one.body.sender = PublicKey::new(identity);
    let weak = TransactionError::WeakSender(WeakKey::SmallOrder);
    offer_is_rejected(one, weak.into());
}

#[test]
fn a_transaction_is_as_long_as_the_network_allows_and_no_longer() {
    let max = parameters().transaction_bytes_max;
    let length = usize::try_from(max.get()).unwrap();
    let rich = |one: Draft| one.fee_max(1 << 60);
    let put = |bytes| rich(draft(1, 0).bytes(bytes));
    let two_values = |bytes: usize| {
        let half = put(bytes / 2).body.actions;
        let rest = bytes
            - usize::try_from(
                rich(draft(1, 0))
                    .actions(half.to_vec())
                    .checked()
                    .bytes()
                    .get(),
            )
            .unwrap();
        let mut all = half.to_vec();
        // What another action adds besides its value: kind, name, two lengths.
        all.extend(put(rest - 14 + 182).body.actions.to_vec());
        rich(draft(1, 0)).actions(all)
    };
    let exact = fit(&two_values, length);
    assert!(matches!(offer(exact), Offered::Queued { .. }));
    let bytes = ByteCount::new(max.get() + 1);
    let longer = fit(&two_values, length + 1);
    offer_is_rejected(longer, Rejection::TooLarge { bytes, max });
}

/// The draft that has exactly so many bytes.
fn fit(make: &dyn Fn(usize) -> Draft, bytes: usize) -> Draft {
    let found = usize::try_from(make(bytes).checked().bytes().get()).unwrap();
    let one = make(bytes + bytes - found);
    assert_eq!(one.clone().checked().bytes().get(), bytes as u64);
    one
}

#[test]
fn no_network_takes_what_no_node_reads() {
    let value = draft(1, 0).bytes(60_000).body.actions.to_vec();
    let five = std::iter::repeat_n(value, 5).flatten().collect();
    let one = draft(1, 0).actions(five);
    let bytes = usize::try_from(one.clone().checked().bytes().get()).unwrap();
    assert!(bytes > TRANSACTION_BYTES_MAX);
    offer_is_rejected(one, TransactionError::TooLong { bytes }.into());
}

#[test]
fn compute_lies_between_an_empty_transaction_and_a_whole_block() {
    let (min, max) = (TRANSACTION_COMPUTE, parameters().block_compute_max);
    for good in [min, max] {
        let one = draft(1, 0).compute(good.get()).fee_max(1 << 60);
        assert!(matches!(offer(one), Offered::Queued { .. }), "{good}");
    }
    let given = Compute::new(min.get() - 1);
    let less = draft(1, 0).compute(given.get());
    offer_is_rejected(less, Rejection::TooLittleCompute { given, min });
    let given = Compute::new(max.get() + 1);
    let more = draft(1, 0).compute(given.get()).fee_max(1 << 60);
    offer_is_rejected(more, Rejection::ComputeAboveBlock { given, max });
}

#[test]
fn the_fee_covers_the_worst_case_at_the_lowest_base_fee() {
    let base_fee = parameters().base_fee_min;
    let one = draft(1, 0).covers(base_fee.get());
    let needed = one.body.fee_max;
    assert!(matches!(offer(one.clone()), Offered::Queued { .. }));
    let fee_max = Amount::new(needed.get() - 1);
    let less = one.fee_max(fee_max.get());
    let expected = Rejection::FeeTooLow {
        fee_max,
        needed,
        base_fee,
    };
    offer_is_rejected(less, expected);
}

#[test]
fn a_transaction_lives_from_the_next_block_to_the_longest_life() {
    let next = HEIGHT.get() + 1;
    let life = parameters().transaction_lifetime_blocks_max.get();
    for good in [next, next + life] {
        assert!(matches!(
            offer(draft(1, 0).valid_until(good)),
            Offered::Queued { .. }
        ));
    }
    let expired = Rejection::Expired {
        valid_until: HEIGHT,
        height: Height::new(next),
    };
    offer_is_rejected(draft(1, 0).valid_until(next - 1), expired.clone());
    let max = Height::new(next + life);
    let valid_until = Height::new(next + life + 1);
    let too_long = Rejection::ValidTooLong { valid_until, max };
    offer_is_rejected(draft(1, 0).valid_until(next + life + 1), too_long.clone());
    // Also for what has waited, or comes from a block.
    let (mut pool, ledger) = (pool(), Ledger::rich(2, 0));
    assert_eq!(
        refuse(&mut pool, &ledger, draft(1, 0).valid_until(next - 1)),
        expired
    );
    assert_eq!(
        refuse(&mut pool, &ledger, draft(1, 0).valid_until(next + life + 1)),
        too_long
    );
}

#[test]
fn nonces_lie_between_the_accounts_and_the_gap() {
    let (mut pool, ledger) = (pool(), Ledger::rich(3, 7));
    take(&mut pool, &ledger, draft(1, 7));
    take(&mut pool, &ledger, draft(1, 7 + NONCE_GAP_MAX));
    let next = Nonce::new(7);
    let used = Rejection::NonceUsed {
        nonce: Nonce::new(6),
        next,
    };
    assert_eq!(refuse(&mut pool, &ledger, draft(1, 6)), used);
    assert_eq!(refuse(&mut pool, &ledger, draft(2, 6)), used);
    let gap = Rejection::NonceGap {
        nonce: Nonce::new(7 + NONCE_GAP_MAX + 1),
        next,
        max: Nonce::new(7 + NONCE_GAP_MAX),
    };
    assert_eq!(
        refuse(&mut pool, &ledger, draft(1, 7 + NONCE_GAP_MAX + 1)),
        gap
    );
    assert_eq!(
        refuse(&mut pool, &ledger, draft(2, 7 + NONCE_GAP_MAX + 1)),
        gap
    );
}

#[test]
fn the_very_last_nonce_is_never_used() {
    let (mut pool, mut ledger) = (pool(), Ledger::default());
    ledger.set(1, 1 << 60, u64::MAX - 1);
    take(&mut pool, &ledger, draft(1, u64::MAX - 1));
    let rejection = refuse(&mut pool, &ledger, draft(1, u64::MAX));
    assert_eq!(rejection.reason(), "nonce_used");
}

#[test]
fn the_balance_pays_for_all_that_is_pending_up_to_a_transaction() {
    let (mut pool, mut ledger) = (pool(), Ledger::default());
    let cost = 10_000_000 + 5;
    ledger.set(1, 3 * cost, 0);
    let balance = Amount::new(3 * cost);
    take(&mut pool, &ledger, draft(1, 0));
    take(&mut pool, &ledger, draft(1, 1));
    let needed = Amount::new(3 * cost + 1);
    let low = Rejection::BalanceTooLow { needed, balance };
    let more = draft(1, 2).fee_max(10_000_001);
    assert_eq!(refuse(&mut pool, &ledger, more), low);
    let more = draft(1, 2).actions(vec![transfer(2), transfer(4)]);
    assert_eq!(refuse(&mut pool, &ledger, more), low);
    take(&mut pool, &ledger, draft(1, 2));
    // A sum beyond all amounts is more than any balance.
    let needed = Amount::MAX;
    let low = Rejection::BalanceTooLow { needed, balance };
    let most = vec![transfer(u128::MAX), transfer(u128::MAX)];
    assert_eq!(refuse(&mut pool, &ledger, draft(1, 3).actions(most)), low);
    let most = vec![transfer(u128::MAX - 10_000_000)];
    assert_eq!(refuse(&mut pool, &ledger, draft(1, 3).actions(most)), low);
}

#[test]
fn a_transaction_of_lower_nonce_takes_the_balance_from_those_behind_it() {
    let (mut pool, mut ledger) = (pool(), Ledger::default());
    let cost = 10_000_000 + 5;
    ledger.set(1, 2 * cost, 0);
    let second = take(&mut pool, &ledger, draft(1, 1));
    let third = take(&mut pool, &ledger, draft(1, 2));
    take(&mut pool, &ledger, draft(1, 0));
    assert_eq!(standing(&pool, &second), Some(Standing::Offered));
    let Status::Evicted { reason } = pool.status(&third.id()) else {
        panic!("it is no longer payable");
    };
    assert_eq!(
        (reason.reason(), reason.retryable()),
        ("balance_too_low", true)
    );
}

#[test]
fn a_sender_has_its_share_and_no_more() {
    let limits = pyralog_chain::mempool::Limits {
        sender_count_max: 3,
        ..Default::default()
    };
    let mut pool = pyralog_chain::mempool::Mempool::new(rules(), limits, HEIGHT, BASE_FEE).unwrap();
    let ledger = Ledger::rich(3, 0);
    for nonce in [1, 2, 5] {
        take(&mut pool, &ledger, draft(1, nonce));
    }
    let many = Rejection::TooManyOfSender { max: 3 };
    assert_eq!(refuse(&mut pool, &ledger, draft(1, 6)), many);
    // The missing one is taken all the same, for the last one behind the gap.
    let first = take(&mut pool, &ledger, draft(1, 0));
    assert_eq!(standing(&pool, &first), Some(Standing::Offered));
    let gone = pool.status(&draft(1, 5).checked().id());
    assert!(matches!(gone, Status::Evicted { reason } if reason.reason() == "too_many_of_sender"));
    assert_eq!(refuse(&mut pool, &ledger, draft(1, 3)), many);
    // A replacement takes no place.
    take(
        &mut pool,
        &ledger,
        draft(1, 2).tip(2_000).fee_max(20_000_000),
    );
}

#[test]
fn a_replacement_pays_a_tenth_more_rounded_up() {
    let (mut pool, ledger) = (pool(), Ledger::rich(2, 0));
    let old = take(
        &mut pool,
        &ledger,
        draft(1, 0).tip(1_001).fee_max(10_000_009),
    );
    let (tip_min, fee_max_min) = (Amount::new(1_102), Amount::new(11_000_010));
    let cheap = Rejection::ReplacementTooCheap {
        tip_min,
        fee_max_min,
    };
    let with = |tip: u128, fee_max: u128| draft(1, 0).tip(tip).fee_max(fee_max);
    for (tip, fee_max) in [
        (1_101, 11_000_010),
        (1_102, 11_000_009),
        (1_001, 20_000_000),
    ] {
        assert_eq!(refuse(&mut pool, &ledger, with(tip, fee_max)), cheap);
    }
    let new = take(&mut pool, &ledger, with(1_102, 11_000_010));
    assert_eq!(pool.status(&old.id()), Status::Replaced { by: new.id() });
    assert_eq!(pool.len(), 1);
}

#[test]
fn a_replacement_of_no_tip_pays_one_unit() {
    let (mut pool, ledger) = (pool(), Ledger::rich(2, 0));
    take(&mut pool, &ledger, draft(1, 0).tip(0));
    let cheap = refuse(&mut pool, &ledger, draft(1, 0).tip(0).fee_max(20_000_000));
    let tip_min = Amount::new(1);
    let fee_max_min = Amount::new(11_000_000);
    assert_eq!(
        cheap,
        Rejection::ReplacementTooCheap {
            tip_min,
            fee_max_min
        }
    );
    take(&mut pool, &ledger, draft(1, 0).tip(1).fee_max(11_000_000));
}

#[test]
fn the_same_transaction_again_is_known_with_any_signature() {
    let (mut pool, ledger) = (pool(), Ledger::rich(2, 0));
    take(&mut pool, &ledger, draft(1, 0));
    let before = dump(&pool);
    for signature in [0, 1] {
        let again = draft(1, 0).signature(signature);
        let fate = pool.admit(NOW, again.clone().checked(), &ledger).unwrap();
        assert_eq!(fate, Fate::Known);
        let id = again.clone().checked().id();
        let offered =
            Admission::new(rules()).offer(NOW, Source::new(1), again.transaction(), &pool);
        assert_eq!(offered, Offered::Known { id });
    }
    assert_eq!(dump(&pool), before);
}

#[test]
fn the_price_of_room_is_exact() {
    let (mut pool, ledger) = (small_pool(), Ledger::rich(300, 0));
    let mut number = 1;
    let mut last = None;
    // Until something had to go: the cheapest, which came first.
    while last.is_none() {
        let one = draft(number, 0).tip(1_000 + u128::from(number));
        let Fate::Admitted(admitted) = pool.admit(NOW, one.checked(), &ledger).unwrap() else {
            panic!("each is worth more than those before");
        };
        last = admitted.left.first().cloned();
        number += 1;
    }
    let first = draft(1, 0).tip(1_001).checked().id();
    assert_eq!(last.unwrap().id, first);
    // A larger newcomer needs the room of several, and must be worth more than
    // the best of those.
    let large = |tip: u128| draft(299, 0).bytes(20_000).fee_max(1 << 60).tip(tip);
    let rejection = refuse(&mut pool, &ledger, large(0));
    let Rejection::PoolFull { standing, tip_min } = rejection else {
        panic!("{rejection:?}");
    };
    assert_eq!(standing, Standing::Offered);
    let below = refuse(&mut pool, &ledger, large(tip_min.get() - 1));
    assert_eq!(below, Rejection::PoolFull { standing, tip_min });
    take(&mut pool, &ledger, large(tip_min.get()));
}

/// One of each kind, with its word and whether to try again.
fn one_of_each() -> Vec<(Rejection, &'static str, bool)> {
    let (fee_max, needed, base_fee) = (Amount::ZERO, Amount::ZERO, Amount::ZERO);
    let (nonce, next, valid_until) = (Nonce::new(0), Nonce::new(0), Height::new(1));
    let (given, min) = (Compute::new(1), Compute::new(1));
    let bytes = ByteCount::new(1);
    let (tip_min, fee_max_min, balance) = (Amount::ZERO, Amount::ZERO, Amount::ZERO);
    let standing = Standing::Held;
    let fee = Rejection::FeeTooLow {
        fee_max,
        needed,
        base_fee,
    };
    let expired = Rejection::Expired {
        valid_until,
        height: valid_until,
    };
    let long = Rejection::ValidTooLong {
        valid_until,
        max: valid_until,
    };
    let gap = Rejection::NonceGap {
        nonce,
        next,
        max: nonce,
    };
    let compute = Rejection::ComputeAboveBlock { given, max: min };
    let cheap = Rejection::ReplacementTooCheap {
        tip_min,
        fee_max_min,
    };
    vec![
        (TransactionError::NoAction.into(), "no_action", false),
        (
            Rejection::TooLarge { bytes, max: bytes },
            "too_large",
            false,
        ),
        (
            Rejection::TooLittleCompute { given, min },
            "too_little_compute",
            false,
        ),
        (compute, "compute_above_block", false),
        (fee, "fee_too_low", false),
        (expired, "expired", false),
        (long, "valid_too_long", true),
        (Rejection::NonceUsed { nonce, next }, "nonce_used", false),
        (gap, "nonce_gap", true),
        (
            Rejection::BalanceTooLow { needed, balance },
            "balance_too_low",
            true,
        ),
        (
            Rejection::TooManyOfSender { max: 1 },
            "too_many_of_sender",
            true,
        ),
        (cheap, "replacement_too_cheap", false),
        (Rejection::PoolFull { standing, tip_min }, "pool_full", true),
    ]
}

#[test]
fn each_reason_has_a_word_of_its_own_and_says_whether_to_try_again() {
    let all = one_of_each();
    for (rejection, reason, retryable) in &all {
        assert_eq!(
            (rejection.reason(), rejection.retryable()),
            (*reason, *retryable)
        );
        assert!(!rejection.to_string().is_empty());
        let own_fault = matches!(
            *reason,
            "no_action"
                | "too_large"
                | "too_little_compute"
                | "compute_above_block"
                | "fee_too_low"
        );
        assert_eq!(rejection.is_relays_fault(), own_fault, "{reason}");
    }
    let words: std::collections::BTreeSet<&str> = all.iter().map(|one| one.1).collect();
    assert_eq!(words.len(), all.len());
}
