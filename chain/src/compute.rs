//! What an action costs in units of compute.
//!
//! A unit is about a nanosecond of one core: of execution, of hashing into the
//! state tree and of writing to the store, measured on the machines that the
//! benches run on. Signatures are not counted: they are verified before, once
//! and in batches, and the bytes of a block bound their number.

use pyralog_primitives::Compute;
use pyralog_primitives::action::Action;

/// Reading and writing the sender, and the receipt. Lower, and blocks full of
/// cheap actions take longer than their limit says.
const TRANSACTION: u64 = 2_000;
/// One more account read and written, one event.
const TRANSFER: u64 = 4_000;
/// A key read and written, and its namespace.
const WRITE: u64 = 6_000;
/// The peaks of a journal read and written, a row of nodes.
const APPEND: u64 = 8_000;
/// For each byte that stays in the state. Lower, and filling disks of others
/// is cheap; higher, and documents are.
const STORED_BYTE: u64 = 20;

/// What a transaction costs before its first action.
pub const TRANSACTION_COMPUTE: Compute = Compute::new(TRANSACTION);

/// What an action costs; known before it runs.
pub fn action_compute(action: &Action) -> Compute {
    let stored = |bytes: usize| STORED_BYTE * bytes as u64;
    Compute::new(match action {
        Action::Transfer { .. } => TRANSFER,
        Action::Put { key, value, .. } => WRITE + stored(key.len() + value.len()),
        Action::Append { entry, .. } => APPEND + stored(entry.len()),
        Action::Delete { .. } | Action::Notarize { .. } | Action::OpenJournal { .. } => WRITE,
    })
}

/// What a transaction with these actions costs; known before it runs.
pub fn transaction_compute<'a>(actions: impl IntoIterator<Item = &'a Action>) -> Compute {
    let actions = actions
        .into_iter()
        .map(|action| action_compute(action).get());
    Compute::new(TRANSACTION + actions.sum::<u64>())
}
