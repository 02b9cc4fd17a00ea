//! Notes of value that nobody sees: encrypted, found by their owners, and spent.
//!
//! The other side of [`transfer`](pyralog_zk::transfer): what a sender puts
//! together and what a receiver finds.
//!
//! ```text
//! Keys ─▶ NoteAddress, given to whoever pays
//! Wallet::spend ─▶ Shielded (everybody sees it) and TransferSecret (the prover)
//! Shielded ─▶ Pool::accept ─▶ Wallet::scan of everybody: is it for me?
//! ```
//!
//! Invariants:
//! - a transfer has one length, one set of fields, and two of each thing, whatever
//!   it moves. A wallet fills up with notes of nothing, and puts change in a place
//!   that it draws;
//! - an encrypted note opens only for the viewing key that it is for, and only to
//!   a note that has the commitment beside it;
//! - a pool spends no note twice, takes no transfer of another network, none that
//!   expired, none from a tree that it never had, and none without asking whether
//!   its proof holds;
//! - a wallet spends only what it found in the pool, and never more than that; a
//!   note that is made again counts once, because it can be spent once.
//!
//! Failure model: senders are hostile. What they encrypt may be no note, or be one
//! that was never made; then it is not found. They cannot make a receiver believe
//! in an amount that is not in the tree.
//!
//! What is hidden, and from whom:
//! - from everybody: which notes are spent, whose, to whom, and how much;
//! - not from anybody: the fee, the root, when it expires, and that a transfer was
//!   made, at what time, and by which peer it came in. A root that few others use
//!   tells something; a wallet takes the latest;
//! - from a holder of a viewing key ([`ViewingKey`]): what is spent. It sees what
//!   comes in, for ever, and cannot spend. The word for that is disclosure, and
//!   nothing proves to its holder that they were given all of the keys;
//! - from the receiver: who sent. The sender knows what the receiver got, and does
//!   not learn when it is spent.
//!
//! Encryption is X25519 and ChaCha20-Poly1305. It is not forward secret toward the
//! viewing key, and a quantum computer opens all notes ever published.
//!
//! Not here: how value enters a pool and leaves it; a proof system's keys; storage.
//! A [`Pool`] and a [`Wallet`] hold all in memory. Secrets are wiped when keys are
//! dropped, but not the copies that the compiler leaves or those in a
//! [`TransferSecret`](pyralog_zk::transfer::TransferSecret).
//!
//! No IO, no clock: randomness and heights come in.

mod encrypted;
mod keys;
mod number;
mod pool;
mod shielded;
mod tree;
mod wallet;

pub use encrypted::{ENCRYPTED_NOTE_BYTES, EncryptError, EncryptedNote};
pub use keys::{ADDRESS_BYTES, AddressRefused, Keys, NoteAddress, ViewingKey, WalletSeed};
pub use pool::{Pool, PoolRefused, ROOT_COUNT_MAX};
pub use shielded::{SHIELDED_BYTES, Shielded, ShieldedRefused};
pub use tree::{NOTE_COUNT_MAX, NotePlace, NoteTree, TreeFull};
pub use wallet::{SpendOrder, SpendRefused, Wallet};

#[cfg(test)]
mod golden_tests;
#[cfg(test)]
mod pool_tests;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod wallet_tests;
