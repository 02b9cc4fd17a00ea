//! What a block means.
//!
//! The ledger executes transactions over a state that it only reads, and
//! returns what changes. Nothing here does IO, reads a clock or draws
//! randomness: time, height and state come in, write sets and receipts go out.

mod action;
mod application;
mod attendance;
mod compute;
mod events;
mod execute;
pub mod fees;
mod fork_tree;
mod invalid;
mod ledger;
pub mod mempool;
mod overlay;
mod proofs;
mod proposal;
mod rules;
mod tip;
mod unfit;

pub use action::ActionError;
pub use application::{Application, IsChecked};
pub use compute::{TRANSACTION_COMPUTE, action_compute, transaction_compute};
pub use execute::{BlockContext, Candidate, Effects, ExecuteError, Execution};
pub use fork_tree::{ForkCounts, Full, Layers};
pub use invalid::{CheckError, InvalidBlock, InvalidEvidence};
pub use ledger::{FinalizeError, Ledger};
pub use overlay::{StateError, StateReader};
pub use proofs::{Provable, ProveError, event_claim, receipt_claim, transaction_claim};
pub use proposal::{Proposal, SimulateError, Simulation, Trial};
pub use rules::Draft;
pub use tip::{Tip, genesis_state};
pub use unfit::Unfit;
