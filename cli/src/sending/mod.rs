//! Sending a transaction: from what is wanted to what became of it.
//!
//! ```text
//! actions ─ price, try out ─▶ draft ─ sign ─▶ transaction ─ submit ─▶ wait
//! ```
//!
//! Invariants:
//! - nothing is signed that the node, trying it out, says would fail;
//! - nothing is signed with a key that everybody knows, or paid to one, unless
//!   the network's genesis says that it is for development;
//! - the id of a transaction is told before it leaves, and if no answer comes
//!   it is said that the transaction may have been taken: never that it failed;
//! - a transaction is signed anew with another nonce only after the node has
//!   refused the first, or had the very same already from another program.

mod draft;
mod error;
mod network;
mod settle;
mod signer;
mod submit;

pub(crate) use draft::{Draft, Plan};
pub(crate) use error::SendError;
pub(crate) use network::{Network, fetch_genesis};
pub(crate) use settle::{Wanted, check_settled, wait};
pub(crate) use signer::Signer;
pub(crate) use submit::submit;
