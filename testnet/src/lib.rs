//! Whole networks as processes, and what must hold of them.
//!
//! Real programs are started on loopback addresses, driven as users drive them,
//! and killed. What is claimed of them stands in `tests/`, one claim a test.
//!
//! ```text
//! Sandbox ─▶ NodeCommand ─▶ NodeProcess ─▶ clients of the API
//!    └ home, files             └ signals, exit codes, memory, what it said
//! ```
//!
//! A whole network is a [`Net`]: several nodes that know each other, begun by
//! one call or one command, and left running (see [`net`]).
//!
//! Invariants:
//! - whatever is waited for has a bound, far above what it takes: time ends a
//!   test that hangs and decides no other;
//! - a process that is started here is ended here, by its own number, also when
//!   a test fails; those of a [`Net`] are ended by whoever ends the net;
//! - nothing is drawn but from a [`Chance`], whose seed each failure shows.
//!
//! The programs are those that lie beside the test that runs ([`binary()`]).
//! `cargo test --workspace` builds them, because their packages have
//! integration tests. With `-p pyralog-testnet` alone they must be there
//! already: `cargo build -p pyralog-node`.

mod account;
mod binary;
mod chance;
pub mod net;
mod patience;
mod process;
mod sandbox;

pub use account::Account;
pub use binary::binary;
pub use chance::Chance;
pub use net::Net;
pub use patience::{PATIENCE, TEST_MAX, bounded, eventually, within};
pub use process::{Ended, NodeCommand, NodeProcess, StartError};
pub use sandbox::Sandbox;
