//! Tendermint: Malachite's core behind the seam of all engines.
//!
//! The rules of Tendermint (Buchman, Kwon, Milosevic, "The latest gossip on BFT
//! consensus", 2018) are those of the library: proposal, prevote, precommit,
//! locking, skipping of rounds. Here stands what it leaves to its host: turns,
//! times, the log, and the translation of its words.
//!
//! Invariants:
//! - no two correct validators make different blocks final at one height, as
//!   long as less than a third of the power is faulty;
//! - what is signed was written down before, and nothing else is signed in the
//!   same place. If the core, replaying what it had heard, comes to another
//!   vote than the one written down, or the guard refuses, this validator says
//!   no more at this height and waits for the others' decision;
//! - a core serves one height and is then thrown away, so nothing of a height
//!   can reach another one;
//! - inputs that come while a signature is due wait, in order, and are bounded.
//!
//! What the core could panic over cannot come: powers add up to less than a
//! third of what it counts in ([`TOTAL_POWER_MAX`]), a certificate is built of
//! votes that were verified, and messages about other heights stay outside.
//!
//! Evidence is reported when the core is done with a height; of a height that a
//! certificate decides, and of one at which this validator fell silent, none is.
//!
//! Differs from the library's own host: a block final elsewhere is taken from
//! its certificate without asking the core; only the proposer of a round is
//! heard with a proposal; proposals are said again after a
//! while, like votes; a proposal of an empty block waits for the block interval,
//! by which the first proposer has longer.
//!
//! [`TOTAL_POWER_MAX`]: pyralog_primitives::validators::TOTAL_POWER_MAX

mod admission;
mod agreement;
mod checks;
mod context;
mod convert;
mod core;
mod own_block;
mod replay;
mod settings;
mod tendermint;

pub use settings::Settings;
pub use tendermint::Tendermint;
