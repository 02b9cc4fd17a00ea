//! One chain on one machine: its ledger over its store.
//!
//! The ledger is pure and the store knows no rule; here they meet. A block goes
//! through three hands: the ledger takes it, makes it final and says what is to
//! become durable; the store makes it durable; the ledger lets go of it. The
//! middle step only needs the [`Store`](pyralog_store::Store), so that it can run on a thread of its
//! own while the ledger executes the next block.

mod proofs;
mod replica;
mod view;

pub use proofs::{ProofError, Prover};
pub use replica::{Durable, OpenError, Replica};
pub use view::StateOfView;
