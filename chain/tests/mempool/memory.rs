//! What a pending transaction really takes of memory, beside what is counted.

#![allow(
    unsafe_code,
    reason = "an allocator is unsafe by its signature; this one only counts"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use pyralog_primitives::action::{Action, Name};
use pyralog_primitives::codec::{Bytes, Canonical};
use pyralog_primitives::transaction::Transaction;

use crate::world::{Draft, Ledger, draft, pool, take, transfer};

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    static HELD: Cell<usize> = const { Cell::new(0) };
}

/// What the system's allocator takes for a block: a header, and whole steps.
fn real(size: usize) -> usize {
    (size + 8).next_multiple_of(16).max(32)
}

// SAFETY: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = HELD.try_with(|held| held.set(held.get().wrapping_add(real(layout.size()))));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let _ = HELD.try_with(|held| held.set(held.get().wrapping_sub(real(layout.size()))));
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Counted ÷ real bytes of a pool with these, as they come off the wire.
fn counted_and_real(drafts: Vec<Draft>) -> (u64, u64) {
    let ledger = Ledger::rich(2_000, 0);
    let encoded: Vec<Vec<u8>> = drafts
        .into_iter()
        .map(|draft| draft.transaction().encode())
        .collect();
    let before = HELD.get();
    let mut pool = pool();
    for bytes in &encoded {
        let transaction = Transaction::decode(bytes).unwrap();
        let body = transaction.body;
        drop(take(&mut pool, &ledger, Draft { body, signature: 0 }));
    }
    let held = HELD.get().wrapping_sub(before);
    (pool.bytes().get(), held as u64)
}

fn assert_bounds(what: &str, drafts: Vec<Draft>) {
    let count = drafts.len() as u64;
    let (counted, held) = counted_and_real(drafts);
    assert!(
        held <= counted,
        "{what}: {} bytes held, {} counted for each",
        held / count,
        counted / count
    );
}

#[test]
fn what_is_counted_bounds_what_is_held() {
    let senders = || (0..2_000).map(|number| draft(number, 0).fee_max(1 << 50));
    assert_bounds("transfers of many", senders().collect());
    let one = |nonce: u64| draft(nonce / 65, nonce % 65);
    assert_bounds("transfers of few", (0..1_950).map(one).collect());
    let gapped = senders().map(|mut one| {
        one.body.nonce = pyralog_primitives::Nonce::new(1);
        one
    });
    assert_bounds("behind gaps", gapped.collect());
    let delete = || Action::Delete {
        namespace: Name::new("a").unwrap(),
        key: Bytes::default(),
    };
    let short = senders().map(|one| one.actions((0..64).map(|_| delete()).collect()));
    assert_bounds("many short actions", short.collect());
    let transfers = senders().map(|one| one.actions((0..33).map(|_| transfer(1)).collect()));
    assert_bounds("an action more than memory doubles by", transfers.collect());
    for bytes in [400, 600, 1_200, 2_200, 4_300, 33_000, 60_000] {
        let long = senders().take(100).map(|one| one.bytes(bytes));
        assert_bounds("values", long.collect());
    }
}
