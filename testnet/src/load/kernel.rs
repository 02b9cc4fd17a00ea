//! What one core of this machine does at most, for comparison.

use std::hint::black_box;
use std::time::{Duration, Instant};

use pyralog_primitives::action::Action;
use pyralog_primitives::batch::{BATCH_COUNT_MAX, BatchItem, verify_batch};
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::{Amount, Nonce, SecretKey};

use super::accounts::{Terms, signed};

/// Batches that are timed.
const BATCH_COUNT: usize = 16;

/// Transfers in a second on one core.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kernel {
    pub(crate) signed: u64,
    /// Their signatures verified in batches, and nothing else.
    pub(crate) verified: u64,
}

/// Signs and verifies transfers.
pub(super) fn measure(terms: Terms) -> Kernel {
    let count = BATCH_COUNT * BATCH_COUNT_MAX;
    let key = SecretKey::from_seed(&[1; 32]);
    let to = key.public_key().address();
    let amount = Amount::new(1);
    let start = Instant::now();
    let transfers: Vec<Transaction> = (0..count as u64)
        .map(|number| {
            // Not one signer: a key that comes again is cheaper to verify.
            let mut seed = [2; 32];
            seed[..8].copy_from_slice(&number.to_le_bytes());
            let key = SecretKey::from_seed(&seed);
            signed(
                &key,
                Nonce::new(0),
                vec![Action::Transfer { to, amount }],
                terms,
            )
        })
        .collect();
    let signing = start.elapsed();
    let items: Vec<BatchItem> = transfers
        .iter()
        .map(|transfer| {
            let message = transfer.body.sign_bytes();
            BatchItem::new(transfer.body.sender, transfer.signature, &message)
        })
        .collect();
    let start = Instant::now();
    for batch in items.chunks(BATCH_COUNT_MAX) {
        black_box(verify_batch(batch)).expect("each was signed by its sender");
    }
    let verifying = start.elapsed();
    Kernel {
        signed: per_second(count, signing),
        verified: per_second(count, verifying),
    }
}

fn per_second(count: usize, time: Duration) -> u64 {
    let micros = time.as_micros().max(1);
    let rate = count as u128 * 1_000_000 / micros;
    u64::try_from(rate).expect("less than one a nanosecond")
}
